"""Walks a plan's graph with a pool of threads: whatever waits for nothing runs; no barriers.

The scheduling thread alone knows which ids exist; a worker gets those that its step needs.
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
from reconciler.plan.model import Plan
from reconciler.plan.operation import CreateStep, DeleteStep, Step, UpdateStep
from reconciler.problems.errors import ReconcilerError, ResponseLost, Unforeseen

Perform = Callable[[Step, Mapping[ResourceKey, str]], Done]
"""Carries one step out, given the live ids it needs."""


@dataclass(frozen=True, slots=True)
class Conduct:
    """How a plan is walked: how much at a time, when to stop, and who hears of it.

    `announce` hears of each end, one at a time. `redact` hides secrets in this program's faults.
    """

    parallelism: int
    announce: Callable[[Outcome], None] = lambda _outcome: None
    should_stop: Callable[[], bool] = lambda: False
    fail_fast: bool = False
    redact: Callable[[str], str] = lambda text: text


def run_plan(plan: Plan, perform: Perform, conduct: Conduct) -> Report:
    """Executes every step that may be applied, each after what it waits for has succeeded.

    A failure blocks what waits for it and nothing else, unless *conduct* says to fail fast. Once
    it says to stop nothing new starts, what runs is finished, and the rest is reported as skipped.
    """
    run = _Run(plan, conduct.announce)

    def is_over() -> bool:
        return conduct.should_stop() or (conduct.fail_fast and run.has_failed)

    pool = ThreadPoolExecutor(conduct.parallelism)
    running: set[Future[Outcome]] = set()
    try:
        backlog = deque(run.ready())
        while running or (backlog and not is_over()):
            while backlog and len(running) < conduct.parallelism and not is_over():
                step = backlog.popleft()
                ids = run.ids_for(step)
                running.add(pool.submit(_attempt, perform, step, ids, conduct.redact))
            done, _ = wait(running, return_when=FIRST_COMPLETED)
            for future in done:
                running.remove(future)
                run.ended(future.result())
            backlog += run.ready()
    finally:
        # A second interrupt leaves here at once: what runs then is not waited for.
        pool.shutdown(wait=not running, cancel_futures=True)
    return run.report(interrupted=conduct.should_stop())


class _Run:
    """The state of one run, touched by the scheduling thread only."""

    def __init__(self, plan: Plan, announce: Callable[[Outcome], None]) -> None:
        self._steps = {step.id: step for step in plan.steps}
        self._frontier = Frontier({id_: step.waits_for for id_, step in self._steps.items()})
        self._ids = {key: id_ for tenant in plan.tenants for key, id_ in tenant.live_ids.items()}
        self._outcomes: dict[str, Outcome] = {}
        self._announce = announce
        self.has_failed = False

    def ready(self) -> list[Step]:
        return [self._steps[id_] for id_ in self._frontier.ready()]

    def ids_for(self, step: Step) -> dict[ResourceKey, str]:
        """The live ids of the step's resource, its workspace and all that it refers to."""
        scope = step.key.scope
        needed = {step.key, workspace_key(scope)}
        if isinstance(step, CreateStep | UpdateStep):
            needed |= set(referred(step.desired.spec, scope))
        return {key: self._ids[key] for key in needed if key in self._ids}

    def ended(self, outcome: Outcome) -> None:
        """Takes note of an outcome and frees or blocks what waited for it."""
        step = outcome.step
        self._note(outcome)
        if outcome.status is Status.SUCCEEDED:
            if not isinstance(step, DeleteStep):
                self._ids[step.key] = outcome.id
            self._frontier.succeeded(step.id)
        else:
            self.has_failed = True
            for id_ in self._frontier.failed(step.id):
                blocked = self._steps[id_]
                self._note(Outcome(blocked, Status.SKIPPED, blocked_by=step.id))

    def _note(self, outcome: Outcome) -> None:
        self._outcomes[outcome.step.id] = outcome
        self._announce(outcome)

    def report(self, *, interrupted: bool) -> Report:
        outcomes = tuple(
            self._outcomes.get(id_) or Outcome(step, Status.SKIPPED)
            for id_, step in self._steps.items()
        )
        return Report(outcomes, interrupted=interrupted)


def _attempt(
    perform: Perform,
    step: Step,
    ids: Mapping[ResourceKey, str],
    redact: Callable[[str], str],
) -> Outcome:
    """The outcome of one step; nothing escapes, since it would hide the others'."""
    started = time.monotonic()
    done = Done("")
    problem: ReconcilerError | None = None
    try:
        done = perform(step, ids)
    except ReconcilerError as foreseen:
        problem = foreseen
    except Exception as fault:
        what = f"{type(fault).__name__}: {fault}"
        problem = Unforeseen(redact(what), redact(traceback.format_exc()))
    return Outcome(
        step,
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
