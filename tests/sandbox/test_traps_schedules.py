"""What the clock starts: crons in their zone, one job at a time, nothing twice and nothing late."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from reconciler.sandbox.core.call import Behaviour
from reconciler.sandbox.core.cron import next_tick
from reconciler.sandbox.server.serving import Settings, running
from tests.sandbox.plain import Plain

HOUR_S = 3600
HOURLY = {"scheduleType": "cron", "cronExpression": "0 0 * * * ?"}


@pytest.fixture
def scheduled(plain: Plain) -> Plain:
    """A sandbox whose crons run, just after a whole hour."""
    plain.control("/behaviour", {"runs_schedules": True})
    forward(plain, HOUR_S - now(plain) % HOUR_S + 1)
    return plain


def now(plain: Plain) -> float:
    return float(forward(plain, 0))


def forward(plain: Plain, seconds: float) -> Any:
    """Puts the clock forward, which ages the client's token too; what it shows then."""
    moment = plain.control("/clock", {"seconds": seconds})["now"]
    plain.token = plain.control("/tokens", {"caller": "admin"})["access_token"]
    return moment


def starts(plain: Plain, made: dict[str, Any]) -> list[str]:
    """Minute and second at which the connection's jobs were made, oldest first."""
    path = f"/jobs?connectionId={made['connectionId']}&limit=100"
    return [job["startTime"].partition(":")[2] for job in plain.get(path)["data"]]


def test_a_cron_starts_its_syncs_at_the_very_times_however_late_somebody_looks(
    scheduled: Plain,
) -> None:
    scheduled.control("/behaviour", {"job_pending_s": 600})
    made = scheduled.connection(schedule=HOURLY)
    assert starts(scheduled, made) == []
    forward(scheduled, 3 * HOUR_S)
    assert starts(scheduled, made) == ["00Z"] * 3
    path = f"/jobs?connectionId={made['connectionId']}&limit=1&orderBy=createdAt|DESC"
    (last,) = scheduled.get(path)["data"]
    at = datetime.fromisoformat(last["startTime"]).timestamp()
    assert 0 <= now(scheduled) - at < 60
    assert (last["jobId"], last["jobType"], last["status"]) == (3, "sync", "pending")


def test_no_schedule_starts_a_sync_until_it_is_asked_for(plain: Plain) -> None:
    made = plain.connection(schedule=HOURLY)
    forward(plain, 2 * HOUR_S)
    assert starts(plain, made) == []
    plain.control("/behaviour", {"runs_schedules": True})
    assert starts(plain, made) == []
    forward(plain, HOUR_S)
    assert starts(plain, made) == ["00Z"]


@pytest.mark.parametrize(
    "fields",
    [
        {"status": "inactive", "schedule": HOURLY},
        {"schedule": {"scheduleType": "manual"}},
        {"schedule": {"scheduleType": "cron", "cronExpression": "0 0 * * * ? 2020"}},
    ],
)
def test_inactive_manual_and_past_schedules_start_nothing(
    scheduled: Plain, fields: dict[str, Any]
) -> None:
    made = scheduled.connection(**fields)
    forward(scheduled, 2 * HOUR_S)
    assert starts(scheduled, made) == []


@pytest.mark.parametrize("what", ["delete", "deactivate", "lock", "make manual", "delete source"])
def test_what_no_longer_runs_by_a_clock_starts_nothing_more(scheduled: Plain, what: str) -> None:
    made = scheduled.connection(schedule=HOURLY)
    path = f"/connections/{made['connectionId']}"
    forward(scheduled, HOUR_S)
    if what == "delete":
        scheduled.ok("DELETE", path)
    elif what == "deactivate":
        scheduled.ok("PATCH", path, {"status": "inactive"})
    elif what == "lock":
        scheduled.control(path, {"status": "locked"})
    elif what == "make manual":
        scheduled.ok("PATCH", path, {"schedule": {"scheduleType": "manual"}})
    else:
        scheduled.ok("DELETE", f"/sources/{made['sourceId']}")
    forward(scheduled, 2 * HOUR_S)
    assert starts(scheduled, made) == ["00Z"]


def test_a_connection_that_is_switched_on_again_makes_nothing_up(scheduled: Plain) -> None:
    made = scheduled.connection(schedule=HOURLY, status="inactive")
    forward(scheduled, 5 * HOUR_S)
    scheduled.ok("PATCH", f"/connections/{made['connectionId']}", {"status": "active"})
    assert starts(scheduled, made) == []
    forward(scheduled, HOUR_S)
    assert starts(scheduled, made) == ["00Z"]


