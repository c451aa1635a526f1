"""The live state of one workspace → its manifest: keys, references by key, one block a resource."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import takewhile

from reconciler.connectors import Catalogue, Connector
from reconciler.export.keys import unique_keys
from reconciler.export.page import Exported, LeftOut, Page
from reconciler.export.secret_names import SecretNames
from reconciler.kinds import all_kinds, get
from reconciler.kinds.contract.exporting import Block, Found, Remark, unsayable
from reconciler.kinds.contract.kind import Kind
from reconciler.live.tenant import LiveTenant
from reconciler.manifest.schema import properties
from reconciler.model import Json, LiveResource, Path, Ref, ResourceKey, Spec


@dataclass(frozen=True, slots=True)
class Style:
    """How to write: with which connectors, beside which defaults, everything or what matters.

    With `adopts`, resources that their names do not tell apart are written with their ids.
    """

    catalogue: Catalogue
    secrets: SecretNames
    defaults: Mapping[str, Json] = field(default_factory=dict)
    is_full: bool = False
    adopts: bool = False


@dataclass(frozen=True, slots=True)
class _Choice:
    """Which live resources the manifest has, under which keys; and why it has not the others."""

    keys: Mapping[tuple[str, str], str]
    adopted: Collection[str]
    unmanaged: Mapping[str, str]


def export_tenant(live: LiveTenant, style: Style, *, by_id: bool = False) -> Exported:
    """The manifest of *live*; its workspace is named by its id too when *by_id*."""
    resources = [*live.resources.values(), *live.undeclared]
    choice = _choose(resources, style, by_id=by_id)
    declared = _declared(choice)
    connectors = _connectors(resources, choice)
    value: dict[str, Json] = {"version": 1, "tenant": live.name}
    comments: dict[Path, tuple[str, ...]] = {}
    left_out: list[LeftOut] = []
    for kind in all_kinds():
        mine = [resource for resource in resources if resource.key.kind == kind.name]
        section, told = _section(kind, mine, live.name, choice, declared, connectors, style)
        if section is not None:
            value[_section_name(kind, choice)] = section
        for at, text, loss in told:
            comments[at] = (*comments.get(at, ()), text)
            left_out += [loss] if loss else []
    return Exported(
        tenant=live.name,
        page=Page(_in_order(value), comments=comments),
        resources=len(choice.keys),
        left_out=tuple(left_out),
    )


_Told = tuple[Path, str, LeftOut | None]


def _section(
    kind: Kind,
    resources: Sequence[LiveResource],
    tenant: str,
    choice: _Choice,
    declared: Mapping[str, Collection[str]],
    connectors: Mapping[str, Connector],
    style: Style,
) -> tuple[Json, list[_Told]]:
    """The section of *kind*, None when there is nothing in it; and what is to be said of it."""
    name = _section_name(kind, choice)
    is_single = name != kind.section or not kind.in_workspace()
    blocks: dict[str, Json] = {}
    told: list[_Told] = []
    for resource in sorted(resources, key=lambda r: (choice.keys.get(_id(r), "~"), r.id)):
        title = str(resource.spec["name"])
        if reason := choice.unmanaged.get(resource.id):
            at: Path = (name, "") if blocks or not is_single else (name,)
            text = f'{kind.name} "{_shown(title)}" is not managed: {reason}.'
            told.append((at, text, LeftOut(kind.name, title, "", reason)))
            continue
        key = choice.keys[_id(resource)]
        own_key = ResourceKey(kind.name, tenant, key)
        block = _block(kind, resource, own_key, choice, declared, connectors, style)
        at = (name,) if is_single else (name, key)
        told += [_told(kind, title, at, remark) for remark in block.remarks]
        blocks[key] = _shorthand(kind, block.fields)
    if is_single:
        return next(iter(blocks.values()), None) or None, told
    return blocks or None, told


def _told(kind: Kind, title: str, at: Path, remark: Remark) -> _Told:
    """The comment for a remark about the block at *at*, and what is to be listed of it."""
    if remark.waives:
        # A comment before a list is the nearest one to what is in it.
        steps = tuple(takewhile(lambda step: isinstance(step, str), remark.at))
        return (*at, *steps), f"reconciler: allow {remark.waives.id} {remark.text}", None
    field = ".".join(map(str, remark.at))
    if not remark.is_left_out:
        return (*at, *remark.at), f"{remark.text[:1].upper()}{remark.text[1:]}.", None
    loss = LeftOut(kind.name, title, field, remark.text)
    return (*at, *remark.at), f"{field}: {remark.text}; not managed.", loss


def _block(
    kind: Kind,
    resource: LiveResource,
    key: ResourceKey,
    choice: _Choice,
    declared: Mapping[str, Collection[str]],
    connectors: Mapping[str, Connector],
    style: Style,
) -> Block:
    found = Found(
        key=key,
        spec=_with_keys(resource.spec, choice),
        declared=declared,
        catalogue=style.catalogue,
        secret=lambda at: style.secrets.expression(key, at),
        defaults=style.defaults.get(kind.section) or {},
        is_full=style.is_full,
        connectors=connectors,
    )
    block = kind.exporting.to_manifest(found)
    if resource.id in choice.adopted:
        return replace(block, fields={**block.fields, "adopt": {"id": resource.id}})
    return block


def _shorthand(kind: Kind, fields: Mapping[str, Json]) -> Json:
    """The one value that the block can be written as, where the kind has such a form."""
    shorthand = kind.blocks.shorthand
    return fields[shorthand] if shorthand and fields.keys() == {shorthand} else fields


def _choose(resources: Sequence[LiveResource], style: Style, *, by_id: bool) -> _Choice:
    """What the manifest can have. What refers to something left out is left out too."""
    keys: dict[tuple[str, str], str] = {}
    unmanaged: dict[str, str] = {}
    adopted: set[str] = set()
    for kind in all_kinds():
        mine = [resource for resource in resources if resource.key.kind == kind.name]
        if not kind.in_workspace():
            keys |= {_id(resource): "" for resource in mine}
            adopted |= {resource.id for resource in mine if by_id}
            continue
        counts = Counter(kind.name_of(resource.spec) for resource in mine)
        for resource in mine:
            reason = _reason(kind, resource, unmanaged)
            if counts[kind.name_of(resource.spec)] > 1 and not reason:
                adopted.add(resource.id)
                reason = "" if style.adopts else _ambiguous(kind, resource, counts)
            if reason:
                unmanaged[resource.id] = reason
        keys |= _keys(kind, [r for r in mine if r.id not in unmanaged], keys)
    return _Choice(keys, adopted - unmanaged.keys(), unmanaged)


def _ambiguous(kind: Kind, resource: LiveResource, counts: Counter[str]) -> str:
    count = counts[kind.name_of(resource.spec)]
    return (
        f"{count} {kind.name}s of the workspace have that name ({resource.id}); "
        "rename one, or export with --adopt"
    )


def _reason(kind: Kind, resource: LiveResource, unmanaged: Mapping[str, str]) -> str:
    """Why no manifest can have this resource, empty when one can."""
    name = kind.name_of(resource.spec)
    if not name or len(name) > kind.exporting.longest_name:
        return "its name is empty or too long for a manifest"
    if kind.exporting.keys_are_names and name.startswith("@"):
        return "its name begins with @"
    if problem := unsayable(name):
        return f"its name {problem}"
    for name_of_field in kind.references:
        ref = resource.spec.get(name_of_field)
        if isinstance(ref, Ref) and ref.name.removeprefix("@") in unmanaged:
            return f"its {name_of_field} is not"
    return ""


def _keys(
    kind: Kind, resources: Sequence[LiveResource], known: Mapping[tuple[str, str], str]
) -> dict[tuple[str, str], str]:
    """A key for each resource: its name's, or that of what it is named after."""
    if kind.exporting.keys_are_names:
        return {_id(resource): str(resource.spec["name"]) for resource in resources}
    if kind.blocks.single_section and len(resources) == 1:
        return {_id(resources[0]): kind.name}
    borrowed = _borrowed(kind, resources, known)
    rest = {r.id: kind.name_of(r.spec) for r in resources if _id(r) not in borrowed}
    own = unique_keys(rest, kind.name, taken=borrowed.values(), reserved=())
    return {**borrowed, **{(kind.name, id_): key for id_, key in own.items()}}


