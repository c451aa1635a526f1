"""Operations and values ↔ JSON, as plan files and `plan --format json` have them.

What JSON has not is a mapping with one key behind `$`: `$resource` a reference, `$secret` the names
of secrets, `$masked` what Airbyte hides, `$all` everything there is. A user's key that begins so
gets another `$`. What is not there at all is left out.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from typing import TypeAlias

from reconciler.model import (
    ALL,
    MISSING,
    UNREADABLE,
    Fingerprint,
    Json,
    Origin,
    Ref,
    Secret,
    SecretName,
    Spec,
)
from reconciler.model.changes import FieldChange
from reconciler.model.effects import Consequence
from reconciler.plan.model import Action, Operation

Record: TypeAlias = dict[str, Json]
"""A JSON object made of plain values."""

_MASKED = {"$masked": True}
_ALL = {"$all": True}


def operation_record(operation: Operation) -> Record:
    """All there is to know of *operation*, with no value of a secret."""
    desired, live = operation.desired, operation.live
    return _present(
        id=operation.id,
        action=str(operation.action),
        kind=operation.key.kind,
        name=operation.key.name,
        title=operation.title,
        cause=str(operation.cause),
        reason=operation.reason,
        origin=origin_record(operation.origin),
        waitsFor=sorted(operation.waits_for),
        consequences=[_consequence(consequence) for consequence in operation.consequences],
        changes=[change_record(change) for change in operation.changes],
        desired=plain(dict(desired.spec)) if desired else None,
        liveId=live.id if live else None,
        digests=_present(
            desired=spec_digest(desired.spec) if desired else None,
            # What an update compares is in its changes; what a delete destroys is everything.
            live=spec_digest(live.spec) if live and operation.action is Action.DELETE else None,
        ),
    )


def change_record(change: FieldChange) -> Record:
    """One field change; a side that is absent is left out."""
    sides = {"before": change.before, "after": change.after}
    return {
        "path": list(change.path),
        **{name: plain(value) for name, value in sides.items() if value is not MISSING},
        **({"mark": str(change.mark)} if change.mark else {}),
    }


def origin_record(origin: Origin | None) -> Record | None:
    """A place in a file."""
    if origin is None:
        return None
    return {"path": origin.path, "line": origin.line, "column": origin.column}


def _consequence(consequence: Consequence) -> Record:
    return _present(
        effect=consequence.effect.slug,
        weight=consequence.effect.weight.name.lower(),
        subject=consequence.subject or None,
        detail=consequence.detail or None,
    )


def _present(**fields: Json) -> Record:
    """The fields that have a value."""
    return {name: value for name, value in fields.items() if value is not None}


def plain(value: Json) -> Json:
    """*value* as JSON; secrets by name only."""
    return _encoded(value, lambda secret: {"$secret": [part.name for part in secret.names]})


def rich(value: Json) -> Json:
    """What `plain` wrote, as far as it can be told: a secret keeps its names."""
    if isinstance(value, list):
        return [rich(item) for item in value]
    if not isinstance(value, dict):
        return value
    if len(value) == 1:
        ((key, content),) = value.items()
        if key == "$resource":
            kind, _, name = content.partition("/")
            return Ref(kind, name)
        if key == "$secret":
            return Secret(tuple(SecretName(name) for name in content))
        if key in ("$masked", "$all"):
            return UNREADABLE if key == "$masked" else ALL
    return {k[1:] if k.startswith("$$") else k: rich(v) for k, v in value.items()}


def spec_digest(spec: Spec) -> str:
    """A digest of all of *spec*, of the texts around its secrets too."""
    return digest(_encoded(dict(spec), lambda secret: {"$secret": list(map(_part, secret.parts))}))


def _part(part: str | SecretName) -> Json:
    return part if isinstance(part, str) else [part.name, part.default]


def digest(value: Json) -> str:
    """SHA-256 over the canonical JSON of *value*: keys sorted, no spaces, only ASCII."""
    return f"sha256:{hashlib.sha256(canonical(value).encode()).hexdigest()}"


def canonical(value: Json) -> str:
    """The one text of *value*."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"))


def _encoded(value: Json, secret: Callable[[Secret], Json]) -> Json:
    if isinstance(value, str | int | float | None):
        return value
    if isinstance(value, Mapping):
        return {f"${k}" if k[:1] == "$" else k: _encoded(v, secret) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [_encoded(item, secret) for item in value]
    if isinstance(value, Ref):
        return {"$resource": f"{value.kind}/{value.name}"}
    if isinstance(value, Secret):
        return secret(value)
    if value is ALL:
        return _ALL
    assert value is UNREADABLE or value is MISSING or isinstance(value, Fingerprint), type(value)
    return _MASKED
