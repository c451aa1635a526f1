"""Starting jobs and watching them: the options of it, and a table of how they stand."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import click

from reconciler.api.client import Client
from reconciler.cli.options.durations import DURATION
from reconciler.cli.options.groups import taken_as
from reconciler.cli.options.settings import Settings
from reconciler.cli.terminal.progress import job_table
from reconciler.jobs import start
from reconciler.jobs.start import JobRun, JobType, Target, Watch
from reconciler.operations.interruption import Interruption

_GOES_ON = "\nNo longer watching: the jobs that were started go on. Again to stop at once.\n"


@dataclass(frozen=True, slots=True)
class Watching:
    """Whether jobs are waited for, how many go at once, and how often each is asked about.

    `is_over` may end it all before its time, by how the jobs stand; nothing more is started then.
    """

    waits: bool
    at_once: int
    poll_s: float
    insists: bool = False
    notice: str = _GOES_ON
    is_over: Callable[[Sequence[JobRun]], bool] = lambda _runs: False


def _watching(wait: bool, at_once: int, poll: float) -> Watching:
    return Watching(wait, at_once, poll)


watching_options = taken_as(
    "watching",
    _watching,
    click.option(
        "--wait",
        is_flag=True,
        help="Until the jobs have ended; tells by the exit code if any failed.",
    ),
    click.option(
        "--at-once",
        type=click.IntRange(1, 64),
        default=4,
        show_default=True,
        help="With --wait the most jobs that run at once, else the most requests.",
    ),
    click.option(
        "--poll",
        type=DURATION,
        default="5s",
        show_default=True,
        help="How often each running job is asked about.",
    ),
)


def run_watched(
    client: Client,
    wanted: Sequence[Target],
    type_: JobType,
    watching: Watching,
    settings: Settings,
    interruption: Interruption,
) -> list[JobRun]:
    """Starts a job for each target, and shows how they stand as long as they are waited for.

    The client must wait by the *interruption*: Ctrl-C starts nothing more and stops watching.
    """
    table = job_table(
        len(wanted),
        terminal=settings.shows_progress_bar and watching.waits,
        echo=settings.tell if watching.waits else lambda _line: None,
        palette=settings.palette(sys.stderr),
    )
    known: dict[object, JobRun] = {}
    with interruption.finishing(watching.notice), table as show:

        def announce(run: JobRun) -> None:
            known[run.target.key] = run
            show(run)

        def should_stop() -> bool:
            return interruption.is_requested or watching.is_over(list(known.values()))

        watch = Watch(
            waits=watching.waits,
            interval_s=watching.poll_s,
            at_once=watching.at_once,
            announce=announce,
            should_stop=should_stop,
            insists=watching.insists,
        )
        return start.run_jobs(client, wanted, type_, watch)
