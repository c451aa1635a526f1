"""Past applies, as a table for people and as JSON."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime

from reconciler.ledger import Run
from reconciler.render.parts.palette import PLAIN, Palette
from reconciler.render.parts.values import safe

FORMAT_VERSION = 1

_COLUMNS = ("started", "took", "who", "plan", "outcome", "operations")
_BAD = ("failed", "partly applied", "interrupted", "unfinished")


def render_history(runs: Sequence[Run], palette: Palette = PLAIN) -> str:
    """One line an apply, the newest first."""
    if not runs:
        return "No apply has been made from this project yet.\n"
    rows = [_COLUMNS, *(_row(run) for run in runs)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(_COLUMNS))]
    lines = [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    ]
    coloured = [
        f"{palette.error}{line}{palette.reset}" if run.outcome in _BAD else line
        for line, run in zip(lines[1:], runs, strict=True)
    ]
    return "\n".join([lines[0], *coloured]) + "\n"


def history_json(runs: Sequence[Run]) -> str:
    """The same as schemas/history.schema.json has it."""
    entries = [
        {
            "run": run.id,
            "started": _iso(run.started),
            "ended": None if run.ended is None else _iso(run.ended),
            "who": run.who,
            "plan": run.plan,
            "outcome": run.outcome,
            "counts": dict(run.counts),
        }
        for run in runs
    ]
    return json.dumps({"formatVersion": FORMAT_VERSION, "runs": entries}, indent=2) + "\n"


def _row(run: Run) -> tuple[str, ...]:
    took = "" if run.ended is None else f"{max(0.0, run.ended - run.started):.1f} s"
    counts = ", ".join(f"{number:,} {word}" for word, number in run.counts.items() if number)
    return (_iso(run.started), took, safe(run.who), run.plan, run.outcome, counts or "none")


def _iso(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
