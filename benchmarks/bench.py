"""Every number to hold, measured: python -m benchmarks.bench [--size small] [--only ROW] [--json]

Each row is measured beside the least that its work could cost (the floor), in the same run, in
processes of their own, in turns; medians are told. docs/scale.md says how to read the table.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from benchmarks.rows import ROWS, SIZES, Bench, Row

FORMAT = 1


def table(rows: Sequence[Row]) -> str:
    """The rows for people."""
    cells = [("", "measured", "floor", "ratio", "bar", "")] + [_cells(row) for row in rows]
    widths = [max(len(row[column]) for row in cells) for column in range(6)]
    lines = []
    for first, *others in cells:
        aligned = [cell.rjust(width) for cell, width in zip(others, widths[1:], strict=True)]
        lines.append("  ".join([first.ljust(widths[0]), *aligned]).rstrip())
    return "\n".join(lines)


def _cells(row: Row) -> tuple[str, str, str, str, str, str]:
    def number(value: float) -> str:
        text = f"{value:,.0f}" if value >= 100 or value == int(value) else f"{value:,.2f}"
        return f"{text} {row.unit}".rstrip()

    has_floor = row.floor is not None and row.ratio is not None
    return (
        row.what,
        number(row.measured),
        number(row.floor) if row.floor is not None else "",
        f"{row.ratio:.2f}" if row.ratio is not None else "",
        f"≤ {row.bar:g} floors" if has_floor else f"≤ {number(row.bar)}",
        "holds" if row.holds else "MISSED",
    )


def measured(bench: Bench, only: Sequence[str]) -> list[Row]:
    """The rows, told on stderr as they come."""
    rows = []
    for name, rows_of in ROWS.items():
        if only and name not in only:
            continue
        started = time.monotonic()
        for row in rows_of(bench):
            rows.append(row)
            print(" ".join("  ".join(_cells(row)).split()), file=sys.stderr, flush=True)
        print(f"({name}: {time.monotonic() - started:.0f} s)", file=sys.stderr, flush=True)
    return rows


def as_json(rows: Sequence[Row], bench: Bench) -> dict[str, Any]:
    """All that was measured, and where."""
    return {
        "formatVersion": FORMAT,
        "machine": {"cores": os.cpu_count(), "python": platform.python_version()},
        "rows": [row.as_json() for row in rows],
        "samples": [asdict(sample) for sample in bench.samples],
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--size", choices=list(SIZES), default="full")
    parser.add_argument("--only", action="append", choices=list(ROWS), default=[])
    parser.add_argument("--json", action="store_true", help="JSON in place of the table")
    parser.add_argument("--folder", type=Path, help="keep fleets and sandboxes here, for next time")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = given.folder or Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        bench = Bench(folder, SIZES[given.size])
        rows = measured(bench, given.only)
    print(json.dumps(as_json(rows, bench), indent=2) if given.json else table(rows))
    # In a small fleet starting up is all there is, so that ratios say nothing.
    sys.exit(given.size == "full" and not all(row.holds for row in rows))


if __name__ == "__main__":
    main()
