"""Fits a cost model to the samples of a benchmark: python -m benchmarks.model bench.json

Requests, CPU, memory of a plan as `a + b·tenants + c·sources + d·connections`: the least sum of
squared relative errors over the samples of manifests in files. Prints the formulas, how far each
sample is from them, and what they say of more tenants, of the usual mix.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

MEASURES = {"requests": "requests", "cpu_s": "CPU, s", "peak_mb": "memory, MB"}
SOURCES_EACH = 7.5  # of a tenant in the usual mix, and as many connections
FORETOLD = (1_000, 10_000, 100_000, 1_000_000)

Vector = list[float]


def main() -> None:
    samples = json.loads(Path(sys.argv[1]).read_text())["samples"]
    samples = [sample for sample in samples if sample["shape"] == "files"]
    models = {name: fitted(samples, name) for name in MEASURES}
    for name, title in MEASURES.items():
        a, b, c, d = models[name]
        print(f"{title:<12} = {a:.4g} + {b:.4g}·tenants + {c:.4g}·sources + {d:.4g}·connections")
    print(f"\n{'tenants':>9} {'sources':>9} {'connections':>11}   measured (and by the model)")
    for sample in samples:
        rows = sample["rows"]
        cells = [f"{rows['workspaces']:>9,} {rows['sources']:>9,} {rows['connections']:>11,} "]
        for name, title in MEASURES.items():
            guess = predicted(models[name], features(rows))
            cells.append(f"{title}: {sample[name]:,.1f} ({guess:,.1f})")
        print("  ".join(cells))
    print("\nOf the usual mix:")
    for tenants in FORETOLD:
        rows = {"workspaces": tenants}
        rows |= dict.fromkeys(("sources", "connections"), round(tenants * SOURCES_EACH))
        told = (
            f"{title}: {predicted(models[name], features(rows)):,.0f}"
            for name, title in MEASURES.items()
        )
        print(f"{tenants:>9,} tenants  " + "  ".join(told))


def features(rows: Mapping[str, int]) -> Vector:
    """What a cost is made of: a start, and so much for each row."""
    return [1.0, float(rows["workspaces"]), float(rows["sources"]), float(rows["connections"])]


def predicted(model: Sequence[float], of: Sequence[float]) -> float:
    """The cost by the model."""
    return sum(factor * value for factor, value in zip(model, of, strict=True))


def fitted(samples: Sequence[Mapping[str, Any]], measure: str) -> Vector:
    """The factors that fit the samples best, none below 0: a row never saves anything."""
    kept = [0, 1, 2, 3]
    while True:
        found = _least_squares(
            [[features(sample["rows"])[at] / sample[measure] for at in kept] for sample in samples]
        )
        if min(found) >= 0 or len(kept) == 1:
            return [found[kept.index(at)] if at in kept else 0.0 for at in range(4)]
        kept.pop(found.index(min(found)))


def _least_squares(rows: Sequence[Vector]) -> Vector:
    """The x for which *rows*·x is nearest to 1 everywhere, by Gauss's normal equations."""
    width = len(rows[0])
    matrix = [
        [sum(row[i] * row[j] for row in rows) for j in range(width)] + [sum(r[i] for r in rows)]
        for i in range(width)
    ]
    for i in range(width):
        pivot = max(range(i, width), key=lambda at: abs(matrix[at][i]))
        matrix[i], matrix[pivot] = matrix[pivot], matrix[i]
        for j in range(width):
            if j != i:
                factor = matrix[j][i] / matrix[i][i]
                matrix[j] = [a - factor * b for a, b in zip(matrix[j], matrix[i], strict=True)]
    return [row[-1] / row[i] for i, row in enumerate(matrix)]


if __name__ == "__main__":
    main()
