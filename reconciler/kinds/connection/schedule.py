"""Schedules of connections in one form. Source: Airbyte public API, `schedule` of a connection."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from reconciler.model import MISSING, Json
from reconciler.model.changes import Equality, EqualReason

UTC = "UTC"
_ZONE = re.compile(r"[A-Za-z][A-Za-z0-9_+-]*(/[A-Za-z0-9_+/-]+)?\Z")
_FIELDS_BEFORE_ZONE = 6  # Quartz has six fields and an optional year, which has no letters


def normal_schedule(schedule: Mapping[str, Json]) -> Mapping[str, Json]:
    """*schedule* with single spaces and without the zone UTC, which the API appends to every cron.

    Any other zone stays: it was set in the UI and is a difference. A manual schedule has no cron.
    """
    normal = {field: value for field, value in schedule.items() if value is not None}
    if normal.get("scheduleType") != "cron":
        normal.pop("cronExpression", None)
        return normal
    words = str(normal.get("cronExpression", "")).split()
    if _zone(words).upper() == UTC:
        words.pop()
    return {**normal, "cronExpression": " ".join(words)}


def foreign_zone(schedule: Mapping[str, Json]) -> str:
    """The time zone of a normal *schedule* that is not UTC: only the UI can set one."""
    return _zone(str(schedule.get("cronExpression", "")).split())


def _zone(words: Sequence[str]) -> str:
    """The zone behind the fields of a cron expression, empty when there is none."""
    has_one = len(words) > _FIELDS_BEFORE_ZONE and _ZONE.match(words[-1])
    return words[-1] if has_one else ""


def explain(live: Mapping[str, Json], desired: Mapping[str, Json]) -> Iterator[Equality]:
    """What `normal_schedule` hides of the schedule as the API wrote it."""
    written = live.get("cronExpression")
    at = ("schedule", "cronExpression")
    if not isinstance(written, str):
        return
    if live.get("scheduleType") != "cron":
        yield Equality(at, written, MISSING, EqualReason.NO_CRON)
        return
    shown = normal_schedule(live)["cronExpression"]
    if shown != desired.get("cronExpression"):
        return
    single = " ".join(written.split())
    if single != shown:
        yield Equality(at, written, shown, EqualReason.ZONE)
    if single != written:
        yield Equality(at, written, shown, EqualReason.SPACING)
