"""The rows of the table: how each number is measured, and the bar that it is held against."""

from __future__ import annotations

import json
import math
import os
import shutil
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlencode

from benchmarks.fleet import USUAL, Mix, businesses, write_fleet, write_project
from benchmarks.measure import RECONCILER, Cost, Sandbox, alternately, cost, serving

LISTS = ("workspaces", "sources", "destinations", "connections")
FLOOR = (RECONCILER[0], "-m", "benchmarks.floors")
LATENCY = "50ms"


@dataclass(frozen=True, slots=True)
class Size:
    """How many tenants the rows are about; the names say how many it should be."""

    hundred: int = 100
    thousand: int = 1_000
    ten_thousand: int = 10_000
    rounds: int = 3


SIZES = {"full": Size(), "small": Size(hundred=2, thousand=3, ten_thousand=4, rounds=1)}


@dataclass(frozen=True, slots=True)
class Row:
    """One number to hold. The bar is for the ratio where there is a floor, else for the number."""

    what: str
    unit: str
    measured: float
    bar: float
    floor: float | None = None

    @property
    def ratio(self) -> float | None:
        return None if self.floor is None else self.measured / self.floor

    @property
    def holds(self) -> bool:
        return (self.measured if self.ratio is None else self.ratio) <= self.bar

    def as_json(self) -> dict[str, Any]:
        return {**asdict(self), "ratio": self.ratio, "holds": self.holds}


@dataclass(frozen=True, slots=True)
class Sample:
    """What one run over a whole fleet took, for the cost model."""

    command: str
    shape: str
    rows: Mapping[str, int]
    requests: int
    cpu_s: float
    wall_s: float
    peak_mb: float


Shape = Literal["files", "set"]
SHAPES: tuple[Shape, ...] = ("files", "set")


@dataclass(frozen=True, slots=True)
class Bench:
    """A folder to work in, the size of the fleets, and the samples that were taken on the way."""

    folder: Path
    size: Size
    samples: list[Sample] = field(default_factory=list)

    def project(
        self, tenants: int, shape: Shape = "files", url: str = "sandbox", mix: Mix = USUAL
    ) -> Path:
        """A project of that many tenants whose environment is at *url*; written when it is new."""
        folder = self.folder / f"{shape}-{_name(tenants, mix)}"
        if not folder.exists():
            write_fleet(folder, tenants=tenants, shape=shape, mix=mix)
        write_project(folder, shape=shape, url=url)
        return folder

    @contextmanager
    def loaded(
        self, tenants: int, shape: Shape = "files", latency: str = "0s", mix: Mix = USUAL
    ) -> Iterator[tuple[Path, Sandbox]]:
        """A project and a sandbox that is as it says."""
        database = self.folder / f"{_name(tenants, mix)}.db"
        if not database.exists():
            unfinished = self.folder / "loading.db"
            # In a process of its own: a child's peak memory is counted from its parent's.
            project = str(self.project(tenants, mix=mix))
            cost(sys.executable, "-m", "benchmarks.load", project, str(unfinished))
            unfinished.rename(database)
        with serving(database, latency=latency) as sandbox:
            yield self.project(tenants, shape, sandbox.url, mix), sandbox


def _name(tenants: int, mix: Mix) -> str:
    if mix == USUAL:
        return str(tenants)
    return f"{tenants}-of-{mix.least}-{mix.most}" + ("" if mix.connected else "-unconnected")


def check_unchanged(used: Cost) -> None:
    """Ends the benchmark for a plan that found something to do: then another thing is measured."""
    assert used.stdout.startswith("No changes."), used.stdout[:1000]


def rows_of(tenants: int, mix: Mix = USUAL) -> dict[str, int]:
    """How many rows the lists of a generated fleet have."""
    sources = sum(len(business.uses) for business in businesses(tenants, mix=mix))
    counts = (tenants, sources, tenants, sources if mix.connected else 0)
    return dict(zip(LISTS, counts, strict=True))


def reconciler(project: Path, *arguments: str) -> Cost:
    """What a command costs in a project that has never been planned or applied."""
    shutil.rmtree(project / ".reconciler", ignore_errors=True)
    return cost(*RECONCILER, "--project", str(project), *arguments)


def startup(bench: Bench) -> Iterator[Row]:
    (used,) = alternately(max(bench.size.rounds, 3), lambda: cost(*RECONCILER, "--help"))
    yield Row("start-up: reconciler --help, CPU", "s", used.cpu_s, 0.25)


def validation(bench: Bench) -> Iterator[Row]:
    tenants = bench.size.thousand
    project = bench.project(tenants)
    measured, floor = alternately(
        bench.size.rounds,
        partial(reconciler, project, "validate"),
        partial(cost, *FLOOR, "files", str(project)),
    )
    what = f"validate, {tenants:,} tenants, CPU : CSafeLoader"
    yield Row(what, "s", measured.cpu_s, 3.0, floor.cpu_s)


def unchanged(bench: Bench) -> Iterator[Row]:
    """The plans of whole fleets with nothing to change, near the sandbox and far from it."""
    size = bench.size
    with bench.loaded(size.hundred) as (project, sandbox):
        _planned(bench, "files", size.hundred, project, sandbox)
    for latency in ("0s", LATENCY):
        with bench.loaded(size.thousand, latency=latency) as (project, sandbox):
            if latency == "0s":
                log = _planned(bench, "files", size.thousand, project, sandbox)
                yield _requests_row(size.thousand, log)
            yield from _wall_rows(bench, project, sandbox, log, latency)
    for shape in SHAPES:
        with bench.loaded(size.ten_thousand, shape) as (project, sandbox):
            log = _planned(bench, shape, size.ten_thousand, project, sandbox)
            if shape == "files":
                yield _requests_row(size.ten_thousand, log)
        what = f"plan, {size.ten_thousand:,} tenants as {shape}, peak memory"
        yield Row(what, "MB", bench.samples[-1].peak_mb, 500.0)


