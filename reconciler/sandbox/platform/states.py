"""How far streams have been read: written by finished syncs, wiped by resets and mode changes.

Source: the platform's StatePersistence and ConnectionsHandler. A job has no process here: what it
did is written the next time that somebody looks.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from reconciler.sandbox.core.call import World
from reconciler.sandbox.core.store import loaded
from reconciler.sandbox.platform.streams import source_mode


def settle(world: World, connection_id: str) -> None:
    """Carries out what the connection's jobs that have ended by now did to its state."""
    ended = world.store.all(
        "SELECT * FROM job WHERE connection_id = ? AND is_settled = 0 AND ended_at <= ? "
        "ORDER BY id",
        connection_id,
        world.clock.now(),
    )
    for job in ended:
        if job["type"] == "reset" and job["outcome"] == "succeeded":
            wipe(world, connection_id)
        elif job["outcome"] == "succeeded":
            for stream in loaded(job["streams"]):
                if stream["sourceMode"] == "incremental":
                    _write(world, connection_id, stream, job["id"])
        world.store.execute("UPDATE job SET is_settled = 1 WHERE id = ?", job["id"])
    if any(job["outcome"] == "failed" for job in ended):
        _disable_if_failing(world, connection_id)


def settle_failures(world: World) -> None:
    """Carries out what failed jobs that have ended by now did to their connections."""
    failed = world.store.all(
        "SELECT DISTINCT connection_id FROM job "
        "WHERE is_settled = 0 AND outcome = 'failed' AND ended_at <= ?",
        world.clock.now(),
    )
    for job in failed:
        with world.store.transaction():
            settle(world, job["connection_id"])


def wipe(world: World, connection_id: str) -> None:
    """Forgets how far every stream has been read."""
    world.store.execute("DELETE FROM state WHERE connection_id = ?", connection_id)


def wipe_changed(
    world: World,
    connection_id: str,
    before: Iterable[Mapping[str, Any]],
    after: Iterable[Mapping[str, Any]],
) -> None:
    """Forgets the streams whose source mode changes, in a transaction of its own."""
    modes = {_key(stream): source_mode(stream) for stream in before}
    changed = [
        _key(stream)
        for stream in after
        if modes.get(_key(stream), source_mode(stream)) != source_mode(stream)
    ]
    with world.store.transaction():
        settle(world, connection_id)
        for namespace, name in changed:
            world.store.execute(
                "DELETE FROM state WHERE connection_id = ? AND namespace = ? AND stream = ?",
                connection_id,
                namespace,
                name,
            )


def read(world: World, connection_id: str) -> Sequence[Mapping[str, Any]]:
    """The streams that have state, and the job that wrote it."""
    with world.store.transaction():
        settle(world, connection_id)
    rows = world.store.all(
        "SELECT * FROM state WHERE connection_id = ? ORDER BY namespace, stream", connection_id
    )
    return [
        {"namespace": row["namespace"], "stream": row["stream"], "jobId": row["job_id"]}
        for row in rows
    ]


def _disable_if_failing(world: World, connection_id: str) -> None:
    """Switches a connection off whose last syncs have all failed."""
    limit = world.behaviour.failures_until_inactive
    last = world.store.all(
        "SELECT outcome FROM job WHERE connection_id = ? AND type = 'sync' "
        "AND outcome <> 'cancelled' AND ended_at <= ? ORDER BY id DESC LIMIT ?",
        connection_id,
        world.clock.now(),
        limit,
    )
    active = "SELECT id FROM connection WHERE id = ? AND status = 'active'"
    if (
        0 < limit == len(last)
        and all(job["outcome"] == "failed" for job in last)
        and world.store.one(active, connection_id) is not None
    ):
        world.store.update("connection", connection_id, {"status": "inactive"})


def _write(world: World, connection_id: str, stream: Mapping[str, Any], job_id: int) -> None:
    namespace, name = _key(stream)
    world.store.execute(
        "INSERT OR REPLACE INTO state VALUES (?, ?, ?, ?)", connection_id, namespace, name, job_id
    )


def _key(stream: Mapping[str, Any]) -> tuple[str, str]:
    return stream.get("namespace") or "", stream["name"]
