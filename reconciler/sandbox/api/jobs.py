"""/jobs: syncs and resets that run by the clock alone.

Source: the platform's JobsController, SchedulerHandler and JobHistoryHandler. A job's course is
fixed when it is made: pending, then running, then what it comes to. No more than one of a
connection goes at a time.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from reconciler.sandbox.core import problems
from reconciler.sandbox.core.call import Call, Caller, World, no_role, require_role
from reconciler.sandbox.core.lists import Scope, links, page, workspace_scope
from reconciler.sandbox.core.routing import Answer, Route
from reconciler.sandbox.core.shapes import choice, record, uuid_text
from reconciler.sandbox.core.store import Row, dumped, loaded
from reconciler.sandbox.platform import propagation, states
from reconciler.sandbox.platform.streams import source_mode

TYPES = ("sync", "reset", "refresh", "clear")
STATUSES = ("pending", "queued", "running", "incomplete", "failed", "succeeded", "cancelled")
_ORDERS = ("createdAt", "updatedAt")
_ROW_BYTES = 180

# The status at a moment, as SQL; both values are that moment.
_STATUS = (
    "CASE WHEN ended_at <= ? THEN outcome WHEN started_at <= ? THEN 'running' ELSE 'pending' END"
)


def list_jobs(call: Call) -> Answer:
    """Oldest first, unless another order is asked for."""
    scope = _without_orphans(call)
    if (connection := call.one_id("connectionId")) is not None:
        scope = scope.also("connection_id = ?", connection)
    if (type_ := call.choice("jobType", TYPES)) is not None:
        scope = scope.also("type = ?", "reset" if type_ == "clear" else type_)
    if (status := call.choice("status", STATUSES)) is not None:
        now = call.world.clock.now()
        scope = scope.also(f"{_STATUS} = ?", now, now, status)
    for name, condition in (
        ("createdAtStart", "created_at >= ?"),
        ("createdAtEnd", "created_at <= ?"),
        ("updatedAtStart", f"{_updated(call)} >= ?"),
        ("updatedAtEnd", f"{_updated(call)} <= ?"),
    ):
        if (moment := _moment(call, name)) is not None:
            scope = scope.also(condition, moment)
    rows, _ = page(call, "job", scope, _order(call))
    parameters = [f"{name}={call.query[name][0]}" for name in ("connectionId",) if connection]
    parameters += [f"jobType={type_}"] if type_ else []
    return 200, {
        **links(call, parameters, has_rows=bool(rows)),
        "data": [_read(call.world, row) for row in rows],
    }


def create_job(call: Call) -> Answer:
    """A sync waits for nobody; a reset ends what runs; a refresh is not to be had."""
    connection = _connection(call, call.body["connectionId"])
    type_ = call.body["jobType"]
    if type_ == "refresh":
        raise problems.unprocessable("Refreshes are not supported in the public API")
    with call.store.transaction():
        if type_ == "sync":
            _require_free(call.world, connection)
            id_ = _start_sync(call.world, connection)
        else:
            cancel_running(call.world, connection["id"])
            states.settle(call.world, connection["id"])
            id_ = _start(call.world, connection, "reset")
    return 200, _read(call.world, _row(call.world, id_))


def get_job(call: Call) -> Answer:
    return 200, _read(call.world, _require(call))


def cancel_job(call: Call) -> Answer:
    """Cancels the connection's current job, whichever of its jobs is named."""
    job = _require(call)
    with call.store.transaction():
        cancelled = cancel_running(call.world, job["connection_id"])
    if cancelled is None:
        raise problems.state_conflict("Job is not currently running")
    return 200, _read(call.world, _row(call.world, cancelled))


def latest(world: World) -> float:
    """When the latest job was made; a sandbox that starts again shows no earlier time."""
    row = world.store.one("SELECT max(created_at) FROM job")
    return float(row[0] or 0) if row else 0.0


def start_sync_if_free(world: World, connection: Row) -> None:
    """Starts a sync, unless a job of the connection is going on."""
    if _going_on(world, connection["id"]) is None:
        _start_sync(world, connection)


def cancel_running(world: World, connection_id: str) -> int | None:
    """Ends the connection's job that is going on; its id, None when there is none."""
    now = world.clock.now()
    job = _going_on(world, connection_id)
    if job is None:
        return None
    world.store.execute(
        "UPDATE job SET outcome = 'cancelled', ended_at = ?, started_at = min(started_at, ?) "
        "WHERE id = ?",
        now,
        now,
        job["id"],
    )
    return int(job["id"])


def _start_sync(world: World, connection: Row) -> int:
    """A new sync, after the connection has followed its source; its id."""
    connection = propagation.follow(world, connection)
    states.settle(world, connection["id"])
    return _start(world, connection, "sync")


