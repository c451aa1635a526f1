"""Desired, live and remembered → a Difference for each declared resource, with marks."""

from __future__ import annotations

from reconciler.diff import Difference, field_changes
from reconciler.kinds import get
from reconciler.model import DesiredResource, DesiredTenant, LiveResource, LiveTenant, Remembered
from reconciler.plan.memory import Recollection, marked, rotated, with_removals


def differences(desired: DesiredTenant, live: LiveTenant, memory: Recollection) -> list[Difference]:
    """One Difference for each declared resource, equal ones included, in order of key."""
    return [
        _difference(
            desired.resources[key], live.resources.get(key), memory.resources.get(key), memory
        )
        for key in sorted(desired.resources)
    ]


def _difference(
    declared: DesiredResource,
    live: LiveResource | None,
    before: Remembered | None,
    memory: Recollection,
) -> Difference:
    if live is None:
        return Difference(declared.key, declared, None, ())
    kind = get(declared.key.kind)
    if before is None:
        changes = field_changes(live.spec, declared.spec, unread=kind.unread)
        return Difference(declared.key, declared, live, changes)
    desired = with_removals(declared, before, kind)
    found = field_changes(live.spec, desired.spec, unread=kind.unread)
    secrets = rotated(kind, desired.spec, live.spec, before, memory.fingerprint)
    changes = (*marked(found, declared.spec, before), *secrets)
    return Difference(declared.key, desired, live, changes)
