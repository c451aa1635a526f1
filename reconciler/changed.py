"""Two readings of a project → the tenants whose desired state is not the same in both."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from reconciler.model import DesiredTenant, Origin

_NOWHERE = Origin("", 0, 0)


@dataclass(frozen=True, slots=True)
class Changed:
    """The names of tenants that are new or differ, and of those that are no longer declared."""

    tenants: frozenset[str]
    gone: tuple[str, ...]


def changed(
    before: Mapping[str, DesiredTenant | None], after: Mapping[str, DesiredTenant | None]
) -> Changed:
    """What differs between two readings, by tenant; None is one that cannot be understood.

    Where something is written does not count, so that a renamed file changes nothing.
    """
    differing = {name for name, tenant in after.items() if not _same(before.get(name), tenant)}
    return Changed(frozenset(differing), tuple(sorted(before.keys() - after.keys())))


def _same(before: DesiredTenant | None, after: DesiredTenant | None) -> bool:
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
