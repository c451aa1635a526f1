"""`reconciler drift`: what is no longer as the manifests have it, and who changed it."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path as FilePath

import click

from reconciler.cli.options.plan_output import max_chars_option
from reconciler.cli.options.selectors import tenant_selection
from reconciler.cli.options.settings import Settings, global_options
from reconciler.cli.terminal.console import Terminal
from reconciler.operations.drift import FoundDrift
from reconciler.operations.drift import drift as look_for_drift
from reconciler.project import git
from reconciler.project.selection import Selection
from reconciler.render.parts.palette import Palette
from reconciler.render.plan.changed import forgotten_lines
from reconciler.render.reports.drift import (
    render_drift,
    render_drift_html,
    render_drift_json,
    render_drift_markdown,
)


@dataclass(frozen=True, slots=True)
class _Look:
    palette: Palette
    max_chars: int
    details: bool


def _text(found: FoundDrift, look: _Look) -> str:
    return render_drift(found.drift, look.palette, details=look.details)


def _json(found: FoundDrift, _look: _Look) -> str:
    return render_drift_json(found.drift, found.place)


def _markdown(found: FoundDrift, look: _Look) -> str:
    return render_drift_markdown(found.drift, look.max_chars)


def _html(found: FoundDrift, _look: _Look) -> str:
    return render_drift_html(found.drift, found.place)


def _github(found: FoundDrift, _look: _Look) -> str:
    from reconciler.render.reports.drift_github import render_drift_github

    return render_drift_github(found.drift, git.prefix(FilePath.cwd()))


_FORMATS: Mapping[str, Callable[[FoundDrift, _Look], str]] = {
    "text": _text,
    "json": _json,
    "markdown": _markdown,
    "html": _html,
    "github": _github,
}


@click.command()
@tenant_selection
@click.option("--secrets", is_flag=True, help="Also whether somebody stored a secret anew.")
@click.option("--details", is_flag=True, help="Every live object that no manifest mentions.")
@click.option(
    "--format",
    "format_",
    type=click.Choice(list(_FORMATS)),
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
    look = _Look(settings.palette(sys.stdout), max_chars, details or bool(settings.verbose))
    settings.result(_FORMATS[format_](found, look))
    if found.forgotten:
        settings.tell("\n".join(forgotten_lines(found.forgotten)))
    sys.exit(found.exit_code)