def _start(world: World, connection: Row, type_: str) -> int:
    """Plans the whole course of a new job; its id."""
    now, behaviour = world.clock.now(), world.behaviour
    started = now + behaviour.job_pending_s
    streams = [
        {
            "name": stream["name"],
            "namespace": stream.get("namespace"),
            "sourceMode": source_mode(stream),
        }
        for stream in loaded(connection["fields"])["streams"]
    ]
    outcome = behaviour.job_outcome if type_ == "sync" else "succeeded"
    if type_ == "sync" and behaviour.failing_connections.get(connection["id"], 0) > 0:
        behaviour.failing_connections[connection["id"]] -= 1
        outcome = "failed"
    if type_ == "sync" and connection["status"] != "active":
        outcome = "cancelled"  # the source's schema has just switched the connection off
    last = world.store.one("SELECT max(id) FROM job")
    id_ = int(last[0] or 0) + 1 if last else 1
    rows = sum(1000 + 37 * (id_ + place) % 500 for place, _ in enumerate(streams))
    world.store.execute(
        "INSERT INTO job VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 0)",
        id_,
        connection["id"],
        connection["workspace_id"],
        type_,
        now,
        started,
        started + behaviour.job_running_s,
        outcome,
        dumped(streams),
        rows if type_ == "sync" else None,
        rows * _ROW_BYTES if type_ == "sync" else None,
    )
    return id_


def _require_free(world: World, connection: Row) -> None:
    if _going_on(world, connection["id"]) is not None:
        raise problems.try_again(f"A sync is already running for: {connection['id']}")
    if connection["status"] != "active":
        raise problems.state_conflict()


def _going_on(world: World, connection_id: str) -> Row | None:
    return world.store.one(
        "SELECT * FROM job WHERE connection_id = ? AND ended_at > ? ORDER BY id DESC",
        connection_id,
        world.clock.now(),
    )


def _connection(call: Call, id_: str) -> Row:
    row = call.store.one("SELECT * FROM connection WHERE id = ?", id_)
    if row is None:
        raise call.missing("STANDARD_SYNC", id_)
    require_role(call, row["workspace_id"])
    return row


def _require(call: Call) -> Row:
    """An unknown job is no 404: an admin hears of a conflict, others of a missing role."""
    id_ = call.params["jobId"]
    row = call.store.one("SELECT * FROM job WHERE id = ?", int(id_))
    if row is None and call.caller is Caller.ORDINARY:
        raise no_role()
    if row is None:
        raise problems.state_conflict(f"Could not find job with id: {id_}")
    require_role(call, row["workspace_id"])
    return row


def _row(world: World, id_: int) -> Row:
    row = world.store.one("SELECT * FROM job WHERE id = ?", id_)
    assert row is not None, "it was written in this very request"
    return row


def _without_orphans(call: Call) -> Scope:
    """The workspaces of the list; jobs know their workspace and not whether it is gone."""
    scope = workspace_scope(call)
    live = "workspace_id IN (SELECT id FROM workspace WHERE tombstone = 0)"
    conditions = tuple(live if c == "orphan = 0" else c for c in scope.conditions)
    return Scope(conditions, scope.values)


def _order(call: Call) -> str:
    wanted = (call.query.get("orderBy") or [""])[0]
    if not wanted:
        return "created_at, id"
    # The pattern is looked for, not anchored: whatever stands behind it does not matter.
    match = re.search(r"(\w+)\|(ASC|DESC)", wanted)
    if match is None or match[1] not in _ORDERS:
        raise problems.bad_request(f"Invalid order by clause provided: {wanted}")
    column = "created_at" if match[1] == "createdAt" else _updated(call)
    return f"{column} {match[2]}, id {match[2]}"


def _updated(call: Call) -> str:
    """When a job last changed, as SQL: its end may lie ahead, and nobody knows of it yet."""
    now = float(call.world.clock.now())
    return (
        f"CASE WHEN ended_at <= {now!r} THEN ended_at "
        f"WHEN started_at <= {now!r} THEN started_at ELSE created_at END"
    )


def _moment(call: Call, name: str) -> float | None:
    values = call.query.get(name)
    if not values or not values[0]:
        return None
    try:
        moment = datetime.fromisoformat(values[0].replace(" ", "+"))
    except ValueError:
        raise call.unreadable(name) from None
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


def _read(world: World, row: Row) -> Mapping[str, Any]:
    now = world.clock.now()
    status = _status(row, now)
    read: dict[str, Any] = {
        "jobId": row["id"],
        "status": status,
        "jobType": row["type"],
        "startTime": _instant(row["created_at"]),
        "connectionId": row["connection_id"],
    }
    if status in ("failed", "cancelled", "succeeded"):
        read["lastUpdatedAt"] = _instant(row["ended_at"])
    if status != "pending":
        read["duration"] = _duration(min(now, row["ended_at"]) - row["created_at"])
    if status == "succeeded" and row["rows_synced"] is not None:
        read |= {"bytesSynced": row["bytes_synced"], "rowsSynced": row["rows_synced"]}
    return read


def _status(row: Row, now: float) -> str:
    if row["ended_at"] <= now:
        return str(row["outcome"])
    return "running" if row["started_at"] <= now else "pending"


def _instant(seconds: float) -> str:
    """As Java writes one: the seconds are left out when they are zero."""
    text = datetime.fromtimestamp(int(seconds), UTC).strftime("%Y-%m-%dT%H:%M:%S")
    return f"{text.removesuffix(':00')}Z"


def _duration(seconds: float) -> str:
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    parts: Sequence[tuple[int, str]] = ((hours, "H"), (minutes, "M"), (rest, "S"))
    return "PT" + ("".join(f"{number}{unit}" for number, unit in parts if number) or "0S")


_ONE = "/jobs/{jobId}"
ROUTES = (
    Route("GET", "/jobs", list_jobs),
    Route(
        "POST",
        "/jobs",
        create_job,
        record({"connectionId": uuid_text, "jobType": choice(*TYPES)}, {}),
    ),
    Route("GET", _ONE, get_job),
    Route("DELETE", _ONE, cancel_job),
)
