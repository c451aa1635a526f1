"""What a run will use and has used, as text: requests, seconds, memory."""

from __future__ import annotations

from collections.abc import Sequence

from reconciler.api.usage import Budget, Usage
from reconciler.render.parts.values import counted


def render_budget(budget: Budget) -> str:
    """One line before most of it is sent."""
    return f"About {counted(budget.requests, 'request')}, {_duration(budget.seconds)} at this pace."


def render_use(usage: Usage) -> str:
    """One line at the end."""
    used = f"{_measured(usage.wall_s)} ({_measured(usage.cpu_s)} of CPU)"
    return f"Used {counted(usage.requests, 'request')} in {used}."


def render_stats(usage: Usage, peak_mb: float) -> str:
    """The use by phase and by route, as two tables and a line."""
    phases = sorted(usage.phases.items(), key=lambda each: -each[1].wall_s)
    routes = sorted(usage.routes.items())
    by_phase = [("phase", "seconds", "CPU", "requests")] + [
        (name, f"{use.wall_s:.2f}", f"{use.cpu_s:.2f}", f"{use.requests:,}") for name, use in phases
    ]
    by_route = [("requests", "number", "failed", "ms each")] + [
        (name, f"{use.count:,}", f"{use.failed:,}", f"{use.elapsed_s / use.count * 1000:.0f}")
        for name, use in routes
    ]
    said = [
        render_use(usage).removesuffix("."),
        f"{usage.retries:,} tried again",
        f"{usage.throttled_s:.2f} s waited for a turn",
        f"{peak_mb:.0f} MB at most.",
    ]
    tables = [by_phase, by_route] if routes else [by_phase]
    return "\n\n".join([*map(_table, tables), "; ".join(said)])


def _table(rows: Sequence[tuple[str, str, str, str]]) -> str:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = []
    for first, *others in rows:
        cells = [cell.rjust(width) for cell, width in zip(others, widths[1:], strict=True)]
        lines.append("  ".join([first.ljust(widths[0]), *cells]))
    return "\n".join(lines)


def _measured(seconds: float) -> str:
    return f"{seconds:.1f} s" if seconds < 10 else _duration(seconds)


def _duration(seconds: float) -> str:
    if seconds < 1:
        return "under 1 s"
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min"
