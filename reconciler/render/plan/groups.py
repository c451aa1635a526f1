"""Rows of a plan → blocks: what is the same on many tenants is read once.

Two rows are the same when nothing of them differs but the tenant: resource, values before and
after, reason, consequences. New resources may differ in values, which are named by their fields,
and new tenants are counted together, resource by resource. Of changes that a template makes with a
value of each tenant's own, the first is shown for all.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TypeAlias

from reconciler.kinds import all_kinds
from reconciler.model import MISSING, Json, Path, ResourceKey, Spec
from reconciler.model.changes import FieldChange
from reconciler.plan.model import Attribution, Plan, TenantPlan
from reconciler.plan.operation import Action, Delete
from reconciler.render.parts.values import show, sorted_leaves
from reconciler.render.plan.rows import (
    NO_NAMES,
    Row,
    Section,
    TypeNames,
    in_short,
    is_new_tenant,
    rows_of,
)

FEWEST = 3  # of two tenants each is better read in its own place
SIMILAR = 5  # tenants with values of their own: of fewer, one wants to see each
VARIANTS = 3  # as many different values can be groups of their own

Signature: TypeAlias = "tuple[object, ...]"


@dataclass(frozen=True, slots=True)
class Differing:
    """Fields that are not alike in a group, and their values, or their changes, by tenant."""

    paths: tuple[Path, ...]
    values: Mapping[str, tuple[Json | FieldChange, ...]]


@dataclass(frozen=True, slots=True)
class Block:
    """Rows of one tenant, or rows that are the same on several, as the first of those has them.

    A roster is of all new tenants together: `tenants_of` says, by a row's key, which of them have a
    row that not all have.

    `exceptions` are the tenants that change the same fields of the same resource otherwise.
    `differing` are, by a row's key, the fields that each tenant has its own of: of new resources,
    or of a similar change.
    """

    tenants: tuple[str, ...]
    rows: tuple[Row, ...]
    exceptions: tuple[str, ...] = ()
    differing: Mapping[ResourceKey, Differing] = field(default_factory=dict)
    is_roster: bool = False
    is_similar: bool = False
    tenants_of: Mapping[ResourceKey, tuple[str, ...]] = field(default_factory=dict)

    @property
    def is_group(self) -> bool:
        return len(self.tenants) > 1


@dataclass(frozen=True, slots=True)
class Outline:
    """A plan in reading order; every operation is in exactly one of its parts."""

    changes: tuple[Block, ...]
    outside: tuple[Block, ...]
    drift: tuple[Block, ...]
    refused: tuple[tuple[TenantPlan, tuple[Row, ...]], ...]
    failed: tuple[TenantPlan, ...]
    rows: tuple[Row, ...]
    """Everything that apply may execute, but drift."""

    drift_rows: tuple[Row, ...]
    """What apply may execute and the base would do as well."""

    rows_of: Mapping[str, tuple[Row, ...]]
    """The rows of every tenant by itself."""


def outline(plan: Plan, names: TypeNames = NO_NAMES, *, roster: bool = True) -> Outline:
    """*plan* with what is the same on at least three tenants put together.

    Without *roster* each new tenant has a block of its own, and so has each similar change.
    """
    all_rows = {tenant.tenant: rows_of(tenant) for tenant in plan.tenants}
    free = [tenant for tenant in plan.tenants if tenant.may_be_applied]
    blocks = list(_blocks([(t.tenant, all_rows[t.tenant]) for t in free], all_rows, names, roster))
    rows = [row for tenant in free for row in all_rows[tenant.tenant]]
    return Outline(
        changes=_in(Section.CHANGES, blocks),
        outside=_in(Section.OUTSIDE, blocks),
        drift=_in(Section.DRIFT, blocks),
        refused=tuple((t, all_rows[t.tenant]) for t in plan.tenants if t.refusals),
        failed=tuple(tenant for tenant in plan.tenants if tenant.failure is not None),
        rows=tuple(row for row in rows if row.section is not Section.DRIFT),
        drift_rows=tuple(row for row in rows if row.section is Section.DRIFT),
        rows_of=all_rows,
    )


def _in(section: Section, blocks: Sequence[Block]) -> tuple[Block, ...]:
    return tuple(block for block in blocks if block.rows[0].section is section)


def _blocks(
    tenants: Sequence[tuple[str, tuple[Row, ...]]],
    all_rows: Mapping[str, Sequence[Row]],
    names: TypeNames,
    roster: bool,
) -> Iterator[Block]:
    """The roster, groups with the widest first, similar ones, then what is left of each tenant."""
    for new in _alike_new(tenants) if roster else ():
        if block := _roster(new, names):
            yield block
            listed = set(block.tenants)
            tenants = [(name, rows) for name, rows in tenants if name not in listed]
    alike: dict[Signature, dict[str, Row]] = {}
    signed = [(name, rows, _signatures(name, rows, names)) for name, rows in tenants]
    for name, rows, signatures in signed:
        for row, signature in zip(rows, signatures, strict=True):
            alike.setdefault(signature, {})[name] = row
    similar = _similar(alike) if roster else {}
    gathered = {signature for signatures in similar.values() for signature in signatures}
    groups = {s: rows for s, rows in alike.items() if s not in gathered and len(rows) >= FEWEST}
    yield from _groups(groups, all_rows)
    yield from _similar_blocks(
        [_by_tenant(alike[signature] for signature in each) for each in similar.values()]
    )
    for name, rows, signatures in signed:
        own = [
            row
            for row, signature in zip(rows, signatures, strict=True)
            if signature not in gathered and signature not in groups
        ]
        for section in Section:
            if mine := tuple(row for row in own if row.section is section):
                yield Block((name,), mine)


def _similar(
    alike: Mapping[Signature, Mapping[str, Row]],
) -> dict[Signature, Sequence[Signature]]:
    """The signatures of changes that are better read as one, since they differ in values only.

    What at least half of the tenants have the very same is the rule, and stays a group: of the
    rest, more than a few variants are a value of each tenant's own.
    """
    variants: dict[Signature, list[Signature]] = {}
    for signature, rows in alike.items():
        first = next(iter(rows.values()))
        if first.changes and first.key.is_declared:
            variants.setdefault(_similarity(first), []).append(signature)
    found: dict[Signature, Sequence[Signature]] = {}
    for similarity, signatures in variants.items():
        counts = sorted(((-len(alike[s]), place) for place, s in enumerate(signatures)))
        left = -sum(count for count, _ in counts)
        while counts and -counts[0][0] >= max(FEWEST, left / 2):
            left += counts.pop(0)[0]
        if left >= SIMILAR and len(counts) > VARIANTS:
            found[similarity] = [signatures[place] for _, place in counts]
    return found


def _by_tenant(groups: Iterable[Mapping[str, Row]]) -> dict[str, Row]:
    """The rows of all, in the order of the tenants' names."""
    return dict(sorted((p for rows in groups for p in rows.items()), key=lambda pair: pair[0]))


