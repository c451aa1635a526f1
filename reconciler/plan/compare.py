"""Desired, live and remembered → a Difference for each declared resource, with marks and notes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TypeVar

from reconciler.kinds import get
from reconciler.kinds.contract.kind import Kind
from reconciler.live.tenant import LiveTenant
from reconciler.model import (
    DesiredResource,
    DesiredTenant,
    LiveResource,
    Ref,
    Remembered,
    RememberedResource,
    ResourceKey,
    Spec,
)
from reconciler.model.changes import FieldChange
from reconciler.plan.diff import Difference, field_changes
from reconciler.plan.memory import marked, rotated, with_removals

MayResume = Callable[[ResourceKey], bool]
"""Whether a change that would be held back is allowed for that resource."""

R = TypeVar("R", DesiredResource, RememberedResource)


def differences(
    desired: DesiredTenant, live: LiveTenant, remembered: Remembered, may_resume: MayResume
) -> list[Difference]:
    """One Difference for each declared resource, equal ones included, in order of key."""
    found = []
    for key in sorted(desired.resources):
        declared, present = desired.resources[key], live.resources.get(key)
        if present is None:
            found.append(_missing(declared, live))
            continue
        kind = get(key.kind)
        difference = _compared(
            kind, _by_reference(kind, declared, present, live), present, remembered
        )
        found.append(difference if may_resume(key) else _held_back(kind, difference))
    return found


def _by_reference(
    kind: Kind, declared: DesiredResource, present: LiveResource, live: LiveTenant
) -> DesiredResource:
    """*declared* with the references that the live one has, where it gives their very ids."""
    same = {
        field: ref
        for field in kind.references
        if isinstance(ref := present.spec.get(field), Ref)
        and isinstance(id_ := declared.spec.get(field), str)
        and id_ == _id(ref, live)
    }
    return replace(declared, spec={**declared.spec, **same}) if same else declared


def _id(ref: Ref, live: LiveTenant) -> str:
    target = live.resources.get(ref.key(live.name))
    return target.id if target else ref.name.removeprefix("@")


def _missing(declared: DesiredResource, live: LiveTenant) -> Difference:
    why = live.absent.get(declared.key)
    if why is None or not why.is_needless:
        return Difference(declared.key, declared, declared, None, ())
    note = replace(why.problem, where=declared.key)
    return Difference(declared.key, declared, declared, None, (), (note,), is_fulfilled=True)


def _compared(
    kind: Kind, declared: DesiredResource, live: LiveResource, remembered: Remembered
) -> Difference:
    aligned = _with_spec(declared, _aligned(kind, declared.spec, live))
    before = _recalled(kind, remembered.resources.get(declared.key), live)
    desired = with_removals(aligned, before, kind) if before else aligned
    if against := kind.comparing.against:
        desired = _with_spec(desired, against(desired.spec, live.spec))
    unread = kind.comparing.unread
    changes: Sequence[FieldChange] = field_changes(live.spec, desired.spec, unread=unread)
    if before:
        changes = _with_memory(kind, changes, aligned, desired, live, before, remembered)
    found = kind.caveats.notes(declared.spec, live.spec) if kind.caveats else ()
    notes = tuple(replace(note, where=declared.key) for note in found)
    return Difference(declared.key, declared, desired, live, tuple(changes), notes)


def _with_spec(resource: R, spec: Spec) -> R:
    """*resource* with that spec; itself where it has it, as nearly all do."""
    return resource if spec is resource.spec else replace(resource, spec=spec)


def _aligned(kind: Kind, spec: Spec, live: LiveResource) -> Spec:
    """*spec* with the keys inside it as the live one has them."""
    align_keys = kind.comparing.align_keys
    return align_keys(spec, live.spec) if align_keys else spec


def _recalled(
    kind: Kind, before: RememberedResource | None, live: LiveResource
) -> RememberedResource | None:
    """What is remembered, likewise."""
    return before and _with_spec(before, _aligned(kind, before.spec, live))


def _with_memory(
    kind: Kind,
    changes: Sequence[FieldChange],
    declared: DesiredResource,
    desired: DesiredResource,
    live: LiveResource,
    before: RememberedResource,
    remembered: Remembered,
) -> Sequence[FieldChange]:
    secrets = rotated(kind, desired.spec, live.spec, before, remembered.fingerprint)
    return [*marked(changes, declared.spec, before), *secrets]


def _held_back(kind: Kind, difference: Difference) -> Difference:
    """*difference* without the changes that nobody has asked for by name; a note for each."""
    if (caveats := kind.caveats) is None:
        return difference
    held = {
        change.path: note
        for change in difference.changes
        if (note := caveats.held_back(difference.key, change)) is not None
    }
    if not held:
        return difference
    made = tuple(change for change in difference.changes if change.path not in held)
    notes = (replace(note, where=difference.key) for note in held.values())
    # A note may have been made for the live state already.
    told = dict.fromkeys((*difference.notes, *notes))
    return replace(difference, changes=made, notes=tuple(told))
