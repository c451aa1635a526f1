"""`reconciler sync`: starts jobs of connections, and waits for them where that is wanted."""

from __future__ import annotations

import sys

import click

from reconciler.cli.options.selectors import tenant_selection
from reconciler.cli.options.settings import Settings, global_options
from reconciler.cli.options.watching import watching_options
from reconciler.cli.terminal.console import attended
from reconciler.jobs.start import JobType
from reconciler.operations.choices import Watching
from reconciler.operations.sync import SyncChoices, Synced
from reconciler.operations.sync import sync as start_jobs
from reconciler.problems.explain import explain
from reconciler.project.selection import Selection
from reconciler.render.parts.problems import render_problem
from reconciler.render.parts.values import safe
from reconciler.render.reports.jobs import render_runs


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
    project = settings.open_project()
    choices = SyncChoices(selection, names, only_new, JobType(job_type), watching)
    with attended(settings, project, auto_approve=auto_approve) as console:
        synced = start_jobs(project, console, choices)
    if not synced.is_declined:
        _show(synced, settings)
    sys.exit(synced.exit_code)


def _show(synced: Synced, settings: Settings) -> None:
    palette, width = settings.palette(sys.stdout), settings.width(sys.stdout)
    settings.result(render_runs(synced.runs, palette, width=width))
    for tenant, problem in synced.failures:
        settings.tell(f"tenant {safe(tenant)} could not be read:")
        settings.tell(render_problem(explain(problem), settings.palette(sys.stderr)))
