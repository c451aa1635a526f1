"""What `/jobs` says of connections: whether one runs now, and how the last one ended.

Source: Airbyte public API, /jobs, which tells them newest first when asked to. The newest jobs of
many workspaces come in one call, and each further page is read as long as that settles more
connections than asking for one by itself would.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

from reconciler.api.client import PAGE_SIZE, Body, Client
from reconciler.jobs import COLLECTION, ENDED, NEWEST_FIRST, count_in, newest_jobs
from reconciler.live import MAX_IDS
from reconciler.model import JobHistory, LastJob

_FILL = 50  # connections that share a page: half of it is left for their neighbours' jobs
_DEPTH = 10  # newest jobs of one connection; the last ended one is behind at most the running one


def job_histories(
    client: Client, wanted: Mapping[str, Collection[str]], now: datetime
) -> dict[str, JobHistory]:
    """The history of each connection, by its id; *wanted* are their ids by their workspace's.

    A connection that never had a job has an empty one. Raises ReconcilerError.
    """
    found: dict[str, JobHistory] = {}
    with ThreadPoolExecutor(client.most_at_a_time) as pool:
        for histories, left in pool.map(
            lambda batch: _newest_of_all(client, batch, now), list(_batches(wanted))
        ):
            found |= histories
            alone = pool.map(lambda id_: newest_jobs(client, id_, _DEPTH), left)
            found |= {i: _history(jobs, now) for i, jobs in zip(left, alone, strict=True)}
    return found


def _batches(wanted: Mapping[str, Collection[str]]) -> Iterator[dict[str, Collection[str]]]:
    """Workspaces whose connections are asked for together."""
    batch: dict[str, Collection[str]] = {}
    for workspace, connections in wanted.items():
        count = sum(map(len, batch.values())) + len(connections)
        if batch and (count > _FILL or len(batch) == MAX_IDS):
            yield batch
            batch = {}
        batch[workspace] = connections
    if batch:
        yield batch


def _newest_of_all(
    client: Client, batch: Mapping[str, Collection[str]], now: datetime
) -> tuple[dict[str, JobHistory], Sequence[str]]:
    """The connections' histories as far as the newest jobs tell; the rest has to be asked for."""
    jobs: dict[str, dict[int, Body]] = {id_: {} for ids in batch.values() for id_ in ids}
    if len(jobs) == 1:
        return {}, list(jobs)
    open_ = set(jobs)
    for page in range(len(jobs)):
        # A job that starts meanwhile moves the others back: read twice, and never skipped.
        rows = _page(client, batch, page)
        for row in rows:
            if (of := jobs.get(str(row.get("connectionId")))) is not None:
                of[count_in(row, "jobId") or 0] = row
        settled = {id_ for id_ in open_ if any(map(_is_over, jobs[id_].values()))}
        open_ -= settled
        if len(rows) < PAGE_SIZE:
            open_ = set()
        if not open_ or len(settled) < 2:
            break
    read = {id_: _history(list(of.values()), now) for id_, of in jobs.items() if id_ not in open_}
    return read, sorted(open_)


def _page(client: Client, workspaces: Collection[str], number: int) -> Sequence[Body]:
    query: dict[str, str | int] = {
        "workspaceIds": ",".join(workspaces),
        "limit": PAGE_SIZE,
        "offset": number * PAGE_SIZE,
        "orderBy": NEWEST_FIRST,
    }
    return client.found(COLLECTION, query)


def _history(jobs: Sequence[Body], now: datetime) -> JobHistory:
    """What *jobs*, newest first, come to."""
    over = next((job for job in jobs if _is_over(job)), None)
    running = next((job for job in jobs if not _is_over(job)), None)
    return JobHistory(
        running=str(running.get("jobType") or "job") if running else "",
        last=_last(over, now) if over else None,
    )


def _is_over(job: Body) -> bool:
    return job.get("status") in ENDED


def _last(job: Body, now: datetime) -> LastJob:
    started, ended = (str(job.get(name) or "") for name in ("startTime", "lastUpdatedAt"))
    return LastJob(
        kind=str(job.get("jobType") or "job"),
        status=str(job.get("status")),
        started=started,
        ended=ended,
        duration=str(job.get("duration") or ""),
        rows=count_in(job, "rowsSynced"),
        bytes=count_in(job, "bytesSynced"),
        age_s=_age_s(ended or started, now),
    )


def _age_s(moment: str, now: datetime) -> float | None:
    """Seconds since *moment*, none in the future; None where it is no time."""
    try:
        then = datetime.fromisoformat(moment)
    except ValueError:
        return None
    then = then if then.tzinfo else then.replace(tzinfo=UTC)
    return max((now - then).total_seconds(), 0.0)
