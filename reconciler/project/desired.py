"""Manifests → the desired state of each tenant: names become Refs, defaults are filled in.

Dangling references and resources of one name are Problems.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial

from reconciler.connectors import Catalogue, Connector
from reconciler.kinds import all_kinds, get
from reconciler.kinds.contract.kind import Kind
from reconciler.kinds.contract.terms import Declaration
from reconciler.manifest.files import Files
from reconciler.manifest.layers import Layer
from reconciler.manifest.lifecycle import Lifecycle, lifecycle, own_fields
from reconciler.manifest.tenant import Manifest
from reconciler.model import (
    DesiredResource,
    DesiredTenant,
    Json,
    Origin,
    Path,
    Ref,
    ResourceKey,
    Retired,
    Spec,
)
from reconciler.problems import rules
from reconciler.problems.errors import ManifestError
from reconciler.problems.problem import At, Problem
from reconciler.problems.wording import did_you_mean
from reconciler.project.project import Project


@dataclass(frozen=True, slots=True)
class Beside:
    """What stands around a tenant's manifest: what the project offers, and files beside it."""

    offered: Layer
    files: Files


@dataclass(frozen=True, slots=True)
class _Block:
    """One resource's block in a manifest: its name, its kind's own fields, and the path to it."""

    name: str
    fields: Mapping[str, Json]
    at: Path
    life: Lifecycle = field(default_factory=Lifecycle)


def build_tenant(
    manifest: Manifest, catalogue: Catalogue, beside: Beside
) -> tuple[DesiredTenant, list[Problem]]:
    """The tenant that *manifest* describes, and every mistake in it."""
    manifest = replace(manifest, shared=(beside.offered, *manifest.shared))
    problems = manifest.locate_problems()
    if not all(_is_usable(kind, manifest) for kind in all_kinds()):
        return DesiredTenant(manifest.tenant, {}, {}, _tenant_origin(manifest)), problems
    blocks, retired = _parted(_all_blocks(manifest, beside.offered.value), manifest)
    declared = {name: [block.name for block in found] for name, found in blocks.items()}
    resources: dict[ResourceKey, DesiredResource] = {}
    connectors: dict[str, Connector] = {}
    for kind in all_kinds():
        for block in blocks[kind.name]:
            if not manifest.is_sound(block.at):
                continue
            key = ResourceKey(kind.name, manifest.tenant, block.name)
            file = partial(_file, manifest, block, beside.files)
            declaration = Declaration(key, block.fields, declared, catalogue, connectors, file)
            try:
                spec, found = kind.declare(declaration)
            except ManifestError as unreadable:
                problems += unreadable.problems
                continue
            if kind.connector and not found:
                connectors[block.name] = kind.connector(block.name, spec)
            found += _dangling(kind, spec, declared, manifest, block)
            problems += [
                _locate(problem, block, manifest)
                for problem in found
                if not _is_moot(problem, block, manifest)
            ]
            resources[key] = DesiredResource(
                key,
                spec,
                _origin(manifest, block),
                is_protected=bool(block.life.is_protected),
                renamed_from=block.life.renamed_from,
                adopt_id=block.life.adopt_id,
                adopt_origin=_adopt_origin(manifest, block),
                schema=_schema(kind, spec, connectors),
            )
        problems += _same_names(kind, resources)
    tenant = DesiredTenant(
        name=manifest.tenant,
        labels=_labels(manifest),
        resources=resources,
        origin=_tenant_origin(manifest),
        retired={each.key: each for each in retired},
        prune=bool(manifest.value.get("prune", False)),
        sections=frozenset(kind.name for kind in all_kinds() if kind.section in manifest.value),
    )
    return tenant, problems


def _schema(
    kind: Kind, spec: Spec, connectors: Mapping[str, Connector]
) -> Mapping[str, Json] | None:
    """The schema of the connector of the tenant's own that *spec* refers to."""
    refs = (spec.get(f) for f, r in kind.references.items() if get(r.kind).connector)
    names = (ref.name for ref in refs if isinstance(ref, Ref))
    found = next((connectors[name].schema for name in names if name in connectors), None)
    return found or None


