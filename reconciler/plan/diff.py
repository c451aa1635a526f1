"""(desired, live) → what differs, per resource and per field; the only `import deepdiff`.

Both sides were normalised by their kind on entry and are compared exactly, with three rules: a
field that the manifest leaves out is not managed and does not count; UNREADABLE equals anything,
since the API will not tell; a secret reference equals whatever is there, since plan has no secrets.
A live Secret is a text that can be read and is not to be shown: literals are compared with it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Any

from reconciler.model import (
    ALL,
    MISSING,
    UNREADABLE,
    DesiredResource,
    Exhaustive,
    Json,
    LiveResource,
    Path,
    PathStep,
    ResourceKey,
    Secret,
    Spec,
)
from reconciler.model.changes import FieldChange as FieldChange
from reconciler.model.paths import map_leaves, path_order
from reconciler.problems.problem import Problem


@dataclass(frozen=True, slots=True)
class Difference:
    """One declared resource against its live one, None where there is none.

    `declared` is the resource as the manifest has it; `desired` the same as it is held against this
    live one, with what was removed from the manifest and what Airbyte itself may have added.
    `notes` say what is worth knowing of the two, changes that are held back among it.
    `is_fulfilled` says that it is not there and need not be.
    """

    key: ResourceKey
    declared: DesiredResource
    desired: DesiredResource
    live: LiveResource | None
    changes: tuple[FieldChange, ...]
    notes: tuple[Problem, ...] = ()
    is_fulfilled: bool = False


def field_changes(
    live: Spec, desired: Spec, *, unread: Collection[str] = ()
) -> tuple[FieldChange, ...]:
    """The managed fields of *live* that are not as *desired*, in order of path.

    Fields that are *unread* no read shows, so they never differ.
    """
    return tuple(_mapping_changes(live, {f: desired[f] for f in desired if f not in unread}, ()))


def _mapping_changes(live: Spec, desired: Spec, at: Path) -> Iterator[FieldChange]:
    for field in sorted(desired):
        before, after = live.get(field, MISSING), desired[field]
        # Nearly everything is a text that did not change.
        if not (type(after) is str and before == after):
            yield from _changes(before, after, (*at, field))


def _changes(live: Json, desired: Json, at: Path) -> Iterator[FieldChange]:
    if isinstance(live, dict) and isinstance(desired, dict):
        if isinstance(desired, Exhaustive):
            for name in sorted(live.keys() - desired.keys()):
                yield FieldChange((*at, name), live[name], MISSING)
        yield from _mapping_changes(live, desired, at)
    elif not same(live, desired):
        if isinstance(live, list) and isinstance(desired, list):
            yield from _list_changes(live, desired, at)
        else:
            yield FieldChange(at, live, MISSING if desired is None else desired)


def same(live: Json, desired: Json) -> bool:
    """Whether *live* is what *desired* asks for. Inside lists nothing may be left out."""
    if type(desired) is str and live == desired:
        return True
    if isinstance(live, Secret) and isinstance(desired, Secret) and not any(desired.names):
        return live == desired
    if live is UNREADABLE or isinstance(desired, Secret):
        return live is not MISSING
    if desired is None:
        return live is None or live is MISSING
    if desired is ALL:
        return live is not MISSING and bool(live)
    if isinstance(desired, dict) and isinstance(live, dict):
        keys = desired.keys() | live.keys()
        return all(same(live.get(k, MISSING), desired.get(k)) for k in keys)
    if isinstance(desired, list) and isinstance(live, list):
        return len(live) == len(desired) and all(map(same, live, desired))
    # JSON tells true from 1, Python does not; 15 and 15.0 are one number in both.
    return isinstance(live, bool) == isinstance(desired, bool) and bool(live == desired)


def _list_changes(live: list[Json], desired: list[Json], at: Path) -> Iterator[FieldChange]:
    """The elements that differ, by deepdiff, which pairs what moved; known to differ already."""
    # Imported here: most runs have no list to explain, and it is heavy.
    from deepdiff import DeepDiff

    tree: Any = DeepDiff(_veiled(live), _veiled(desired), view="tree", threshold_to_diff_deeper=0)
    levels = [level for group in tree.values() for level in group]
    changes = [
        FieldChange((*at, *level.path(output_format="list")), _side(level.t1), _side(level.t2))
        for level in levels
    ]
    told = [change for change in changes if not _is_veiled(change)]
    # A difference that deepdiff does not see, such as 1 and true, is shown as the lists themselves.
    yield from sorted(told, key=_by_path) or [FieldChange(at, live, desired)]


def _veiled(value: Json) -> Json:
    """*value* with every secret reference as UNREADABLE, so that it pairs with what reads show."""
    return map_leaves(value, lambda leaf: UNREADABLE if isinstance(leaf, Secret) else leaf)


def _is_veiled(change: FieldChange) -> bool:
    """Whether a secret stands on one side and something on the other: equal, for all we know."""
    sides = (change.before, change.after)
    return UNREADABLE in sides and MISSING not in sides


def _by_path(change: FieldChange) -> list[tuple[bool, PathStep]]:
    return path_order(change.path)


def _side(value: Any) -> Json:
    """A side of a deepdiff level, MISSING where it says that there is none."""
    return MISSING if type(value).__name__ == "NotPresent" else value
