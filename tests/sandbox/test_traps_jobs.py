"""What surprises about jobs and schedules: times, filters, what cancels what, how often."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

import pytest

from tests.sandbox.plain import Plain


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
