"""The parts of a plan → JSON, as plan files and `plan --format json` have them; digests of JSON.

Described by schemas/plan.schema.json.
"""

from __future__ import annotations

import hashlib
import json
from typing import TypeAlias

from reconciler.model import (
    MISSING,
    DesiredResource,
    Fingerprint,
    Json,
    Origin,
    Secret,
    SecretName,
    Spec,
)
from reconciler.model.changes import FieldChange
from reconciler.model.effects import Consequence
from reconciler.model.tagged import name_secrets, tag_value
from reconciler.plan.operation import CreateStep, Delete, DeleteStep, Step, UpdateStep

Record: TypeAlias = dict[str, Json]
"""A JSON object made of plain values."""


def step_record(step: Step) -> Record:
    """All there is to know of *step*, with no value of a secret."""
    operation = step.operation
    return _present(
        id=step.id,
        action=str(step.action),
        kind=step.key.kind,
        name=step.key.name,
        title=step.title,
        cause=str(operation.cause),
        reason=operation.reason,
        waitsFor=sorted(step.waits_for),
        consequences=[_consequence(consequence) for consequence in step.consequences],
        changes=[change_record(change) for change in operation.changes],
        **_sides(step),
    )


def _sides(step: Step) -> Record:
    """What a step makes of what, and who asks for it."""
    match step:
        case CreateStep():
            return _wanted(step.desired)
        case UpdateStep():
            # What it compares is in its changes.
            return {**_wanted(step.desired), "liveId": step.live.id}
        case DeleteStep():
            asks = step.operation.origin if isinstance(step.operation, Delete) else None
            digests = {"live": spec_digest(step.live.spec)}
            return {"origin": origin_record(asks), "liveId": step.live.id, "digests": digests}


def _wanted(desired: DesiredResource) -> Record:
    return {
        "origin": origin_record(desired.origin),
        "desired": tag_value(desired.spec),
        "digests": {"desired": spec_digest(desired.spec)},
    }


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
