"""`reconciler status`: how each connection does, worst first. Sends only GETs."""

from __future__ import annotations

import sys
from dataclasses import replace
from datetime import UTC, datetime

import click

from reconciler.cli.options.selectors import tenant_selection
from reconciler.cli.options.settings import Settings, global_options
from reconciler.cli.terminal.console import Terminal
from reconciler.jobs.status import FleetStatus, Health
from reconciler.operations.exit_codes import ExitCode
from reconciler.operations.plan_files import place_of
from reconciler.operations.status import status as read_status
from reconciler.problems.explain import explain
from reconciler.project.selection import Selection
from reconciler.render.parts.problems import render_problem
from reconciler.render.parts.values import safe
from reconciler.render.reports.status import render_status, status_json


@click.command()
@tenant_selection
@click.option("--failed", is_flag=True, help="Only connections whose last job failed.")
@click.option(
    "--format",
    "format_",
    type=click.Choice(["text", "json"]),
    default="text",
    show_default=True,
    help="How it is written on stdout.",
)
@click.option(
    "--detailed-exitcode",
    is_flag=True,
    help="Exit with 2 when the last job of any connection failed.",
)
@global_options
def status(
    settings: Settings,
    selection: Selection,
    failed: bool,
    format_: str,
    detailed_exitcode: bool,
) -> None:
    """Show the last job of each connection, worst first.

    Only reads, and needs no secret. Connections that no manifest mentions are shown too, by their
    name in Airbyte, in quotes.

    \b
    Examples:
      reconciler status acme
      reconciler --env production status --label tier=gold --failed
    """
    project = settings.open_project()
    found = read_status(project, Terminal(settings), selection)
    shown = _only_failed(found) if failed else found
    now = datetime.now(UTC)
    if format_ == "json":
        place = place_of(project.environment)
        settings.result(status_json(shown, place, now))
    else:
        settings.result(
            render_status(
                shown, now, settings.palette(sys.stdout), width=settings.width(sys.stdout)
            )
        )
    for tenant, problem in found.failures:
        settings.tell(f"tenant {safe(tenant)} could not be read:")
        settings.tell(render_problem(explain(problem), settings.palette(sys.stderr)))
    sys.exit(_exit_code(found, detailed=detailed_exitcode))


def _only_failed(found: FleetStatus) -> FleetStatus:
    kept = (each for each in found.connections if each.health is Health.FAILED)
    return replace(found, connections=tuple(kept))


def _exit_code(found: FleetStatus, *, detailed: bool) -> ExitCode:
    """What could not be read may have failed too."""
    if not found.is_complete:
        return ExitCode.FAILED
    return ExitCode.CHANGES if detailed and found.has_failed else ExitCode.DONE
