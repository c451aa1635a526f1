"""When a schedule fires next: Quartz's own forms, time zones, and the days the clocks change."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reconciler.kinds.connection.cron import cron_problem
from reconciler.kinds.connection.cron_times import next_run


def after(expression: str, moment: str) -> str:
    """The next run after a moment, as text."""
    schedule = {"scheduleType": "cron", "cronExpression": expression}
    found = next_run(schedule, datetime.fromisoformat(moment))
    return found.isoformat() if found else "never"


@pytest.mark.parametrize(
    ("expression", "moment", "expected"),
    [
        ("0 0 2 * * ? UTC", "2026-08-21T01:59Z", "2026-08-21T02:00"),
        ("0 0 2 * * ?", "2026-08-21T02:00Z", "2026-08-22T02:00"),
        ("0 0/15 * * * ?", "2026-08-21T10:16Z", "2026-08-21T10:30"),
        ("30 */20 6-18 ? * MON-FRI", "2026-08-21T18:41Z", "2026-08-24T06:00:30"),
        ("0 0 22-2 * * ?", "2026-08-21T02:30Z", "2026-08-21T22:00"),
        ("0 0 2 L * ?", "2026-02-01T00:00Z", "2026-02-28T02:00"),
        ("0 0 2 L-3 * ?", "2028-02-01T00:00Z", "2028-02-26T02:00"),
        ("0 0 2 LW * ?", "2026-05-01T00:00Z", "2026-05-29T02:00"),
        ("0 0 2 15W * ?", "2026-08-01T00:00Z", "2026-08-14T02:00"),
        ("0 0 2 1W * ?", "2026-08-01T00:00Z", "2026-08-03T02:00"),
        ("0 0 2 31 * ?", "2026-08-31T03:00Z", "2026-10-31T02:00"),
        ("0 0 2 1,15 * ?", "2026-08-02T00:00Z", "2026-08-15T02:00"),
        ("0 0 2 ? * 1", "2026-08-21T00:00Z", "2026-08-23T02:00"),
        ("0 0 2 ? * FRI-MON", "2026-08-24T03:00Z", "2026-08-28T02:00"),
        ("0 0 2 ? * L", "2026-08-21T00:00Z", "2026-08-22T02:00"),
        ("0 0 2 ? * 6L", "2026-08-01T00:00Z", "2026-08-28T02:00"),
        ("0 0 2 ? * fri#3", "2026-08-01T00:00Z", "2026-08-21T02:00"),
        ("0 0 2 ? * SUN#5", "2026-08-31T00:00Z", "2026-11-29T02:00"),
        ("0 0 2 29 FEB ?", "2026-03-01T00:00Z", "2028-02-29T02:00"),
        ("0 0 2 1 JAN ? 2030-2031", "2026-01-01T00:00Z", "2030-01-01T02:00"),
    ],
)
def test_the_next_run(expression: str, moment: str, expected: str) -> None:
    assert after(expression, moment) == datetime.fromisoformat(f"{expected}+00:00").isoformat()


@pytest.mark.parametrize(
    "expression", ["0 0 2 1 1 ? 2020", "0 0 2 30 2 ?", "0 0 2 * * ? Mars/Base", "no cron at all"]
)
def test_what_never_comes_or_cannot_be_read_is_none(expression: str) -> None:
    assert after(expression, "2026-08-21T00:00Z") == "never"


def test_what_is_no_cron_has_no_next_run() -> None:
    now = datetime.now(UTC)
    assert next_run({"scheduleType": "manual"}, now) is None
    assert next_run({"scheduleType": "basic", "basicTiming": "Every 24 HOURS"}, now) is None


@pytest.mark.parametrize(
    ("moment", "expected"),
    [
        # Summer: the zone is two hours ahead of UTC. Winter: one.
        ("2026-07-01T00:00Z", "2026-07-01T02:30:00+02:00"),
        ("2026-12-01T00:00Z", "2026-12-01T02:30:00+01:00"),
        # On 29 March the clocks go from 02:00 to 03:00: 02:30 comes an hour later.
        ("2026-03-29T00:00Z", "2026-03-29T03:30:00+02:00"),
        ("2026-03-29T01:30Z", "2026-03-30T02:30:00+02:00"),
        # On 25 October from 03:00 to 02:00: 02:30 is there twice, and counts once.
        ("2026-10-25T00:00Z", "2026-10-25T02:30:00+01:00"),
        ("2026-10-25T00:30Z", "2026-10-25T02:30:00+01:00"),
        ("2026-10-25T01:30Z", "2026-10-26T02:30:00+01:00"),
    ],
)
def test_a_zone_and_the_days_its_clocks_change(moment: str, expected: str) -> None:
    assert after("0 30 2 * * ? Europe/Paris", moment) == expected


def test_a_zone_ahead_of_utc_has_its_own_day() -> None:
    # In Auckland it is Monday already.
    assert after("0 0 6 ? * MON Pacific/Auckland", "2026-08-23T12:00Z") == (
        "2026-08-24T06:00:00+12:00"
    )


fields = st.one_of(st.just("*"), st.integers(0, 23).map(str), st.just("*/5"), st.just("20-3"))
days = st.sampled_from(["* * ?", "L * ?", "13W 2,8 ?", "? * FRI#5", "? * 2L", "? JAN-MAR SAT-TUE"])
zones = st.sampled_from(["UTC", "Europe/Paris", "America/New_York", "Australia/Lord_Howe"])


@settings(max_examples=200)
@given(
    expression=st.builds("0 {} {} {} {}".format, fields, fields, days, zones),
    moment=st.datetimes(datetime(2020, 1, 1), datetime(2040, 1, 1)),
)
def test_every_run_is_later_and_the_next_of_the_moment_before_it(
    expression: str, moment: datetime
) -> None:
    assert cron_problem(expression.rpartition(" ")[0]) is None
    schedule = {"scheduleType": "cron", "cronExpression": expression}
    now = moment.replace(tzinfo=UTC)
    found = next_run(schedule, now)
    assert found is not None
    assert found > now
    assert next_run(schedule, found - timedelta(seconds=1)) == found