def _borrowed(
    kind: Kind, resources: Sequence[LiveResource], known: Mapping[tuple[str, str], str]
) -> dict[tuple[str, str], str]:
    """The keys of those that are the only ones of what they are named after."""
    field = kind.exporting.named_after
    if not field:
        return {}
    refs = {_id(resource): resource.spec[field] for resource in resources}
    counts = Counter(refs.values())
    return {
        id_: known[ref.kind, ref.name.removeprefix("@")]
        for id_, ref in refs.items()
        if counts[ref] == 1
    }


def _declared(choice: _Choice) -> dict[str, list[str]]:
    declared: dict[str, list[str]] = {kind.name: [] for kind in all_kinds()}
    for (kind, _), key in choice.keys.items():
        declared[kind].append(key)
    return declared


def _connectors(resources: Sequence[LiveResource], choice: _Choice) -> dict[str, Connector]:
    """The connectors that are themselves in the manifest, by their keys."""
    return {
        choice.keys[_id(each)]: make(choice.keys[_id(each)], each.spec)
        for each in resources
        if (make := get(each.key.kind).connector) and _id(each) in choice.keys
    }


def _with_keys(spec: Spec, choice: _Choice) -> Spec:
    """*spec* with its references to live objects by the keys that they have in the manifest."""

    def keyed(value: Json) -> Json:
        if isinstance(value, Ref):
            name = choice.keys.get((value.kind, value.name.removeprefix("@")), value.name)
            return Ref(value.kind, name)
        if isinstance(value, Mapping) and any(isinstance(v, Ref) for v in value.values()):
            return {key: keyed(inner) for key, inner in value.items()}
        return value

    return {name: keyed(value) for name, value in spec.items()}


def _section_name(kind: Kind, choice: _Choice) -> str:
    """The section, in the singular where the manifest has exactly one of that kind."""
    count = sum(name == kind.name for name, _ in choice.keys)
    single = kind.blocks.single_section
    return single if single and count == 1 else kind.section


def _in_order(value: Mapping[str, Json]) -> Mapping[str, Json]:
    """The sections in the order in which the schema of a tenant lists them."""
    order = {name: rank for rank, name in enumerate(properties("tenant"))}
    return {name: value[name] for name in sorted(value, key=lambda n: order.get(n, len(order)))}


def _id(resource: LiveResource) -> tuple[str, str]:
    return resource.key.kind, resource.id


def _shown(text: str, most: int = 60) -> str:
    """*text* on one line, without what a comment cannot have."""
    plain = "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in text)
    return plain if len(plain) <= most else plain[: most - 1] + "…"
