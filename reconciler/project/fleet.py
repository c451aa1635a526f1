"""The project's folder → the tenants a command is about, as their manifests describe them."""

from __future__ import annotations

import contextlib
import gc
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from reconciler.connectors import Catalogue
from reconciler.manifest.discover import TenantFiles, discover, shown
from reconciler.manifest.files import Files
from reconciler.manifest.mentions import search_for
from reconciler.manifest.provenance import Effective, effective
from reconciler.manifest.tenant import Surroundings
from reconciler.manifest.waivers import Waiver, read_waivers, without_waived
from reconciler.model import Claims, DesiredTenant, Origin, WorkspaceClaim
from reconciler.problems.errors import ManifestError, NothingDeclared
from reconciler.problems.problem import Problem
from reconciler.problems.rules import Severity
from reconciler.project.claims import check_fleet, workspace_claim
from reconciler.project.desired import (
    Beside,
    build_tenant,
    offered_by,
)
from reconciler.project.project import Project
from reconciler.project.readings import (
    TenantReading,
    read_few,
    read_manifests,
    read_mentioning,
    surroundings,
)
from reconciler.project.revisions import Reading, changed
from reconciler.project.selection import Candidate, Selection


def _no_claims(_texts: Collection[str]) -> tuple[WorkspaceClaim, ...]:
    return ()


@dataclass(frozen=True, slots=True)
class Loaded:
    """The selected tenants, by name, and what is doubtful in their manifests but no error.

    `claims` are those of all manifests, selected or not.
    """

    tenants: tuple[DesiredTenant, ...]
    warnings: tuple[Problem, ...]
    gone: tuple[str, ...] = ()  # tenants of the other revision that are no longer declared
    declared: frozenset[str] = frozenset()  # every tenant that was read: all, unless named ones
    claims: Claims = field(default=_no_claims, compare=False)


def load(
    project: Project,
    selection: Selection,
    environ: Mapping[str, str],
    catalogue: Catalogue,
    *,
    strict: bool = False,
    base: Reading | None = None,
) -> Loaded:
    """The selected tenants as their manifests describe them; *strict* sharpens some warnings.

    With *base*, the project as another revision has it, only those that are not the same there.

    Raises ManifestError with every mistake in them (one in a tenant that is not selected does not
    count), of these NothingDeclared where there is no manifest at all, and UsageError for a
    selector that fits nothing.
    """
    found, problems = discover(project.manifests)
    if not found:
        raise NothingDeclared(problems)
    around = surroundings(project, environ)
    with _without_collection():
        few = None if base is not None else read_few(found, selection, around)
        read = read_manifests(found, around) if few is None else few
        beside = Beside(offered_by(project, environ), Files(project.root))
        readings = [_built(each, catalogue, beside) for each in read]
    if not selection.is_everything:
        selection.check([reading.candidate for reading in readings])
    selected = [r for r in readings if selection.selects(r.candidate)]
    gone: tuple[str, ...] = ()
    if base is not None:
        difference = changed(base, {r.candidate.name: r.tenant for r in readings})
        selected = [r for r in selected if r.candidate.name in difference.tenants]
        gone = difference.gone
    chosen = {reading.candidate.name for reading in selected}
    fleet = check_fleet([r.tenant for r in readings if r.tenant is not None])
    if not selection.is_everything:
        problems = []
    problems += _template_problems(around, selected, everything=selection.is_everything)
    found_inside = [problem for reading in selected for problem in reading.problems]
    problems += without_waived(found_inside, [w for r in selected for w in r.waivers])
    problems += [problem for name, problem in fleet if name in chosen]
    if strict:
        problems = [problem.sharpen() for problem in problems]
    if any(problem.severity is Severity.ERROR for problem in problems):
        raise ManifestError(problems)
    tenants = sorted((r.tenant for r in selected if r.tenant), key=lambda tenant: tenant.name)
    declared = frozenset(reading.candidate.name for reading in readings)
    claims = _among(readings, around)
    if few is not None:
        claims = _mentioned(found, around, lambda reading: _built(reading, catalogue, beside))
    return Loaded(tuple(tenants), tuple(problems), gone, declared, claims)


def claims_of(project: Project, environ: Mapping[str, str], catalogue: Catalogue) -> Claims:
    """The claims of all manifests, whatever is wrong with them."""
    found, _ = discover(project.manifests)
    beside = Beside(offered_by(project, environ), Files(project.root))
    around = surroundings(project, environ)
    return _mentioned(found, around, lambda reading: _built(reading, catalogue, beside))


