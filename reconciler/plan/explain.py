"""Why a resource counts as equal where it is written differently: for `plan --explain-equal`.

The general reasons are found here; what only one kind hides, that kind tells itself.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from reconciler.kinds import get
from reconciler.model import (
    ALL,
    MISSING,
    UNREADABLE,
    DesiredResource,
    Exhaustive,
    Json,
    LiveResource,
    Path,
    Secret,
    Spec,
)
from reconciler.model.changes import Equality, EqualReason
from reconciler.model.paths import child_at, is_within, path_order
from reconciler.plan.diff import same


def equalities(
    desired: DesiredResource, live: LiveResource, declared: DesiredResource
) -> tuple[Equality, ...]:
    """Everything that differs in writing and was taken for equal, by path.

    *desired* is what is *declared* as it was held against *live*.
    """
    comparing = get(desired.key.kind).comparing
    unread = comparing.unread
    wanted = {field: value for field, value in desired.spec.items() if field not in unread}
    align_keys = comparing.align_keys
    known = align_keys(declared.spec, live.spec) if align_keys else declared.spec
    added = list(_added(live.spec, desired.spec, known, ()))
    whole = {each.path for each in added}
    special = list(comparing.explain(live.body, desired.spec)) if comparing.explain else []
    told = {each.path for each in special}
    general = [each for each in _mappings(live.spec, wanted, ()) if each.path not in told]
    found = [each for each in (*general, *special) if not is_within(each.path, whole)]
    return tuple(sorted([*found, *added], key=lambda each: path_order(each.path)))


def _added(live: Json, desired: Json, declared: Json, at: Path) -> Iterator[Equality]:
    """What *declared* lists less of than was asked for in the end, since Airbyte adds to it."""
    if desired is declared:
        return
    if isinstance(desired, Mapping) and isinstance(declared, Mapping):
        for key in sorted(desired.keys() - declared.keys()):
            if isinstance(desired, Exhaustive) and isinstance(live, Mapping) and key in live:
                yield Equality((*at, key), live[key], MISSING, EqualReason.AT_LEAST)
        for key in sorted(desired.keys() & declared.keys()):
            yield from _added(child_at(live, key), desired[key], declared[key], (*at, key))
    elif desired != declared and desired == live:
        yield Equality(at, live, declared, EqualReason.AT_LEAST)


def _mappings(live: Spec, desired: Spec, at: Path) -> Iterator[Equality]:
    for key in sorted(live.keys() - desired.keys()):
        yield Equality((*at, key), live[key], MISSING, EqualReason.UNMANAGED)
    for key in sorted(desired):
        yield from _values(live.get(key, MISSING), desired[key], (*at, key))


def _values(live: Json, desired: Json, at: Path) -> Iterator[Equality]:
    if isinstance(live, Mapping) and isinstance(desired, Mapping):
        yield from _mappings(live, desired, at)
    elif isinstance(live, list) and isinstance(desired, list):
        if len(live) == len(desired):
            for index, (left, right) in enumerate(zip(live, desired, strict=True)):
                yield from _values(left, right, (*at, index))
    elif same(live, desired) and (reason := _reason(live, desired)):
        yield Equality(at, live, desired, reason)


def _reason(live: Json, desired: Json) -> EqualReason | None:
    """Why these count as equal, None where they are so in every respect."""
    if live is UNREADABLE:
        return EqualReason.MASKED if isinstance(desired, Secret) else EqualReason.HIDDEN
    if isinstance(desired, Secret):
        return EqualReason.SECRET_SHOWN
    if desired is None and live is MISSING:
        return EqualReason.NULL
    if desired is ALL:
        return EqualReason.ALL
    if isinstance(live, float) != isinstance(desired, float):
        return EqualReason.NUMBER
    return None
