"""Syncs that begin by the clock: those of active connections with a cron.

Source: the platform's ConnectionManagerWorkflow. A connection waits for its next tick from when its
schedule was written or its last job ended, so a tick that comes while a job is going on is passed
over. Nothing runs in the background: what was due by now is carried out, at the times when it was
due, before a request is.
"""

from __future__ import annotations

from reconciler.sandbox.api import jobs
from reconciler.sandbox.core.call import World
from reconciler.sandbox.core.cron import next_tick
from reconciler.sandbox.core.store import Row, loaded
from reconciler.sandbox.platform import states


def plan(world: World, connection_id: str) -> None:
    """Notes when a connection is due next, counted from now, or that it never is."""
    store = world.store
    row = store.one("SELECT * FROM connection WHERE id = ?", connection_id)
    schedule = _schedule(row)
    at = next_tick(*schedule, world.clock.now()) if schedule else None
    if schedule is None or at is None:
        store.execute("DELETE FROM timetable WHERE connection_id = ?", connection_id)
    else:
        values = (connection_id, *schedule, at)
        store.execute("INSERT OR REPLACE INTO timetable VALUES (?, ?, ?, ?)", *values)


def plan_all(world: World) -> None:
    """Counts every connection's next tick from now: what was missed until now is not made up."""
    now, store = world.clock.now(), world.store
    with store.transaction():
        for row in store.all("SELECT DISTINCT expression, zone FROM timetable"):
            at = next_tick(row["expression"], row["zone"], now)
            changed = "expression = ? AND zone = ? AND at IS NOT ?"
            values = (row["expression"], row["zone"], at)
            if at is None:
                store.execute(f"DELETE FROM timetable WHERE {changed}", *values)
            else:
                store.execute(f"UPDATE timetable SET at = ? WHERE {changed}", at, *values)


def run_due(world: World) -> None:
    """Starts the syncs that were due by now, oldest first, each as it would have been then."""
    if not world.behaviour.runs_schedules:
        return
    while True:
        first = world.store.one("SELECT min(at) AS at FROM timetable")
        if first is None or first["at"] is None or first["at"] > world.clock.now():
            return
        with world.clock.set_back_to(first["at"]), world.store.transaction():
            states.settle_failures(world)
            due = "SELECT * FROM timetable WHERE at = ? ORDER BY connection_id"
            for entry in world.store.all(due, first["at"]):
                _run(world, entry)


def _run(world: World, entry: Row) -> None:
    """One connection at its tick: a sync, if it is still to have one, and the tick after."""
    row = world.store.one("SELECT * FROM connection WHERE id = ?", entry["connection_id"])
    if row is not None and _schedule(row) == (entry["expression"], entry["zone"]):
        jobs.start_sync_if_free(world, row)
    plan(world, entry["connection_id"])


def _schedule(connection: Row | None) -> tuple[str, str] | None:
    """The expression and the zone that an active connection runs by."""
    if connection is None or connection["status"] != "active":
        return None
    schedule = loaded(connection["fields"])["schedule"]
    if schedule.get("scheduleType") != "cron":
        return None
    return schedule["cronExpression"], schedule.get("zone", "UTC")
