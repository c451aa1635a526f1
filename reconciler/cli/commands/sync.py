"""`reconciler sync`: starts jobs of connections, and waits for them where that is wanted."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import replace

import click

from reconciler.api.transport import Manners
from reconciler.cli.options.planning import remembered
from reconciler.cli.options.selectors import tenant_selection
from reconciler.cli.options.settings import Settings, global_options
from reconciler.cli.options.watching import Watching, run_watched, watching_options
from reconciler.cli.terminal.asking import confirm
from reconciler.jobs import start
from reconciler.jobs.start import JobType, Target
from reconciler.operations import loading, session
from reconciler.operations.exit_codes import ExitCode
from reconciler.operations.interruption import Interruption, interruptible
from reconciler.problems.errors import UsageError, did_you_mean
from reconciler.problems.explain import explain
from reconciler.project.project import Project
from reconciler.project.selection import Selection
from reconciler.render.parts.diagnostics import render_diagnostic
from reconciler.render.parts.values import safe
from reconciler.render.reports.jobs import render_reset, render_runs
from reconciler.secrets.redaction import Redaction


@click.command()
@tenant_selection
@click.option("--connection", "names", multiple=True, metavar="KEY", help="Only connections KEY.")
@click.option("--only-new", is_flag=True, help="Only connections that never had a job.")
@click.option(
    "--job-type",
    type=click.Choice([str(each) for each in JobType]),
    default="sync",
    show_default=True,
    help="What is started; a reset deletes what was loaded, to load it anew.",
)
@click.option("--auto-approve", is_flag=True, help="Do not ask before a reset.")
@watching_options
@global_options
def sync(
    settings: Settings,
    selection: Selection,
    names: tuple[str, ...],
    only_new: bool,
    job_type: str,
    auto_approve: bool,
    watching: Watching,
) -> None:
    """Start a job for each declared connection.

    A job that runs already is left alone. Ctrl-C stops watching; the jobs that were started go on.

    \b
    Examples:
      reconciler sync acme --wait
      reconciler sync --label tier=gold --connection stripe
      reconciler sync acme --job-type reset
    """
    type_ = JobType(job_type)
    project, loaded = loading.load(settings, selection)
    with (
        interruptible() as interruption,
        session.connected(
            settings, project, _manners(settings, project, interruption)
        ) as connection,
        remembered(settings, project, connection.environment) as recall,
    ):
        found, failures = start.targets(
            connection.client, loaded.tenants, lambda tenant: recall(tenant).resources
        )
        wanted = _named(found, names)
        if only_new:
            wanted = start.without_jobs(connection.client, wanted)
        if type_ is JobType.RESET and any(target.spec for target in wanted):
            click.echo(render_reset(wanted), err=True)
            confirm(
                'Delete this data? Only "yes" is taken for yes',
                expected="yes",
                otherwise="Nothing was started.",
                auto_approve=auto_approve,
            )
        runs = run_watched(connection.client, wanted, type_, watching, settings, interruption)
    settings.result(
        render_runs(runs, settings.palette(sys.stdout), width=settings.width(sys.stdout))
    )
    for tenant, problem in failures:
        settings.tell(f"tenant {safe(tenant)} could not be read:")
        settings.tell(render_diagnostic(explain(problem), settings.palette(sys.stderr)))
    if interruption.is_requested:
        sys.exit(ExitCode.INTERRUPTED)
    is_bad = bool(failures) or any(run.state.is_failure for run in runs)
    sys.exit(ExitCode.FAILED if is_bad else ExitCode.DONE)


def _manners(settings: Settings, project: Project, interruption: Interruption) -> Manners:
    """The usual manners, with waits that Ctrl-C ends."""
    return replace(session.polite(settings, project, Redaction()), wait=interruption.wait)


def _named(found: Sequence[Target], names: Sequence[str]) -> list[Target]:
    """The targets of these keys, all without any. Raises UsageError for a key nobody declares."""
    known = {target.key.name for target in found}
    for name in names:
        if name not in known:
            raise UsageError(
                f'no selected tenant declares a connection "{name}"', did_you_mean(name, known)
            )
    return [target for target in found if not names or target.key.name in names]
