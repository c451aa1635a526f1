"""Jobs are started for connections and watched, and how they stand is shown."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from reconciler.api.client import Client
from reconciler.jobs import start
from reconciler.jobs.start import JobRun, JobType, Target, Watch
from reconciler.operations.choices import Watching
from reconciler.operations.console import Console, WatchingJobs
from reconciler.operations.interruption import Stopping


@dataclass(frozen=True, slots=True)
class Until:
    """When watching ends before its time, and what a wish to stop means meanwhile.

    `is_over` tells by how the jobs stand; nothing more is started then. With `insists` a job that
    runs already does not count for the one that is wanted.
    """

    stopping: Stopping = Stopping.WATCHING
    is_over: Callable[[Sequence[JobRun]], bool] = lambda _runs: False
    insists: bool = False


THE_END = Until()


def run_watched(
    client: Client,
    wanted: Sequence[Target],
    type_: JobType,
    watching: Watching,
    console: Console,
    until: Until = THE_END,
) -> list[JobRun]:
    """Starts a job for each target, and shows how they stand as long as they are waited for.

    The client must wait by the console's interruption, which starts nothing more and ends watching.
    """
    known: dict[object, JobRun] = {}
    interruption = console.interruption
    work = WatchingJobs(len(wanted), waits=watching.waits)
    with interruption.finishing(until.stopping), console.progress(work) as show:

        def announce(run: JobRun) -> None:
            known[run.target.key] = run
            show(run)

        def should_stop() -> bool:
            return interruption.is_requested or until.is_over(list(known.values()))

        watch = Watch(
            waits=watching.waits,
            interval_s=watching.poll_s,
            at_once=watching.at_once,
            announce=announce,
            should_stop=should_stop,
            insists=until.insists,
        )
        return start.run_jobs(client, wanted, type_, watch)
