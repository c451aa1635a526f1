"""The newest jobs of many connections, in few requests.

Source: Airbyte public API, /jobs. Unlike the other lists this one has an order: newest first, a job
that starts meanwhile pushes the others to later pages, so that rows may repeat and none is skipped.
A page of a batch of workspaces tells of as many connections as have a job on it; those that run
rarely, or fail again and again, are asked for one by one once a page brings nothing more.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import count
from typing import TypeAlias

from reconciler.api.client import PAGE_SIZE, Body, Client
from reconciler.live.reading import MAX_IDS
from reconciler.model import Json
from reconciler.problems.errors import Forbidden, ReconcilerError, ServerError

COLLECTION = "/jobs"
ENDED = frozenset({"succeeded", "failed", "cancelled"})
NEWEST_FIRST = "createdAt|DESC"


@dataclass(frozen=True, slots=True)
class Job:
    """A job as the API has it; counters are None, and `duration` empty, until they are known.

    `body` is the answer as it came.
    """

    id: int | None
    connection_id: str
    type: str
    status: str
    started: datetime | None
    updated: datetime | None
    duration: str
    rows: int | None
    bytes: int | None
    body: Body = field(repr=False)

    @property
    def at(self) -> datetime | None:
        """When it ended, or when it was created where that is not known."""
        return self.updated or self.started

    @property
    def is_over(self) -> bool:
        return self.status in ENDED

    @property
    def is_good_sync(self) -> bool:
        return self.type == "sync" and self.status == "succeeded"


Jobs: TypeAlias = "Sequence[Job] | ReconcilerError"
"""The newest jobs of a connection, newest first, or why they cannot be read."""


def newest_jobs(
    client: Client, connections: Mapping[str, Sequence[str]], is_enough: Callable[[Job], bool]
) -> dict[str, Jobs]:
    """The newest jobs of connections, which are given by the id of their workspace.

    They go back at least to the first that *is_enough*, or else over PAGE_SIZE jobs.
    """
    workspaces = [id_ for id_, found in connections.items() if found]
    batches = [
        {id_: connections[id_] for id_ in workspaces[start : start + MAX_IDS]}
        for start in range(0, len(workspaces), MAX_IDS)
    ]
    result: dict[str, Jobs] = {}
    left: list[str] = []
    with ThreadPoolExecutor(client.most_at_a_time) as pool:
        for reading in pool.map(lambda batch: _read_batch(client, batch, is_enough), batches):
            result |= reading.found
            left += reading.left
        result |= zip(left, pool.map(lambda id_: _alone(client, id_), left), strict=True)
    return result


def jobs_of(client: Client, connection_id: str, most: int) -> list[Job]:
    """The newest jobs of one connection, newest first."""
    query: dict[str, str | int] = {
        "connectionId": connection_id,
        "limit": most,
        "orderBy": NEWEST_FIRST,
    }
    return [read_job(body) for body in client.found(COLLECTION, query)]


def newest_id(client: Client, workspaces: Sequence[str]) -> int:
    """The id of the newest job in these workspaces, 0 when there is none; ids only grow."""
    query: dict[str, str | int] = {
        "workspaceIds": ",".join(workspaces),
        "limit": 1,
        "orderBy": NEWEST_FIRST,
    }
    jobs = [read_job(body) for body in client.found(COLLECTION, query)]
    return (jobs[0].id or 0) if jobs else 0


def jobs_after(client: Client, workspaces: Sequence[str], id_: int) -> list[Job]:
    """The jobs in these workspaces that were made after the one of that id, newest first."""
    found: dict[int, Job] = {}
    for offset in count(0, PAGE_SIZE):
        rows = client.page(
            COLLECTION, workspace_ids=workspaces, offset=offset, order_by=NEWEST_FIRST
        )
        new = {job.id: job for job in map(read_job, rows) if job.id is not None and job.id > id_}
        is_last = len(new) < len(rows) or len(rows) < PAGE_SIZE or new.keys() <= found.keys()
        found |= {key: job for key, job in new.items() if key not in found}
        if is_last:
            return list(found.values())
    raise AssertionError("unreachable: the count has no end")


def read_job(body: Body) -> Job:
    """The job that the API tells of; what is odd about it is as if it were not there."""
    return Job(
        id=_count(body.get("jobId")),
        connection_id=str(body.get("connectionId")),
        type=str(body.get("jobType")),
        status=str(body.get("status")),
        started=_moment(body.get("startTime")),
        updated=_moment(body.get("lastUpdatedAt")),
        duration=str(body.get("duration") or ""),
        rows=_count(body.get("rowsSynced")),
        bytes=_count(body.get("bytesSynced")),
        body=body,
    )


@dataclass(slots=True)
class _Reading:
    """What is known of a batch's connections; `left` are those to be asked for one by one."""

    found: dict[str, Jobs] = field(default_factory=dict)
    left: list[str] = field(default_factory=list)


