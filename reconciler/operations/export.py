"""`export`: live workspaces → files of manifests that plan empty. Sends only GETs."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path as FilePath

from reconciler.export.factor import factor, tenant_set, tenants_of
from reconciler.export.files import Written, check_folder, write_files
from reconciler.export.fleet import Wanted, file_of
from reconciler.export.manifest_text import render_manifest, render_secrets
from reconciler.export.secret_names import SecretNames
from reconciler.export.table_text import render_table
from reconciler.export.tenant import Style
from reconciler.operations.exit_codes import ExitCode
from reconciler.operations.exporting import Export, export_workspaces
from reconciler.operations.open_project import OpenProject
from reconciler.operations.session import connected
from reconciler.project import fleet
from reconciler.project.selection import Selection

SECRETS_FILE = "secrets.example"


@dataclass(frozen=True, slots=True)
class ExportChoices:
    """Which workspaces, where to, and in which style.

    `folder` is None for the project's own manifests. `template` factors out what all share, under
    that name. `also` are sections that are left out otherwise.
    """

    wanted: Wanted
    folder: FilePath | None = None
    force: bool = False
    full: bool = False
    template: str = ""
    also: tuple[str, ...] = ()
    adopts: bool = False


@dataclass(frozen=True, slots=True)
class Factored:
    """What a template has saved: rows of its table, files beside it, and the texts both ways."""

    rows: int
    files: int
    before: Mapping[str, str]
    after: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class ExportResult:
    """What was exported and into which files; `secrets` are names with the places of their use."""

    made: Export
    folder: FilePath
    written: Written
    secrets: Mapping[str, str] = field(default_factory=dict)
    factored: Factored | None = None

    @property
    def exit_code(self) -> ExitCode:
        if not self.made.failures:
            return ExitCode.DONE
        return ExitCode.PARTLY_APPLIED if self.made.exported else ExitCode.FAILED


def export(project: OpenProject, choices: ExportChoices) -> ExportResult:
    """Writes the workspaces that are wanted as manifests; never over an edit of anybody's.

    Raises UsageError for what fits no workspace, or a folder that may not be written into.
    """
    folder = choices.folder or project.file.manifests
    templates = choices.folder / "templates" if choices.folder else project.file.templates
    check_folder(folder, force=choices.force)
    style = _style(project, choices)
    claimed = _claimed(project, folder)
    with connected(project) as session:
        made = export_workspaces(
            session.client,
            choices.wanted,
            style,
            claimed,
            also=choices.also,
            completely=bool(choices.template),
        )
    texts = {file_of(one.tenant): render_manifest(one.page) for one in made.exported}
    factored = None
    if choices.template:
        factored = _factor(made, choices.template, texts, os.path.relpath(templates, folder))
        texts = dict(factored.after)
    if style.secrets.needed:
        texts[SECRETS_FILE] = render_secrets(style.secrets.needed)
    written = write_files(folder, texts, project.file.state_folder / "exported.json")
    return ExportResult(made, folder, written, style.secrets.needed, factored)


def _style(project: OpenProject, choices: ExportChoices) -> Style:
    return Style(
        catalogue=project.catalogue,
        secrets=SecretNames(),
        defaults=project.file.defaults,
        is_full=choices.full,
        adopts=choices.adopts,
    )


def _claimed(project: OpenProject, folder: FilePath) -> Mapping[str, str]:
    """The workspaces that the project has manifests for, when it is those that are added to."""
    if folder.resolve() != project.file.manifests.resolve() or not _has_files(folder):
        return {}
    loaded = fleet.load(project.file, Selection(), project.environ, project.catalogue)
    return {
        name: os.path.relpath(tenant.origin.path, folder)
        for tenant in loaded.tenants
        for name in tenant.workspace_names
    }


def _has_files(folder: FilePath) -> bool:
    return folder.is_dir() and any(not f.name.startswith(".") for f in folder.rglob("*.y*ml"))


def _factor(made: Export, name: str, alone: Mapping[str, str], templates: str) -> Factored:
    """The files with a template in place of what all have."""
    found = factor(tenants_of(made.exported, made.complete), name)
    texts = {f"{templates}/{name}.yaml": render_manifest(found.template)}
    if found.rows:
        texts[f"{name}.yaml"] = render_manifest(tenant_set(name, f"{name}.csv"))
        texts[f"{name}.csv"] = render_table(found.columns, found.rows)
    texts |= {file_of(tenant): render_manifest(page) for tenant, page in found.files.items()}
    return Factored(len(found.rows), len(found.files), alone, texts)
