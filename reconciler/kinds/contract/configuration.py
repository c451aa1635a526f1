"""Connector configurations: what reads hide, and what a write must say to lose nothing.

Source: the platform's handling of secrets. Reads put ten asterisks where a secret is, six where
OAuth manages a field; a GET by id on self-managed shows `secret_coordinate::…` instead. PUT keeps
the stored secret for a coordinate anywhere, for a mask only on a path of plain `properties`; every
raw value is stored as a new version. A secret with a `pattern` is valid only as a raw value.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence

from reconciler.model import MASK, OAUTH_MASK, UNREADABLE, Json, Path, Secret
from reconciler.model.paths import map_leaves, walk_leaves
from reconciler.problems.errors import SecretNotCarried

COORDINATE = "secret_coordinate::"

Resolve = Callable[[Secret], str]

_CONSTRAINTS = frozenset({"pattern", "maxLength", "minLength", "format", "enum", "const"})


def unmask(value: Json) -> Json:
    """*value* as read, with UNREADABLE wherever the API shows a mask."""
    return map_leaves(value, lambda leaf: UNREADABLE if leaf in (MASK, OAUTH_MASK) else leaf)


def for_create(desired: Json, resolve: Resolve) -> Json:
    """*desired* with its secrets put in; keys set to null, which means "not there", left out."""
    if isinstance(desired, Secret):
        return resolve(desired)
    if isinstance(desired, Mapping):
        return {k: for_create(v, resolve) for k, v in desired.items() if v is not None}
    if isinstance(desired, list):
        return [for_create(item, resolve) for item in desired]
    # The server takes 15.0 for no integer; where any number will do, 15 is the same.
    return int(desired) if isinstance(desired, float) and desired.is_integer() else desired


def for_update(
    live: Json,
    desired: Json,
    *,
    schema: Mapping[str, Json] | None,
    resolve: Resolve,
    rotated: Collection[Path] = (),
    at: Path = (),
) -> Json:
    """The configuration to PUT: *desired* over *live*, keeping every key that desired leaves alone.

    *live* is as read by id. Unchanged secrets are carried by coordinate or mask where the API keeps
    them so, else sent raw; those at *rotated* are always sent raw. Raises SecretNotCarried where a
    live-only secret cannot be kept.
    """
    if isinstance(desired, Secret):
        return live if at not in rotated and _carries(live, schema) else resolve(desired)
    if isinstance(desired, list) and isinstance(live, list) and len(live) == len(desired):
        items = _items(schema)
        return [
            for_update(was, will, schema=items, resolve=resolve, rotated=rotated, at=(*at, index))
            if _differs_in_secrets_at_most(was, will)
            else for_create(will, resolve)
            for index, (was, will) in enumerate(zip(live, desired, strict=True))
        ]
    if not (isinstance(desired, Mapping) and isinstance(live, Mapping)):
        return for_create(desired, resolve)
    if _branch_switched(live, desired, schema):
        return for_create(desired, resolve)
    merged: dict[str, Json] = {}
    for key, value in live.items():
        if key not in desired:
            merged[key] = _kept(value, _property(schema, key), (*at, key))
    for key, value in desired.items():
        if value is not None:
            inner = _property(schema, key)
            merged[key] = for_update(
                live.get(key),
                value,
                schema=inner,
                resolve=resolve,
                rotated=rotated,
                at=(*at, key),
            )
    return merged


def takes_placeholders(live: Json, schema: Mapping[str, Json] | None) -> bool:
    """Whether a PATCH is valid that leaves all of *live* alone.

    The server validates it with a fixed text in the place of each stored secret, which no pattern
    or other constraint of a secret fits.
    """
    if isinstance(live, Mapping):
        return all(takes_placeholders(v, _property(schema, k)) for k, v in live.items())
    if isinstance(live, list):
        return all(takes_placeholders(item, _items(schema)) for item in live)
    return not (_is_hidden(live) and schema is not None and _CONSTRAINTS & schema.keys())


def coordinates(live: Json, desired: Json, at: Path = ()) -> Iterator[tuple[Path, str]]:
    """Where Airbyte keeps each secret of *desired*, by its path, as far as *live* shows it."""
    if isinstance(desired, Secret):
        if isinstance(live, str) and live.startswith(COORDINATE):
            yield at, live
    elif isinstance(desired, Mapping) and isinstance(live, Mapping):
        for key, value in desired.items():
            yield from coordinates(live.get(key), value, (*at, key))
    elif isinstance(desired, list) and isinstance(live, list):
        for index, (kept, value) in enumerate(zip(live, desired, strict=False)):
            yield from coordinates(kept, value, (*at, index))


def oauth_managed(value: Json) -> Iterator[Path]:
    """Where *value* shows the mask of a field that OAuth manages."""
    return (path for path, leaf in walk_leaves(value) if leaf == OAUTH_MASK)


class _Opaque(dict[str, Json]):
    """Schema of a place that PUT does not look into for masks: a combination, or a list."""


def _carries(live: Json, schema: Mapping[str, Json] | None) -> bool:
    """Whether sending *live* back keeps the stored secret."""
    if not isinstance(live, str) or (schema is not None and _CONSTRAINTS & schema.keys()):
        return False
    if live.startswith(COORDINATE):
        return True
    if live != MASK or schema is None:
        return live in (MASK, OAUTH_MASK) and not isinstance(schema, _Opaque)
    # Reads hide whatever has the keyword; PUT looks for masks only where it is true.
    return schema.get("airbyte_secret") is True and not isinstance(schema, _Opaque)


def _kept(live: Json, schema: Mapping[str, Json] | None, at: Path) -> Json:
    """*live* as it may be sent back. Raises SecretNotCarried where that would destroy a secret."""
    if isinstance(live, Mapping):
        return {k: _kept(v, _property(schema, k), (*at, k)) for k, v in live.items()}
    if isinstance(live, list):
        return [_kept(v, _items(schema), (*at, i)) for i, v in enumerate(live)]
    if _is_hidden(live) and not _carries(live, schema):
        raise SecretNotCarried(".".join(str(step) for step in at))
    return live


def _is_hidden(live: Json) -> bool:
    """Whether *live* stands for a stored secret."""
    return isinstance(live, str) and (live == MASK or live.startswith(COORDINATE))


def _differs_in_secrets_at_most(live: Json, desired: Json) -> bool:
    """Whether an element of a list, which has no name to know it by, is the one that was there."""
    if isinstance(desired, Secret):
        return _is_hidden(live)
    if isinstance(desired, Mapping) and isinstance(live, Mapping):
        keys = live.keys() | desired.keys()
        return all(_differs_in_secrets_at_most(live.get(k), desired.get(k)) for k in keys)
    if isinstance(desired, list) and isinstance(live, list):
        same_length = len(live) == len(desired)
        return same_length and all(map(_differs_in_secrets_at_most, live, desired))
    return bool(live == desired)


def _items(schema: Mapping[str, Json] | None) -> Mapping[str, Json] | None:
    """The schema of a list's elements, which PUT does not look into for masks."""
    items = (schema or {}).get("items")
    return _Opaque(items if isinstance(items, Mapping) else {})


