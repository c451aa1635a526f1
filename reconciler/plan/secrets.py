"""Where secrets are in specs, and which of them a plan's operations cannot do without."""

from __future__ import annotations

from collections.abc import Iterator
from typing import assert_never

from reconciler.kinds import get
from reconciler.model import Json, Secret, SecretName
from reconciler.model.paths import walk_leaves
from reconciler.plan.operation import Create, Delete, Operation, Replace, Update


def secrets_needed(operation: Operation) -> Iterator[SecretName]:
    """The secrets that *operation* must send: all that a create holds, what an update brings anew.

    An update may turn out to need more, where the API cannot keep a stored secret.
    """
    match operation:
        case Create() | Replace():
            yield from _names(operation.desired.spec)
        case Update() if get(operation.key.kind).put:
            yield from _names(operation.desired.spec)
        case Update():
            for change in operation.changes:
                yield from _names(change.after)
        case Delete():
            pass
        case _:
            assert_never(operation)


def _names(value: Json) -> Iterator[SecretName]:
    for _, leaf in walk_leaves(value):
        if isinstance(leaf, Secret):
            yield from leaf.names


def has_secret(value: Json) -> bool:
    """Whether *value* is or holds a secret."""
    return any(isinstance(leaf, Secret) for _, leaf in walk_leaves(value))