def _file(manifest: Manifest, block: _Block, files: Files, at: Path) -> Json:
    """What is in the file that the manifest names at *at*. Raises ManifestError."""
    return files.read(manifest.place((*block.at, *at)).origin, str(block.fields[str(at[0])]))


def _all_blocks(manifest: Manifest, offered: Mapping[str, Json]) -> dict[str, list[_Block]]:
    """The blocks of every kind, with those that other blocks imply, or the project offers them."""
    blocks = {kind.name: _blocks(kind, manifest) for kind in all_kinds()}
    for kind in all_kinds():
        implied = kind.blocks.implied
        for block in blocks[kind.name]:
            if block.life.is_absent or not manifest.is_sound(block.at):
                continue
            for other, names in implied(block.fields).items() if implied else ():
                known = {each.name for each in blocks[other]}
                at = (*block.at, get(other).section)
                blocks[other] += [_Block(name, {}, at) for name in names if name not in known]
            for reference in kind.references.values():
                section = get(reference.kind).section
                name = block.fields.get(reference.written_as)
                there = {each.name for each in blocks[reference.kind]}
                if isinstance(name, str) and name in offered.get(section, {}) and name not in there:
                    fields = offered[section][name]
                    blocks[reference.kind].append(_block(name, fields, (section, name)))
    return blocks


def offered_by(project: Project, environ: Mapping[str, str]) -> Layer:
    """What the project file has for the tenants that refer to it. Raises ManifestError."""
    sections = [kind.section for kind in all_kinds() if kind.blocks.are_offered_by_project]
    return Layer(project.document, {name: project.section(name, environ) for name in sections})


def _parted(
    blocks: Mapping[str, Sequence[_Block]], manifest: Manifest
) -> tuple[dict[str, list[_Block]], list[Retired]]:
    """The blocks of what is to exist, and what is to be gone: all of a tenant that is retired."""
    life = lifecycle(manifest.value)
    staying = {
        name: [block for block in found if not (life.is_absent or block.life.is_absent)]
        for name, found in blocks.items()
    }
    retired = [
        _retired(kind, block, life, manifest)
        for kind, found in blocks.items()
        for block in found
        if life.is_absent or block.life.is_absent
    ]
    return staying, retired


def _retired(kind: str, block: _Block, tenant: Lifecycle, manifest: Manifest) -> Retired:
    is_own = block.life.is_absent
    return Retired(
        key=ResourceKey(kind, manifest.tenant, block.name),
        name=str(block.fields.get(get(kind).blocks.name_field, block.name or manifest.tenant)),
        reason=block.life.reason if is_own else tenant.reason,
        origin=_origin(manifest, block) if is_own else manifest.origin(("state",), key=True),
        is_protected=block.life.is_protected,
        adopt_id=block.life.adopt_id,
        adopt_origin=_adopt_origin(manifest, block),
    )


def _is_usable(kind: Kind, manifest: Manifest) -> bool:
    """Whether the kind's sections are mappings, so that it is known which resources they name."""
    sections = (kind.section, kind.blocks.single_section)
    return all(isinstance(manifest.value.get(section, {}), dict) for section in sections)


def _blocks(kind: Kind, manifest: Manifest) -> list[_Block]:
    section = manifest.value.get(kind.section) or {}
    if not kind.in_workspace():
        return [_block("", section, (kind.section,))]
    blocks = [
        _block(name, _mapping(kind, fields), (kind.section, name))
        for name, fields in section.items()
    ]
    if kind.blocks.single_section in manifest.value:
        fields = manifest.value[kind.blocks.single_section]
        blocks.append(_block(kind.name, fields, (kind.blocks.single_section,)))
    return blocks


def _block(name: str, fields: Mapping[str, Json], at: Path) -> _Block:
    return _Block(name, own_fields(fields), at, lifecycle(fields))


