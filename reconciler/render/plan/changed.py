"""What a branch takes out of the manifests, as text."""

from __future__ import annotations

from collections.abc import Sequence

from reconciler.problems import rules
from reconciler.render.parts.values import counted, listed, safe
from reconciler.render.plan.lines import WIDTH, wrapped


def render_gone(tenants: Sequence[str], revision: str, width: int = WIDTH) -> str:
    """The tenants that are no longer declared, and what becomes of them."""
    head = (
        f"{counted(len(tenants), 'tenant')} of {safe(revision)} no longer in the manifests: "
        f"{listed([safe(name) for name in tenants], most=8)}"
    )
    advice = (
        "What they have in Airbyte stays; where no other manifest has taken it over, it is "
        "unmanaged. To remove it, put the manifest back with `state: absent` and a reason."
    )
    return "\n".join([*wrapped(head, width, "    "), *wrapped(advice, width, "  ", first="  ")])


def forgotten_lines(tenants: Sequence[str], width: int = WIDTH) -> list[str]:
    """The tenants that only the ledger knows, and what to do about them; nothing without any."""
    if not tenants:
        return []
    is_one = len(tenants) == 1
    names = listed([safe(name) for name in tenants], most=8)
    rule = rules.TENANT_NO_LONGER_DECLARED.id
    head = (
        f"  {names} {'was' if is_one else 'were'} applied from here, and no manifest declares "
        f"{'it' if is_one else 'them'} any more: left alone in Airbyte [{rule}]"
    )
    advice = (
        f"To keep {'it' if is_one else 'one'}, restore its manifest; where only its key was "
        "changed, apply the manifest that has the new one. To remove it, declare it with "
        "`state: absent` and a reason."
    )
    return [*wrapped(head, width, "    "), *wrapped(advice, width, "    ", first="    ")]


def render_unclear(tenants: Sequence[str], revision: str) -> str:
    """That nothing of these tenants can be attributed, and why."""
    names = listed([safe(name) for name in tenants], most=8)
    return (
        f"The manifests of {counted(len(tenants), 'tenant')} cannot be understood as "
        f"{safe(revision)} has them: {names}. All of their rows count as this change."
    )
