"""What the plan tells of the jobs of connections: whether one runs now, how the last one ended."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from reconciler.api.client import Client
from reconciler.jobs.history import Job, Jobs, last_ended, newest_jobs, running_job
from reconciler.model import JobHistory, LastJob
from reconciler.problems.errors import ReconcilerError


def job_histories(
    client: Client, wanted: Mapping[str, Sequence[str]], now: datetime
) -> dict[str, JobHistory]:
    """The history of each connection, by its id; *wanted* are their ids by their workspace's.

    A connection that never had a job has an empty one. Raises ReconcilerError.
    """
    found = newest_jobs(client, wanted, lambda job: job.is_over)
    return {id_: _history(jobs, now) for id_, jobs in found.items()}


def _history(jobs: Jobs, now: datetime) -> JobHistory:
    if isinstance(jobs, ReconcilerError):
        raise jobs
    last, running = last_ended(jobs), running_job(jobs)
    return JobHistory(
        running=running.type if running else "",
        last=_last(last, now) if last else None,
    )


def _last(job: Job, now: datetime) -> LastJob:
    started, ended = (str(job.body.get(name) or "") for name in ("startTime", "lastUpdatedAt"))
    return LastJob(
        kind=job.type,
        status=job.status,
        started=started,
        ended=ended,
        duration=job.duration,
        rows=job.rows,
        bytes=job.bytes,
        age_s=max((now - job.at).total_seconds(), 0.0) if job.at else None,
    )
