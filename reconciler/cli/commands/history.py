"""`reconciler history`: who applied what, when, and how it went. Sends nothing."""

from __future__ import annotations

import sys

import click

from reconciler.cli.options.settings import Settings, global_options
from reconciler.operations.remembered import open_project_ledger
from reconciler.render.reports.history import history_json, render_history


@click.command()
@click.option(
    "--limit",
    type=click.IntRange(1),
    default=20,
    show_default=True,
    help="How many applies to show, the newest first.",
)
@click.option(
    "--format",
    "format_",
    type=click.Choice(["text", "json"]),
    default="text",
    show_default=True,
    help="How it is written on stdout.",
)
@global_options
def history(settings: Settings, limit: int, format_: str) -> None:
    """Show the past applies of an environment from this project.

    They are remembered in the ledger: when it is deleted, so are they. An apply that was killed
    stays "unfinished".

    \b
    Examples:
      reconciler history
      reconciler --env production history --format json
    """
    with open_project_ledger(settings.open_project()) as ledger:
        runs = ledger.runs(limit)
    text = history_json(runs) if format_ == "json" else ""
    settings.result(text or render_history(runs, settings.palette(sys.stdout)))
