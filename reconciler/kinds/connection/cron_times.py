"""When a cron expression fires next, as Quartz reckons it in the schedule's own time zone.

Source: Quartz's CronExpression. Of the libraries for cron none reads `W`, `LW` and Quartz's numbers
of weekdays, where 1 is Sunday. A time that the clocks jump over comes as much later as they jump;
one that comes twice counts the second time, since Java takes it for standard time.
"""

from __future__ import annotations

import calendar
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from zoneinfo import ZoneInfo

from reconciler.kinds.connection.cron import FIELDS, Field, cron_problem, is_cron
from reconciler.kinds.connection.schedule import foreign_zone, normal_schedule
from reconciler.model import Json

_SECOND, _MINUTE, _HOUR, _DAY, _MONTH, _WEEKDAY, _YEAR = FIELDS
_SATURDAY, _SUNDAY = 5, 6  # as Python counts weekdays: from Monday, which is 0


def next_run(schedule: Mapping[str, Json], after: datetime) -> datetime | None:
    """The first time later than *after* that a cron *schedule* fires, in its own zone.

    None for a schedule without a cron, one that has ended, and one that cannot be read.
    """
    if not is_cron(schedule):
        return None
    normal = normal_schedule(schedule)
    zone_name = foreign_zone(normal)
    words = str(normal["cronExpression"]).removesuffix(zone_name).split()
    zone = _zone(zone_name)
    if zone is None or cron_problem(" ".join(words)):
        return None
    return next(_times(_Cron(words), zone, after), None)


def _zone(name: str) -> tzinfo | None:
    if not name:
        return UTC  # which needs no data of zones
    try:
        return ZoneInfo(name)
    except (KeyError, OSError, ValueError):  # no such zone, or a machine without the data of zones
        return None


@dataclass(frozen=True, slots=True)
class _Cron:
    """The fields of an expression that Airbyte takes."""

    words: Sequence[str]

    def numbers(self, field: Field) -> list[int]:
        """The numbers that the field of one expression stands for, in order."""
        position = FIELDS.index(field)
        word = self.words[position] if position < len(self.words) else "*"
        return sorted({number for part in word.split(",") for number in _span(field, part)})

    def days(self, year: int, month: int) -> list[int]:
        """The days of a month on which it fires, in order."""
        first, last = calendar.monthrange(year, month)
        by_day, by_weekday = self.words[FIELDS.index(_DAY)], self.words[FIELDS.index(_WEEKDAY)]
        if by_weekday == "?":
            found = {day for part in by_day.split(",") for day in _days(part, first, last)}
        else:
            found = {day for part in by_weekday.split(",") for day in _weekdays(part, first, last)}
        return sorted(day for day in found if 1 <= day <= last)


def _times(cron: _Cron, zone: tzinfo, after: datetime) -> Iterator[datetime]:
    """The times later than *after*, as the zone's clocks show them."""
    second = int(cron.words[0])
    times = [(hour, minute) for hour in cron.numbers(_HOUR) for minute in cron.numbers(_MINUTE)]
    start = after.astimezone(zone)
    months = cron.numbers(_MONTH)
    for year in cron.numbers(_YEAR):
        for month in months:
            if (year, month) < (start.year, start.month):
                continue
            for day in cron.days(year, month):
                if (year, month, day) < (start.year, start.month, start.day):
                    continue
                for hour, minute in times:
                    moment = _moment(datetime(year, month, day, hour, minute, second), zone)
                    if moment > after:
                        yield moment


def _moment(wall: datetime, zone: tzinfo) -> datetime:
    """The moment at which the zone's clocks show *wall*; the later one where there are two."""
    # Where the clocks jump over it, fold 0 is reckoned by the clock before, so as much later.
    both = (wall.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1))
    return max(both).astimezone(zone)


def _span(field: Field, part: str) -> Iterator[int]:
    """The numbers of one item: a value, a range that may go over the end, either with a step."""
    span, slash, step = part.partition("/")
    first, dash, last = span.partition("-")
    low = field.low if first in ("*", "?") else field.number(first)
    high = field.number(last) if dash else field.high if slash or first in ("*", "?") else low
    if low is None or high is None:
        return
    size = field.high - field.low + 1
    length = (high - low) % size if dash else high - low
    for number in range(low, low + length + 1, int(step) if slash else 1):
        yield (number - field.low) % size + field.low


def _days(part: str, first: int, last: int) -> Iterator[int]:
    """The days that an item of the day of month means; *first* is the weekday of the first."""
    if part == "L":
        yield last
    elif part == "LW":
        yield _nearest_workday(last, first, last)
    elif part.startswith("L-"):
        yield last - int(part[2:])
    elif part.endswith("W"):
        if (day := int(part[:-1])) <= last:
            yield _nearest_workday(day, first, last)
    else:
        yield from _span(_DAY, part)


def _nearest_workday(day: int, first: int, last: int) -> int:
    """The day from Monday to Friday that is nearest to *day* in the same month."""
    weekday = (first + day - 1) % 7
    if weekday == _SATURDAY:
        return day - 1 if day > 1 else day + 2
    if weekday == _SUNDAY:
        return day + 1 if day < last else day - 2
    return day


def _weekdays(part: str, first: int, last: int) -> Iterator[int]:
    """The days of the month that an item of the day of week means."""
    name, hash_, count = part.upper().partition("#")
    is_last = name.endswith("L") and name != "L"
    if name == "L":
        numbers = [_WEEKDAY.high]  # alone it is Saturday
    else:
        numbers = list(_span(_WEEKDAY, name.removesuffix("L") if is_last else name))
    for number in numbers:
        weekday = (number - 2) % 7  # Quartz counts from Sunday, which is 1
        days = list(range(1 + (weekday - first) % 7, last + 1, 7))
        if hash_:
            yield from days[int(count) - 1 : int(count)]
        else:
            yield from days[-1:] if is_last else days
