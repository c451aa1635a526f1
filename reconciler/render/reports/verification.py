"""What apply wrote and the API accepted without effect, as text."""

from __future__ import annotations

from collections.abc import Sequence

from reconciler.plan.model import Plan, TenantPlan
from reconciler.render.parts.palette import PLAIN, Palette
from reconciler.render.plan.lines import Look
from reconciler.render.plan.text import render_plan

_HEADING = "Accepted by the API but not in effect when read again:"
_ADVICE = "Somebody may have written at the same time: plan again. If it stays, Airbyte ignores it."


def render_not_in_effect(plans: Sequence[TenantPlan], palette: Palette = PLAIN) -> str:
    """The differences that are left after an apply, or nothing when there are none."""
    if not plans:
        return ""
    body = render_plan(Plan(tuple(plans)), Look(palette))
    return f"\n{palette.error}{_HEADING}{palette.reset}\n\n{body}\n{_ADVICE}\n"
