"""Progress of an apply on stderr: a bar on a terminal, else a line an operation."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator

from reconciler.apply.outcome import Outcome, Status
from reconciler.render.palette import Palette
from reconciler.render.report import render_outcome

Announce = Callable[[Outcome], None]


@contextlib.contextmanager
def progress(
    total: int, *, terminal: bool, echo: Callable[[str], None], palette: Palette
) -> Iterator[Announce]:
    """What to call with each outcome as it comes."""
    if not terminal:
        yield lambda outcome: echo(render_outcome(outcome, palette))
        return
    # Imported here: only an apply on a terminal needs it.
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[failures]}"),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("Applying", total=total, failures="")
        failed = 0

        def announce(outcome: Outcome) -> None:
            nonlocal failed
            failed += outcome.status is not Status.SUCCEEDED
            bar.update(task, advance=1, failures=f"{failed} not done" if failed else "")

        yield announce
