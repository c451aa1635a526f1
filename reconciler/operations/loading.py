"""The project and its selected tenants, for every command; needs nothing of the API."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path as FilePath

from reconciler.api.usage import READING
from reconciler.cli.options.settings import Settings
from reconciler.operations.catalogue import known_connectors
from reconciler.project import fleet, git
from reconciler.project.fleet import Loaded
from reconciler.project.project import FILE as PROJECT_FILE
from reconciler.project.project import Project, read_project
from reconciler.project.revisions import Reading
from reconciler.project.selection import Selection
from reconciler.render.parts.diagnostics import render_diagnostics
from reconciler.render.plan.changed import render_gone, render_unclear


@dataclass(frozen=True, slots=True)
class Then:
    """The project as the merge base with a revision has it."""

    revision: str
    commit: str
    tenants: Reading


def folder_in_repository() -> str:
    """The folder of the repository that places are told from: where the user stands."""
    return git.prefix(FilePath.cwd())


def load(settings: Settings, selection: Selection) -> tuple[Project, Loaded]:
    """The project and its selected tenants; what is doubtful in them is told."""
    project = read_project(settings.folder)
    loaded = read(settings, project, selection)
    _tell(settings, loaded)
    if loaded.gone:
        settings.tell(render_gone(loaded.gone, selection.changed_since))
    return project, loaded


def load_beside(
    settings: Settings, selection: Selection, revision: str
) -> tuple[Project, Loaded, Then]:
    """The same, and the project as *revision* has it, which knows itself what is gone."""
    project = read_project(settings.folder)
    then = _then(settings, project, revision)
    loaded = read(settings, project, selection, then)
    _tell(settings, loaded)
    unclear = [t.name for t in loaded.tenants if then.tenants.get(t.name, t) is None]
    if unclear:
        settings.tell(render_unclear(unclear, revision))
    return project, loaded, then


def read(
    settings: Settings, project: Project, selection: Selection, then: Then | None = None
) -> Loaded:
    """The project's selected tenants, with what is doubtful in them untold."""
    catalogue = known_connectors(settings, project)
    since = selection.changed_since
    if since and (then is None or then.revision != since):
        then = _then(settings, project, since)
    with settings.usage.phase(READING):
        return fleet.load(
            project,
            selection,
            settings.environ,
            catalogue,
            strict=bool(settings.strict),
            base=then.tenants if since and then else None,
        )


def _tell(settings: Settings, loaded: Loaded) -> None:
    if loaded.warnings:
        settings.tell(render_diagnostics(loaded.warnings, settings.palette(sys.stderr)))


def settled(settings: Settings, project: Project, selection: Selection) -> Selection:
    """*selection* without a revision: the tenants that differ from it, by name."""
    if not selection.changed_since:
        return selection
    tenants = read(settings, project, selection).tenants
    return Selection(exactly=frozenset(tenant.name for tenant in tenants))


def _then(settings: Settings, project: Project, revision: str) -> Then:
    """Every tenant as *revision* has it; none where there was no project yet."""
    commit = git.merge_base(project.root, revision)
    with git.project_at(project.root, revision) as folder:
        if not (folder / PROJECT_FILE).exists():
            return Then(revision, commit, {})
        then = read_project(folder)
        catalogue = known_connectors(settings, then)
        return Then(revision, commit, fleet.read_all(then, settings.environ, catalogue))
