"""`reconciler export`: live workspaces → manifests that plan empty. Sends only GETs."""

from __future__ import annotations

import re
import sys
from pathlib import Path as FilePath

import click

from reconciler.cli.options.settings import Settings, global_options
from reconciler.export.files import BESIDE
from reconciler.export.fleet import Wanted
from reconciler.operations.export import SECRETS_FILE, ExportChoices, ExportResult
from reconciler.operations.export import export as export_manifests
from reconciler.operations.exporting import ON_REQUEST
from reconciler.problems.explain import explain
from reconciler.render.parts.problems import render_problem
from reconciler.render.parts.values import counted, safe
from reconciler.render.reports.export import render_export, render_saving

NAME = re.compile(r"[a-z0-9][a-z0-9_-]*")


@click.command()
@click.argument("names", nargs=-1, metavar="[WORKSPACE]...")
@click.option("--all", "everything", is_flag=True, help="Every workspace that may be read.")
@click.option("--id", "ids", multiple=True, metavar="UUID", help="The workspace of this id.")
@click.option(
    "--tenant", "patterns", multiple=True, metavar="GLOB", help="Workspaces by pattern of name."
)
@click.option("--out", metavar="DIR", help="Where to [default: the project's manifests folder].")
@click.option("--force", is_flag=True, help="Also into a folder that has files; edited ones stay.")
@click.option("--full", is_flag=True, help="Also what Airbyte fills in by itself.")
@click.option(
    "--template",
    metavar="NAME",
    help="Write what they share as this template, a table of tenants, and the exceptions.",
)
@click.option(
    "--also",
    multiple=True,
    type=click.Choice(ON_REQUEST),
    help="Also this section, which is left out otherwise.",
)
@click.option("--adopt", is_flag=True, help="Give ids where names do not tell things apart.")
@click.option("--details", is_flag=True, help="Everything that is not managed.")
@global_options
def export(
    settings: Settings,
    names: tuple[str, ...],
    everything: bool,
    ids: tuple[str, ...],
    patterns: tuple[str, ...],
    out: str | None,
    force: bool,
    full: bool,
    template: str | None,
    also: tuple[str, ...],
    adopt: bool,
    details: bool,
) -> None:
    """Write live workspaces as manifests: export, then plan, and there is nothing to change.

    WORKSPACE is a name in Airbyte or the key it is exported under.

    \b
    Examples:
      reconciler --env production export --all
      reconciler export "Acme Inc" --out review
      reconciler export --all --template standard
    """
    wanted = Wanted(names, ids, patterns, everything)
    if not (names or ids or patterns or everything):
        raise click.UsageError("Say which workspaces: names, --id, --tenant or --all.")
    project = settings.open_project()
    if template and not NAME.fullmatch(template):
        raise click.UsageError("The name of a template has a-z, 0-9, `-` and `_` only.")
    folder = FilePath(out) if out else None
    choices = ExportChoices(wanted, folder, force, full, template or "", also, adopt)
    done = export_manifests(project, choices)
    shown = str(done.folder)
    text = render_export(
        done.made.exported,
        done.made.left_out,
        shown,
        palette=settings.palette(sys.stdout),
        details=details or bool(settings.verbose),
    )
    settings.result(text)
    if saving := done.factored:
        settings.result(render_saving(saving.rows, saving.files, saving.before, saving.after))
    _tell(done, shown, settings)
    sys.exit(done.exit_code)


def _tell(done: ExportResult, folder: str, settings: Settings) -> None:
    palette = settings.palette(sys.stderr)
    for name, problem in done.made.failures:
        settings.tell(f'workspace "{safe(name)}" could not be read:')
        settings.tell(render_problem(explain(problem), palette))
    for file in done.written.beside:
        edited = file.name.removesuffix(BESIDE)
        settings.tell(f"{edited} was edited since it was exported: the new text is in {file.name}.")
    if done.secrets:
        settings.tell(f"{counted(len(done.secrets), 'secret')} named in {folder}/{SECRETS_FILE}.")
