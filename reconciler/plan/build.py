"""Differences → the plan of one tenant: decide, cascade, connect, order."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace

from reconciler.diff import Difference, diff
from reconciler.kinds import get
from reconciler.model import (
    DesiredTenant,
    LiveTenant,
    Ref,
    ResourceKey,
    referred,
)
from reconciler.plan.graph import ordered
from reconciler.plan.model import Action, Operation, TenantPlan


def build_plan(desired: DesiredTenant, live: LiveTenant) -> TenantPlan:
    """What brings *live* to *desired*, in a stable topological order.

    Raises CycleError, which would be a fault of a kind's references, not of a manifest.
    """
    differences = diff(desired.resources, live.resources)
    replaced = _replaced(differences)
    operations = [op for d in differences for op in _operations(d, replaced)]
    connected = _connected(operations)
    return TenantPlan(
        tenant=desired.name,
        operations=tuple(connected),
        unchanged=len(differences) - len({operation.key for operation in operations}),
        undeclared=live.undeclared,
        live_ids={key: resource.id for key, resource in live.resources.items()},
    )


def _replaced(differences: Sequence[Difference]) -> dict[ResourceKey, str]:
    """The resources that need a new object, with the reason; dependants follow through Refs."""
    replaced: dict[ResourceKey, str] = {}
    for difference in differences:
        if fields := _immutable_changes(difference):
            replaced[difference.key] = f"{', '.join(fields)} cannot be changed in place"
    # A dependant may itself have dependants, so until nothing more follows.
    while followers := dict(_followers(differences, replaced)):
        replaced |= followers
    return replaced


def _immutable_changes(difference: Difference) -> list[str]:
    immutable = get(difference.key.kind).immutable
    return sorted({str(change.path[0]) for change in difference.changes} & immutable)


def _followers(
    differences: Sequence[Difference], replaced: Collection[ResourceKey]
) -> Iterator[tuple[ResourceKey, str]]:
    """Live resources with an immutable reference to one that gets a new id."""
    for difference in differences:
        if difference.live is None or difference.key in replaced:
            continue
        for field in sorted(get(difference.key.kind).immutable):
            ref = difference.desired.spec.get(field)
            if isinstance(ref, Ref) and ref.key(difference.key.scope) in replaced:
                yield difference.key, f"its {field} is replaced"


def _operations(difference: Difference, replaced: Mapping[ResourceKey, str]) -> Iterator[Operation]:
    key, desired, live = difference.key, difference.desired, difference.live
    if live is None:
        yield Operation(Action.CREATE, key, desired, None)
    elif key in replaced:
        reason = replaced[key]
        yield Operation(Action.DELETE, key, None, live, difference.changes, reason)
        yield Operation(Action.CREATE, key, desired, None, difference.changes, reason)
    elif difference.changes:
        yield Operation(Action.UPDATE, key, desired, live, difference.changes)


def _connected(operations: Sequence[Operation]) -> list[Operation]:
    """The operations with what each waits for, in an order that respects it."""
    deletes = {op.key: op for op in operations if op.action is Action.DELETE}
    writes = {op.key: op for op in operations if op.action is not Action.DELETE}
    waits_for: dict[str, list[str]] = {op.id: [] for op in operations}
    for operation in operations:
        if operation.desired is not None:
            for key in referred(operation.desired.spec, operation.key.scope):
                if key in writes:
                    waits_for[operation.id].append(writes[key].id)
            if operation.key in deletes:
                # Two of one name at a time could not be told apart after a crash.
                waits_for[operation.id].append(deletes[operation.key].id)
        elif operation.live is not None:
            # The server deletes dependants along; one deleted before stays a row of its own.
            for key in referred(operation.live.spec, operation.key.scope):
                if key in deletes:
                    waits_for[deletes[key].id].append(operation.id)
    by_id = {operation.id: operation for operation in operations}
    return [replace(by_id[id_], waits_for=frozenset(waits_for[id_])) for id_ in ordered(waits_for)]
