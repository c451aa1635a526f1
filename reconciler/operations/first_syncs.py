"""The first sync of every connection that an apply has created."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from reconciler.apply.outcome import Report, Status
from reconciler.jobs.start import JobRun, JobType, Target
from reconciler.kinds import get
from reconciler.operations.apply_run import ApplyRun
from reconciler.operations.choices import Watching
from reconciler.operations.execution import Applied
from reconciler.operations.exit_codes import ExitCode
from reconciler.operations.news import JobsEnded
from reconciler.operations.running_jobs import run_watched
from reconciler.plan.model import TenantPlan
from reconciler.plan.operation import CreateStep


def sync_new(run: ApplyRun, applied: Applied, watching: Watching) -> Applied:
    """Starts a sync of each new connection, tells what came of it; *applied* with that in it."""
    console = run.console
    wanted = list(new_targets(applied.report, applied.left))
    runs: Sequence[JobRun] = ()
    if wanted:
        runs = run_watched(run.session.client, wanted, JobType.SYNC, watching, console)
        console.tell(JobsEnded("First syncs", tuple(runs)))
    is_interrupted = console.interruption.is_requested
    return replace(applied, exit_code=_exit_code(runs, applied, is_interrupted=is_interrupted))


def _exit_code(runs: Sequence[JobRun], applied: Applied, *, is_interrupted: bool) -> ExitCode:
    """What the apply and the syncs after it come to."""
    if is_interrupted:
        return ExitCode.INTERRUPTED
    if applied.exit_code is ExitCode.DONE and any(run.state.is_failure for run in runs):
        return ExitCode.PARTLY_APPLIED
    return applied.exit_code


def new_targets(report: Report, left: Sequence[TenantPlan]) -> Iterator[Target]:
    """The connections that were created and are in effect, in the plan's order.

    *left* is what was accepted and is not in effect when read again.
    """
    not_proven = {operation.key for plan in left for operation in plan.operations}
    unread = {plan.tenant for plan in left if plan.failure}
    for outcome in report.outcomes:
        step = outcome.step
        if not isinstance(step, CreateStep) or outcome.status is not Status.SUCCEEDED:
            continue
        if not get(step.key.kind).jobs or step.key in not_proven or step.key.scope in unread:
            continue
        # Airbyte makes a connection active unless it is told otherwise.
        spec = {"status": "active", **step.desired.spec}
        yield Target(step.key, outcome.id, spec)
