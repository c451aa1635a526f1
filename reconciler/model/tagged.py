"""Values of a spec ↔ JSON: the one form of what JSON does not have, in plan files and the ledger.

It is a mapping with one key behind `$`: `$resource` a reference, `$secret` the names of secrets,
`$fingerprint` what is kept in the place of a secret's value, `$masked` what Airbyte hides, `$all`
everything there is, `$missing` nothing at all, `$streams` streams by namespace and name. A user's
key that begins so gets another `$`.

Ledgers of before say `$ref` and `$marker` for some of these, which are read still.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeAlias

from reconciler.model.resources import (
    ALL,
    MISSING,
    UNREADABLE,
    Fingerprint,
    Json,
    Marker,
    Ref,
    Secret,
    SecretName,
    StreamKey,
)

Hide: TypeAlias = Callable[[Secret | Fingerprint], Json]
"""What stands for a secret, or for what is kept in its place."""

_BY_MARKER = {UNREADABLE: "$masked", ALL: "$all", MISSING: "$missing"}
_MASKED = {_BY_MARKER[UNREADABLE]: True}


def name_secrets(hidden: Secret | Fingerprint) -> Json:
    """A secret by the names in it, for people and plan files; a fingerprint is masked."""
    if isinstance(hidden, Fingerprint):
        return _MASKED
    return {"$secret": [part.name for part in hidden.names]}


def keep_fingerprints(hidden: Secret | Fingerprint) -> Json:
    """A fingerprint as it is, for the ledger. Raises TypeError for all else, a secret above all."""
    if not isinstance(hidden, Fingerprint):
        raise TypeError(f"of a {type(hidden).__name__} only a fingerprint can be kept")
    return {"$fingerprint": [hidden.key_id, hidden.digest]}


def tag_value(value: Json, hide: Hide = name_secrets, *, pairs: bool = False) -> Json:
    """*value* as JSON, with *hide* for what is secret.

    With *pairs* streams keep their identity; without they go by the text that they are shown by.
    """
    if isinstance(value, str | int | float | None):
        return value
    if isinstance(value, Mapping):
        if pairs and any(isinstance(key, StreamKey) for key in value):
            streams = [[k.namespace, k.name, tag_value(v, hide)] for k, v in value.items()]
            return {"$streams": sorted(streams, key=lambda each: (each[1], each[0] or ""))}
        named = ((str(key), tag_value(v, hide, pairs=pairs)) for key, v in value.items())
        return {f"${key}" if key[:1] == "$" else key: inner for key, inner in named}
    if isinstance(value, list | tuple):
        return [tag_value(item, hide, pairs=pairs) for item in value]
    if isinstance(value, Ref):
        return {"$resource": f"{value.kind}/{value.name}"}
    if isinstance(value, Marker):
        return {_BY_MARKER[value]: True}
    return hide(value)


def untag_value(value: Json) -> Json:
    """What `tag_value` was given, as far as it can be told: a secret keeps its names alone."""
    if isinstance(value, list):
        return [untag_value(item) for item in value]
    if not isinstance(value, dict):
        return value
    if len(value) == 1:
        ((key, content),) = value.items()
        if key in _READERS:
            return _READERS[key](content)
    return {k[1:] if k.startswith("$$") else k: untag_value(v) for k, v in value.items()}


def _ref(content: str) -> Ref:
    kind, _, name = content.partition("/")
    return Ref(kind, name)


_READERS: Mapping[str, Callable[[Json], Json]] = {
    "$resource": _ref,
    "$secret": lambda names: Secret(tuple(SecretName(name) for name in names)),
    "$fingerprint": lambda content: Fingerprint(*content),
    "$masked": lambda _true: UNREADABLE,
    "$all": lambda _true: ALL,
    "$missing": lambda _true: MISSING,
    "$streams": lambda streams: {
        StreamKey(namespace, name, name): untag_value(each) for namespace, name, each in streams
    },
    "$ref": lambda content: Ref(*content),
    "$marker": lambda name: Marker[name],
}
