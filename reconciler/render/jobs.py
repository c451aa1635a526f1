"""Jobs that were asked for: a line each, a table, and what a reset is about to delete."""

from __future__ import annotations

from collections.abc import Sequence

from reconciler.jobs import JobRun, State, Target
from reconciler.render.amounts import duration_text, size_text
from reconciler.render.palette import PLAIN, Palette
from reconciler.render.problems import explain
from reconciler.render.values import counted, listed, safe

COLUMNS = ("tenant", "connection", "state", "rows", "size", "duration")
_NUMERIC = (3, 4)


def cells(run: JobRun) -> tuple[str, ...]:
    """The texts of one row of the table."""
    return (
        safe(run.target.key.scope),
        safe(run.target.key.name),
        str(run.state),
        "" if run.rows is None else f"{run.rows:,}",
        "" if run.bytes is None else size_text(run.bytes),
        duration_text(run.duration),
    )


def render_runs(runs: Sequence[JobRun], palette: Palette = PLAIN) -> str:
    """The table of all runs, why some were not started or not seen to end, and the sum."""
    lines = aligned([COLUMNS, *(cells(run) for run in runs)], _NUMERIC)
    coloured = [_coloured(line, run, palette) for line, run in zip(lines[1:], runs, strict=True)]
    reasons = [
        f"{safe(run.target.key.scope)} {safe(run.target.key.name)}: {explain(run.problem).detail}"
        for run in runs
        if run.problem
    ]
    table = [lines[0], *coloured, ""] if runs else []
    return "\n".join([*table, *reasons, _sum(runs)]) + "\n"


def render_run(run: JobRun, palette: Palette = PLAIN) -> str:
    """One change of state, as a line."""
    key = run.target.key
    counters = [text for text in cells(run)[3:5] if text]
    more = f" ({counters[0]} rows, {counters[1]})" if len(counters) == len(_NUMERIC) else ""
    return _coloured(f"{safe(key.scope)} {safe(key.name)}: {run.state}{more}", run, palette)


def render_reset(targets: Sequence[Target]) -> str:
    """What a reset of *targets* deletes."""
    tenants = sorted({target.key.scope for target in targets})
    lines = [
        f"  {safe(target.key.scope)} {safe(target.key.name)}: all streams at destination "
        f"{safe(str(target.spec['destination']))}"
        for target in targets
        if target.spec
    ]
    head = (
        f"A reset deletes the data of {counted(len(lines), 'connection')} of "
        f"{safe(listed(tenants))} at the destination, and how far the streams were read. "
        "A job that runs is cancelled."
    )
    return "\n".join([head, *lines]) + "\n"


def aligned(rows: Sequence[Sequence[str]], numeric: Sequence[int] = ()) -> list[str]:
    """Each row as one line, columns under one another, numbers to the right."""
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    return [
        "  ".join(
            cell.rjust(width) if column in numeric else cell.ljust(width)
            for column, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    ]


def _sum(runs: Sequence[JobRun]) -> str:
    counts = {state: sum(run.state is state for run in runs) for state in State}
    texts = [f"{count:,} {state}" for state, count in counts.items() if count]
    return f"{counted(len(runs), 'connection')}: {', '.join(texts)}." if texts else "No connection."


def _coloured(line: str, run: JobRun, palette: Palette) -> str:
    return f"{palette.error}{line}{palette.reset}" if run.state.is_failure else line
