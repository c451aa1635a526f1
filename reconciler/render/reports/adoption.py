"""Names that do not tell which live object is meant: the candidates, and how to settle each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from reconciler.operations.open_names import Open, described
from reconciler.render.parts.palette import PLAIN, Palette
from reconciler.render.parts.values import counted, safe, show


def render_open(found: Sequence[Open], types: Mapping[str, str], palette: Palette = PLAIN) -> str:
    """Each key with its candidates; *types* are the connectors by definition id."""
    if not found:
        return "Every name tells which live object is meant."
    lines: list[str] = []
    for one in found:
        count = len(one.candidates)
        head = f'{one.key}: {count} live {one.key.kind}s are named "{safe(one.name)}"'
        lines += ["", f"{palette.bold}{head}{palette.reset}"]
        for resource, users in one.candidates:
            fields = ", ".join(
                f"{name} {types.get(str(value), show(value, 40))}"
                for name, value in described(resource).items()
            )
            used = f"used by {counted(users, 'other')}" if users else "not used"
            lines.append(f"  {resource.id}  {fields + ', ' if fields else ''}{used}")
        lines.append(f"  Settle it: reconciler adopt {one.key.scope} {one.key.local}=ID")
    lines += ["", "Or write `adopt: {id: ID}` into its manifest entry."]
    return "\n".join(lines).lstrip("\n")
