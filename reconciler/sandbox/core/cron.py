"""When a Quartz expression is due next: seconds first, `?`, `L`, `W`, `#`, years, any zone.

Source: Quartz's tutorial of its cron triggers. A time of day that a change of the clocks leaves out
is the one after the gap; one that comes twice is the first.
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterator, Sequence
from datetime import datetime
from functools import lru_cache
from itertools import product
from zoneinfo import ZoneInfo

FIRST_YEAR, LAST_YEAR = 1970, 2099  # that Quartz knows
_MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
_WEEKDAYS = ("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT")
_SATURDAY = 7

Month = tuple[int, int]
"""A year and a month of it."""


def next_tick(expression: str, zone: str, after: float) -> float | None:
    """The first moment later than *after* at which *expression* is due, None for never again.

    Both are seconds since the epoch. What is no expression, or no zone, is never due.
    """
    # Ticks are whole seconds: all that is asked within one has the same answer.
    return _next_tick(expression, zone, int(after))


@lru_cache(maxsize=4096)
def _next_tick(expression: str, zone: str, after: int) -> float | None:
    fields = expression.upper().split()
    try:
        start = datetime.fromtimestamp(after, ZoneInfo(zone))
        seconds, minutes, hours = (
            sorted(_values(field, 0, most))
            for field, most in zip(fields[:3], (59, 59, 23), strict=True)
        )
        for year, month, day in _days(fields, start):
            is_today = (year, month, day) == (start.year, start.month, start.day)
            left = [hour for hour in hours if not is_today or hour >= start.hour]
            for hour, minute, second in product(left, minutes, seconds):
                local = datetime(year, month, day, hour, minute, second, tzinfo=start.tzinfo)
                if (tick := local.timestamp()) > after:
                    return tick
    except (ValueError, LookupError, OSError, OverflowError):
        return None
    return None


def _days(fields: Sequence[str], start: datetime) -> Iterator[tuple[int, int, int]]:
    """Every day from that of *start* on at which an expression is due at some time."""
    years = _values(fields[6] if len(fields) > 6 else "*", FIRST_YEAR, LAST_YEAR)
    months = _values(fields[4], 1, 12, _MONTHS)
    left = sorted(year for year in years if year >= start.year)
    for year, month in product(left, sorted(months)):
        if (year, month) < (start.year, start.month):
            continue
        at = (year, month)
        due = _days_of_month(fields[3], at) & _weekdays_of_month(fields[5], at)
        for day in sorted(due):
            if (year, month, day) >= (start.year, start.month, start.day):
                yield year, month, day


def _days_of_month(field: str, at: Month) -> set[int]:
    """The days that a day-of-month field means in that month."""
    last = monthrange(*at)[1]
    found: set[int] = set()
    for part in field.split(","):
        if part in ("*", "?"):
            return set(range(1, last + 1))
        day, is_working = part.removesuffix("W"), part.endswith("W")
        if day.startswith("L"):
            days = {last - int(day.removeprefix("L").removeprefix("-") or 0)}
        else:
            days = _values(day, 1, 31)
        days = {day for day in days if 1 <= day <= last}
        found |= {_working_day(day, at) for day in days} if is_working else days
    return found


def _working_day(day: int, at: Month) -> int:
    """The day from Monday to Friday that is nearest to *day* inside its month."""
    first, last = monthrange(*at)
    match (first + day - 1) % 7:
        case 5:
            return day - 1 if day > 1 else day + 2
        case 6:
            return day + 1 if day < last else day - 2
    return day


def _weekdays_of_month(field: str, at: Month) -> set[int]:
    """The days that a day-of-week field means in that month; 1 is Sunday."""
    first, last = monthrange(*at)
    days = {day: (first + day) % 7 + 1 for day in range(1, last + 1)}
    found: set[int] = set()
    for part in field.split(","):
        if part in ("*", "?"):
            return set(days)
        name, hash_, number = part.partition("#")
        is_last = name.endswith("L") and len(name) > 1
        wanted = {_SATURDAY} if name == "L" else _weekdays(name.removesuffix("L"))
        fitting = [day for day, weekday in days.items() if weekday in wanted]
        if hash_:
            fitting = fitting[int(number) - 1 : int(number)]
        found |= set(fitting[-1:] if is_last else fitting)
    return found


def _weekdays(text: str) -> set[int]:
    return _values(text, 1, 7, _WEEKDAYS)


def _values(field: str, least: int, most: int, names: Sequence[str] = ()) -> set[int]:
    """The numbers of a field of values, ranges and steps. A range may go over the end."""
    found: set[int] = set()
    for part in field.split(","):
        base, _, step = part.partition("/")
        begin, is_range, end = base.partition("-")
        if base == "*":
            numbers = list(range(least, most + 1))
        else:
            low = _number(begin, names)
            high = _number(end, names) if is_range else most if step else low
            numbers = list(range(low, (high if high >= low else most) + 1))
            numbers += range(least, high + 1) if high < low else ()
        found |= set(numbers[:: int(step or 1)])
    return found


def _number(text: str, names: Sequence[str]) -> int:
    return names.index(text) + 1 if text in names else int(text)
