"""Watching what connections do by themselves for a while: the jobs that their schedules start."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from reconciler.api.client import Client
from reconciler.jobs.history import jobs_after, newest_id
from reconciler.jobs.start import JobRun, JobType, State, Target, run_at
from reconciler.live.reading import MAX_IDS
from reconciler.problems.errors import ReconcilerError


@dataclass(frozen=True, slots=True)
class Soak:
    """How long connections are watched, and how; durations in seconds.

    `is_over` is asked after each look, with what is known by then: it may end the watching early.
    """

    duration_s: float
    interval_s: float
    clock: Callable[[], float]
    announce: Callable[[JobRun], None]
    is_over: Callable[[Sequence[JobRun]], bool]


def soak(client: Client, wanted: Sequence[Target], how: Soak) -> list[JobRun]:
    """The jobs of *wanted* that start meanwhile, one a connection: a bad one, else its last.

    A connection that started none has no part in it. Where the jobs cannot be read any more, every
    connection's state is unknown.
    """
    deadline = how.clock() + how.duration_s
    by_id = {target.id: target for target in wanted}
    runs: dict[str, JobRun] = {}
    try:
        marks = _marks(client, wanted)
        while True:
            for run in _looked(client, marks, by_id):
                before = runs.get(run.target.id)
                if before is None or not before.state.is_failure:
                    runs[run.target.id] = run
                    how.announce(run)
            left_s = deadline - how.clock()
            if left_s <= 0 or how.is_over(list(runs.values())):
                break
            if not client.wait(min(how.interval_s, left_s)):
                break
    except ReconcilerError as problem:
        return [JobRun(target, State.UNKNOWN, problem=problem) for target in wanted]
    return [runs[target.id] for target in wanted if target.id in runs]


def _marks(client: Client, wanted: Sequence[Target]) -> dict[tuple[str, ...], int]:
    """The newest job before, by workspaces that are listed together."""
    ids = list(dict.fromkeys(target.workspace_id for target in wanted))
    batches = [tuple(ids[start : start + MAX_IDS]) for start in range(0, len(ids), MAX_IDS)]
    return {batch: newest_id(client, batch) for batch in batches}


def _looked(
    client: Client, marks: Mapping[tuple[str, ...], int], by_id: Mapping[str, Target]
) -> list[JobRun]:
    """The jobs since the marks, oldest first, as they stand."""
    jobs = [job for batch, id_ in marks.items() for job in jobs_after(client, batch, id_)]
    return [
        run_at(JobRun(by_id[job.connection_id], State.STARTED), job)
        for job in reversed(jobs)
        if job.connection_id in by_id and job.type == JobType.SYNC
    ]
