"""Durations on the command line: `50ms`, `90s`, `5m`, `1h`, or a number of seconds."""

from __future__ import annotations

import re

import click

_UNITS = {"": 1.0, "ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0}


class _Duration(click.ParamType[float]):
    name = "duration"

    def convert(
        self,
        value: object,
        param: click.Parameter | None,
        ctx: click.Context | None,
    ) -> float:
        """Seconds."""
        found = re.fullmatch(r"(\d+(?:\.\d+)?)\s*(ms|[smh]?)", str(value).strip())
        if found is None:
            self.fail(f"{value!r} is no duration such as 90s, 5m or 1h.", param, ctx)
        return float(found[1]) * _UNITS[found[2]]


DURATION = _Duration()