def _similarity(row: Row) -> Signature:
    """What makes a change similar to another's: everything but the values."""
    paths = tuple((change.path, change.mark) for change in row.changes)
    return (row.action, row.key.kind, row.key.name, paths, row.consequences, row.attribution)


def _similar_blocks(similar: Sequence[Mapping[str, Row]]) -> list[Block]:
    together: dict[tuple[tuple[str, ...], Section], list[Mapping[str, Row]]] = {}
    for by_tenant in similar:
        first = next(iter(by_tenant.values()))
        together.setdefault((tuple(by_tenant), first.section), []).append(by_tenant)
    blocks = [
        Block(
            tenants,
            tuple(_merged(by_tenant.values()) for by_tenant in members),
            differing={
                next(iter(by_tenant.values())).key: _own_changes(by_tenant) for by_tenant in members
            },
            is_similar=True,
        )
        for (tenants, _), members in together.items()
    ]
    return sorted(blocks, key=lambda block: (-len(block.tenants), block.tenants, block.rows[0].key))


def _own_changes(rows: Mapping[str, Row]) -> Differing:
    """The changes whose values are not the same on every tenant."""
    first = next(iter(rows.values()))
    places = [
        place
        for place, change in enumerate(first.changes)
        if any(row.changes[place] != change for row in rows.values())
    ]
    paths = tuple(first.changes[place].path for place in places)
    return Differing(
        paths, {name: tuple(row.changes[place] for place in places) for name, row in rows.items()}
    )


def _alike_new(
    tenants: Sequence[tuple[str, tuple[Row, ...]]],
) -> list[Sequence[tuple[str, tuple[Row, ...]]]]:
    """New tenants that may make a roster, by whose doing they are; one of several doers is none."""
    new: dict[Attribution | None, list[tuple[str, tuple[Row, ...]]]] = {}
    for name, rows in tenants:
        if is_new_tenant(rows) and len({row.attribution for row in rows}) == 1:
            new.setdefault(rows[0].attribution, []).append((name, rows))
    return [members for members in new.values() if len(members) >= FEWEST]


def _groups(
    alike: Mapping[Signature, Mapping[str, Row]], all_rows: Mapping[str, Sequence[Row]]
) -> list[Block]:
    """Rows that are on the very same tenants make one block."""
    together: dict[tuple[tuple[str, ...], Section], list[Mapping[str, Row]]] = {}
    for by_tenant in alike.values():
        first = next(iter(by_tenant.values()))
        together.setdefault((tuple(by_tenant), first.section), []).append(by_tenant)
    shapes = _tenants_by_shape(all_rows) if together else {}
    blocks = [_group(tenants, members, shapes) for (tenants, _), members in together.items()]
    return sorted(blocks, key=lambda block: (-len(block.tenants), block.tenants, block.rows[0].key))


