"""What tenants claim: keys, workspaces, live objects, and what is the organization's.

What two of them claim is a Problem: each would undo what the other does.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from reconciler.kinds import get
from reconciler.model import (
    DesiredResource,
    DesiredTenant,
    Origin,
    Retired,
    WorkspaceClaim,
    workspace_key,
)
from reconciler.problems import rules
from reconciler.problems.problem import Problem


def check_fleet(tenants: Sequence[DesiredTenant]) -> list[tuple[str, Problem]]:
    """What two tenants claim: a key, a workspace, a live object; each by the tenant's name."""
    problems = [*_contradictions(tenants), *_adopted_twice(tenants)]
    keys: dict[str, DesiredTenant] = {}
    workspaces: dict[str, DesiredTenant] = {}
    for tenant in tenants:
        if (first := keys.setdefault(tenant.name, tenant)) is not tenant:
            detail = f'"{tenant.name}" is already the tenant at {first.origin}.'
            problem = Problem(rules.DUPLICATE_TENANT, tenant.origin, detail=detail)
            problems.append((tenant.name, problem))
        origin = _claims_workspace(tenant)
        for name in tenant.workspace_names if origin and not tenant.workspace_id else ():
            if (owner := workspaces.setdefault(name, tenant)).name != tenant.name:
                problem = Problem(
                    rules.WORKSPACE_CLAIMED_TWICE,
                    origin,
                    detail=f'The workspace "{name}" already belongs to tenant "{owner.name}" '
                    f"({_claims_workspace(owner)}).",
                    hint="Give one of them another `workspace.name`.",
                )
                problems.append((tenant.name, problem))
    return problems


def _contradictions(tenants: Sequence[DesiredTenant]) -> Iterator[tuple[str, Problem]]:
    """What belongs to all tenants of the organization, and is not the same in all manifests."""
    first: dict[tuple[str, str], DesiredResource] = {}
    for tenant in tenants:
        for key, resource in tenant.resources.items():
            kind = get(key.kind)
            if not kind.is_shared(resource.spec):
                continue
            name = kind.name_of(resource.spec)
            other = first.setdefault((kind.name, name), resource)
            if other.spec != resource.spec:
                yield (
                    tenant.name,
                    Problem(
                        rules.SHARED_AND_DIFFERENT,
                        resource.origin,
                        detail=f'{kind.name} "{name}" is the organization\'s, and is declared with '
                        f"other content at {other.origin}.",
                        hint="Declare it once, in the project file, or give each a `name` of its "
                        "own.",
                    ),
                )


def _adopted_twice(tenants: Sequence[DesiredTenant]) -> Iterator[tuple[str, Problem]]:
    """The live objects that two entries are to be; told of both tenants, whichever is asked for."""
    first: dict[str, DesiredResource | Retired] = {}
    for tenant in tenants:
        entries: list[DesiredResource | Retired] = [*tenant.resources.values()]
        entries += tenant.retired.values()
        for entry in entries:
            other = first.setdefault(entry.adopt_id, entry) if entry.adopt_id else entry
            if other is entry or _is_one(other, entry):
                continue
            problem = Problem(
                rules.ADOPTED_TWICE,
                entry.adopt_origin,
                detail=f"{entry.key} is to be the live object {entry.adopt_id}, as is {other.key} "
                f"({other.adopt_origin}).",
                hint="Each needs the id of its own object; take `adopt` out of the one that has "
                "none yet.",
            )
            yield from dict.fromkeys(((tenant.name, problem), (other.key.scope, problem)))


def _is_one(entry: DesiredResource | Retired, other: DesiredResource | Retired) -> bool:
    """Whether both declare one thing of the organization, as every tenant that uses it does."""
    return (
        isinstance(entry, DesiredResource)
        and isinstance(other, DesiredResource)
        and entry.key.kind == other.key.kind
        and entry.spec == other.spec
        and get(entry.key.kind).is_shared(entry.spec)
    )


def workspace_claim(tenant: DesiredTenant) -> WorkspaceClaim:
    """Which live workspace is the tenant's own, as far as its manifest says it without mistakes."""
    origin = _claims_workspace(tenant)
    if origin is None:
        return WorkspaceClaim(tenant.name, tenant.origin, is_unclear=True)
    return WorkspaceClaim(tenant.name, origin, tenant.workspace_id, tenant.workspace_names)


def _claims_workspace(tenant: DesiredTenant) -> Origin | None:
    """Where the tenant says which workspace is its own; None where that has mistakes."""
    key = workspace_key(tenant.name)
    claim = tenant.resources.get(key) or tenant.retired.get(key)
    return claim.origin if claim else None
