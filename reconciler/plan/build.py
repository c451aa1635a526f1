"""Differences → the plan of one tenant: decide, retire, prune, cascade, connect, order."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import assert_never

from reconciler.kinds import get
from reconciler.live.tenant import LiveTenant
from reconciler.model import (
    NOTHING_REMEMBERED,
    DesiredResource,
    DesiredTenant,
    LiveResource,
    Origin,
    Ref,
    Remembered,
    ResourceKey,
    Spec,
    referred,
)
from reconciler.model.changes import Equality
from reconciler.model.effects import Consequence
from reconciler.plan.compare import MayResume, differences
from reconciler.plan.diff import Difference
from reconciler.plan.explain import equalities
from reconciler.plan.graph import ordered
from reconciler.plan.model import TenantPlan
from reconciler.plan.operation import (
    Cause,
    Create,
    CreateStep,
    Delete,
    DeleteStep,
    Operation,
    Replace,
    Step,
    Update,
    UpdateStep,
    WriteStep,
    split_operation,
)
from reconciler.problems import rules
from reconciler.problems.problem import Problem


def build_plan(
    desired: DesiredTenant,
    live: LiveTenant,
    remembered: Remembered = NOTHING_REMEMBERED,
    *,
    may_resume: MayResume = lambda _key: False,
    explain: bool = False,
) -> TenantPlan:
    """What brings *live* to *desired*, in a stable topological order.

    *explain* asks for what was taken for equal. Raises CycleError, which would be a fault of a
    kind's references, not of a manifest.
    """
    found = differences(desired, live, remembered, may_resume)
    replaced = _replaced(found)
    wanted = [op for each in found for op in _operations(each, replaced, remembered)]
    changed = {operation.key for operation in wanted}
    left_over = list(_left_over(live, remembered))
    asked = [*wanted, *_retirements(desired, live), *left_over]
    asked += _prunings(desired, live, besides={operation.key for operation in left_over})
    operations = list(_without_ended([*asked, *_cascades(asked, live)]))
    deleted = _ended_keys(operations)
    return TenantPlan(
        tenant=desired.name,
        steps=tuple(_connected(operations)),
        unchanged=len(found) - len(changed),
        undeclared=tuple(each for each in live.undeclared if each.key not in deleted),
        live_ids={key: resource.id for key, resource in live.resources.items()},
        gone=tuple(
            each for key, each in sorted(desired.retired.items()) if key not in live.resources
        ),
        notes=_notes(found, replaced) + _namesakes(desired, live),
        equalities=_equalities(found) if explain else {},
        before=live if deleted else None,
        impossible={key: why for key, why in live.absent.items() if not why.is_needless},
    )


def _notes(found: Sequence[Difference], replaced: Collection[ResourceKey]) -> tuple[Problem, ...]:
    """What is worth knowing of those that stay: of a replaced one it holds no longer."""
    return tuple(note for each in found if each.key not in replaced for note in each.notes)


def _equalities(found: Sequence[Difference]) -> dict[ResourceKey, tuple[Equality, ...]]:
    told = {
        each.key: equalities(each.desired, each.live, each.declared) for each in found if each.live
    }
    return {key: equal for key, equal in told.items() if equal}


def _namesakes(desired: DesiredTenant, live: LiveTenant) -> tuple[Problem, ...]:
    """Undeclared objects of the very name of a declared one: most likely left-overs."""
    names = {(key.kind, r.spec["name"]): key for key, r in desired.resources.items()}
    return tuple(
        Problem(
            rules.ANOTHER_OBJECT_OF_THIS_NAME,
            names[each.key.kind, each.spec["name"]],
            f'Another live {each.key.kind} is named "{each.spec["name"]}" ({each.id}) and is left '
            "alone; a replacement that was cut short leaves one behind.",
            "Delete it, or have undeclared objects deleted with --prune.",
        )
        for each in live.undeclared
        if (each.key.kind, each.spec["name"]) in names
    )


DELETED_OUTSIDE = "deleted in Airbyte"


def _replaced(found: Sequence[Difference]) -> dict[ResourceKey, str]:
    """The resources that need a new object, with the reason; dependants follow through Refs."""
    replaced: dict[ResourceKey, str] = {}
    for difference in found:
        if fields := _immutable_changes(difference):
            replaced[difference.key] = f"{', '.join(fields)} cannot be changed in place"
    # A dependant may itself have dependants, so until nothing more follows.
    while followers := dict(_followers(found, replaced)):
        replaced |= followers
    return replaced


def _immutable_changes(difference: Difference) -> list[str]:
    immutable = get(difference.key.kind).replacing.immutable_fields(difference.desired.spec)
    return sorted({str(change.path[0]) for change in difference.changes} & immutable)


def _followers(
    found: Sequence[Difference], replaced: Collection[ResourceKey]
) -> Iterator[tuple[ResourceKey, str]]:
    """Live resources with an immutable reference to one that gets a new id."""
    for difference in found:
        if difference.live is None or difference.key in replaced:
            continue
        for field in sorted(get(difference.key.kind).replacing.immutable):
            ref = difference.desired.spec.get(field)
            if isinstance(ref, Ref) and ref.key(difference.key.scope) in replaced:
                yield difference.key, f"its {field} is replaced"


def _operations(
    difference: Difference, replaced: Mapping[ResourceKey, str], remembered: Remembered
) -> Iterator[Operation]:
    key, desired, live = difference.key, difference.desired, difference.live
    if difference.is_fulfilled:
        return
    if live is None:
        told = _consequences(key, None, desired.spec)
        why = DELETED_OUTSIDE if key in remembered.resources else ""
        yield Create(desired, told, why)
    elif key in replaced:
        yield _replacement(difference, live, replaced[key])
    elif difference.changes:
        told = _consequences(key, live.spec, desired.spec, difference)
        ours = _under_own_keys(difference)
        yield Update(ours, live, difference.changes, told, _renaming(difference, live))


def _under_own_keys(difference: Difference) -> DesiredResource:
    """What is desired, with the keys inside it as the manifest has them, whatever is live."""
    desired = difference.desired
    own_keys = get(difference.key.kind).comparing.own_keys
    return replace(desired, spec=own_keys(desired.spec)) if own_keys else desired


def _renaming(difference: Difference, live: LiveResource) -> str:
    former = str(live.spec["name"])
    is_rename = any(change.path == ("name",) for change in difference.changes)
    return f'renamed from "{former}"' if is_rename else ""


def _replacement(difference: Difference, live: LiveResource, reason: str) -> Replace:
    key, declared = difference.key, difference.declared
    lost = get(key.kind).replacing.effect
    also = (Consequence(lost),) if lost else ()
    # The new one is made of the manifest alone: what was live says nothing of it.
    made = _consequences(key, None, declared.spec)
    return Replace(
        declared,
        live,
        difference.changes,
        consequences_of_create=tuple(dict.fromkeys((*also, *made))),
        consequences_of_delete=also or _consequences(key, None, None),
        reason=reason,
    )


def _consequences(
    key: ResourceKey, before: Spec | None, after: Spec | None, difference: Difference | None = None
) -> tuple[Consequence, ...]:
    """What it does to the data, worst first."""
    changes = difference.changes if difference else ()
    told = dict.fromkeys(get(key.kind).effects(before, after, changes))
    return tuple(sorted(told, key=lambda consequence: -consequence.effect.weight))


def _retirements(desired: DesiredTenant, live: LiveTenant) -> Iterator[Delete]:
    """Deletes of what has `state: absent`."""
    for key, retired in sorted(desired.retired.items()):
        if resource := live.resources.get(key):
            yield _deletion(resource, Cause.RETIRED, retired.reason, retired.origin)


def _left_over(live: LiveTenant, remembered: Remembered) -> Iterator[Delete]:
    """Deletes of what an earlier run has replaced, and had no time to delete."""
    for resource in live.undeclared:
        if resource.id in remembered.doomed:
            reason = "an earlier run replaced it and was stopped before it could delete it"
            yield _deletion(resource, Cause.REPLACED, reason)


def _prunings(
    desired: DesiredTenant, live: LiveTenant, *, besides: Collection[ResourceKey]
) -> Iterator[Delete]:
    """Deletes of what no manifest mentions, where that is asked for."""
    for resource in live.undeclared if desired.prune else ():
        if resource.key not in besides:
            yield _deletion(resource, Cause.PRUNED, "no manifest mentions it")


def _cascades(operations: Sequence[Operation], live: LiveTenant) -> Iterator[Delete]:
    """Deletes of what the server takes along with something deleted, at any distance."""
    gone = _ended_keys(operations)
    everything = [*live.resources.values(), *live.undeclared]
    names = {each.key: str(each.spec["name"]) for each in everything}
    found = True
    while found:
        found = False
        for resource in everything:
            if resource.key not in gone and (owner := _owner(resource, gone)):
                gone.add(resource.key)
                found = True
                reason = f'goes with {owner.kind} "{names[owner]}"'
                yield _deletion(resource, Cause.CASCADE, reason)


def _without_ended(operations: Sequence[Operation]) -> Iterator[Operation]:
    """*operations* without deletes of what means nothing once something else is deleted."""
    gone = _ended_keys(operations)
    for operation in operations:
        if not (isinstance(operation, Delete) and _ends_anyway(operation.live, gone)):
            yield operation


def _ends_anyway(resource: LiveResource, gone: Collection[ResourceKey]) -> bool:
    # What belongs to the organization outlives a tenant: others may use it.
    is_shared = get(resource.key.kind).is_shared(resource.spec)
    owner = _owner(resource, gone, "ends") or (is_shared and _owner(resource, gone))
    return bool(owner)


def _ended_keys(operations: Iterable[Operation]) -> set[ResourceKey]:
    """The resources whose live object goes, whether or not another takes its place."""
    return {op.key for op in operations if isinstance(op, Delete | Replace)}


def _owner(
    resource: LiveResource, gone: Collection[ResourceKey], on_delete: str = "cascades"
) -> ResourceKey | None:
    """The deleted resource that *resource* cannot live without."""
    for field, reference in get(resource.key.kind).references.items():
        ref = resource.spec.get(field)
        if reference.on_delete == on_delete and isinstance(ref, Ref):
            key = ref.key(resource.key.scope)
            if key in gone:
                return key
    return None


def _deletion(
    resource: LiveResource, cause: Cause, reason: str, origin: Origin | None = None
) -> Delete:
    told = _consequences(resource.key, resource.spec, None)
    return Delete(resource, cause, told, reason, origin)


def _connected(operations: Sequence[Operation]) -> list[Step]:
    """The steps with what each waits for, in an order that respects it."""
    steps = {step.id: step for operation in operations for step in split_operation(operation)}
    waits_for: dict[str, list[str]] = {id_: [] for id_ in steps}
    for before, after in _edges(list(steps.values())):
        waits_for[after.id].append(before.id)
    return [replace(steps[id_], waits_for=frozenset(waits_for[id_])) for id_ in ordered(waits_for)]


def _edges(steps: Sequence[Step]) -> Iterator[tuple[Step, Step]]:
    """Pairs of steps, of which the second waits for the first."""
    deletes = {step.key: step for step in steps if isinstance(step, DeleteStep)}
    writes = {step.key: step for step in steps if isinstance(step, CreateStep | UpdateStep)}
    first = [step for step in writes.values() if get(step.key.kind).put]
    for step in steps:
        match step:
            case CreateStep() | UpdateStep():
                for key in referred(step.desired.spec, step.key.scope):
                    if key in writes:
                        yield writes[key], step
                yield from ((each, step) for each in first if _precedes(each, step))
            case DeleteStep():
                if step.key in writes:
                    # The old one goes only when the new one is there: a refused create loses
                    # nothing.
                    yield writes[step.key], step
                # The server deletes dependants along; one deleted before stays a row of its own.
                for key in referred(step.live.spec, step.key.scope):
                    if key in deletes:
                        yield step, deletes[key]
            case _:
                assert_never(step)


def _precedes(first: WriteStep, step: WriteStep) -> bool:
    put = get(first.key.kind).put
    return put is not None and put.precedes(first.desired.spec, step.desired.spec)
