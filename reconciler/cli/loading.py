"""The project and its selected tenants, for every command; needs nothing of the API."""

from __future__ import annotations

import sys

from reconciler import fleet, git
from reconciler.cli.catalogue import known_connectors
from reconciler.cli.settings import Settings
from reconciler.fleet import Loaded
from reconciler.manifest.project import FILE as PROJECT_FILE
from reconciler.manifest.project import Project, read_project
from reconciler.render.changed import render_gone
from reconciler.render.diagnostics import render_diagnostics
from reconciler.selection import Selection


def load(settings: Settings, selection: Selection) -> tuple[Project, Loaded]:
    """The project and its selected tenants; what is doubtful in them is told."""
    project = read_project(settings.folder)
    loaded = read(settings, project, selection)
    if loaded.warnings:
        settings.tell(render_diagnostics(loaded.warnings, settings.palette(sys.stderr)))
    if loaded.gone:
        settings.tell(render_gone(loaded.gone, selection.changed_since))
    return project, loaded


def read(settings: Settings, project: Project, selection: Selection) -> Loaded:
    """The project's selected tenants, with what is doubtful in them untold."""
    catalogue = known_connectors(settings, project)
    base = _base(settings, project, selection.changed_since) if selection.changed_since else None
    return fleet.load(
        project,
        selection,
        settings.environ,
        catalogue,
        strict=bool(settings.strict),
        base=base,
    )


def settled(settings: Settings, project: Project, selection: Selection) -> Selection:
    """*selection* without a revision: the tenants that differ from it, by name."""
    if not selection.changed_since:
        return selection
    tenants = read(settings, project, selection).tenants
    return Selection(exactly=frozenset(tenant.name for tenant in tenants))


def _base(settings: Settings, project: Project, revision: str) -> fleet.Reading:
    """Every tenant as *revision* has it; none where there was no project yet."""
    with git.project_at(project.root, revision) as folder:
        if not (folder / PROJECT_FILE).exists():
            return {}
        then = read_project(folder)
        return fleet.read_all(then, settings.environ, known_connectors(settings, then))
