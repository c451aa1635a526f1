"""The project's folder → each tenant's manifest; of a few tenants, without parsing all the others.

A plan of one tenant reads the files that mention it, and those that may claim its workspace or what
it adopts: who reads a single tenant still learns that another one has the same key, the same
workspace, or the same object.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path as FilePath

from reconciler.manifest.discover import TenantFiles
from reconciler.manifest.layers import Layer
from reconciler.manifest.mentions import Search, adopted_ids, search_for
from reconciler.manifest.reader import Document
from reconciler.manifest.tables import Record
from reconciler.manifest.template import read_templates
from reconciler.manifest.tenant import (
    Manifest,
    Surroundings,
    build_manifest,
    default_path,
    joined,
    read_documents,
)
from reconciler.manifest.tenant_set import every_row, is_set, read_set, table_of
from reconciler.problems.errors import ManifestError
from reconciler.problems.problem import Problem
from reconciler.project.project import Project
from reconciler.project.selection import Candidate, Selection

FEW = 20  # tenants: to look for more in every file takes longer than to parse the files


@dataclass(frozen=True, slots=True)
class TenantReading:
    """One tenant's files as they were read; no manifest when they cannot be understood."""

    candidate: Candidate
    manifest: Manifest | None
    problems: tuple[Problem, ...] = ()

    @property
    def all_problems(self) -> list[Problem]:
        return [*self.problems, *(self.manifest.locate_problems() if self.manifest else ())]


def surroundings(project: Project, environ: Mapping[str, str]) -> Surroundings:
    defaults = Layer(project.document, project.defaults, default_path)
    templates = read_templates(project.templates, project.root)
    return Surroundings(project.root, templates, environ, defaults)


def read_manifests(
    found: Sequence[TenantFiles], around: Surroundings, search: Search | None = None
) -> Iterator[TenantReading]:
    """Every tenant of *found*, as it is met; with a *search* those rows of a set that it concerns.

    Files that are a set's table are none.
    """
    tables: set[FilePath] = set()
    later: list[tuple[TenantFiles, ManifestError]] = []
    for files in found:
        try:
            documents = read_documents(files, around.root)
        except ManifestError as problem:
            later.append((files, problem))
            continue
        if is_set(documents):
            if table := table_of(files, documents):
                tables.add(table.resolve())
            yield from _rows(files, documents, around, _wanted(documents, search))
            continue
        try:
            own = [Layer(document, document.value) for document in documents]
            manifest = build_manifest(files, own, joined(documents), around)
            yield TenantReading(_candidate(manifest), manifest)
        except ManifestError as problem:
            later.append((files, problem))
    for files, refusal in later:
        if files.path.resolve() not in tables:
            candidate = Candidate(files.guessed_name, {}, files)
            yield TenantReading(candidate, None, refusal.problems)


def read_few(
    found: Sequence[TenantFiles], selection: Selection, around: Surroundings
) -> list[TenantReading] | None:
    """The tenants that are selected, and every other that one of them can be in conflict with.

    None where that takes all tenants: when they are not selected by a few names that exist.
    """
    names = selection.names
    chosen = _called(found, names) if names and len(names) <= FEW else None
    if names is None or chosen is None:
        return None
    # The file that is called like a tenant is read first, to look for its workspace as well.
    texts, searched = names, frozenset[str]()
    while search := search_for(texts, around.templates):
        files = [found[at] for at in sorted(chosen)]
        # A path may be that of a set's table, which means all of its rows.
        readings = list(read_manifests(files, around, None if _paths(names) else search))
        texts = texts.union(*map(_claims, (r for r in readings if selection.selects(r.candidate))))
        if texts == searched:
            return readings if selection.fits([r.candidate for r in readings]) else None
        if search := search_for(texts, around.templates):
            chosen |= {at for at, each in enumerate(found) if search.concerns(each)}
        searched = texts
    return None


def read_mentioning(
    found: Sequence[TenantFiles], texts: Collection[str], around: Surroundings
) -> Iterator[TenantReading]:
    """Every tenant whose files can have one of *texts*, as a key or as what its workspace is."""
    search = search_for(texts, around.templates)
    meant = [files for files in found if search is None or search.concerns(files)]
    return read_manifests(meant, around, search)


def _called(found: Sequence[TenantFiles], names: Collection[str]) -> set[int] | None:
    """The positions of files that are called by the names, or meant by them as paths.

    None when a path means anything else: a template or a table selects who uses it.
    """
    called = {at for at, files in enumerate(found) if files.guessed_name in names}
    for path in _paths(names):
        meant = {
            at
            for at, files in enumerate(found)
            if files.path.name in path.parts
            and path in [each.resolve() for each in files.all_paths]
        }
        if not meant:
            return None
        called |= meant
    return called


def _paths(names: Collection[str]) -> list[FilePath]:
    """The names that are paths of something, resolved."""
    return [path.resolve() for path in map(FilePath, names) if path.exists()]


def _claims(reading: TenantReading) -> set[str]:
    """The names that the workspace of a tenant may have, and the ids that it adopts."""
    value = reading.manifest.value if reading.manifest else {}
    workspace = value.get("workspace")
    fields = workspace if isinstance(workspace, dict) else {}
    names = (reading.candidate.name, fields.get("name"), fields.get("renamedFrom"))
    # Written in either case, they are one id.
    ids = {spelt for id_ in adopted_ids(value) for spelt in (id_, id_.lower(), id_.upper())}
    return ids.union(name for name in names if isinstance(name, str))


def _rows(
    files: TenantFiles,
    documents: Sequence[Document],
    around: Surroundings,
    wants: Callable[[Record], bool],
) -> Iterator[TenantReading]:
    try:
        for manifest in read_set(files, documents, around, wants):
            yield TenantReading(_candidate(manifest), manifest)
    except ManifestError as problem:
        yield TenantReading(Candidate(files.guessed_name, {}, files), None, problem.problems)


def _wanted(documents: Sequence[Document], search: Search | None) -> Callable[[Record], bool]:
    """Which rows of a set to read: all of them when what it says for all concerns the search."""
    if search is None or any(search.may_be_in(each.text.encode()) for each in documents):
        return every_row
    return search.concerns_row


def _candidate(manifest: Manifest) -> Candidate:
    labels = manifest.value.get("labels")
    sound = isinstance(labels, dict) and manifest.is_sound(("labels",))
    return Candidate(manifest.tenant, labels if sound and labels else {}, manifest.files)
