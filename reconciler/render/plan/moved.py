"""Tenants that are no longer what a plan file says, three ways: planned, now, wanted."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from reconciler.plan.file import MovedResource, MovedTenant, MovedValue
from reconciler.problems.wording import show_path
from reconciler.render.parts.palette import PLAIN, Palette
from reconciler.render.parts.values import counted, safe, show

_WIDTH = 60


def render_moved(moved: Sequence[MovedTenant], palette: Palette = PLAIN) -> str:
    """What has moved and how, by tenant; nothing when nothing has."""
    if not moved:
        return ""
    blocks = ["\n".join(_tenant(tenant, palette)) for tenant in moved]
    skipped = f"{counted(len(moved), 'tenant')} moved since the plan was made, skipped. Plan again."
    return "\n\n".join([*blocks, f"{palette.error}{skipped}{palette.reset}"]) + "\n"


def _tenant(tenant: MovedTenant, palette: Palette) -> Iterator[str]:
    yield f"{palette.bold}{safe(tenant.tenant)}{palette.reset}: moved since the plan was made"
    for resource in tenant.resources:
        yield f"  {_name(resource)}: {resource.why}"
        for value in resource.values:
            yield from _value(value)


def _name(resource: MovedResource) -> str:
    return safe(f"{resource.key.kind} {resource.key.name}".strip())


def _value(value: MovedValue) -> Iterator[str]:
    yield f"      {show_path(value.path)}"
    sides = [("when planned", value.planned), ("now", value.now), ("wanted", value.wanted)]
    if value.wanted_then != value.wanted:
        sides.insert(1, ("wanted then", value.wanted_then))
    for label, side in sides:
        yield f"        {label + ':':<14}{show(side, _WIDTH)}"
