"""Schedules: Quartz expressions as the server checks them, and how it answers them.

Source: the platform's AirbyteCatalogHelper and CronExpressionHelper. Six or seven fields, the
seconds an integer, exactly one of day-of-month and day-of-week `?`, always UTC, which reads put
behind.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from reconciler.sandbox.core import problems
from reconciler.sandbox.core.shapes import choice, record, text

_NAMES = {
    "month": ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"],
    "weekday": ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"],
}
_RANGES = {
    "second": (0, 59),
    "minute": (0, 59),
    "hour": (0, 23),
    "day": (1, 31),
    "month": (1, 12),
    "weekday": (1, 7),
    "year": (1970, 2099),
}


SHAPE = record({"scheduleType": choice("manual", "cron")}, {"cronExpression": text})
MANUAL: Mapping[str, Any] = {"scheduleType": "manual"}

_PAGE = "https://www.quartz-scheduler.org/documentation/quartz-2.3.0/tutorials/crontrigger.html"


def parsed(sent: Mapping[str, Any] | None) -> Mapping[str, Any] | None:
    """The schedule as it is kept, None for none. Refuses what the first look refuses."""
    if sent is None:
        return None
    if sent["scheduleType"] == "manual":
        return MANUAL
    if not sent.get("cronExpression"):
        raise problems.bad_request("Missing cron expression in the schedule.")
    expression = _syntax_checked(sent["cronExpression"])
    return {"scheduleType": "cron", "cronExpression": expression, "zone": "UTC"}


def check(schedule: Mapping[str, Any] | None, *, allows_sub_hourly: bool) -> None:
    """The second look, by Quartz itself, at a schedule that passed the first."""
    if schedule is None or schedule["scheduleType"] != "cron":
        return
    expression = schedule["cronExpression"]
    fields = expression.split()
    if (fields[3] == "?") == (fields[5] == "?"):
        message = "Support for specifying both a day-of-week AND a day-of-month is not implemented."
        title = "Invalid cron expression"
        raise problems.invalid_cron("invalid-expression", title, expression, message)
    if not allows_sub_hourly and not fields[1].isdigit():
        title = "Cron executions must be at least one hour apart"
        kind = "under-one-hour-not-allowed"
        raise problems.invalid_cron(kind, title, expression, title)


def read(stored: Mapping[str, Any]) -> Mapping[str, Any]:
    """The schedule as reads show it: a cron with its zone behind."""
    if stored["scheduleType"] != "cron":
        return {key: value for key, value in stored.items() if key != "zone"}
    expression = f"{stored['cronExpression']} {stored.get('zone', 'UTC')}"
    return {"scheduleType": "cron", "cronExpression": expression}


def _syntax_checked(sent: str) -> str:
    expression = sent.replace("UTC", "").strip()
    fields = expression.split()
    whole = f"The cron expression {sent} is not valid"
    floor = "or is less than the one hour minimum. The seconds and minutes values cannot be `*`."
    if fields and not _is_integer(fields[0]):
        raise problems.bad_request(f"{whole} {floor}")
    if len(fields) == 7 and not _is_integer(fields[1]):
        raise problems.bad_request(f"{whole} {floor}")
    if error := _error(fields):
        raise problems.bad_request(
            f"{whole}. Error: {error} Please check the cron expression format at {_PAGE}"
        )
    return expression


def _is_integer(text_: str) -> bool:
    return text_.isascii() and text_.isdigit()


def _error(fields: list[str]) -> str | None:
    if len(fields) not in (6, 7):
        return f"Cron expression contains {len(fields)} parts but we expect one of [6, 7]."
    for field, (name, limits) in zip(fields, _RANGES.items(), strict=False):
        if not all(_fits(part, name, limits) for part in field.split(",")):
            return f"Failed to parse cron expression. Invalid {name}: {field}."
    return None


def _fits(part: str, name: str, limits: tuple[int, int]) -> bool:
    """Whether one item of a field is a value, a range or a step that Quartz knows."""
    if part in ("*", "?"):
        return part == "*" or name in ("day", "weekday")
    if name == "day" and re.fullmatch(r"L(-\d+)?W?|LW|\d{1,2}W", part):
        return True
    if name == "weekday" and re.fullmatch(r"(\d|[A-Z]{3})?L|(\d|[A-Z]{3})#[1-5]", part.upper()):
        return True
    base, slash, step = part.partition("/")
    if slash and not (_is_integer(step) and int(step) > 0):
        return False
    if base == "*" and slash:
        return True
    return all(_value(value, name, limits) for value in base.split("-", 1))


def _value(value: str, name: str, limits: tuple[int, int]) -> bool:
    if value.upper() in _NAMES.get(name, ()):
        return True
    return _is_integer(value) and limits[0] <= int(value) <= limits[1]
