"""What a branch takes out of the manifests, as text."""

from __future__ import annotations

from collections.abc import Sequence

from reconciler.render.values import counted, listed, safe


def render_gone(tenants: Sequence[str], revision: str) -> str:
    """The tenants that are no longer declared, and what becomes of them."""
    one = tenants[0] if len(tenants) == 1 else "TENANT"
    return (
        f"{counted(len(tenants), 'tenant')} of {safe(revision)} no longer in the manifests: "
        f"{listed([safe(name) for name in tenants], most=8)}\n"
        "  What they have in Airbyte stays, unmanaged. To remove it, put the manifest back and run "
        f"`reconciler destroy {safe(one)}`, or give it `state: absent` with a reason."
    )
