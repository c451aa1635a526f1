"""What the ledger adds to a difference: fields gone from the manifest, edits made in Airbyte,
secrets that were rotated. Without memory every function here finds nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from reconciler.kinds.contract.kind import Kind
from reconciler.model import (
    MISSING,
    UNREADABLE,
    DesiredResource,
    Exhaustive,
    Fingerprint,
    FingerprintOf,
    Json,
    Path,
    RememberedResource,
    Secret,
    Spec,
)
from reconciler.model.changes import FieldChange, Mark
from reconciler.model.paths import (
    is_within,
    lost_named_paths,
    named_part,
    path_order,
    value_at,
    walk_leaves,
    with_value_at,
)


def with_removals(
    desired: DesiredResource, before: RememberedResource, kind: Kind
) -> DesiredResource:
    """*desired*, with what each field becomes that the manifest had and has no longer.

    Inside a configuration that is None, which means "not there"; elsewhere the API's default. A
    field that cannot be unset, or has no default, stays as it is: unmanaged.
    """
    if (becomes := kind.comparing.becomes) is None:
        return desired
    spec: Json = desired.spec
    for path in removed_paths(before.spec, desired.spec):
        if (other := becomes(path)) is not None:
            spec = with_value_at(spec, path, other.value)
    return replace(desired, spec=spec) if spec is not desired.spec else desired


def removed_paths(before: Spec, now: Spec) -> Iterator[Path]:
    """The paths that were declared *before* and are no more; nothing below a path already told.

    What an Exhaustive leaves out is to go anyway, and null says so itself.
    """
    for path in lost_named_paths(before, now):
        is_to_go_anyway = isinstance(value_at(now, path[:-1]), Exhaustive)
        if value_at(before, path) is not None and not is_to_go_anyway:
            yield path


def marked(
    changes: Sequence[FieldChange], declared: Spec, before: RememberedResource
) -> tuple[FieldChange, ...]:
    """*changes* with why they differ, where memory tells; *declared* is the manifest's own spec."""
    return tuple(_marked(change, declared, before) for change in changes)


def _marked(change: FieldChange, declared: Spec, before: RememberedResource) -> FieldChange:
    if change.mark is not None:
        return change
    path = named_part(change.path)
    now, then = value_at(declared, path), value_at(before.spec, path)
    if then is not MISSING and now is MISSING and _is_below_removed(path, before.spec, declared):
        return replace(change, mark=Mark.REMOVED_FROM_MANIFEST)
    if _is_as_before(now, then) and (then is not MISSING or _is_listed(path, before.spec)):
        return replace(change, mark=Mark.CHANGED_OUTSIDE)
    return change


def _is_below_removed(path: Path, before: Spec, declared: Spec) -> bool:
    return is_within(path, list(removed_paths(before, declared)))


def _is_listed(path: Path, before: Spec) -> bool:
    """Whether what holds *path* was declared at that time, so that more than declared was added."""
    return len(path) > 1 and isinstance(value_at(before, path[:-1]), Mapping)


def rotated(
    kind: Kind, desired: Spec, live: Spec, before: RememberedResource, fingerprint: FingerprintOf
) -> Iterator[FieldChange]:
    """The secrets that are there and were declared with another value, or another version."""
    version_changed = any(
        field in desired and desired[field] != before.spec.get(field)
        for field in kind.comparing.unread
    )
    for path, value in _sorted_leaves(desired):
        present, then = value_at(live, path), value_at(before.spec, path)
        if present is MISSING or not (isinstance(value, Secret) or present is UNREADABLE):
            continue
        if isinstance(present, Secret):
            if mark := _told_apart(value, present, then, fingerprint):
                yield FieldChange(path, present, value, mark)
        elif version_changed and isinstance(value, Secret):
            yield FieldChange(path, UNREADABLE, value, Mark.SECRET_VERSION)
        elif _is_rotated(value, then, fingerprint):
            yield FieldChange(path, UNREADABLE, value, Mark.SECRET_ROTATED)


def rewritten(
    desired: Spec, before: RememberedResource, coordinates: Mapping[Path, str]
) -> Iterator[FieldChange]:
    """The declared secrets that Airbyte keeps elsewhere than where the last apply left them."""
    for path, value in _sorted_leaves(desired):
        known, now = before.coordinates.get(path), coordinates.get(path)
        if isinstance(value, Secret) and known and now and known != now:
            yield FieldChange(path, UNREADABLE, value, Mark.SECRET_REWRITTEN)


def _told_apart(
    value: Json, present: Secret, then: Json, fingerprint: FingerprintOf
) -> Mark | None:
    """Why a secret that Airbyte shows is not the declared one; None when it is, or is a literal.

    Literals are compared as they are, before anything is remembered.
    """
    shown = fingerprint(present)
    if not (isinstance(value, Secret) and any(value.names) and shown):
        return None
    now = fingerprint(value)
    if now is not None and now.digest == shown.digest:
        return None
    if isinstance(then, Fingerprint) and then.key_id == shown.key_id:
        is_as_applied = now is None or now.digest == then.digest
        if is_as_applied:
            return None if shown.digest == then.digest else Mark.CHANGED_OUTSIDE
    return Mark.SECRET_ROTATED if now is not None else None


def _is_rotated(value: Json, then: Json, fingerprint: FingerprintOf) -> bool:
    if not isinstance(value, Secret):
        # A literal where Airbyte shows a mask; what it replaced may have been a reference.
        return then is not MISSING and then is not None and then != value
    now = fingerprint(value)
    if now is None or not isinstance(then, Fingerprint) or now.key_id != then.key_id:
        return False
    return now.digest != then.digest


def _is_as_before(now: Json, then: Json) -> bool:
    """Whether the manifest's value is that of the last apply; of secrets, that there was one."""
    if isinstance(now, Secret):
        return isinstance(then, Fingerprint) or then is None
    if isinstance(now, Mapping) and isinstance(then, Mapping):
        return now.keys() == then.keys() and all(_is_as_before(now[k], then[k]) for k in now)
    if isinstance(now, list) and isinstance(then, list):
        return len(now) == len(then) and all(map(_is_as_before, now, then))
    return bool(now == then)


def _sorted_leaves(spec: Spec) -> list[tuple[Path, Json]]:
    return sorted(walk_leaves(spec), key=lambda leaf: path_order(leaf[0]))
