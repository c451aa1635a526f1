"""The cron dialect that Airbyte takes: Quartz, in UTC, with a fixed second.

Source: the platform parses with cron-utils' Quartz definition and then with Quartz itself, after a
check of its own that the first field (and, with a year, the second one too) is a number.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache

from reconciler.model import Json

_MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
_DAYS = ("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT")
_UNIX_FIELDS, _QUARTZ_FIELDS, _WITH_YEAR = 5, 6, 7
_MACROS = {
    "@hourly": "0 0 * * * ?",
    "@daily": "0 0 0 * * ?",
    "@midnight": "0 0 0 * * ?",
    "@weekly": "0 0 0 ? * SUN",
    "@monthly": "0 0 0 1 * ?",
    "@yearly": "0 0 0 1 1 ?",
    "@annually": "0 0 0 1 1 ?",
}


@dataclass(frozen=True, slots=True)
class Field:
    """One field: its name, its range, the words for its values, and its own special forms.

    Where it *wraps*, a range may go over its end, such as `FRI-MON`.
    """

    name: str
    low: int
    high: int
    words: tuple[str, ...] = ()
    special: re.Pattern[str] = re.compile(r"(?!)")
    wraps: bool = True

    def number(self, text: str) -> int | None:
        """The value that *text* stands for; None when that is none of this field."""
        if text.upper() in self.words:
            return self.low + self.words.index(text.upper())
        value = int(text) if text.isascii() and text.isdecimal() else -1
        return value if self.low <= value <= self.high else None


FIELDS = (
    Field("second", 0, 59),
    Field("minute", 0, 59),
    Field("hour", 0, 23),
    Field(
        "day of month",
        1,
        31,
        special=re.compile(r"\?|L|LW|L-([1-9]|[12]\d|30)|([1-9]|[12]\d|3[01])W"),
    ),
    Field("month", 1, 12, _MONTHS),
    Field(
        "day of week",
        1,
        7,
        _DAYS,
        re.compile(r"\?|L|([1-7]|SUN|MON|TUE|WED|THU|FRI|SAT)(L|#[1-5])", re.IGNORECASE),
    ),
    Field("year", 1970, 2099, wraps=False),  # cron-utils is strict about ranges of this one only
)


def cron_problem(expression: str) -> tuple[str, str] | None:
    """What Airbyte has against *expression*, and a hint; None when it takes it."""
    words = expression.split()
    if words and words[-1].upper() == "UTC":
        words.pop()
    if translated := _translated(words):
        return translated
    if len(words) not in (_QUARTZ_FIELDS, _WITH_YEAR):
        return f"It has {len(words)} fields.", _SHAPE
    if problem := next(_bad_fields(words), None):
        return problem
    if (words[3] == "?") == (words[5] == "?"):
        return (
            "Exactly one of day of month and day of week must be `?`.",
            "Write `?` for the one that does not matter.",
        )
    return None


_SHAPE = (
    "Write second minute hour day-of-month month day-of-week, such as `0 30 2 * * ?` for 02:30 "
    "each day; a year may follow."
)


def _translated(words: list[str]) -> tuple[str, str] | None:
    """The case of a Unix cron: its translation as the hint."""
    if len(words) == 1 and words[0].lower() in _MACROS:
        return "Airbyte knows no such shorthand.", f"Write `{_MACROS[words[0].lower()]}`."
    if len(words) != _UNIX_FIELDS:
        return None
    detail = "It has five fields, as in Unix; Airbyte's begin with the second."
    minute, hour, day, month, weekday = words
    if day != "*" and weekday != "*":
        return detail, "Day of month and day of week cannot both be set: make it two connections."
    days = "?" if weekday == "*" else _weekdays(weekday)
    quartz = ["0", minute, hour, day if days == "?" else "?", month, days]
    is_sound = next(_bad_fields(quartz), None) is None
    return detail, f"Write `{' '.join(quartz)}`." if is_sound else _SHAPE


def _weekdays(unix: str) -> str:
    """Unix days (0 and 7 are Sunday) as names, which mean the same in both dialects."""

    def named(part: str) -> str:
        first, dash, last = part.partition("-")
        if dash and first.isdecimal() and last.isdecimal() and int(last) % 7 < int(first) % 7:
            days = range(int(first), int(last) + 1)
            return ",".join(_DAYS[day % 7] for day in days)  # no ranges over the week's end
        return dash.join(_DAYS[int(d) % 7] if d.isdecimal() else d for d in (first, last) if d)

    return ",".join(named(part) for part in unix.split(","))


def _bad_fields(words: list[str]) -> Iterator[tuple[str, str]]:
    fixed = 2 if len(words) == _WITH_YEAR else 1
    for position, (field, word) in enumerate(zip(FIELDS, words, strict=False)):
        if position < fixed and not word.isdecimal():
            yield f"The {field.name} must be one number, not `{word}`.", _FIXED[position]
        elif not all(_is_part(field, part) for part in word.split(",")):
            yield f"`{word}` is no {field.name}.", _choices(field)


_FIXED = ("Write 0.", "Airbyte wants a fixed minute too when there is a year: leave the year out.")


def _choices(field: Field) -> str:
    words = f" or {field.words[0]} to {field.words[-1]}" if field.words else ""
    zone = " A time zone cannot be set: the schedule is in UTC." if field.name == "year" else ""
    return f"It goes from {field.low} to {field.high}{words}.{zone}"


@lru_cache(maxsize=4096)
def _is_part(field: Field, part: str) -> bool:
    if field.special.fullmatch(part):
        return True
    span, slash, step = part.partition("/")
    if slash and not (step.isascii() and step.isdecimal() and 0 < int(step) <= field.high):
        return False
    if span == "*":
        return True
    first, dash, last = span.partition("-")
    low, high = field.number(first), field.number(last) if dash else None
    if low is None or not dash:
        return low is not None
    return high is not None and (low <= high or field.wraps)


def is_cron(schedule: Mapping[str, Json]) -> bool:
    """Whether *schedule* is of the type that has an expression."""
    return schedule.get("scheduleType") == "cron"
