"""Walks a plan's graph with a pool of threads: whatever waits for nothing runs; no barriers.

The scheduling thread alone knows which ids exist; a worker gets those that its operation needs.
"""

from __future__ import annotations

import time
import traceback
from collections import deque
from collections.abc import Callable, Mapping
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass

from reconciler.apply.journal import Done
from reconciler.apply.outcome import Outcome, Report, Status
from reconciler.model import ResourceKey, referred, workspace_key
from reconciler.plan.graph import Frontier
from reconciler.plan.model import Action, Operation, Plan
from reconciler.problems.errors import ReconcilerError, ResponseLost, Unforeseen

Perform = Callable[[Operation, Mapping[ResourceKey, str]], Done]
"""Carries one operation out, given the live ids it needs."""


@dataclass(frozen=True, slots=True)
class Steps:
    """How a plan is walked: how much at a time, when to stop, and who hears of it.

    `announce` hears of each end, one at a time. `redact` hides secrets in this program's faults.
    """

    parallelism: int
    announce: Callable[[Outcome], None] = lambda _outcome: None
    should_stop: Callable[[], bool] = lambda: False
    fail_fast: bool = False
    redact: Callable[[str], str] = lambda text: text


def run_plan(plan: Plan, perform: Perform, steps: Steps) -> Report:
    """Executes every operation that may be applied, each after what it waits for has succeeded.

    A failure blocks what waits for it and nothing else, unless the steps say to fail fast. Once
    they say to stop nothing new starts, what runs is finished, and the rest is reported as skipped.
    """
    run = _Run(plan, steps.announce)

    def is_over() -> bool:
        return steps.should_stop() or (steps.fail_fast and run.has_failed)

    pool = ThreadPoolExecutor(steps.parallelism)
    running: set[Future[Outcome]] = set()
    try:
        backlog = deque(run.ready())
        while running or (backlog and not is_over()):
            while backlog and len(running) < steps.parallelism and not is_over():
                operation = backlog.popleft()
                ids = run.ids_for(operation)
                running.add(pool.submit(_attempt, perform, operation, ids, steps.redact))
            done, _ = wait(running, return_when=FIRST_COMPLETED)
            for future in done:
                running.remove(future)
                run.ended(future.result())
            backlog += run.ready()
    finally:
        # A second interrupt leaves here at once: what runs then is not waited for.
        pool.shutdown(wait=not running, cancel_futures=True)
    return run.report(interrupted=steps.should_stop())


class _Run:
    """The state of one run, touched by the scheduling thread only."""

    def __init__(self, plan: Plan, announce: Callable[[Outcome], None]) -> None:
        self._operations = {operation.id: operation for operation in plan.operations}
        self._frontier = Frontier({id_: op.waits_for for id_, op in self._operations.items()})
        self._ids = {key: id_ for tenant in plan.tenants for key, id_ in tenant.live_ids.items()}
        self._outcomes: dict[str, Outcome] = {}
        self._announce = announce
        self.has_failed = False

    def ready(self) -> list[Operation]:
        return [self._operations[id_] for id_ in self._frontier.ready()]

    def ids_for(self, operation: Operation) -> dict[ResourceKey, str]:
        """The live ids of the operation's resource, its workspace and all that it refers to."""
        scope = operation.key.scope
        needed = {operation.key, workspace_key(scope)}
        if operation.desired is not None:
            needed |= set(referred(operation.desired.spec, scope))
        return {key: self._ids[key] for key in needed if key in self._ids}

    def ended(self, outcome: Outcome) -> None:
        """Takes note of an outcome and frees or blocks what waited for it."""
        operation = outcome.operation
        self._note(outcome)
        if outcome.status is Status.SUCCEEDED:
            if operation.action is not Action.DELETE:
                self._ids[operation.key] = outcome.id
            self._frontier.succeeded(operation.id)
        else:
            self.has_failed = True
            for id_ in self._frontier.failed(operation.id):
                blocked = self._operations[id_]
                self._note(Outcome(blocked, Status.SKIPPED, blocked_by=operation.id))

    def _note(self, outcome: Outcome) -> None:
        self._outcomes[outcome.operation.id] = outcome
        self._announce(outcome)

    def report(self, *, interrupted: bool) -> Report:
        outcomes = tuple(
            self._outcomes.get(id_) or Outcome(operation, Status.SKIPPED)
            for id_, operation in self._operations.items()
        )
        return Report(outcomes, interrupted=interrupted)


def _attempt(
    perform: Perform,
    operation: Operation,
    ids: Mapping[ResourceKey, str],
    redact: Callable[[str], str],
) -> Outcome:
    """The outcome of one operation; nothing escapes, since it would hide the others'."""
    started = time.monotonic()
    done = Done("")
    problem: ReconcilerError | None = None
    try:
        done = perform(operation, ids)
    except ReconcilerError as foreseen:
        problem = foreseen
    except Exception as fault:
        what = f"{type(fault).__name__}: {fault}"
        problem = Unforeseen(redact(what), redact(traceback.format_exc()))
    return Outcome(
        operation,
        _status(problem),
        id=done.id,
        was_found=done.was_found,
        problem=problem,
        duration_s=time.monotonic() - started,
    )


def _status(problem: ReconcilerError | None) -> Status:
    if problem is None:
        return Status.SUCCEEDED
    return Status.UNKNOWN if isinstance(problem, ResponseLost) else Status.FAILED
