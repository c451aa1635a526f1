"""Rows → CSV, as tenant sets read it: items of a list are separated by `;`."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence

from reconciler.model import Json


def render_table(columns: Sequence[str], rows: Sequence[Mapping[str, Json]]) -> str:
    """A header and a line a row; what a row has not is empty."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(columns)
    for row in rows:
        writer.writerow([_cell(row[column]) if column in row else "" for column in columns])
    return text.getvalue()


def _cell(value: Json) -> str:
    if isinstance(value, list):
        return ";".join(map(str, value))
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)