def test_a_new_schedule_counts_from_when_it_is_written(scheduled: Plain) -> None:
    made = scheduled.connection(schedule=HOURLY)
    half_past = {"scheduleType": "cron", "cronExpression": "30 15 * * * ?"}
    scheduled.ok("PATCH", f"/connections/{made['connectionId']}", {"schedule": half_past})
    forward(scheduled, HOUR_S)
    assert starts(scheduled, made) == ["15:30Z"]


def test_a_tick_that_comes_while_a_job_runs_is_passed_over(scheduled: Plain) -> None:
    scheduled.control("/behaviour", {"job_running_s": 2.5 * HOUR_S})
    made = scheduled.connection(schedule=HOURLY)
    forward(scheduled, HOUR_S)
    body = {"connectionId": made["connectionId"], "jobType": "sync"}
    status, problem = scheduled.refused("POST", "/jobs", body)
    assert (status, problem["title"]) == (409, "try-again-later")
    forward(scheduled, 5 * HOUR_S)
    assert len(starts(scheduled, made)) == 2


def test_jobs_of_many_connections_are_numbered_by_when_they_were_made(scheduled: Plain) -> None:
    at = {"scheduleType": "cron"}
    for expression in ("0 40 * * * ?", "0 20 * * * ?", "0 0/30 * * * ?"):
        scheduled.connection(schedule={**at, "cronExpression": expression})
    forward(scheduled, 2 * HOUR_S)
    jobs = scheduled.get("/jobs?limit=100")["data"]
    assert [job["jobId"] for job in jobs] == list(range(1, 9))
    assert [job["startTime"][14:16] for job in jobs] == [*("20", "30", "40", "00")] * 2


def test_a_connection_made_active_syncs_before_the_rest_of_a_plan_is_applied(
    scheduled: Plain,
) -> None:
    every_minute = {"scheduleType": "cron", "cronExpression": "0 * * * * ?"}
    workspace = scheduled.workspace()
    eager = scheduled.connection(workspace, schedule=every_minute)
    cautious = scheduled.connection(workspace, schedule=every_minute, status="inactive")
    forward(scheduled, 60)
    assert (len(starts(scheduled, eager)), starts(scheduled, cautious)) == (1, [])


def test_failing_scheduled_syncs_switch_a_connection_off_and_end_the_schedule(
    scheduled: Plain,
) -> None:
    scheduled.control("/behaviour", {"failures_until_inactive": 3, "job_outcome": "failed"})
    made = scheduled.connection(schedule=HOURLY)
    forward(scheduled, 10 * HOUR_S)
    assert len(starts(scheduled, made)) == 3
    assert scheduled.get(f"/connections/{made['connectionId']}")["status"] == "inactive"


def test_a_scheduled_sync_follows_its_source_and_writes_state(scheduled: Plain) -> None:
    stream = {"name": "customers", "syncMode": "incremental_append"}
    picked = {**stream, "selectedFields": [{"fieldPath": ["id"]}, {"fieldPath": ["updated"]}]}
    made = scheduled.connection(
        schedule=HOURLY,
        nonBreakingSchemaUpdatesBehavior="propagate_columns",
        configurations={"streams": [picked]},
    )
    scheduled.control(f"/sources/{made['sourceId']}/schema", {"columns": {"customers": ["vip"]}})
    forward(scheduled, HOUR_S + 60)
    (state,) = scheduled.control(f"/states/{made['connectionId']}", method="GET")["data"]
    assert (state["stream"], state["jobId"]) == ("customers", 1)
    (read,) = scheduled.get(f"/connections/{made['connectionId']}")["configurations"]["streams"]
    assert {"fieldPath": ["vip"]} in read["selectedFields"]


def test_a_faster_clock_brings_schedules_and_jobs_on_and_leaves_tokens_alone(
    scheduled: Plain,
) -> None:
    made = scheduled.connection(schedule=HOURLY)
    scheduled.control("/clock", {"speed": 1_000_000})
    path = f"/jobs?connectionId={made['connectionId']}&status=succeeded"
    # An hour is 4 ms of the test's time; a token that hurried along would not last one request.
    assert any(scheduled.get(path)["data"] for _ in range(1000))
    scheduled.control("/clock", {"speed": 1})
    assert set(starts(scheduled, made)) == {"00Z"}
    before = now(scheduled)
    assert before <= now(scheduled) < before + HOUR_S


def test_a_schedule_that_ended_while_none_ran_starts_nothing(plain: Plain) -> None:
    year = datetime.fromtimestamp(now(plain), UTC).year + 1
    ended = {"scheduleType": "cron", "cronExpression": f"0 0 0 1 1 ? {year}"}
    made = plain.connection(schedule=ended)
    forward(plain, 2 * 366 * 24 * HOUR_S)
    plain.control("/behaviour", {"runs_schedules": True})
    forward(plain, 366 * 24 * HOUR_S)
    assert starts(plain, made) == []


