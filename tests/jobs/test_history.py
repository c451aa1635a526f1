"""Jobs as the API tells of them, odd ones too, and what a row of them comes to."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from reconciler.jobs.history import Job, failures_in_a_row, last_ended, read_job, running_job


def jobs(*words: str) -> list[Job]:
    """Jobs, newest first, by their status, or by type and status."""
    pairs = [word.rpartition(" ")[::2] for word in words]
    return [read_job({"jobType": type_ or "sync", "status": status}) for type_, status in pairs]


def test_an_instant_without_seconds_is_read() -> None:
    job = read_job({"jobId": 7, "startTime": "2026-08-21T10:15Z", "status": "running"})
    assert (job.id, job.at, job.is_over) == (7, datetime(2026, 8, 21, 10, 15, tzinfo=UTC), False)


@pytest.mark.parametrize("value", [None, {}, [], 5, "no time", "2026-13-41T99:00Z"])
def test_what_is_odd_is_as_if_it_were_not_there(value: Any) -> None:
    names = ("startTime", "lastUpdatedAt", "jobId", "rowsSynced")
    job = read_job(dict.fromkeys(names, value))
    assert (job.at, job.rows is None or value == 5) == (None, True)


@pytest.mark.parametrize(
    ("newest_first", "expected"),
    [
        ((), 0),
        (("succeeded", "failed"), 0),
        (("failed", "failed", "succeeded", "failed"), 2),
        (("running", "failed", "cancelled", "failed", "succeeded"), 2),
        (("failed", "reset succeeded", "failed", "succeeded"), 2),
        (("reset failed", "succeeded"), 0),
    ],
)
def test_failures_in_a_row(newest_first: tuple[str, ...], expected: int) -> None:
    assert failures_in_a_row(jobs(*newest_first)) == expected


def test_only_the_newest_can_run_and_the_last_is_behind_it() -> None:
    newest_first = jobs("incomplete", "failed", "succeeded")
    assert running_job(newest_first) is newest_first[0]
    assert last_ended(newest_first) is newest_first[1]
    assert running_job(newest_first[1:]) is None
