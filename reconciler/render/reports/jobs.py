"""Jobs that were asked for: a line each, a table, and what a reset is about to delete."""

from __future__ import annotations

from collections.abc import Sequence

from reconciler.jobs.start import JobRun, State, Target
from reconciler.problems.explain import explain
from reconciler.render.parts.amounts import duration_text, size_text
from reconciler.render.parts.columns import aligned, names_cut
from reconciler.render.parts.palette import PLAIN, Palette
from reconciler.render.parts.values import counted, listed, safe

COLUMNS = ("tenant", "connection", "state", "rows", "size", "duration")
_NUMERIC = (3, 4)


def _table(runs: Sequence[JobRun], palette: Palette, width: int | None) -> list[str]:
    rows = names_cut([COLUMNS, *(_cells(run) for run in runs)], width)
    head, *lines = aligned(rows, _NUMERIC)
    return [head, *(_coloured(line, run, palette) for line, run in zip(lines, runs, strict=True))]


def _cells(run: JobRun) -> tuple[str, ...]:
    """The texts of one row of the table."""
    return (
        safe(run.target.key.scope),
        safe(run.target.key.name),
        str(run.state),
        "" if run.rows is None else f"{run.rows:,}",
        "" if run.bytes is None else size_text(run.bytes),
        duration_text(run.duration),
    )


def render_runs(
    runs: Sequence[JobRun], palette: Palette = PLAIN, *, width: int | None = None
) -> str:
    """The table of all runs, why some were not started or not seen to end, and the sum."""
    table = [*_table(runs, palette, width), ""] if runs else []
    reasons = [
        f"{safe(run.target.key.scope)} {safe(run.target.key.name)}: {explain(run.problem).detail}"
        for run in runs
        if run.problem
    ]
    return "\n".join([*table, *reasons, _sum(runs)]) + "\n"


def render_run(run: JobRun, palette: Palette = PLAIN) -> str:
    """One change of state, as a line."""
    key = run.target.key
    counters = [text for text in _cells(run)[3:5] if text]
    more = f" ({counters[0]} rows, {counters[1]})" if len(counters) == len(_NUMERIC) else ""
    return _coloured(f"{safe(key.scope)} {safe(key.name)}: {run.state}{more}", run, palette)


def render_watched(
    runs: Sequence[JobRun], total: int, palette: Palette, *, width: int, height: int
) -> str:
    """How far *total* jobs have come, of which *runs* have begun, on a terminal of that size.

    Where there is no room for all it has those that run, and then those that went wrong.
    """
    going = (State.STARTED, State.RUNNING)
    shown = sorted(runs, key=lambda run: (run.state not in going, not run.state.is_failure))
    waiting = f", {total - len(runs):,} waiting" if total > len(runs) else ""
    standing = f"{counted(total, 'connection')}: {_counts(runs) or '0 started'}{waiting}"
    return "\n".join([*_table(shown[: max(height - 3, 1)], palette, width), standing])


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


def _sum(runs: Sequence[JobRun]) -> str:
    return f"{counted(len(runs), 'connection')}: {_counts(runs)}." if runs else "No connection."


def _counts(runs: Sequence[JobRun]) -> str:
    counts = {state: sum(run.state is state for run in runs) for state in State}
    return ", ".join(f"{count:,} {state}" for state, count in counts.items() if count)


def _coloured(line: str, run: JobRun, palette: Palette) -> str:
    return f"{palette.error}{line}{palette.reset}" if run.state.is_failure else line
