"""How the connections of tenants do: their last job, how often it failed, what runs, what comes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum

from reconciler.api.client import Client
from reconciler.jobs.history import (
    Job,
    Jobs,
    failures_in_a_row,
    last_ended,
    newest_jobs,
    running_job,
)
from reconciler.kinds import get, needed_for_jobs
from reconciler.live.reading import WORKSPACE_ID, read_live
from reconciler.live.tenant import LiveTenant
from reconciler.model import DesiredTenant, LiveResource, RememberedOf, ResourceKey, Spec
from reconciler.problems.errors import ReconcilerError


class Health(StrEnum):
    """How the last job that is over ended; worst first. The values are what people read."""

    FAILED = "failed"
    UNKNOWN = "unknown"
    NOT_THERE = "not in Airbyte yet"
    CANCELLED = "cancelled"
    NEVER = "never ran"
    SUCCEEDED = "succeeded"


@dataclass(frozen=True, slots=True)
class ConnectionStatus:
    """One connection; `spec` is what of it matters here.

    Without a spec and an id Airbyte does not have it yet. `key` is the manifest's, or `@` and the
    id where no manifest mentions it.
    """

    key: ResourceKey
    name: str
    id: str
    spec: Spec | None
    jobs: Jobs = ()

    @property
    def is_active(self) -> bool:
        return self.spec is not None and self.spec.get("status") == "active"

    @property
    def problem(self) -> ReconcilerError | None:
        """Why its jobs cannot be read."""
        return self.jobs if isinstance(self.jobs, ReconcilerError) else None

    @property
    def known_jobs(self) -> Sequence[Job]:
        return () if isinstance(self.jobs, ReconcilerError) else self.jobs

    @property
    def running(self) -> Job | None:
        """The job that goes on now."""
        return running_job(self.known_jobs)

    @property
    def last(self) -> Job | None:
        """The newest job that is over."""
        return last_ended(self.known_jobs)

    @property
    def failures(self) -> int:
        """Syncs that failed since the last that succeeded."""
        return failures_in_a_row(self.known_jobs)

    @property
    def health(self) -> Health:
        if self.problem:
            return Health.UNKNOWN
        if self.spec is None:
            return Health.NOT_THERE
        if self.last is None:
            return Health.NEVER
        return Health(self.last.status)

    def next_run(self, now: datetime) -> datetime | None:
        """When its schedule starts the next job; None when nothing does, or nobody can tell."""
        jobs = get(self.key.kind).jobs
        return jobs.next_run(self.spec, now) if jobs and self.spec is not None else None


@dataclass(frozen=True, slots=True)
class FleetStatus:
    """The connections, worst first, and the tenants that cannot be read."""

    connections: tuple[ConnectionStatus, ...]
    failures: tuple[tuple[str, ReconcilerError], ...]

    @property
    def is_complete(self) -> bool:
        return not self.failures and not any(each.problem for each in self.connections)

    @property
    def has_failed(self) -> bool:
        """Whether the last job of any connection failed."""
        return any(each.health is Health.FAILED for each in self.connections)


def read_status(
    client: Client, tenants: Sequence[DesiredTenant], remembered_of: RememberedOf
) -> FleetStatus:
    """How every connection in the workspaces of *tenants* does, declared or not.

    Raises ApiError when nothing can be read at all.
    """
    found: list[ConnectionStatus] = []
    failures: list[tuple[str, ReconcilerError]] = []
    by_workspace: dict[str, list[str]] = {}
    for desired, live in read_live(client, tenants, remembered_of, only=needed_for_jobs()):
        if isinstance(live, ReconcilerError):
            failures.append((desired.name, live))
            continue
        for resource in _with_jobs(live):
            found.append(_status(resource))
            by_workspace.setdefault(str(resource.body[WORKSPACE_ID]), []).append(resource.id)
        found += _missing(desired, live)
    jobs = newest_jobs(client, by_workspace, lambda job: job.is_good_sync)
    return FleetStatus(tuple(sorted(_with(jobs, found), key=_worst_first)), tuple(failures))


def _with_jobs(live: LiveTenant) -> Iterator[LiveResource]:
    everything = (*live.resources.values(), *live.undeclared)
    return (each for each in everything if get(each.key.kind).jobs)


# Streams are most of a spec, and a fleet has a hundred thousand of them.
_FIELDS = ("status", "schedule")


def _status(resource: LiveResource) -> ConnectionStatus:
    spec = {field: resource.spec[field] for field in _FIELDS if field in resource.spec}
    return ConnectionStatus(resource.key, str(resource.spec["name"]), resource.id, spec)


def _missing(desired: DesiredTenant, live: LiveTenant) -> Iterator[ConnectionStatus]:
    for key, resource in desired.resources.items():
        if get(key.kind).jobs and key not in live.resources:
            yield ConnectionStatus(key, str(resource.spec["name"]), "", None)


def _with(
    jobs: Mapping[str, Jobs], found: Sequence[ConnectionStatus]
) -> Iterator[ConnectionStatus]:
    return (
        ConnectionStatus(each.key, each.name, each.id, each.spec, jobs.get(each.id, ()))
        for each in found
    )


_RANKS = {health: rank for rank, health in enumerate(Health)}
_EARLIEST = datetime.min.replace(tzinfo=UTC)


def _worst_first(each: ConnectionStatus) -> tuple[int, int, bool, datetime, str, str, ResourceKey]:
    """More failures come first, then what is switched on, then what ran longest ago."""
    last = each.last
    ended = last.at if last and last.at else _EARLIEST
    return (
        _RANKS[each.health],
        -each.failures,
        not each.is_active,
        ended,
        each.key.scope,
        each.name,
        each.key,
    )