def _property(schema: Mapping[str, Json] | None, key: str) -> Mapping[str, Json] | None:
    """The schema of one property; marked as opaque where PUT does not follow it for masks."""
    if schema is None:
        return None
    branches = list(_branches(schema))
    declared = [_properties(part)[key] for part in (*branches, schema) if key in _properties(part)]
    found = declared[0] if declared and isinstance(declared[0], Mapping) else {}
    if not declared or branches or isinstance(schema, _Opaque):
        return _Opaque(found)
    return dict(found)


def _properties(schema: Mapping[str, Json]) -> Mapping[str, Json]:
    """The fields that *schema* declares; other people's schemas may have anything there."""
    properties = schema.get("properties")
    return properties if isinstance(properties, Mapping) else {}


def _branches(schema: Mapping[str, Json]) -> Iterator[Mapping[str, Json]]:
    for combination in ("oneOf", "anyOf", "allOf"):
        branches = schema.get(combination)
        for branch in branches if isinstance(branches, list) else ():
            if isinstance(branch, Mapping):  # and not `true`, which takes anything
                yield branch


def _branch_switched(
    live: Mapping[str, Json], desired: Mapping[str, Json], schema: Mapping[str, Json] | None
) -> bool:
    """Whether *desired* is of another branch: what the old one had would be left over."""
    constants = {
        key
        for branch in _branches(schema or {})
        for key, node in _properties(branch).items()
        if isinstance(node, Mapping) and ("const" in node or _is_single(node.get("enum", ())))
    }
    return any(key in desired and desired[key] != live.get(key, desired[key]) for key in constants)


def _is_single(choices: Sequence[Json]) -> bool:
    return len(choices) == 1
