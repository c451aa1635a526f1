"""`reconciler sync`: starts jobs of connections, and waits for them where that is wanted."""

from __future__ import annotations

import sys
from collections.abc import Sequence

import click

from reconciler import jobs
from reconciler.cli import loading, session
from reconciler.cli.durations import DURATION
from reconciler.cli.exit_codes import ExitCode
from reconciler.cli.planning import remembered
from reconciler.cli.progress import job_table
from reconciler.cli.selectors import tenant_selection
from reconciler.cli.session import Session
from reconciler.cli.settings import Settings, global_options
from reconciler.errors import UsageError, did_you_mean
from reconciler.jobs import JobType, Target, Watch
from reconciler.render.diagnostics import render_diagnostic
from reconciler.render.jobs import render_reset, render_runs
from reconciler.render.problems import explain
from reconciler.render.values import safe
from reconciler.selection import Selection


@click.command()
@tenant_selection
@click.option("--connection", "names", multiple=True, metavar="KEY", help="Only connections KEY.")
@click.option("--wait", is_flag=True, help="Until the jobs have ended; exit 1 if any failed.")
@click.option("--only-new", is_flag=True, help="Only connections that never had a job.")
@click.option(
    "--job-type",
    type=click.Choice([str(each) for each in JobType]),
    default="sync",
    show_default=True,
)
@click.option("--auto-approve", is_flag=True, help="Do not ask before a reset.")
@click.option(
    "--at-once",
    type=click.IntRange(1, 64),
    default=4,
    show_default=True,
    help="With --wait the most jobs that run at once, else the most requests.",
)
@click.option(
    "--poll",
    type=DURATION,
    default="5s",
    show_default=True,
    help="How often each running job is asked about.",
)
@global_options
def sync(
    settings: Settings,
    selection: Selection,
    names: tuple[str, ...],
    wait: bool,
    only_new: bool,
    job_type: str,
    auto_approve: bool,
    at_once: int,
    poll: float,
) -> None:
    """Start a job for each declared connection.

    A job that runs already is left alone. Interrupted, it stops waiting; the jobs go on.

    \b
    Examples:
      reconciler sync acme --wait
      reconciler sync --label tier=gold --connection stripe
      reconciler sync acme --job-type reset
    """
    type_ = JobType(job_type)
    project, loaded = loading.load(settings, selection)
    with (
        session.connected(settings, project) as connection,
        remembered(settings, project, connection.environment) as recall,
    ):
        found, failures = jobs.targets(
            connection.client, loaded.tenants, lambda tenant: recall(tenant).resources
        )
        wanted = _named(found, names)
        if only_new:
            wanted = list(jobs.without_jobs(connection.client, wanted, at_once))
        if type_ is JobType.RESET and any(target.spec for target in wanted):
            _confirm_reset(wanted, auto_approve=auto_approve)
        runs = _run(connection, wanted, type_, settings, wait=wait, poll=poll, at_once=at_once)
    settings.result(render_runs(runs, settings.palette(sys.stdout)))
    for tenant, problem in failures:
        settings.tell(f"tenant {safe(tenant)} could not be read:")
        settings.tell(render_diagnostic(explain(problem), settings.palette(sys.stderr)))
    is_bad = bool(failures) or any(run.state.is_failure for run in runs)
    sys.exit(ExitCode.FAILED if is_bad else ExitCode.DONE)


def _named(found: Sequence[Target], names: Sequence[str]) -> list[Target]:
    """The targets of these keys, all without any. Raises UsageError for a key nobody declares."""
    known = {target.key.name for target in found}
    for name in names:
        if name not in known:
            raise UsageError(
                f'no selected tenant declares a connection "{name}"', did_you_mean(name, known)
            )
    return [target for target in found if not names or target.key.name in names]


def _run(
    connection: Session,
    wanted: Sequence[Target],
    type_: JobType,
    settings: Settings,
    *,
    wait: bool,
    poll: float,
    at_once: int,
) -> list[jobs.JobRun]:
    table = job_table(
        terminal=settings.shows_progress_bar and wait,
        echo=settings.tell if wait else lambda _line: None,
        palette=settings.palette(sys.stderr),
    )
    with table as announce:
        watch = Watch(waits=wait, interval_s=poll, at_once=at_once, announce=announce)
        return jobs.run_jobs(connection.client, wanted, type_, watch)


def _confirm_reset(wanted: Sequence[Target], *, auto_approve: bool) -> None:
    """Says what is deleted, and goes on only with a yes."""
    click.echo(render_reset(wanted), err=True)
    if auto_approve:
        return
    if not sys.stdin.isatty():
        raise click.UsageError("Nobody can be asked without a terminal: use --auto-approve.")
    answer = click.prompt('Delete this data? Only "yes" is taken for yes', err=True)
    if answer.strip() != "yes":
        click.echo("Nothing was started.", err=True)
        sys.exit(ExitCode.FAILED)
