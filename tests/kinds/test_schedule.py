"""Schedules in one form, whether a manifest or the API wrote them."""

from __future__ import annotations

from typing import Any

import pytest

from reconciler.kinds.connection.schedule import normal_schedule


@pytest.mark.parametrize(
    ("read", "normal"),
    [
        ("0 0 2 * * ? UTC", "0 0 2 * * ?"),
        ("0  0 2 * *  ?", "0 0 2 * * ?"),
        ("0 0 2 ? * MON-FRI UTC", "0 0 2 ? * MON-FRI"),
        ("0 0 2 ? * MON", "0 0 2 ? * MON"),
        ("0 0 2 * * ? 2027 UTC", "0 0 2 * * ? 2027"),
        ("0 0 2 * * ? Europe/Paris", "0 0 2 * * ? Europe/Paris"),
    ],
)
def test_the_zone_utc_and_extra_spaces_do_not_count(read: str, normal: str) -> None:
    schedule = {"scheduleType": "cron", "cronExpression": read}
    assert normal_schedule(schedule)["cronExpression"] == normal
    assert normal_schedule(normal_schedule(schedule)) == normal_schedule(schedule)


@pytest.mark.parametrize(
    ("schedule", "normal"),
    [
        ({"scheduleType": "manual", "cronExpression": "0 0 * * * ?"}, {"scheduleType": "manual"}),
        (
            {"scheduleType": "basic", "basicTiming": "Every 24 HOURS"},
            {"scheduleType": "basic", "basicTiming": "Every 24 HOURS"},
        ),
    ],
)
def test_other_schedules_have_no_cron(schedule: dict[str, Any], normal: dict[str, Any]) -> None:
    assert normal_schedule(schedule) == normal
