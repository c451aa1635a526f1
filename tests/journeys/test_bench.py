"""The benchmark runs, on a fleet so small that nothing is said about time."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from benchmarks.bench import table
from benchmarks.rows import Row
from tests.support import ROOT


def test_rows_of_the_benchmark_are_measured_beside_their_floors(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "benchmarks.bench", "--size", "small", "--json"]
    rows = ["--only", "validate", "--only", "one-tenant", "--folder", str(tmp_path)]
    done = subprocess.run(
        [*command, *rows], cwd=ROOT, capture_output=True, text=True, check=False, timeout=300
    )
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)["rows"]
    assert [row["unit"] for row in found] == ["s", "s", "", "s", ""]
    assert all(row["floor"] > 0 for row in found if row["unit"] == "s")
    assert [row["measured"] for row in found if not row["unit"]] == [3, 3], "one call a list"


def test_a_row_is_held_against_its_bar_by_ratio_where_there_is_a_floor() -> None:
    rows = [Row("plan", "s", 3.0, 1.5, floor=2.0), Row("memory", "MB", 501.0, 500.0)]
    assert table(rows).splitlines() == [
        "        measured  floor  ratio           bar",
        "plan         3 s    2 s   1.50  ≤ 1.5 floors   holds",
        "memory    501 MB                    ≤ 500 MB  MISSED",
    ]
