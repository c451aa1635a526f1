"""Airbyte's cron dialect: what it takes, and what to write in place of what it does not."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reconciler.kinds.connection.cron import cron_problem
from reconciler.sandbox.core.problems import Refusal
from reconciler.sandbox.platform import schedules


@pytest.mark.parametrize(
    "expression",
    [
        "0 0 2 * * ?",
        "0  30 2 * * ? UTC",
        "0 0/15 * * * ?",
        "0 */20 6-18 ? * MON-FRI",
        "0 0 2 ? * 2,4,6",
        "0 0 2 ? * mon,WED",
        "0 0 2 L * ?",
        "0 0 2 LW * ?",
        "0 0 2 L-3 * ?",
        "0 0 2 15W * ?",
        "0 0 2 ? * 6L",
        "0 0 2 ? * FRI#3",
        "0 0 2 1 JAN,JUL ?",
        "0 0 2 1-7/2 * ?",
        "59 59 23 31 12 ? 2099",
        "0 0 2 ? 1-3 SUN 2026-2030",
    ],
)
def test_quartz_expressions_are_taken(expression: str) -> None:
    assert cron_problem(expression) is None


@pytest.mark.parametrize(
    ("unix", "quartz"),
    [
        ("0 2 * * *", "0 0 2 * * ?"),
        ("30 2 * * 1-5", "0 30 2 ? * MON-FRI"),
        ("0 2 * * 0", "0 0 2 ? * SUN"),
        ("0 2 * * 7", "0 0 2 ? * SUN"),
        ("0 2 * * 5-7", "0 0 2 ? * FRI,SAT,SUN"),
        ("0 2 * * mon,wed", "0 0 2 ? * mon,wed"),
        ("*/15 * * * *", "0 */15 * * * ?"),
        ("0 2 1 */3 *", "0 0 2 1 */3 ?"),
        ("@daily", "0 0 0 * * ?"),
        ("@Weekly", "0 0 0 ? * SUN"),
    ],
)
def test_a_unix_expression_gets_its_translation(unix: str, quartz: str) -> None:
    problem = cron_problem(unix)
    assert problem is not None
    assert f"Write `{quartz}`." in problem[1]
    assert cron_problem(quartz) is None


@pytest.mark.parametrize(
    ("expression", "said"),
    [
        ("", "0 fields"),
        ("0 0 2 * *  ? 2026 2027", "8 fields"),
        ("* 0 2 * * ?", "The second must be one number"),
        ("0/5 0 2 * * ?", "The second must be one number"),
        ("0,30 0 2 * * ?", "The second must be one number"),
        ("0 */5 2 * * ? 2027", "The minute must be one number"),
        ("0 60 2 * * ?", "`60` is no minute"),
        ("0 0 24 * * ?", "`24` is no hour"),
        ("0 0 2 0 * ?", "`0` is no day of month"),
        ("0 0 2 32 * ?", "`32` is no day of month"),
        ("0 0 2 * 13 ?", "`13` is no month"),
        ("0 0 2 ? * 0", "`0` is no day of week"),
        ("0 0 2 ? * 8", "`8` is no day of week"),
        ("0 0 2 ? * MONDAY", "`MONDAY` is no day of week"),
        ("0 0 2 ? * FRI#6", "`FRI#6` is no day of week"),
        ("0 0 2 * * *", "Exactly one of"),
        ("0 0 2 ? * ?", "Exactly one of"),
        ("0 0 2 1 * MON", "Exactly one of"),
        ("0 0/0 2 * * ?", "is no minute"),
        ("0 0 2 1 1 ? 2027-2026", "is no year"),
        ("0 ? 2 * * ?", "is no minute"),
        ("0 0 2 * * ? Europe/Paris", "is no year"),
        ("0 0 2 * * ? CET", "is no year"),
        ("0 0 ٢ * * ?", "is no hour"),
        ("0 1,,2 2 * * ?", "is no minute"),
    ],
)
def test_what_airbyte_refuses_is_told(expression: str, said: str) -> None:
    problem = cron_problem(expression)
    assert problem is not None
    assert said in problem[0]


def test_day_of_month_and_day_of_week_together_have_no_translation() -> None:
    problem = cron_problem("0 2 1 * 1")
    assert problem is not None
    assert "cannot both be set" in problem[1]


def test_a_range_may_go_over_the_end_of_its_field() -> None:
    assert cron_problem("0 0 2 ? * FRI-MON") is None
    assert cron_problem("0 0 22-4 1 NOV-FEB ?") is None


# Agreement with the sandbox, which was written from the platform's side and shares no code.
PARTS = st.sampled_from(
    [
        "*",
        "?",
        "0",
        "5",
        "12",
        "31",
        "59",
        "60",
        "1-5",
        "5-1",
        "*/7",
        "3/2",
        "1,2",
        "L",
        "MON",
        "FRI#2",
    ]
)


@given(st.lists(PARTS, min_size=5, max_size=8))
@settings(max_examples=300)
def test_the_sandbox_refuses_what_is_refused_here(parts: list[str]) -> None:
    expression = " ".join(parts)
    schedule = {"scheduleType": "cron", "cronExpression": expression}
    try:
        schedules.check(schedules.parsed(schedule), allows_sub_hourly=True)
    except Refusal:
        assert cron_problem(expression) is not None
    else:
        assert cron_problem(expression) is None
