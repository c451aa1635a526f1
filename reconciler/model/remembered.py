"""What the ledger knows of a tenant, for whoever plans it; empty without one, which may be lost."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from reconciler.model.resources import Fingerprint, Path, ResourceKey, Secret, Spec

FingerprintOf: TypeAlias = Callable[[Secret], Fingerprint | None]
"""The fingerprint of a secret's value of today; None where it is not at hand."""


@dataclass(frozen=True, slots=True)
class RememberedResource:
    """What the ledger knows of one resource since it was last written, or found as declared.

    `spec` is the desired spec of that time with a Fingerprint in the place of each Secret, and None
    where the value was not at hand. `coordinates` are where Airbyte kept its secrets, as opaque
    texts by their path in the spec; empty where the API does not show them.
    """

    id: str
    spec: Spec
    is_protected: bool = False
    coordinates: Mapping[Path, str] = field(default_factory=dict)


def no_fingerprint(_secret: Secret) -> None:
    """For where no secret is at hand, or no key."""


@dataclass(frozen=True, slots=True)
class Remembered:
    """What is known of one tenant: its resources, and the way to compare secrets with theirs.

    `doomed` are live objects that an earlier run announced to delete and may not have deleted.
    """

    resources: Mapping[ResourceKey, RememberedResource] = field(default_factory=dict)
    fingerprint: FingerprintOf = no_fingerprint
    doomed: frozenset[str] = frozenset()


RememberedOf: TypeAlias = Callable[[str], Remembered]
"""What is remembered of the tenant of that name."""

NOTHING_REMEMBERED = Remembered()


def remember_nothing(_tenant: str) -> Remembered:
    """For where there is no ledger."""
    return NOTHING_REMEMBERED
