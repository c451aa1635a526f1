"""Texts in columns under one another, as wide as a terminal has room for."""

from __future__ import annotations

from collections.abc import Sequence

from reconciler.render.parts.values import shortened

_GAP = "  "
_LEAST = 8  # characters that a name keeps on the narrowest terminal


def aligned(rows: Sequence[Sequence[str]], numeric: Sequence[int] = ()) -> list[str]:
    """Each row as one line, columns under one another, numbers to the right."""
    widths = _widths(rows)
    return [
        _GAP.join(
            cell.rjust(width) if column in numeric else cell.ljust(width)
            for column, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    ]


def names_cut(rows: Sequence[Sequence[str]], width: int | None) -> list[Sequence[str]]:
    """*rows* with their first two columns, names, cut to what the others leave of *width*.

    Without a width nothing is cut: nobody reads it on a terminal.
    """
    if width is None:
        return list(rows)
    first, second, *others = _widths(rows)
    room = max(width - sum(others) - len(_GAP) * (len(others) + 1), 2 * _LEAST)
    # The shorter of the two leaves the other what it does not need.
    first = min(first, max(room - second, room // 2))
    second = min(second, room - first)
    return [(shortened(row[0], first), shortened(row[1], second), *row[2:]) for row in rows]


def _widths(rows: Sequence[Sequence[str]]) -> list[int]:
    return [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
