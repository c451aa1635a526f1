"""Operations → JSON, as plan files and `plan --format json` have them; and digests of JSON."""

from __future__ import annotations

import hashlib
import json
from typing import TypeAlias

from reconciler.model import MISSING, Fingerprint, Json, Origin, Secret, SecretName, Spec
from reconciler.model.changes import FieldChange
from reconciler.model.effects import Consequence
from reconciler.model.tagged import name_secrets, tag_value
from reconciler.plan.model import Action, Operation

Record: TypeAlias = dict[str, Json]
"""A JSON object made of plain values."""


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
        desired=tag_value(desired.spec) if desired else None,
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
        **{name: tag_value(value) for name, value in sides.items() if value is not MISSING},
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


def spec_digest(spec: Spec) -> str:
    """A digest of all of *spec*, of the texts around its secrets too."""
    return digest(tag_value(spec, _whole_secret))


def _whole_secret(hidden: Secret | Fingerprint) -> Json:
    if isinstance(hidden, Fingerprint):
        return name_secrets(hidden)
    return {"$secret": [_part(part) for part in hidden.parts]}


def _part(part: str | SecretName) -> Json:
    return part if isinstance(part, str) else [part.name, part.default]


def digest(value: Json) -> str:
    """SHA-256 over the canonical JSON of *value*: keys sorted, no spaces, only ASCII."""
    return f"sha256:{hashlib.sha256(canonical(value).encode()).hexdigest()}"


def canonical(value: Json) -> str:
    """The one text of *value*."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"))
