"""What surprises about jobs and schedules: times, filters, what cancels what, how often."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

import pytest

from tests.sandbox.plain import UNKNOWN, Plain


def start(plain: Plain, connection_id: str, type_: str = "sync") -> dict[str, Any]:
    return dict(plain.ok("POST", "/jobs", {"connectionId": connection_id, "jobType": type_}))


def listed(plain: Plain, query: str) -> list[int]:
    return [job["jobId"] for job in plain.get(f"/jobs?{query}")["data"]]


def to_the_minute(plain: Plain) -> None:
    """Puts the clock forward to just after the next whole minute."""
    now = plain.control("/clock", {"seconds": 0})["now"]
    plain.control("/clock", {"seconds": 60.01 - now % 60})


def test_seconds_that_are_zero_are_left_out_of_times(plain: Plain) -> None:
    id_ = plain.connection()["connectionId"]
    plain.control("/behaviour", {"job_pending_s": 0, "job_running_s": 63})
    to_the_minute(plain)
    job = start(plain, id_)
    assert job["startTime"].count(":") == 1
    assert job["startTime"].endswith("Z")
    plain.control("/clock", {"seconds": 64})
    done = plain.get(f"/jobs/{job['jobId']}")
    assert (done["duration"], done["lastUpdatedAt"].count(":")) == ("PT1M3S", 2)


def test_jobs_are_filtered_by_when_they_were_made_and_when_they_changed(plain: Plain) -> None:
    id_ = plain.connection()["connectionId"]
    to_the_minute(plain)
    first = start(plain, id_)
    plain.control("/clock", {"seconds": 600})
    second = start(plain, id_)
    plain.control("/clock", {"seconds": 5})
    made = quote(second["startTime"])
    assert listed(plain, f"createdAtStart={made}") == [second["jobId"]]
    assert listed(plain, f"createdAtEnd={made}") == [first["jobId"]]
    # The second one runs: it changed when it started, and its end lies ahead.
    far = "2999-01-01T00:00:00Z"
    assert listed(plain, f"updatedAtStart={made}&updatedAtEnd={far}") == [second["jobId"]]
    plain.control("/clock", {"seconds": 1})
    later = plain.control("/clock", {"seconds": 0})["now"]
    assert listed(plain, f"updatedAtStart={_text(later)}") == []
    assert listed(plain, "orderBy=updatedAt|DESC") == [second["jobId"], first["jobId"]]
    assert plain.refused("GET", "/jobs?createdAtStart=yesterday")[0] == 400


def _text(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def test_an_order_is_looked_for_and_rubbish_behind_it_does_not_matter(plain: Plain) -> None:
    id_ = plain.connection()["connectionId"]
    ids = [start(plain, id_, "reset")["jobId"] for _ in range(2)]
    assert listed(plain, "orderBy=createdAt|DESCrubbish") == ids[::-1]
    status, problem = plain.refused("GET", "/jobs?orderBy=createdAt|desc")
    assert (status, problem["data"]["message"]) == (
        400,
        "Invalid order by clause provided: createdAt|desc",
    )


def test_links_of_jobs_carry_neither_status_nor_dates(plain: Plain) -> None:
    start(plain, plain.connection()["connectionId"])
    page = plain.get("/jobs?status=pending&createdAtStart=2020-01-01T00:00:00Z&jobType=sync")
    assert "jobType=sync" in page["next"]
    assert "status" not in page["next"]
    assert "createdAt" not in page["next"]


@pytest.mark.parametrize("type_", ["reset", "clear"])
def test_a_reset_forgets_the_state_of_every_stream(plain: Plain, type_: str) -> None:
    streams = [{"name": n, "syncMode": "incremental_append"} for n in ("customers", "charges")]
    id_ = plain.connection(configurations={"streams": streams})["connectionId"]
    start(plain, id_)
    plain.control("/clock", {"seconds": 60})
    assert len(plain.control(f"/states/{id_}", method="GET")["data"]) == 2
    start(plain, id_, type_)
    plain.control("/clock", {"seconds": 60})
    assert plain.control(f"/states/{id_}", method="GET")["data"] == []


def test_a_job_keeps_the_streams_that_it_started_with_whatever_is_patched_meanwhile(
    plain: Plain,
) -> None:
    stream = {"name": "customers", "syncMode": "incremental_append"}
    made = plain.connection(configurations={"streams": [stream]})
    start(plain, made["connectionId"])
    body = {"configurations": {"streams": [{**stream, "name": "charges"}]}}
    plain.ok("PATCH", f"/connections/{made['connectionId']}", body)
    plain.control("/clock", {"seconds": 60})
    states = plain.control(f"/states/{made['connectionId']}", method="GET")["data"]
    assert [state["stream"] for state in states] == ["customers"]


def test_counters_and_times_are_absent_until_they_are_known(plain: Plain) -> None:
    id_ = plain.connection()["connectionId"]
    job = start(plain, id_)
    assert set(job) == {"jobId", "status", "jobType", "startTime", "connectionId"}
    plain.control("/clock", {"seconds": 5})
    running = plain.get(f"/jobs/{job['jobId']}")
    assert set(running) == {*job, "duration"}
    plain.control("/clock", {"seconds": 60})
    done = plain.get(f"/jobs/{job['jobId']}")
    assert set(done) == {*running, "lastUpdatedAt", "bytesSynced", "rowsSynced"}
    assert isinstance(done["jobId"], int)


def test_a_sync_of_nothing_is_missing_and_an_unknown_type_unreadable(plain: Plain) -> None:
    body = {"connectionId": UNKNOWN, "jobType": "sync"}
    status, problem = plain.refused("POST", "/jobs", body)
    assert (status, problem["data"]["resourceType"]) == (404, "STANDARD_SYNC")
    assert plain.refused("POST", "/jobs", {**body, "jobType": "backup"})[0] == 400
    for query in ("jobType=backup", "status=lost", "limit=0"):
        assert plain.refused("GET", f"/jobs?{query}")[0] == 400


def test_jobs_of_every_kind_are_listed_in_pages_with_both_links(plain: Plain) -> None:
    id_ = plain.connection()["connectionId"]
    start(plain, id_)
    resets = [start(plain, id_, "reset")["jobId"] for _ in range(21)]
    page = plain.get("/jobs")
    assert (len(page["data"]), page["previous"]) == (20, "")
    assert {job["jobType"] for job in page["data"]} == {"sync", "reset"}
    rest = plain.get("/jobs?offset=20")
    assert [job["jobId"] for job in rest["data"]] == resets[-2:]
    assert rest["next"]
    assert rest["previous"]
    assert listed(plain, "jobType=clear&limit=100") == resets


def test_any_job_of_a_connection_cancels_the_one_that_runs(plain: Plain) -> None:
    id_ = plain.connection()["connectionId"]
    old = start(plain, id_)["jobId"]
    plain.control("/clock", {"seconds": 60})
    new = start(plain, id_)["jobId"]
    cancelled = plain.ok("DELETE", f"/jobs/{old}")
    assert (cancelled["jobId"], cancelled["status"]) == (new, "cancelled")


@pytest.mark.parametrize("what", ["connections", "sources", "destinations", "workspaces"])
def test_deleting_a_connection_or_what_it_hangs_on_cancels_its_job(plain: Plain, what: str) -> None:
    made = plain.connection()
    job = start(plain, made["connectionId"])
    plain.ok("DELETE", f"/{what}/{made[f'{what[:-1]}Id']}")
    ids = f"workspaceIds={made['workspaceId']}"
    assert listed(plain, f"{ids}&status=cancelled") == [job["jobId"]]


@pytest.mark.parametrize(
    "expression",
    [
        "0 0/5 8-18/2 ? JAN-MAR,DEC MON-FRI",
        "0 0 0 L-3 * ?",
        "0 0 0 LW * ?",
        "0 0 0 15W 1/2 ?",
        "0 0 0 ? * 6L",
        "0 0 0 ? * FRI#2 2030-2035",
        "0 */20 * * * ?",
    ],
)
def test_everything_that_quartz_knows_is_taken(plain: Plain, expression: str) -> None:
    schedule = {"scheduleType": "cron", "cronExpression": expression}
    assert plain.connection(schedule=schedule)["schedule"]["cronExpression"] == f"{expression} UTC"


@pytest.mark.parametrize(
    "expression",
    [
        "0 0/0 * * * ?",
        "0 0/x * * * ?",
        "0 60 * * * ?",
        "0 0 0 32 * ?",
        "0 0 0 ? * FUN",
        "0 0 0 ? * FRI#6",
        "0 0 0 ? 13 MON",
        "0 0 ? * * *",
        "0 0 0 1 1 ? 1969",
    ],
)
def test_what_quartz_does_not_know_does_not_parse(plain: Plain, expression: str) -> None:
    schedule = {"scheduleType": "cron", "cronExpression": expression}
    body = {**plain.ends(plain.workspace()), "schedule": schedule}
    status, problem = plain.refused("POST", "/connections", body)
    assert (status, "Please check the cron expression" in problem["data"]["message"]) == (400, True)


@pytest.mark.parametrize("expression", ["0 0/5 * * * ?", "0 * 12 * * ?", "0 0,30 8 * * ?"])
def test_more_often_than_hourly_is_refused_where_it_is_not_allowed(
    plain: Plain, expression: str
) -> None:
    schedule = {"scheduleType": "cron", "cronExpression": expression}
    made = plain.connection(schedule=schedule)
    assert made["schedule"]["cronExpression"] == f"{expression} UTC"
    plain.control("/behaviour", {"allows_sub_hourly": False})
    path = f"/connections/{made['connectionId']}"
    status, problem = plain.refused("PATCH", path, {"schedule": schedule})
    assert (status, problem["type"]) == (
        400,
        "error:cron-validation/under-one-hour-not-allowed",
    )
    assert problem["data"]["cronExpression"] == expression
    assert problem["data"]["validationErrorMessage"]
    hourly = {"scheduleType": "cron", "cronExpression": "0 5 * * * ?"}
    plain.ok("PATCH", path, {"schedule": hourly})


def test_a_zone_of_the_ui_is_read_and_lost_by_the_next_write(plain: Plain) -> None:
    path = f"/connections/{plain.connection()['connectionId']}"
    cron = {"scheduleType": "cron", "cronExpression": "0 0 12 * * ?"}
    plain.control(path, {"schedule": {**cron, "zone": "Europe/Paris"}})
    assert plain.get(path)["schedule"]["cronExpression"] == "0 0 12 * * ? Europe/Paris"
    read = plain.ok("PATCH", path, {"schedule": cron})
    assert read["schedule"]["cronExpression"] == "0 0 12 * * ? UTC"


def test_every_utc_is_stripped_and_spaces_inside_stay(plain: Plain) -> None:
    sent = {"scheduleType": "cron", "cronExpression": "0 0  12 * * ? UTC"}
    read = plain.connection(schedule=sent)["schedule"]
    assert read["cronExpression"] == "0 0  12 * * ? UTC"


@pytest.mark.parametrize(
    ("expression", "words"),
    [
        ("0/5 0 12 * * ?", "less than the one hour minimum"),
        ("0,30 0 12 * * ?", "less than the one hour minimum"),
        ("0 * 12 * * ? 2030", "less than the one hour minimum"),
        ("0 0 12 * ?", "Please check the cron expression format at"),
    ],
)
def test_the_seconds_and_a_seven_field_crons_minutes_are_numbers(
    plain: Plain, expression: str, words: str
) -> None:
    schedule = {"scheduleType": "cron", "cronExpression": expression}
    body = {**plain.ends(plain.workspace()), "schedule": schedule}
    status, problem = plain.refused("POST", "/connections", body)
    assert (status, words in problem["data"]["message"]) == (400, True)


def test_a_cron_without_an_expression_is_told_and_a_manual_one_drops_its_own(plain: Plain) -> None:
    body = {**plain.ends(plain.workspace()), "schedule": {"scheduleType": "cron"}}
    assert plain.refused("POST", "/connections", body)[1]["data"]["message"] == (
        "Missing cron expression in the schedule."
    )
    manual = {"scheduleType": "manual", "cronExpression": "0 0 12 * * ?"}
    assert plain.connection(schedule=manual)["schedule"] == {"scheduleType": "manual"}