def _planned(
    bench: Bench,
    shape: Shape,
    tenants: int,
    project: Path,
    sandbox: Sandbox,
    mix: Mix = USUAL,
) -> list[dict[str, Any]]:
    """The requests of a plan of everything, whose cost goes to the samples."""
    sandbox.clear_log()
    used = reconciler(project, "plan")
    check_unchanged(used)
    log = sandbox.log()
    assert {entry["method"] for entry in log} == {"GET"}, "a plan sends only GETs"
    rows = rows_of(tenants, mix)
    sample = Sample("plan", shape, rows, len(log), used.cpu_s, used.wall_s, used.peak_mb)
    bench.samples.append(sample)
    return log


def _requests_row(tenants: int, log: list[dict[str, Any]]) -> Row:
    pages = sum(math.ceil(count / 100) for count in rows_of(tenants).values())
    what = f"plan, {tenants:,} tenants, nothing to change: requests"
    return Row(what, "", len(log), 1.25 * pages + 2)


def _wall_rows(
    bench: Bench, project: Path, sandbox: Sandbox, log: list[dict[str, Any]], latency: str
) -> Iterator[Row]:
    listing = bench.folder / "pages.json"
    listing.write_text(json.dumps([path_of(entry) for entry in log]))
    measured, floor = alternately(
        bench.size.rounds,
        partial(reconciler, project, "plan"),
        partial(cost, *FLOOR, "both", str(project), sandbox.url, str(listing)),
    )
    what = f"plan, {bench.size.thousand:,} tenants, wall : bare loop, latency {latency}"
    yield Row(what, "s", measured.wall_s, 1.5, floor.wall_s)


def path_of(entry: Mapping[str, Any]) -> str:
    """The path and query of a request in the sandbox's log."""
    return f"{entry['path']}?{urlencode([tuple(pair) for pair in entry['query']])}"


def one_tenant(bench: Bench) -> Iterator[Row]:
    """The plan of one tenant in a large fleet, held against the same in a small one.

    The listing of the workspaces is all that may grow: what a bare loop takes for it is added.
    """
    size = bench.size
    (chosen,) = (business.tenant for business in businesses(1))
    no_pages = bench.folder / "no-pages.json"
    no_pages.write_text("[]")
    with bench.loaded(size.hundred) as (_, near):
        for shape in SHAPES:
            small = bench.project(size.hundred, shape, near.url)
            with bench.loaded(size.ten_thousand, shape) as (large, sandbox):
                sandbox.clear_log()
                check_unchanged(reconciler(large, "plan", chosen))
                log = sandbox.log()
                listing = bench.folder / "pages.json"
                pages = [path_of(entry) for entry in log if entry["path"] == "/workspaces"]
                listing.write_text(json.dumps(pages))
                measured, alone, fetched, nothing = alternately(
                    size.rounds,
                    partial(reconciler, large, "plan", chosen),
                    partial(reconciler, small, "plan", chosen),
                    partial(cost, *FLOOR, "pages", sandbox.url, str(listing)),
                    partial(cost, *FLOOR, "pages", sandbox.url, str(no_pages)),
                )
            what = f"plan of one tenant among {size.ten_thousand:,} as {shape}"
            floor = alone.cpu_s + fetched.cpu_s - nothing.cpu_s
            among = f"among {size.hundred:,} + the listing"
            yield Row(f"{what}, CPU : {among}", "s", measured.cpu_s, 1.5, floor)
            yield Row(f"{what}: requests beyond it", "", len(log) - len(pages), len(LISTS))


def cold_apply(bench: Bench) -> Iterator[Row]:
    """An apply of a whole fleet to an empty sandbox, its plan and its verification included."""
    tenants = bench.size.hundred
    objects = sum(rows_of(tenants).values())
    costs = []
    for number in range(bench.size.rounds):
        database = bench.folder / f"empty-{number}.db"
        with serving(database) as sandbox:
            project = bench.project(tenants, url=sandbox.url)
            costs.append(reconciler(project, "apply", "--auto-approve", "--quiet"))
        for file in bench.folder.glob(f"{database.name}*"):
            os.unlink(file)
    each_ms = sorted(used.cpu_s for used in costs)[len(costs) // 2] / objects * 1000
    yield Row(f"apply, cold, {objects:,} objects: CPU of each", "ms", each_ms, 3.0)


MIXES = (Mix(5, 5), Mix(10, 10), Mix(10, 10, connected=False))


def mixes(bench: Bench) -> Iterator[Row]:
    """No rows, but samples by which the cost model tells tenants, sources and connections apart."""
    tenants = bench.size.thousand
    for mix in MIXES:
        with bench.loaded(tenants, mix=mix) as (project, sandbox):
            _planned(bench, "files", tenants, project, sandbox, mix)
    yield from ()


ROWS: Mapping[str, Callable[[Bench], Iterator[Row]]] = {
    "startup": startup,
    "validate": validation,
    "plan": unchanged,
    "one-tenant": one_tenant,
    "apply": cold_apply,
    "mixes": mixes,
}
