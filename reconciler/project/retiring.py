"""A whole tenant that is to go: the same as if its manifest said `state: absent`."""

from __future__ import annotations

from dataclasses import replace

from reconciler.model import DesiredResource, DesiredTenant, Origin, Retired, workspace_key

REASON = "the tenant is destroyed"


def retired_tenant(tenant: DesiredTenant) -> DesiredTenant:
    """*tenant* with nothing in it that is to exist; what lives in its workspace goes with that."""
    retired = {key: _retired(resource) for key, resource in tenant.resources.items()}
    return replace(tenant, resources={}, retired={**retired, **tenant.retired})


def known_tenant(name: str, workspace_id: str, origin: Origin) -> DesiredTenant:
    """The same of a tenant of whom only the id of its workspace is known; *origin* knows it."""
    key = workspace_key(name)
    # Whatever was protected is so by the ledger's word.
    retired = Retired(key, name, REASON, origin, is_protected=None, adopt_id=workspace_id)
    return DesiredTenant(name, {}, {}, origin, retired={key: retired})


def _retired(resource: DesiredResource) -> Retired:
    return Retired(
        key=resource.key,
        name=str(resource.spec["name"]),
        reason=REASON,
        origin=resource.origin,
        # A manifest that does not protect it leaves the word to the ledger.
        is_protected=resource.is_protected or None,
        adopt_id=resource.adopt_id,
        adopt_origin=resource.adopt_origin,
    )
