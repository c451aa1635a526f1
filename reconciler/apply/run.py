"""Walks a plan's graph with a pool of threads: whatever waits for nothing runs; no barriers.

The scheduling thread alone knows which ids exist; a worker gets those that its operation needs.
"""

from __future__ import annotations

import time
import traceback
from collections import deque
from collections.abc import Callable, Mapping
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait

from reconciler.apply.outcome import Outcome, Report, Status
from reconciler.errors import ReconcilerError, ResponseLost, Unforeseen
from reconciler.model import ResourceKey, referred, workspace_key
from reconciler.plan.graph import Frontier
from reconciler.plan.model import Action, Operation, Plan

Perform = Callable[[Operation, Mapping[ResourceKey, str]], str]
"""Carries one operation out, given the live ids it needs; returns the id afterwards."""


def run_plan(
    plan: Plan,
    perform: Perform,
    *,
    parallelism: int,
    announce: Callable[[Outcome], None] = lambda _outcome: None,
    should_stop: Callable[[], bool] = lambda: False,
) -> Report:
    """Executes every operation that may be applied, each after what it waits for has succeeded.

    A failure blocks what waits for it and nothing else. Once *should_stop* is true nothing new
    starts, what runs is finished, and the rest is reported as skipped. *announce* hears of each
    end, one at a time.
    """
    run = _Run(plan, announce)
    pool = ThreadPoolExecutor(parallelism)
    running: set[Future[Outcome]] = set()
    try:
        backlog = deque(run.ready())
        while running or (backlog and not should_stop()):
            while backlog and len(running) < parallelism and not should_stop():
                operation = backlog.popleft()
                running.add(pool.submit(_attempt, perform, operation, run.ids_for(operation)))
            done, _ = wait(running, return_when=FIRST_COMPLETED)
            for future in done:
                running.remove(future)
                run.ended(future.result())
            backlog += run.ready()
    finally:
        # A second interrupt leaves here at once: what runs then is not waited for.
        pool.shutdown(wait=not running, cancel_futures=True)
    return run.report()


class _Run:
    """The state of one run, touched by the scheduling thread only."""

    def __init__(self, plan: Plan, announce: Callable[[Outcome], None]) -> None:
        self._operations = {operation.id: operation for operation in plan.operations}
        self._frontier = Frontier({id_: op.waits_for for id_, op in self._operations.items()})
        self._ids = {key: id_ for tenant in plan.tenants for key, id_ in tenant.live_ids.items()}
        self._outcomes: dict[str, Outcome] = {}
        self._announce = announce

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
            for id_ in self._frontier.failed(operation.id):
                blocked = self._operations[id_]
                self._note(Outcome(blocked, Status.SKIPPED, blocked_by=operation.id))

    def _note(self, outcome: Outcome) -> None:
        self._outcomes[outcome.operation.id] = outcome
        self._announce(outcome)

    def report(self) -> Report:
        never_started = [id_ for id_ in self._operations if id_ not in self._outcomes]
        outcomes = tuple(
            self._outcomes.get(id_) or Outcome(operation, Status.SKIPPED)
            for id_, operation in self._operations.items()
        )
        return Report(outcomes, interrupted=bool(never_started))


def _attempt(perform: Perform, operation: Operation, ids: Mapping[ResourceKey, str]) -> Outcome:
    """The outcome of one operation; nothing escapes, since it would hide the others'."""
    started = time.monotonic()
    id_ = ""
    problem: ReconcilerError | None = None
    try:
        id_ = perform(operation, ids)
    except ReconcilerError as foreseen:
        problem = foreseen
    except Exception as fault:
        problem = Unforeseen(fault, traceback.format_exc())
    return Outcome(
        operation,
        _status(problem),
        id=id_,
        problem=problem,
        duration_s=time.monotonic() - started,
    )


def _status(problem: ReconcilerError | None) -> Status:
    if problem is None:
        return Status.SUCCEEDED
    return Status.UNKNOWN if isinstance(problem, ResponseLost) else Status.FAILED
