"""What a plan takes for equal, as text: by tenant and resource, a line a value, with the reason."""

from __future__ import annotations

from collections.abc import Iterator

from reconciler.model import MISSING
from reconciler.model.changes import Equality
from reconciler.plan.model import Plan, TenantPlan
from reconciler.problems.wording import show_path
from reconciler.render.parts.values import safe, show


def render_equalities(plan: Plan) -> str:
    """Everything written differently and taken for equal; empty when there is nothing."""
    lines = [line for tenant in plan.tenants for line in equal_lines(tenant)]
    return "\n".join([*lines, "", ""]) if lines else ""


def equal_lines(tenant: TenantPlan) -> Iterator[str]:
    """The same of one tenant, in lines."""
    for key, equalities in tenant.equalities.items():
        yield f"{safe(str(key))}: counts as equal"
        for equality in equalities:
            yield f"  = {show_path(equality.path)}: {_sides(equality)}"
            yield f"      {equality.reason.sentence}"


def _sides(equality: Equality) -> str:
    live = show(equality.live, 40)
    if equality.desired is MISSING:
        return f"{live} in Airbyte"
    return f"{live} in Airbyte, {show(equality.desired, 40)} in the manifest"
