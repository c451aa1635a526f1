"""Where secrets are in specs, and which of them a plan's operations cannot do without."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from reconciler.kinds import get
from reconciler.model import Json, Secret, SecretName
from reconciler.plan.model import Action, Operation


def secrets_needed(operation: Operation) -> Iterator[SecretName]:
    """The secrets that *operation* must send: all that a create holds, what an update brings anew.

    An update may turn out to need more, where the API cannot keep a stored secret.
    """
    is_sent_whole = operation.action is Action.CREATE or get(operation.key.kind).put_at
    if operation.desired is not None and is_sent_whole:
        yield from _names(operation.desired.spec)
    elif operation.action is Action.UPDATE:
        for change in operation.changes:
            yield from _names(change.after)


def _names(value: Json) -> Iterator[SecretName]:
    if isinstance(value, Secret):
        yield from value.names
    elif isinstance(value, Mapping):
        for item in value.values():
            yield from _names(item)
    elif isinstance(value, list):
        for item in value:
            yield from _names(item)


def has_secret(value: Json) -> bool:
    """Whether *value* is or holds a secret."""
    if isinstance(value, Mapping):
        return any(has_secret(item) for item in value.values())
    if isinstance(value, list):
        return any(has_secret(item) for item in value)
    return isinstance(value, Secret)
