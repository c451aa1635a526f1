"""`sync`: starts jobs of declared connections, and waits for them where that is wanted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from reconciler.jobs import start
from reconciler.jobs.start import JobRun, JobType, Target
from reconciler.operations.choices import Watching
from reconciler.operations.console import Console, MayReset
from reconciler.operations.exit_codes import ExitCode
from reconciler.operations.loading import load_tenants
from reconciler.operations.open_project import OpenProject
from reconciler.operations.remembered import open_project_ledger
from reconciler.operations.running_jobs import run_watched
from reconciler.operations.session import connected, usual_manners
from reconciler.problems.errors import ReconcilerError, UsageError
from reconciler.problems.wording import did_you_mean
from reconciler.project.selection import Selection


@dataclass(frozen=True, slots=True)
class SyncChoices:
    """Which jobs are started: of the selected tenants, of all their connections or of some."""

    selection: Selection = field(default_factory=Selection)
    connections: tuple[str, ...] = ()
    only_new: bool = False
    job_type: JobType = JobType.SYNC
    watching: Watching = field(default_factory=Watching)


@dataclass(frozen=True, slots=True)
class Synced:
    """The jobs, and the tenants that could not be read. `is_declined`: nobody said yes."""

    runs: tuple[JobRun, ...] = ()
    failures: tuple[tuple[str, ReconcilerError], ...] = ()
    is_interrupted: bool = False
    is_declined: bool = False

    @property
    def exit_code(self) -> ExitCode:
        if self.is_interrupted:
            return ExitCode.INTERRUPTED
        is_bad = bool(self.failures) or any(run.state.is_failure for run in self.runs)
        return ExitCode.FAILED if is_bad or self.is_declined else ExitCode.DONE


def sync(project: OpenProject, console: Console, choices: SyncChoices) -> Synced:
    """Starts a job for each declared connection that is meant; one that runs is left alone.

    Raises UsageError for a connection that nobody declares.
    """
    loaded = load_tenants(project, choices.selection, console)
    # Waits that a wish to stop ends.
    manners = replace(usual_manners(project), wait=console.interruption.wait)
    with connected(project, manners) as session, open_project_ledger(project) as ledger:
        found, failures = start.targets(session.client, loaded.tenants, ledger.of_tenant)
        wanted = _named(found, choices.connections)
        if choices.only_new:
            wanted = start.without_jobs(session.client, wanted)
        if _loses_data(wanted, choices.job_type) and not console.ask(MayReset(tuple(wanted))):
            return Synced(is_declined=True)
        runs = run_watched(session.client, wanted, choices.job_type, choices.watching, console)
    is_interrupted = console.interruption.is_requested
    return Synced(tuple(runs), tuple(failures), is_interrupted=is_interrupted)


def _loses_data(wanted: Sequence[Target], job_type: JobType) -> bool:
    return job_type is JobType.RESET and any(target.spec for target in wanted)


def _named(found: Sequence[Target], names: Sequence[str]) -> list[Target]:
    """The targets of these keys, all without any. Raises UsageError for a key nobody declares."""
    known = {target.key.name for target in found}
    for name in names:
        if name not in known:
            raise UsageError(
                f'no selected tenant declares a connection "{name}"', did_you_mean(name, known)
            )
    return [target for target in found if not names or target.key.name in names]