def _read_batch(
    client: Client, batch: Mapping[str, Sequence[str]], is_enough: Callable[[Job], bool]
) -> _Reading:
    try:
        return _read_pages(client, batch, is_enough)
    except (Forbidden, ServerError) as problem:
        # One workspace that may not be read fails the whole call: it is found by halving.
        if len(batch) == 1:
            return _Reading({id_: problem for found in batch.values() for id_ in found})
    except ReconcilerError as problem:
        return _Reading({id_: problem for found in batch.values() for id_ in found})
    ids = list(batch)
    halves = (ids[: len(ids) // 2], ids[len(ids) // 2 :])
    first, second = (
        _read_batch(client, {id_: batch[id_] for id_ in half}, is_enough) for half in halves
    )
    return _Reading({**first.found, **second.found}, [*first.left, *second.left])


def _read_pages(
    client: Client, batch: Mapping[str, Sequence[str]], is_enough: Callable[[Job], bool]
) -> _Reading:
    """Pages, newest jobs first, for as long as they tell of more than a request for one would."""
    seen: dict[str, dict[int | None, Job]] = {id_: {} for ids in batch.values() for id_ in ids}
    unsettled = set(seen)
    for offset in count(0, PAGE_SIZE):
        rows = client.page(
            COLLECTION, workspace_ids=list(batch), offset=offset, order_by=NEWEST_FIRST
        )
        brought = 0
        for job in map(read_job, rows):
            if (known := seen.get(job.connection_id)) is None:
                continue  # of a connection that nobody asked about, or that is deleted
            brought += not known
            known.setdefault(job.id, job)
            if is_enough(job) and job.connection_id in unsettled:
                unsettled.remove(job.connection_id)
                brought += 1
        if len(rows) < PAGE_SIZE:
            unsettled.clear()
            break
        if len(unsettled) <= 1 or not brought:
            break
    found: dict[str, Jobs] = {id_: list(jobs.values()) for id_, jobs in seen.items()}
    return _Reading(found, sorted(unsettled))


def _alone(client: Client, connection_id: str) -> Jobs:
    try:
        return jobs_of(client, connection_id, PAGE_SIZE)
    except ReconcilerError as problem:
        return problem


def _count(value: Json) -> int | None:
    return value if isinstance(value, int) else None


def _moment(value: Json) -> datetime | None:
    """An instant as Java writes one, which leaves out the seconds where they are zero."""
    try:
        moment = datetime.fromisoformat(str(value))
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def last_ended(jobs: Sequence[Job]) -> Job | None:
    """The newest job that is over."""
    return next((job for job in jobs if job.is_over), None)


def running_job(jobs: Sequence[Job]) -> Job | None:
    """The job that goes on now; a connection has one at a time, and it is its newest."""
    return jobs[0] if jobs and not jobs[0].is_over else None


def failures_in_a_row(jobs: Sequence[Job]) -> int:
    """How many syncs failed since the last one that succeeded; cancelled ones tell nothing."""
    return sum(job.status == "failed" for job in _since_success(jobs))


def _since_success(jobs: Sequence[Job]) -> Iterator[Job]:
    for job in jobs:
        if job.is_good_sync:
            return
        if job.type == "sync":
            yield job
