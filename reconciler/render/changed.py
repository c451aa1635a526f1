"""What a branch takes out of the manifests, as text."""

from __future__ import annotations

from collections.abc import Sequence

from reconciler.render.lines import WIDTH, wrapped
from reconciler.render.values import counted, listed, safe


def render_gone(tenants: Sequence[str], revision: str, width: int = WIDTH) -> str:
    """The tenants that are no longer declared, and what becomes of them."""
    one = tenants[0] if len(tenants) == 1 else "TENANT"
    head = (
        f"{counted(len(tenants), 'tenant')} of {safe(revision)} no longer in the manifests: "
        f"{listed([safe(name) for name in tenants], most=8)}"
    )
    advice = (
        "What they have in Airbyte stays, unmanaged. To remove it, put the manifest back and run "
        f"`reconciler destroy {safe(one)}`, or give it `state: absent` with a reason."
    )
    return "\n".join([*wrapped(head, width, "    "), *wrapped(advice, width, "  ", first="  ")])


def render_unclear(tenants: Sequence[str], revision: str) -> str:
    """That nothing of these tenants can be attributed, and why."""
    names = listed([safe(name) for name in tenants], most=8)
    return (
        f"The manifests of {counted(len(tenants), 'tenant')} cannot be understood as "
        f"{safe(revision)} has them: {names}. All of their rows count as this change."
    )