def test_no_clock_goes_beyond_the_century(plain: Plain) -> None:
    body = {"connectionId": plain.connection()["connectionId"], "jobType": "sync"}
    for _ in range(2):
        assert forward(plain, 1e11) < 4.1e9
    assert plain.ok("POST", "/jobs", body)["startTime"].startswith("2099-01-01")


def test_what_was_due_while_no_sandbox_ran_is_not_made_up(tmp_path: Path) -> None:
    settings = Settings(tmp_path / "s.db", behaviour=Behaviour(runs_schedules=True))
    with running(settings) as server:
        plain = Plain(server)
        made = plain.connection(schedule=HOURLY)
        forward(plain, 24 * HOUR_S)
        before = len(starts(plain, made))
    with closing(sqlite3.connect(settings.database)) as connection, connection:
        connection.execute("UPDATE timetable SET at = at - ?", [5 * HOUR_S])
    with running(settings) as server:
        plain = Plain(server)
        assert len(starts(plain, made)) == before == 24
        forward(plain, HOUR_S)
        assert len(starts(plain, made)) == before + 1


def test_a_zone_of_the_ui_counts_when_the_clock_starts_a_sync(scheduled: Plain) -> None:
    made = scheduled.connection()
    daily = {"scheduleType": "cron", "cronExpression": "0 30 12 * * ?", "zone": "Asia/Kolkata"}
    scheduled.control(f"/connections/{made['connectionId']}", {"schedule": daily})
    forward(scheduled, 24 * HOUR_S)
    (job,) = scheduled.get(f"/jobs?connectionId={made['connectionId']}")["data"]
    assert job["startTime"].endswith("T07:00Z")


@pytest.mark.parametrize(
    ("expression", "zone", "after", "tick"),
    [
        ("0 0 12 * * ?", "UTC", "2026-11-28T12:00", "2026-11-29T12:00"),
        ("0 0 12 * * ?", "UTC", "2026-11-28T11:59:59", "2026-11-28T12:00"),
        ("15 0/25 * * * ?", "UTC", "2026-11-28T10:26", "2026-11-28T10:50:15"),
        ("0 5-10/5 8,20 * * ?", "UTC", "2026-11-28T08:10", "2026-11-28T20:05"),
        ("0 0 0 L * ?", "UTC", "2028-02-01", "2028-02-29"),
        ("0 0 0 L-3 * ?", "UTC", "2026-11-01", "2026-11-27"),
        ("0 0 0 LW * ?", "UTC", "2026-02-01", "2026-02-27"),
        ("0 0 0 15W * ?", "UTC", "2026-08-01", "2026-08-14"),
        ("0 0 0 1W * ?", "UTC", "2026-07-31", "2026-08-03"),
        ("0 0 0 31W * ?", "UTC", "2026-05-01", "2026-05-29"),
        ("0 0 0 1,15 * ?", "UTC", "2026-11-01T12:00", "2026-11-15"),
        ("0 0 0 ? * FRI#2", "UTC", "2026-11-01", "2026-11-13"),
        ("0 0 0 ? * MON#5", "UTC", "2026-10-01", "2026-11-30"),
        ("0 0 0 ? * 6L", "UTC", "2026-11-01", "2026-11-27"),
        ("0 0 0 ? * L", "UTC", "2026-11-24", "2026-11-28"),
        ("0 0 9 ? * fri-mon", "UTC", "2026-11-24", "2026-11-27T09:00"),
        ("0 0 9 ? NOV-JAN 1", "UTC", "2026-02-24", "2026-11-01T09:00"),
        ("0 0 0 1 1/4 ?", "UTC", "2026-11-24", "2027-01-01"),
        ("0 0 0 29 FEB ?", "UTC", "2026-03-01", "2028-02-29"),
        ("0 0 0 1 1 ? 2026/3", "UTC", "2026-03-01", "2029-01-01"),
        ("0 0 0 31 2 ?", "UTC", "2026-03-01", None),
        ("0 0 0 1 1 ? 2026", "UTC", "2026-03-01", None),
        ("0 30 2 * * ?", "Europe/Paris", "2026-03-29T00:00", "2026-03-29T01:30"),
        ("0 0 12 * * ?", "Europe/Paris", "2026-07-01", "2026-07-01T10:00"),
        ("0 0 12 * * ?", "Mars/Crater", "2026-07-01", None),
    ],
)
def test_the_next_tick_of_an_expression_is_what_quartz_says(
    expression: str, zone: str, after: str, tick: str | None
) -> None:
    found = next_tick(expression, zone, seconds(after))
    assert found == (None if tick is None else seconds(tick))


def seconds(text: str) -> float:
    return datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()