def _mentioned(
    found: Sequence[TenantFiles], around: Surroundings, build: Callable[[TenantReading], _Built]
) -> Claims:
    """The claims of all of *found*, of which those are read that can be about what is asked."""

    def about(texts: Collection[str]) -> tuple[WorkspaceClaim, ...]:
        return tuple(_claim(build(each)) for each in read_mentioning(found, texts, around))

    return about


def _among(readings: Sequence[_Built], around: Surroundings) -> Claims:
    """The claims of *readings*, which are all; of unclear ones where they mention what is asked."""
    claims = [_claim(each) for each in readings]
    clear = tuple(claim for claim in claims if not claim.is_unclear)
    unclear = [
        (claim, each.candidate.files)
        for claim, each in zip(claims, readings, strict=True)
        if claim.is_unclear
    ]

    def about(texts: Collection[str]) -> tuple[WorkspaceClaim, ...]:
        search = search_for(texts, around.templates)
        more = (claim for claim, files in unclear if search is None or search.concerns(files))
        return (*clear, *more)

    return about


def _claim(built: _Built) -> WorkspaceClaim:
    if built.tenant is not None:
        return workspace_claim(built.tenant)
    origin = Origin(shown(built.candidate.files.path), 1, 1)
    return WorkspaceClaim(built.candidate.name, origin, is_unclear=True)


def read_all(project: Project, environ: Mapping[str, str], catalogue: Catalogue) -> Reading:
    """Every tenant of *project* as it is desired there, whatever is wrong with others."""
    found, _ = discover(project.manifests)
    around = surroundings(project, environ)
    beside = Beside(offered_by(project, environ), Files(project.root))
    built = [_built(each, catalogue, beside) for each in read_manifests(found, around)]
    return {each.candidate.name: each.tenant for each in built}


def tenant_names(project: Project, environ: Mapping[str, str]) -> list[str]:
    """The names of all tenants, guessed for those whose manifest cannot be read."""
    found, _ = discover(project.manifests)
    return [each.candidate.name for each in read_manifests(found, surroundings(project, environ))]


def effective_manifests(
    project: Project, selection: Selection, environ: Mapping[str, str]
) -> list[Effective]:
    """The manifests of the selected tenants as they are in effect, by name.

    Raises ManifestError for what cannot be read at all, UsageError as `load` does.
    """
    found, problems = discover(project.manifests)
    around = surroundings(project, environ)
    with _without_collection():
        few = read_few(found, selection, around)
        readings = list(read_manifests(found, around)) if few is None else few
    if not selection.is_everything:
        selection.check([reading.candidate for reading in readings])
    selected = [r for r in readings if selection.selects(r.candidate)]
    problems += _template_problems(around, selected, everything=selection.is_everything)
    problems += [problem for reading in selected for problem in reading.all_problems]
    if any(problem.severity is Severity.ERROR for problem in problems):
        raise ManifestError(problems)
    chosen = (effective(each.manifest) for each in selected if each.manifest)
    return sorted(chosen, key=lambda each: each.tenant)


@dataclass(frozen=True, slots=True)
class _Built:
    """One tenant as it is desired; none when its files cannot be understood."""

    candidate: Candidate
    tenant: DesiredTenant | None
    problems: tuple[Problem, ...]
    waivers: tuple[Waiver, ...] = ()


@contextlib.contextmanager
def _without_collection() -> Iterator[None]:
    """No garbage collection while much is read and kept.

    The collector would walk over all of it again and again, and find nothing to free.
    """
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


def _built(reading: TenantReading, catalogue: Catalogue, beside: Beside) -> _Built:
    if reading.manifest is None:
        return _Built(reading.candidate, None, reading.problems)
    tenant, problems = build_tenant(reading.manifest, catalogue, beside)
    waivers = [w for each in reading.manifest.documents for w in read_waivers(each.text, each.path)]
    return _Built(reading.candidate, tenant, tuple(problems), tuple(waivers))


def _template_problems(
    around: Surroundings, selected: Sequence[TenantReading | _Built], *, everything: bool
) -> list[Problem]:
    """What is wrong with templates, as far as the selected tenants use them."""
    used = {path for each in selected for path in each.candidate.files.shared}
    problems = [
        problem
        for template in around.templates.by_name.values()
        if everything or used & set(template.files)
        for problem in template.problems
    ]
    return [*around.templates.problems, *problems] if everything else problems