def _dangling(
    kind: Kind,
    spec: Spec,
    declared: Mapping[str, Collection[str]],
    manifest: Manifest,
    block: _Block,
) -> list[Problem]:
    """References to resources that the tenant does not declare."""
    return [
        Problem(
            reference.unknown,
            At(_written_at(reference.written_as or field, block)),
            f'{kind.name} "{block.name}" uses {ref.kind} "{ref.name}", which no manifest of tenant '
            f'"{manifest.tenant}" declares.',
            _nearest(ref, declared[ref.kind], manifest),
        )
        for field, reference in kind.references.items()
        if reference.unknown
        and isinstance(ref := spec.get(field), Ref)
        and ref.name not in declared[ref.kind]
    ]


def _written_at(field: str, block: _Block) -> Path:
    return (field,) if field in block.fields else ()


def _nearest(ref: Ref, names: Collection[str], manifest: Manifest) -> str:
    hint = did_you_mean(ref.name, names)
    if not hint:
        return f"Declared: {', '.join(sorted(names))}." if names else f"It declares no {ref.kind}."
    near = hint.split('"')[1]
    place = manifest.origin((get(ref.kind).section, near), key=True)
    return f"{hint.removesuffix('?')} ({place})?"


def _same_names(kind: Kind, resources: Mapping[ResourceKey, DesiredResource]) -> list[Problem]:
    """Resources of one kind that the live workspace could not tell apart: an id would."""
    first: dict[str, DesiredResource] = {}
    problems: list[Problem] = []
    for key, resource in resources.items():
        if key.kind != kind.name or resource.adopt_id:
            continue
        name = kind.name_of(resource.spec)
        if (other := first.setdefault(name, resource)) is not resource:
            problems.append(
                Problem(
                    rules.DUPLICATE_NAME,
                    resource.origin,
                    detail=f'{kind.name} "{key.name}" is named "{name}", as is '
                    f'"{other.key.name}" ({other.origin}).',
                    hint="Names tell live objects apart: give each its own `name`.",
                )
            )
    return problems


def _is_moot(problem: Problem, block: _Block, manifest: Manifest) -> bool:
    """Whether the problem is in what an expression gave: no literal, or told of already."""
    at = (*block.at, *problem.at.path)
    if problem.rule is rules.SECRET_IN_PLAIN_TEXT:
        return manifest.is_expression(at)
    return any(each.at.path == at for each in manifest.problems)


def _locate(problem: Problem, block: _Block, manifest: Manifest) -> Problem:
    """*problem* in its manifest; one with a block as a whole is at the block's key."""
    found = problem.inside(block.at)
    if not problem.at.path:
        found = replace(found, where=At(block.at, on_key=True))
    if found.rule is rules.WRONG_TYPE_OF_FIELD and manifest.is_expression(found.at.path):
        hint = "A variable of the environment gives a text: use a param of that type instead."
        found = replace(found, hint=hint)
    return manifest.locate(found)


def _mapping(kind: Kind, fields: Json) -> Mapping[str, Json]:
    """*fields*, or nothing for a block that is no mapping and is told as such."""
    if kind.blocks.shorthand and not isinstance(fields, dict):
        return {kind.blocks.shorthand: fields}
    return fields if isinstance(fields, dict) else {}


def _labels(manifest: Manifest) -> Mapping[str, str]:
    return manifest.value.get("labels") or {} if manifest.is_sound(("labels",)) else {}


def _tenant_origin(manifest: Manifest) -> Origin:
    return manifest.origin(("tenant",), key=True)


def _adopt_origin(manifest: Manifest, block: _Block) -> Origin | None:
    return manifest.origin((*block.at, "adopt", "id")) if block.life.adopt_id else None


def _origin(manifest: Manifest, block: _Block) -> Origin:
    if not block.name:  # the workspace: of the tenant's own, even where a template describes it
        return manifest.own_origin(block.at)
    return manifest.origin(block.at, key=True)
