"""A roll-out in waves as text: what a wave is, why it stopped, and how it goes on."""

from __future__ import annotations

from collections.abc import Sequence

from reconciler.render.parts.palette import PLAIN, Palette
from reconciler.render.parts.values import counted, listed, safe

_MOST = 6  # names in a row


def render_outlook(waves: Sequence[Sequence[str]]) -> str:
    """What is about to happen, in the order it will."""
    if not waves:
        return ""
    first, *others = waves
    then = "".join(f", then {len(names):,} more" for names in others)
    head = f"{counted(len(first), 'tenant')} ({_listed(first)})"
    return f"In {counted(len(waves), 'wave')}: {head}{then}."


def render_wave(number: int, count: int, names: Sequence[str], palette: Palette = PLAIN) -> str:
    """The headline of a wave."""
    tenants = f"{counted(len(names), 'tenant')} ({_listed(names)})"
    return f"\n{palette.bold}Wave {number} of {count}: {tenants}{palette.reset}"


def render_stopped(
    number: int,
    waves: Sequence[Sequence[str]],
    failed: Sequence[str],
    why: str,
    palette: Palette = PLAIN,
) -> str:
    """Why the roll-out ended after wave *number*, which tenants were not touched, what to do."""
    left = [name for wave in waves[number:] for name in wave]
    bad = f" Failed: {_listed(failed)}." if failed else ""
    head = f"{palette.error}Stopped after wave {number} of {len(waves)}: {why}.{palette.reset}{bad}"
    if not left:
        return f"\n{head}\n"
    rest = (
        f"Not touched: {counted(len(left), 'tenant')} ({_listed(left)}). Apply again to go on with "
        "them; what is done has nothing to change."
    )
    return f"\n{head}\n{rest}\n"


def render_failures(failed: Sequence[str], most: int) -> str:
    """That the roll-out goes on in spite of some failures."""
    return f"{counted(len(failed), 'tenant')} failed so far ({_listed(failed)}), of {most} allowed."


def _listed(names: Sequence[str]) -> str:
    return safe(listed(sorted(names), _MOST))
