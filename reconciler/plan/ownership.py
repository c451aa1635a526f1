"""Whose a live workspace is, by the manifests of other tenants and by what was applied of them.

Two keys mean one workspace after a tenant was given another key, or an id was copied: what either
deletes is the other's.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field

from reconciler.model import Claims, WorkspaceClaim


def _nobody(_texts: Collection[str]) -> tuple[WorkspaceClaim, ...]:
    return ()


@dataclass(frozen=True, slots=True)
class Owner:
    """The tenant whose manifest has a workspace, and how that is known."""

    claim: WorkspaceClaim
    reason: str


@dataclass(frozen=True, slots=True)
class Ownership:
    """The claims of the manifests, and the id of the workspace that each tenant was applied to."""

    claims: Claims = _nobody
    applied: Mapping[str, str] = field(default_factory=dict)
    tenants_of: Mapping[str, frozenset[str]] = field(default_factory=dict)

    def by_id(self, tenant: str, id_: str) -> Owner | None:
        """Another tenant whose manifest gives the id, or was applied to it and gives no other."""
        rivals = self.tenants_of.get(id_, frozenset()) - {tenant}
        for claim in self._others(tenant, {id_, id_.upper(), *rivals}):
            if claim.id == id_:
                return Owner(claim, "gives its id")
            if claim.tenant in rivals and not claim.id:
                return Owner(claim, "was applied to it")
        return None

    def by_name(self, tenant: str, id_: str, name: str) -> Owner | None:
        """Another tenant that may take it for its own by its name; none if *tenant* gives the id.

        A manifest that cannot be understood and mentions it may do so, too.
        """
        claims = list(self.claims({id_, id_.upper(), name}))
        if any(claim.tenant == tenant and claim.id == id_ for claim in claims):
            return None
        for claim in claims:
            if claim.tenant == tenant:
                continue
            if claim.is_unclear:
                return Owner(claim, "mentions it and has mistakes")
            if name in claim.names and not claim.id and claim.tenant not in self.applied:
                return Owner(claim, "names it")
        return None

    def is_contested(self, tenant: str, id_: str) -> bool:
        """Whether others than *tenant* were applied to the workspace, as far as is remembered."""
        return bool(self.tenants_of.get(id_, frozenset()) - {tenant})

    def _others(self, tenant: str, texts: Collection[str]) -> Iterable[WorkspaceClaim]:
        return (c for c in self.claims(texts) if c.tenant != tenant and not c.is_unclear)


UNKNOWN_OWNERS = Ownership()


def find_owners(claims: Claims, applied: Mapping[str, str]) -> Ownership:
    """What *claims* and the workspaces that tenants were *applied* to say together."""
    tenants: dict[str, set[str]] = {}
    for tenant, id_ in applied.items():
        tenants.setdefault(id_, set()).add(tenant)
    return Ownership(claims, applied, {id_: frozenset(each) for id_, each in tenants.items()})
