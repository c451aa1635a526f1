"""A tenant that loses something → the manifest that brings it back, made before the deletes."""

from __future__ import annotations

from dataclasses import replace

from reconciler.export.page import Page
from reconciler.export.tenant import Style, export_tenant
from reconciler.kinds import get
from reconciler.kinds.contract.terms import RefOf
from reconciler.live.tenant import LiveTenant
from reconciler.model import LiveResource, ResourceKey
from reconciler.plan.model import TenantPlan
from reconciler.plan.operation import DeleteStep


def restore_page(plan: TenantPlan, style: Style) -> Page | None:
    """The whole of the tenant as it was read, with what goes named at the top; None if nothing."""
    gone = [step for step in plan.steps if isinstance(step, DeleteStep)]
    if not gone or plan.before is None:
        return None
    lines = [
        f'{step.key.kind} "{step.title}": {step.operation.reason or "deleted"}' for step in gone
    ]
    head = "\n".join(["The tenant before an apply that deleted:", *(f"- {line}" for line in lines)])
    return replace(export_tenant(_by_id(plan.before), style).page, head=head)


def _by_id(live: LiveTenant) -> LiveTenant:
    """*live* as if nobody had declared any of it, which is how an export reads a workspace."""
    everything = (*live.resources.values(), *live.undeclared)
    names = {(r.key.kind, r.id): f"@{r.id}" if r.key.name else "" for r in everything}
    resources = [_undeclared(each, RefOf(names)) for each in everything]
    return LiveTenant(
        name=live.name,
        resources={each.key: each for each in resources if each.key.is_declared},
        undeclared=tuple(each for each in resources if not each.key.is_declared),
    )


def _undeclared(resource: LiveResource, ref_of: RefOf) -> LiveResource:
    kind = get(resource.key.kind)
    name = f"@{resource.id}" if kind.in_workspace() else ""
    spec = kind.from_api(resource.body, ref_of)
    return replace(resource, key=ResourceKey(kind.name, resource.key.scope, name), spec=spec)
