"""Manifests → the desired state of each tenant: names become Refs, defaults are filled in.

Dangling references, resources of one name, and workspaces or keys claimed twice are Diagnostics.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from reconciler.connectors import Catalogue
from reconciler.errors import Diagnostic, did_you_mean, error
from reconciler.kinds import all_kinds
from reconciler.kinds._base import Declaration, Kind, Mistake
from reconciler.manifest.findings import Finding
from reconciler.manifest.tenant import Manifest
from reconciler.model import (
    DesiredResource,
    DesiredTenant,
    Json,
    Origin,
    Path,
    Ref,
    ResourceKey,
    Spec,
    workspace_key,
)


@dataclass(frozen=True, slots=True)
class _Block:
    """One resource's block in a manifest: its name, its fields, and the path to it."""

    name: str
    fields: Mapping[str, Json]
    at: Path


def build_tenant(
    manifest: Manifest, defaults: Mapping[str, Json], catalogue: Catalogue
) -> tuple[DesiredTenant, list[Diagnostic]]:
    """The tenant that *manifest* describes, and every mistake in it.

    *defaults* are the project's fields for resources that leave them out, by section.
    """
    problems = manifest.problems
    if not all(_is_usable(kind, manifest) for kind in all_kinds()):
        return DesiredTenant(manifest.tenant, {}, {}, _tenant_origin(manifest)), problems
    blocks = {kind.name: _blocks(kind, manifest, defaults) for kind in all_kinds()}
    declared = {name: [block.name for block in found] for name, found in blocks.items()}
    resources: dict[ResourceKey, DesiredResource] = {}
    for kind in all_kinds():
        for block in blocks[kind.name]:
            if not manifest.is_sound(block.at):
                continue
            key = ResourceKey(kind.name, manifest.tenant, block.name)
            spec, mistakes = kind.declare(Declaration(key, block.fields, declared, catalogue))
            mistakes += _dangling(kind, spec, declared, manifest, block)
            problems += [_placed(mistake, block, manifest) for mistake in mistakes]
            resources[key] = DesiredResource(key, spec, _origin(manifest, block))
        problems += _same_names(kind, resources)
    tenant = DesiredTenant(
        name=manifest.tenant,
        labels=_labels(manifest),
        resources=resources,
        origin=_tenant_origin(manifest),
    )
    return tenant, problems


def check_fleet(tenants: Sequence[DesiredTenant]) -> list[Diagnostic]:
    """Two tenants of one key, and workspaces claimed by two tenants."""
    problems: list[Diagnostic] = []
    keys: dict[str, DesiredTenant] = {}
    workspaces: dict[str, DesiredTenant] = {}
    for tenant in tenants:
        if (first := keys.setdefault(tenant.name, tenant)) is not tenant:
            detail = f'"{tenant.name}" is already the tenant at {first.origin}.'
            problems.append(error(tenant.origin, "duplicate tenant", detail=detail))
            continue
        workspace = tenant.resources.get(workspace_key(tenant.name))
        if workspace is None:  # its block has mistakes of its own
            continue
        name = workspace.spec["name"]
        if (owner := workspaces.setdefault(name, tenant)) is not tenant:
            problems.append(
                error(
                    workspace.origin,
                    "workspace claimed twice",
                    detail=f'The workspace "{name}" already belongs to tenant "{owner.name}" '
                    f"({owner.workspace.origin}).",
                    hint="Give one of them another `workspace.name`.",
                )
            )
    return problems


def _is_usable(kind: Kind, manifest: Manifest) -> bool:
    """Whether the kind's sections are mappings, so that it is known which resources they name."""
    sections = (kind.section, kind.single_section) if kind.in_workspace() else (kind.section,)
    return all(isinstance(manifest.value.get(section, {}), dict) for section in sections)


def _blocks(kind: Kind, manifest: Manifest, defaults: Mapping[str, Json]) -> list[_Block]:
    default = defaults.get(kind.section) or {}
    if not kind.in_workspace():
        fields = manifest.value.get(kind.section) or {}
        return [_Block("", {**default, **fields}, (kind.section,))]
    section = manifest.value.get(kind.section) or {}
    blocks = [
        _Block(name, {**default, **_mapping(fields)}, (kind.section, name))
        for name, fields in section.items()
    ]
    if kind.single_section in manifest.value:
        fields = manifest.value[kind.single_section]
        blocks.append(_Block(kind.name, {**default, **fields}, (kind.single_section,)))
    return blocks


def _dangling(
    kind: Kind,
    spec: Spec,
    declared: Mapping[str, Collection[str]],
    manifest: Manifest,
    block: _Block,
) -> list[Mistake]:
    """References to resources that the tenant does not declare."""
    return [
        Mistake(
            (field,) if field in block.fields else (),
            f"unknown {ref.kind}",
            f'{kind.name} "{block.name}" uses {ref.kind} "{ref.name}", which no manifest of tenant '
            f'"{manifest.tenant}" declares.',
            _nearest(ref, declared[ref.kind], manifest),
        )
        for field in kind.references
        if isinstance(ref := spec.get(field), Ref) and ref.name not in declared[ref.kind]
    ]


def _nearest(ref: Ref, names: Collection[str], manifest: Manifest) -> str:
    hint = did_you_mean(ref.name, names)
    if not hint:
        return f"Declared: {', '.join(sorted(names))}." if names else f"It declares no {ref.kind}."
    near = hint.split('"')[1]
    section = next(kind.section for kind in all_kinds() if kind.name == ref.kind)
    place = manifest.origin((section, near), key=True)
    return f"{hint.removesuffix('?')} ({place})?"


def _same_names(kind: Kind, resources: Mapping[ResourceKey, DesiredResource]) -> list[Diagnostic]:
    """Resources of one kind that the live workspace could not tell apart."""
    first: dict[str, DesiredResource] = {}
    problems: list[Diagnostic] = []
    for key, resource in resources.items():
        if key.kind != kind.name:
            continue
        name = kind.name_of(resource.spec)
        if (other := first.setdefault(name, resource)) is not resource:
            problems.append(
                error(
                    resource.origin,
                    "duplicate name",
                    detail=f'{kind.name} "{key.name}" is named "{name}", as is '
                    f'"{other.key.name}" ({other.origin}).',
                    hint="Names tell live objects apart: give each its own `name`.",
                )
            )
    return problems


def _placed(mistake: Mistake, block: _Block, manifest: Manifest) -> Diagnostic:
    finding = Finding(
        (*block.at, *mistake.at),
        mistake.summary,
        mistake.detail,
        mistake.hint,
        on_key=not mistake.at,
        severity=mistake.severity,
    )
    return manifest.placed(finding)


def _mapping(fields: Json) -> Mapping[str, Json]:
    """*fields*, or nothing for a block that is no mapping and is told as such."""
    return fields if isinstance(fields, dict) else {}


def _labels(manifest: Manifest) -> Mapping[str, str]:
    return manifest.value.get("labels") or {} if manifest.is_sound(("labels",)) else {}


def _tenant_origin(manifest: Manifest) -> Origin:
    return manifest.origin(("tenant",), key=True)


def _origin(manifest: Manifest, block: _Block) -> Origin:
    return manifest.origin(block.at, key=True)
