"""Jobs of connections: started, watched until they end, and told apart from those that run already.

Source: Airbyte public API, /jobs. A connection runs one job at a time, so that a second sync is
refused with 409 and can never double the first; a reset cancels what runs.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from enum import StrEnum

from reconciler.api.client import Client
from reconciler.jobs.history import COLLECTION, Job, jobs_of, newest_jobs, read_job
from reconciler.kinds import get, needed_for_jobs
from reconciler.live.reading import WORKSPACE_ID, read_live
from reconciler.model import DesiredTenant, RememberedOf, ResourceKey, Spec
from reconciler.problems.errors import (
    Conflict,
    ConflictState,
    Forbidden,
    NotFound,
    ReconcilerError,
    ResponseLost,
)


class JobType(StrEnum):
    """What is asked for; a reset deletes the data of every stream at the destination."""

    SYNC = "sync"
    RESET = "reset"


class State(StrEnum):
    """Where the job that was asked for stands; the values are what people read."""

    STARTED = "started"
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"
    ALREADY_RUNNING = "already running"
    INACTIVE = "inactive"
    NOT_THERE = "not in Airbyte yet"
    VANISHED = "vanished"
    UNKNOWN = "unknown"
    REFUSED = "not started"
    SKIPPED = "skipped"

    @property
    def is_failure(self) -> bool:
        return self in _FAILURES


_FAILURES = {
    State.FAILED,
    State.CANCELLED,
    State.NOT_THERE,
    State.VANISHED,
    State.UNKNOWN,
    State.REFUSED,
    State.SKIPPED,
}


@dataclass(frozen=True, slots=True)
class Target:
    """A declared connection; `id` is empty and `spec` None when Airbyte does not have it."""

    key: ResourceKey
    id: str
    spec: Spec | None
    workspace_id: str = ""

    @property
    def is_active(self) -> bool:
        return self.spec is not None and self.spec.get("status") == "active"


@dataclass(frozen=True, slots=True)
class JobRun:
    """What became of the job asked for at one target; counters are None until they are known."""

    target: Target
    state: State
    job_id: int | None = None
    rows: int | None = None
    bytes: int | None = None
    duration: str = ""
    problem: ReconcilerError | None = None


@dataclass(frozen=True, slots=True)
class Watch:
    """How jobs are waited for: not at all, or asked about every so many seconds.

    `announce` hears of every change of state, from several threads. Once `should_stop` says so,
    nothing more is started or asked about; what was started goes on. With `insists` a job that runs
    already is waited for, and then one's own is started.
    """

    waits: bool
    interval_s: float
    at_once: int
    announce: Callable[[JobRun], None]
    should_stop: Callable[[], bool] = lambda: False
    insists: bool = False


def targets(
    client: Client, tenants: Sequence[DesiredTenant], remembered_of: RememberedOf
) -> tuple[list[Target], list[tuple[str, ReconcilerError]]]:
    """The declared connections of *tenants* in order, and the tenants that cannot be read."""
    found: list[Target] = []
    failures: list[tuple[str, ReconcilerError]] = []
    for desired, live in read_live(client, tenants, remembered_of, only=needed_for_jobs()):
        if isinstance(live, ReconcilerError):
            failures.append((desired.name, live))
            continue
        for key in sorted(key for key in desired.resources if get(key.kind).jobs):
            there = live.resources.get(key)
            spec = there.spec if there else None
            workspace = str(there.body[WORKSPACE_ID]) if there else ""
            found.append(Target(key, there.id if there else "", spec, workspace))
    return found, failures


def run_jobs(
    client: Client, wanted: Sequence[Target], type_: JobType, watch: Watch
) -> list[JobRun]:
    """Asks for one job at each target, a bounded number at once; how each ended, in order."""
    with ThreadPoolExecutor(watch.at_once) as pool:
        return list(pool.map(lambda target: _run(client, target, type_, watch), wanted))


def _run(client: Client, target: Target, type_: JobType, watch: Watch) -> JobRun:
    if watch.should_stop():
        return JobRun(target, State.SKIPPED)
    run = _started(client, target, type_)
    watch.announce(run)
    while watch.insists and run.state is State.ALREADY_RUNNING:
        if not client.wait(watch.interval_s) or watch.should_stop():
            break
        run = _started(client, target, type_)
        watch.announce(run)
    while watch.waits and run.state in (State.STARTED, State.RUNNING):
        before, run = run, _asked(client, run)
        if watch.should_stop():
            # A retry that was cut short says nothing of the job.
            return before if run.state is State.UNKNOWN else run
        if run != before:
            watch.announce(run)
        if run.state is State.RUNNING and not client.wait(watch.interval_s):
            break
    return run


def _started(client: Client, target: Target, type_: JobType) -> JobRun:
    if target.spec is None:
        return JobRun(target, State.NOT_THERE)
    if not target.is_active and type_ is JobType.SYNC:
        return JobRun(target, State.INACTIVE)
    try:
        body = client.create(COLLECTION, {"connectionId": target.id, "jobType": str(type_)})
    except Conflict as problem:
        if problem.state is ConflictState.BUSY:
            return JobRun(target, State.ALREADY_RUNNING)
        return JobRun(target, State.REFUSED, problem=problem)
    except ResponseLost as problem:
        return _lost(client, target, type_, problem)
    except ReconcilerError as problem:
        return JobRun(target, State.REFUSED, problem=problem)
    return replace(run_at(JobRun(target, State.STARTED), read_job(body)), state=State.STARTED)


def _lost(client: Client, target: Target, type_: JobType, lost: ResponseLost) -> JobRun:
    """The job that a lost answer was about, if the server has one of that type going on."""
    try:
        newest = jobs_of(client, target.id, 1)
    except ReconcilerError:
        newest = []
    if newest and not newest[0].is_over and newest[0].type == str(type_):
        return replace(run_at(JobRun(target, State.STARTED), newest[0]), state=State.STARTED)
    return JobRun(target, State.REFUSED, problem=lost)


def _asked(client: Client, run: JobRun) -> JobRun:
    """The run as the server has it now."""
    try:
        return run_at(run, read_job(client.get(COLLECTION, str(run.job_id))))
    except (NotFound, Forbidden, Conflict) as problem:
        # The API answers an unknown job with 409, or with 403 to those who are no admins.
        return replace(run, state=State.VANISHED, problem=problem)
    except ReconcilerError as problem:
        # The job may go on and succeed: it is only that nobody can tell.
        return replace(run, state=State.UNKNOWN, problem=problem)


def run_at(run: JobRun, job: Job) -> JobRun:
    """The run as its job stands."""
    return replace(
        run,
        state=State(job.status) if job.is_over else State.RUNNING,
        job_id=job.id,
        rows=job.rows,
        bytes=job.bytes,
        duration=job.duration,
    )


def without_jobs(client: Client, wanted: Sequence[Target]) -> list[Target]:
    """The targets that never had a job. Raises ReconcilerError where that cannot be read."""
    by_workspace: dict[str, list[str]] = {}
    for target in wanted:
        if target.id:
            by_workspace.setdefault(target.workspace_id, []).append(target.id)
    found = newest_jobs(client, by_workspace, lambda _job: True)
    for jobs in found.values():
        if isinstance(jobs, ReconcilerError):
            raise jobs
    return [target for target in wanted if not found.get(target.id)]