def _group(
    tenants: tuple[str, ...],
    members: Sequence[Mapping[str, Row]],
    shapes: Mapping[Signature, Sequence[str]],
) -> Block:
    rows = [_merged(by_tenant.values()) for by_tenant in members]
    inside = set(tenants)
    others = {name for row in rows for name in shapes[_shape(row)] if name not in inside}
    differing = {
        row.key: found
        for row, by_tenant in zip(rows, members, strict=True)
        if row.action is Action.CREATE and (found := _differing(by_tenant))
    }
    return Block(tenants, tuple(rows), tuple(sorted(others)), differing)


def _merged(rows: Collection[Row]) -> Row:
    """The first of *rows*, with the jobs of all."""
    first = next(iter(rows))
    return replace(first, jobs=tuple(job for row in rows for job in row.jobs))


def _roster(new: Sequence[tuple[str, tuple[Row, ...]]], names: TypeNames) -> Block | None:
    """All that new tenants consist of, a row for each resource, whichever of them have it.

    None where that is not at most half as long as the tenants by themselves: they are not alike.
    """
    alike: dict[Signature, dict[str, Row]] = {}
    for tenant, rows in new:
        for row in rows:
            type_ = names.get(str(_declared(row).get("definitionId", "")), "")
            signature = (row.action, row.key.kind, row.key.name, type_, row.consequences)
            alike.setdefault(signature, {})[tenant] = row
    if len(alike) * 2 > sum(len(rows) for _, rows in new):
        return None
    kinds = [kind.name for kind in all_kinds()]
    members = {next(iter(rows.values())).key: rows for rows in alike.values()}
    keys = sorted(members, key=lambda key: (kinds.index(key.kind), key.name, key.scope))
    return Block(
        tuple(tenant for tenant, _ in new),
        tuple(next(iter(members[key].values())) for key in keys),
        differing={key: found for key in keys if (found := _differing(members[key]))},
        is_roster=True,
        tenants_of={key: tuple(members[key]) for key in keys if len(members[key]) < len(new)},
    )


def _signatures(tenant: str, rows: Sequence[Row], names: TypeNames) -> list[Signature]:
    """What makes each row the same as another's. A new tenant is never scattered over groups."""
    signatures = [_signature(row, names) for row in rows]
    return [(tenant, s) for s in signatures] if is_new_tenant(rows) else signatures


def _signature(row: Row, names: TypeNames) -> Signature:
    operation = row.operation
    if not row.key.is_declared:
        # Its key is its id, so no two are alike by key: what they are called has to do.
        about: Signature = (row.key.kind, operation.title)
    else:
        about = (row.key.kind, row.key.name)
    changes = tuple((c.path, _exact(c.before), _exact(c.after), c.mark) for c in row.changes)
    why = (operation.cause, operation.reason)
    of = row.attribution
    return (row.action, about, in_short(row, names), changes, why, row.consequences, of)


def _shape(row: Row) -> Signature:
    """Which fields of which resource: the same for tenants that change them to other values."""
    return (row.action, row.key.kind, row.key.name, tuple(change.path for change in row.changes))


def _tenants_by_shape(all_rows: Mapping[str, Sequence[Row]]) -> dict[Signature, list[str]]:
    found: dict[Signature, list[str]] = {}
    for name, rows in all_rows.items():
        for row in rows:
            found.setdefault(_shape(row), []).append(name)
    return found


def _differing(rows: Mapping[str, Row]) -> Differing | None:
    """The fields that the new resources do not have in common; None when they are all alike."""
    specs = {tenant: dict(sorted_leaves(_declared(row))) for tenant, row in rows.items()}
    first = next(iter(specs.values()), {})
    others = {
        path
        for spec in specs.values()
        for path in spec.keys() | first.keys()
        if spec.get(path, MISSING) != first.get(path, MISSING)
    }
    if not others:
        return None
    paths = tuple(sorted(others, key=str))
    values = {name: tuple(spec.get(p, MISSING) for p in paths) for name, spec in specs.items()}
    return Differing(paths, values)


def _declared(row: Row) -> Spec:
    """All that the resource is to be; nothing of one that goes."""
    return {} if isinstance(row.operation, Delete) else row.operation.desired.spec


def _exact(value: Json) -> str:
    """A text that only equal values share; values themselves may be lists, which cannot be keys."""
    return value if isinstance(value, str) else f"\0{show(value, _EVERYTHING)}"


_EVERYTHING = 1 << 30
