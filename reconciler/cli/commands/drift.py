"""`reconciler drift`: what is no longer as the manifests have it, and who changed it."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path as FilePath

import click

from reconciler.cli.options.plan_output import max_chars_option
from reconciler.cli.options.selectors import tenant_selection
from reconciler.cli.options.settings import Settings, global_options
from reconciler.cli.terminal.console import Terminal
from reconciler.operations.drift import drift as look_for_drift
from reconciler.operations.find_drift import Drift
from reconciler.plan.file import Place
from reconciler.project import git
from reconciler.project.selection import Selection
from reconciler.render.plan.changed import forgotten_lines
from reconciler.render.reports.drift import (
    render_drift,
    render_drift_html,
    render_drift_json,
    render_drift_markdown,
)

_FORMATS = ("text", "json", "markdown", "html", "github")


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
    project = settings.open_project()
    found = look_for_drift(project, Terminal(settings), selection, secrets=secrets)
    look = _Look(format_, max_chars, details or bool(settings.verbose))
    settings.result(_rendered(found.drift, found.place, look, settings))
    if found.forgotten:
        settings.tell("\n".join(forgotten_lines(found.forgotten)))
    sys.exit(found.exit_code)


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

        return render_drift_github(found, git.prefix(FilePath.cwd()))
    return render_drift(found, settings.palette(sys.stdout), details=look.details)
