"""Progress on stderr: a bar on a terminal, else a line an operation."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Callable, Iterator

from reconciler.api.pacer import Pacer
from reconciler.apply.outcome import Outcome, Status
from reconciler.jobs.start import JobRun
from reconciler.render.parts.palette import Palette
from reconciler.render.parts.values import counted
from reconciler.render.reports.apply import render_outcome
from reconciler.render.reports.jobs import render_run, render_watched

Announce = Callable[[Outcome], None]


@contextlib.contextmanager
def reading(tenants: int, *, terminal: bool) -> Iterator[None]:
    """Shows on a terminal that the live state is being read."""
    if not terminal:
        yield
        return
    from rich.console import Console

    with Console(stderr=True).status(f"Reading the live state of {counted(tenants, 'tenant')}"):
        yield


@contextlib.contextmanager
def noted(text: str, *, terminal: bool) -> Iterator[None]:
    """Shows *text* on a terminal as long as it lasts, before anything slow is begun."""
    if not terminal:
        yield
        return
    sys.stderr.write(f"{text}\r")
    sys.stderr.flush()
    try:
        yield
    finally:
        sys.stderr.write("\x1b[K")


@contextlib.contextmanager
def progress(
    total: int,
    *,
    terminal: bool,
    echo: Callable[[str], None],
    palette: Palette,
    pacer: Pacer,
) -> Iterator[Announce]:
    """What to call with each outcome as it comes."""
    if not terminal:
        yield lambda outcome: echo(render_outcome(outcome, palette))
        return
    # Imported here: only an apply on a terminal needs it.
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeElapsedColumn,
        TimeRemainingColumn,
    )

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[failures]}"),
        TextColumn("{task.fields[pace]}"),
        TimeElapsedColumn(),
        TextColumn("left"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("Applying", total=total, failures="", pace="")
        failed = 0

        def announce(outcome: Outcome) -> None:
            nonlocal failed
            failed += outcome.status is not Status.SUCCEEDED
            speed = bar.tasks[0].speed
            bar.update(
                task,
                advance=1,
                failures=f"{failed} not done" if failed else "",
                pace=describe_pace(speed, pacer.width, pacer.rate),
            )

        yield announce


def describe_pace(speed: float | None, width: int, rate: float | None) -> str:
    """Operations a second now, and what limits them: requests at a time, and a second."""
    now = f"{speed:.1f}/s, " if speed else ""
    limit = f", {rate:.0f} requests/s" if rate is not None else ""
    return f"{now}{width} at a time{limit}"


@contextlib.contextmanager
def job_table(
    total: int, *, terminal: bool, echo: Callable[[str], None], palette: Palette
) -> Iterator[Callable[[JobRun], None]]:
    """What to call with each job as it changes: a live table on a terminal, else lines.

    The table has the jobs that run and those that failed, as far as the terminal has room.
    """
    runs: dict[object, JobRun] = {}
    if not terminal:

        def tell(run: JobRun) -> None:
            before = runs.get(run.target.key)
            runs[run.target.key] = run
            if before is None or before.state is not run.state:
                echo(render_run(run, palette))

        yield tell
        return
    from rich.console import Console
    from rich.live import Live
    from rich.text import Text

    console = Console(stderr=True)

    def table() -> Text:
        size = console.size
        known = list(runs.values())
        text = render_watched(known, total, palette, width=size.width, height=size.height)
        return Text.from_ansi(text, no_wrap=True, overflow="ellipsis")

    with Live(get_renderable=table, console=console, transient=True):

        def announce(run: JobRun) -> None:
            runs[run.target.key] = run

        yield announce
