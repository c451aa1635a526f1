"""Two readings of a project → the tenants whose desired state is not the same in both."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TypeAlias

from reconciler.model import DesiredTenant, Origin

Reading: TypeAlias = "dict[str, DesiredTenant | None]"
"""Every tenant of a project by name; None for one whose manifest cannot be understood."""

_NOWHERE = Origin("", 0, 0)


@dataclass(frozen=True, slots=True)
class Changed:
    """The names of tenants that are new or differ, and of those that are no longer declared."""

    tenants: frozenset[str]
    gone: tuple[str, ...]


def changed(before: Reading, after: Reading) -> Changed:
    """What differs between two readings, by tenant.

    Where something is written does not count, so that a renamed file changes nothing.
    """
    differing = {n for n, tenant in after.items() if not is_same(before.get(n), tenant)}
    return Changed(frozenset(differing), tuple(sorted(before.keys() - after.keys())))


def is_same(before: DesiredTenant | None, after: DesiredTenant | None) -> bool:
    """Whether both ask for the same, wherever it is written; None is the same as nothing."""
    if before is None or after is None:
        return False
    return _without_places(before) == _without_places(after)


def _without_places(tenant: DesiredTenant) -> DesiredTenant:
    return replace(
        tenant,
        origin=_NOWHERE,
        resources={k: replace(r, origin=_NOWHERE) for k, r in tenant.resources.items()},
        retired={k: replace(r, origin=_NOWHERE) for k, r in tenant.retired.items()},
    )
