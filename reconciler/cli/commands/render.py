"""`reconciler render`: the effective manifests, after templates and defaults. Sends nothing."""

from __future__ import annotations

import sys

import click

from reconciler.cli.options.selectors import tenant_selection
from reconciler.cli.options.settings import Settings, global_options
from reconciler.operations.loading import settle_selection
from reconciler.project import fleet
from reconciler.project.selection import Selection
from reconciler.render.reports.effective import (
    render_effective,
    render_effective_json,
    render_provenance,
)


@click.command()
@tenant_selection
@click.option(
    "--provenance", is_flag=True, help="Say of each value in which file, line and column it is."
)
@click.option(
    "--format",
    "form",
    type=click.Choice(["yaml", "json"]),
    default="yaml",
    show_default=True,
    help="How they are written on stdout.",
)
@global_options
def render(
    settings: Settings,
    selection: Selection,
    provenance: bool,
    form: str,
) -> None:
    """Show the manifests as they are in effect, after templates, params and defaults.

    Secrets stay expressions: no value of one is read.

    \b
    Examples:
      reconciler render acme
      reconciler render acme --provenance
    """
    project = settings.open_project()
    settled = settle_selection(project, selection)
    chosen = fleet.effective_manifests(project.file, settled, project.environ)
    if form == "json":
        settings.result(render_effective_json(chosen, provenance=provenance))
    elif provenance:
        settings.result(render_provenance(chosen, settings.palette(sys.stdout)))
    else:
        settings.result(render_effective(chosen))
