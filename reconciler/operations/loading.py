"""The selected tenants of a project, for every operation; needs nothing of the API."""

from __future__ import annotations

from dataclasses import dataclass, replace

from reconciler.api.usage import READING
from reconciler.model import Claims
from reconciler.operations.console import Console
from reconciler.operations.news import ManifestWarnings, TenantsGone, TenantsUnclear
from reconciler.operations.open_project import OpenProject
from reconciler.project import fleet, git
from reconciler.project.fleet import Loaded
from reconciler.project.project import FILE as PROJECT_FILE
from reconciler.project.project import read_project
from reconciler.project.revisions import Reading
from reconciler.project.selection import Selection


@dataclass(frozen=True, slots=True)
class Then:
    """The project as the merge base with a revision has it."""

    revision: str
    commit: str
    tenants: Reading


def load_tenants(project: OpenProject, selection: Selection, console: Console) -> Loaded:
    """The selected tenants; what is doubtful in them is told."""
    loaded = read_tenants(project, selection)
    _tell_warnings(loaded, console)
    if loaded.gone:
        console.tell(TenantsGone(loaded.gone, selection.changed_since))
    return loaded


def load_beside(
    project: OpenProject, selection: Selection, revision: str, console: Console
) -> tuple[Loaded, Then]:
    """The same, and the project as *revision* has it, which knows itself what is gone."""
    then = _read_then(project, revision)
    loaded = read_tenants(project, selection, then)
    _tell_warnings(loaded, console)
    unclear = [t.name for t in loaded.tenants if then.tenants.get(t.name, t) is None]
    if unclear:
        console.tell(TenantsUnclear(tuple(unclear), revision))
    return loaded, then


def read_tenants(project: OpenProject, selection: Selection, then: Then | None = None) -> Loaded:
    """The selected tenants, with what is doubtful in them untold."""
    since = selection.changed_since
    if since and (then is None or then.revision != since):
        then = _read_then(project, since)
    with project.usage.phase(READING):
        return fleet.load(
            project.file,
            selection,
            project.environ,
            project.catalogue,
            strict=project.strict,
            base=then.tenants if since and then else None,
        )


def _tell_warnings(loaded: Loaded, console: Console) -> None:
    if loaded.warnings:
        console.tell(ManifestWarnings(loaded.warnings))


def settle_selection(project: OpenProject, selection: Selection) -> Selection:
    """*selection* without a revision: the tenants that differ from it, by name."""
    if not selection.changed_since:
        return selection
    tenants = read_tenants(project, selection).tenants
    return Selection(exactly=frozenset(tenant.name for tenant in tenants))


def _read_then(project: OpenProject, revision: str) -> Then:
    """Every tenant as *revision* has it; none where there was no project yet."""
    root = project.file.root
    commit = git.merge_base(root, revision)
    with git.project_at(root, revision) as folder:
        if not (folder / PROJECT_FILE).exists():
            return Then(revision, commit, {})
        then = replace(project, file=read_project(folder))
        tenants = fleet.read_all(then.file, then.environ, then.catalogue)
        return Then(revision, commit, tenants)


def read_claims(project: OpenProject) -> Claims:
    """What the manifests of *project* claim, whatever is wrong with them."""
    return fleet.claims_of(project.file, project.environ, project.catalogue)
