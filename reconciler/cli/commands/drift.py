"""`reconciler drift`: what is no longer as the manifests have it, and who changed it."""

from __future__ import annotations

import sys
from contextlib import suppress
from dataclasses import dataclass

import click

from reconciler.api.usage import COMPARING
from reconciler.cli.options import plan_file
from reconciler.cli.options.plan_output import max_chars_option
from reconciler.cli.options.planning import forgotten, remembered
from reconciler.cli.options.selectors import tenant_selection
from reconciler.cli.options.settings import Settings, global_options
from reconciler.ledger.memory import places, writing
from reconciler.operations import loading, session
from reconciler.operations.drift import Drift, find_drift
from reconciler.operations.exit_codes import ExitCode
from reconciler.plan.file import Place
from reconciler.problems.errors import (
    AdoptionFailed,
    AmbiguousName,
    LedgerUnusable,
    ListingInconsistent,
)
from reconciler.project.project import Project
from reconciler.project.selection import Selection
from reconciler.render.plan.changed import forgotten_lines
from reconciler.render.reports.drift import (
    render_drift,
    render_drift_html,
    render_drift_json,
    render_drift_markdown,
)

_FORMATS = ("text", "json", "markdown", "html", "github")
_REFUSALS = (AmbiguousName, AdoptionFailed, ListingInconsistent)


@click.command()
@tenant_selection
@click.option("--secrets", is_flag=True, help="Also whether somebody stored a secret anew.")
@click.option("--details", is_flag=True, help="Every live object that no manifest mentions.")
@click.option(
    "--format",
    "format_",
    type=click.Choice(_FORMATS),
    default="text",
    show_default=True,
    help="How it is written on stdout.",
)
@max_chars_option
@global_options
def drift(
    settings: Settings,
    selection: Selection,
    secrets: bool,
    details: bool,
    format_: str,
    max_chars: int,
) -> None:
    """Show what is no longer as the manifests have it, and who changed it.

    Only reads, and needs no secret. Exits with 2 when something that is managed differs or is
    missing. Live objects that no manifest mentions are listed, and are no drift.

    \b
    Examples:
      reconciler drift
      reconciler --env production drift --format markdown
    """
    project, loaded = loading.load(settings, selection)
    with (
        session.connected(settings, project) as connection,
        remembered(settings, project, connection.environment) as recall,
        settings.usage.phase(COMPARING),
    ):
        found = find_drift(connection.client, loaded.tenants, recall, secrets=secrets)
    _remember_places(found, project, connection.environment.name)
    place = plan_file.place_of(project.environment(settings.env, settings.environ))
    look = _Look(format_, max_chars, details or bool(settings.verbose))
    settings.result(_rendered(found, place, look, settings))
    left = forgotten(settings, project, selection, loaded.declared)
    if left:
        settings.tell("\n".join(forgotten_lines(left)))
    sys.exit(_exit_code(found))


def _remember_places(found: Drift, project: Project, environment: str) -> None:
    """Notes where secrets are kept that were looked at for the first time."""
    located = {key: each for tenant in found.tenants for key, each in tenant.located.items()}
    if not located:
        return
    # A ledger that cannot be written spoils no report: the next look is again the first.
    with suppress(LedgerUnusable), writing(places(project.state_folder, environment)) as ledger:
        for key, each in located.items():
            ledger.locate(key, each.id, each.coordinates)


@dataclass(frozen=True, slots=True)
class _Look:
    format: str
    max_chars: int
    details: bool


def _rendered(found: Drift, place: Place, look: _Look, settings: Settings) -> str:
    if look.format == "json":
        return render_drift_json(found, place)
    if look.format == "html":
        return render_drift_html(found, place)
    if look.format == "markdown":
        return render_drift_markdown(found, look.max_chars)
    if look.format == "github":
        from reconciler.render.reports.drift_github import render_drift_github

        return render_drift_github(found, loading.folder_in_repository())
    return render_drift(found, settings.palette(sys.stdout), details=look.details)


def _exit_code(found: Drift) -> ExitCode:
    """What could not be read may have drifted too, which is worse to miss than drift."""
    failures = [tenant.failure for tenant in found.tenants if tenant.failure]
    if any(not isinstance(failure, _REFUSALS) for failure in failures):
        return ExitCode.FAILED
    if failures:
        return ExitCode.REFUSED
    return ExitCode.CHANGES if found.is_any else ExitCode.DONE
