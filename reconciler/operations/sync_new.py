"""`apply --sync`: the first sync of every connection that an apply has created."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from reconciler.cli.options.settings import Settings
from reconciler.cli.options.watching import Watching, run_watched
from reconciler.jobs.start import JobRun, JobType
from reconciler.operations.apply_run import ApplyRun
from reconciler.operations.execution import Applied
from reconciler.operations.exit_codes import ExitCode
from reconciler.operations.first_syncs import new_targets
from reconciler.render.reports.jobs import render_runs


def sync_new(
    run: ApplyRun, applied: Applied, watching: Watching, settings: Settings
) -> Sequence[JobRun]:
    """Starts a sync of each new connection, and shows what came of it."""
    wanted = list(new_targets(applied.report, applied.left))
    if not wanted:
        return ()
    client, interruption = run.connection.client, run.interruption
    runs = run_watched(client, wanted, JobType.SYNC, watching, settings, interruption)
    palette, width = settings.palette(sys.stdout), settings.width(sys.stdout)
    settings.result(f"\nFirst syncs:\n{render_runs(runs, palette, width=width)}")
    return runs


def exit_code_with(runs: Sequence[JobRun], applied: Applied, *, is_interrupted: bool) -> ExitCode:
    """What the apply and the syncs after it come to."""
    if is_interrupted:
        return ExitCode.INTERRUPTED
    if applied.exit_code is ExitCode.DONE and any(run.state.is_failure for run in runs):
        return ExitCode.PARTLY_APPLIED
    return applied.exit_code
