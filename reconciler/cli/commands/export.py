"""`reconciler export`: live workspaces → manifests that plan empty. Sends only GETs."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Mapping
from pathlib import Path as FilePath

import click

from reconciler.cli.options.settings import Settings, global_options
from reconciler.export.factor import factor, tenant_set, tenants_of
from reconciler.export.files import BESIDE, Written, check_folder, write_files
from reconciler.export.fleet import Wanted, file_of
from reconciler.export.manifest_text import render_manifest, render_secrets
from reconciler.export.secret_names import SecretNames
from reconciler.export.table_text import render_table
from reconciler.export.tenant import Style
from reconciler.operations import exporting, session
from reconciler.operations.catalogue import known_connectors
from reconciler.operations.exit_codes import ExitCode
from reconciler.operations.exporting import Export
from reconciler.problems.explain import explain
from reconciler.project import fleet
from reconciler.project.project import Project, read_project
from reconciler.project.selection import Selection
from reconciler.render.parts.diagnostics import render_diagnostic
from reconciler.render.parts.values import counted, safe
from reconciler.render.reports.export import render_export, render_saving

SECRETS = "secrets.example"
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
    type=click.Choice(exporting.ON_REQUEST),
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
    project = read_project(settings.folder)
    folder = FilePath(out) if out else project.manifests
    templates = FilePath(out) / "templates" if out else project.templates
    if template and not NAME.fullmatch(template):
        raise click.UsageError("The name of a template has a-z, 0-9, `-` and `_` only.")
    check_folder(folder, force=force)
    style = Style(
        catalogue=known_connectors(settings, project),
        secrets=SecretNames(),
        defaults=project.defaults,
        is_full=full,
        adopts=adopt,
    )
    claimed = _claimed(settings, project, folder)
    with session.connected(settings, project) as connection:
        made = exporting.export_workspaces(
            connection.client,
            wanted,
            style,
            claimed,
            also=also,
            completely=template is not None,
        )
    texts = {file_of(one.tenant): render_manifest(one.page) for one in made.exported}
    saved = ""
    if template:
        texts, saved = _factored(made, template, texts, os.path.relpath(templates, folder))
    if style.secrets.needed:
        texts[SECRETS] = render_secrets(style.secrets.needed)
    done = write_files(folder, texts, project.state_folder / "exported.json")
    shown = str(folder)
    settings.result(
        render_export(
            made.exported,
            made.left_out,
            shown,
            palette=settings.palette(sys.stdout),
            details=details or bool(settings.verbose),
        )
    )
    if saved:
        settings.result(saved)
    _tell(made, done, style, shown, settings)
    sys.exit(_exit_code(made))


def _claimed(settings: Settings, project: Project, folder: FilePath) -> Mapping[str, str]:
    """The workspaces that the project has manifests for, when it is those that are added to."""
    if folder.resolve() != project.manifests.resolve() or not _has_files(folder):
        return {}
    loaded = fleet.load(project, Selection(), settings.environ, known_connectors(settings, project))
    return {
        name: os.path.relpath(tenant.origin.path, folder)
        for tenant in loaded.tenants
        for name in tenant.workspace_names
    }


def _has_files(folder: FilePath) -> bool:
    return folder.is_dir() and any(not f.name.startswith(".") for f in folder.rglob("*.y*ml"))


def _factored(
    made: Export, name: str, alone: Mapping[str, str], templates: str
) -> tuple[dict[str, str], str]:
    """The files with a template in place of what all have, and a line on how much that saves."""
    found = factor(tenants_of(made.exported, made.complete), name)
    texts = {f"{templates}/{name}.yaml": render_manifest(found.template)}
    if found.rows:
        texts[f"{name}.yaml"] = render_manifest(tenant_set(name, f"{name}.csv"))
        texts[f"{name}.csv"] = render_table(found.columns, found.rows)
    texts |= {file_of(tenant): render_manifest(page) for tenant, page in found.files.items()}
    return texts, render_saving(len(found.rows), len(found.files), alone, texts)


def _tell(made: Export, done: Written, style: Style, folder: str, settings: Settings) -> None:
    palette = settings.palette(sys.stderr)
    for name, problem in made.failures:
        settings.tell(f'workspace "{safe(name)}" could not be read:')
        settings.tell(render_diagnostic(explain(problem), palette))
    for file in done.beside:
        edited = file.name.removesuffix(BESIDE)
        settings.tell(f"{edited} was edited since it was exported: the new text is in {file.name}.")
    if needed := style.secrets.needed:
        settings.tell(f"{counted(len(needed), 'secret')} named in {folder}/{SECRETS}.")


def _exit_code(made: Export) -> ExitCode:
    if not made.failures:
        return ExitCode.DONE
    return ExitCode.PARTLY_APPLIED if made.exported else ExitCode.FAILED
