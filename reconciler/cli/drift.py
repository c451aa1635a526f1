"""`reconciler drift`: what is no longer as the manifests have it, and who changed it."""

from __future__ import annotations

import sys

import click

from reconciler.cli import loading, plan_file, session
from reconciler.cli.exit_codes import ExitCode
from reconciler.cli.planning import remembered
from reconciler.cli.selectors import tenant_selection
from reconciler.cli.settings import Settings, global_options
from reconciler.drift import Drift, find_drift
from reconciler.errors import AdoptionFailed, AmbiguousName, ListingInconsistent
from reconciler.plan.file import Place
from reconciler.render.drift import (
    render_drift,
    render_drift_html,
    render_drift_json,
    render_drift_markdown,
)
from reconciler.selection import Selection

_RENDERERS = {
    "json": render_drift_json,
    "markdown": render_drift_markdown,
    "html": render_drift_html,
}
_REFUSALS = (AmbiguousName, AdoptionFailed, ListingInconsistent)


@click.command()
@tenant_selection
@click.option("--secrets", is_flag=True, help="Also whether somebody stored a secret anew.")
@click.option("--details", is_flag=True, help="Every live object that no manifest mentions.")
@click.option(
    "--format",
    "format_",
    type=click.Choice(["text", *_RENDERERS]),
    default="text",
    show_default=True,
    help="How it is written on stdout.",
)
@global_options
def drift(
    settings: Settings,
    selection: Selection,
    secrets: bool,
    details: bool,
    format_: str,
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
    ):
        found = find_drift(connection.client, loaded.tenants, recall, secrets=secrets)
    place = plan_file.place_of(project.environment(settings.env, settings.environ))
    settings.result(_rendered(found, place, settings, format_, details=details))
    sys.exit(_exit_code(found))


def _rendered(
    found: Drift, place: Place, settings: Settings, format_: str, *, details: bool
) -> str:
    if format_ in _RENDERERS:
        return _RENDERERS[format_](found, place)
    all_of_it = details or bool(settings.verbose)
    return render_drift(found, settings.palette(sys.stdout), details=all_of_it)


def _exit_code(found: Drift) -> ExitCode:
    """What could not be read may have drifted too, which is worse to miss than drift."""
    failures = [tenant.failure for tenant in found.tenants if tenant.failure]
    if any(not isinstance(failure, _REFUSALS) for failure in failures):
        return ExitCode.FAILED
    if failures:
        return ExitCode.REFUSED
    return ExitCode.CHANGES if found.is_any else ExitCode.DONE
