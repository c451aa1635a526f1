"""`make soak`: every request boundary of a plan of about 60 operations, and much else; counts it.

Prints a table for docs/reliability.md. Stops early, and says so, when the time given is over.
"""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
import threading
import time
import traceback
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from queue import Queue

from tests.journeys.survival.chaos import (
    FAULTS,
    Chaos,
    RateLimit,
    Restart,
    SecondWriter,
    clock_jump,
    disk_limit,
)
from tests.journeys.survival.harness import (
    APPLY,
    BOUNDARIES,
    Kill,
    Lose,
    Tool,
    Trial,
    World,
    assert_arrived,
    assert_converges,
    prepare,
    trial,
)

SEED = 20_260
WORKERS = 3  # a lost answer is mostly waiting


@dataclass(frozen=True, slots=True)
class Case:
    """One trial: what it belongs to, and how it goes; the number is of faults that struck."""

    family: str
    name: str
    run: Callable[[Trial, World, Tool], int]
    own_process: bool = False


def killed(number: int, boundary: str) -> Case:
    def run(tried: Trial, world: World, tool: Tool) -> int:
        harm = Kill(tool, number, boundary)
        tried.proxy.inflict(harm)
        tool.run(tried.project, *APPLY)
        assert_converges(tried, world, tool)
        return int(harm.struck)

    return Case("kill -9 at a request boundary", f"{number} {boundary}", run)


def lost(number: int, after: bool) -> Case:
    def run(tried: Trial, world: World, tool: Tool) -> int:
        tried.proxy.inflict(Lose(number, after=after))
        code, output = tool.run(tried.project, *APPLY)
        assert code == 0, output
        assert_arrived(tried, world, tool)
        return 1

    return Case("one answer lost", f"{number} {'after' if after else 'before'}", run)


def random_faults(seed: int, requests: int) -> Case:
    def run(tried: Trial, world: World, tool: Tool) -> int:
        chance = random.Random(seed)
        faults = {n: chance.choice(FAULTS) for n in range(2, requests) if chance.random() < 0.08}
        harm = Chaos(faults, tool.kill)
        tried.proxy.inflict(harm)
        tool.run(tried.project, *APPLY)
        assert_converges(tried, world, tool)
        return harm.struck

    return Case("random faults on 8 % of the requests", f"seed {seed}", run)


def restarted(number: int) -> Case:
    def run(tried: Trial, world: World, tool: Tool) -> int:
        assert tried.server is not None
        tried.proxy.inflict(Restart(tried.server, number))
        tool.run(tried.project, *APPLY)
        assert_converges(tried, world, tool)
        return tried.server.starts - 1

    return Case("server killed and started again", str(number), run, own_process=True)


def second_writer(number: int) -> Case:
    def run(tried: Trial, world: World, tool: Tool) -> int:
        harm = SecondWriter(tried.api, number)
        tried.proxy.inflict(harm)
        tool.run(tried.project, *APPLY)
        assert_converges(tried, world, tool)
        return harm.edits

    return Case("a second writer edits and deletes", str(number), run)


def jumping_clock(calls: int) -> Case:
    def run(tried: Trial, world: World, tool: Tool) -> int:
        code, output = tool.run(tried.project, *APPLY, environ=clock_jump(3600, calls))
        assert code == 0, output
        assert_arrived(tried, world, tool)
        return 1

    return Case("the clock jumps an hour", str(calls), run)


def full_disk(size: int) -> Case:
    def run(tried: Trial, world: World, tool: Tool) -> int:
        code, output = tool.run(tried.project, *APPLY, environ=disk_limit(size))
        assert code in (0, 1, 4), output
        assert_converges(tried, world, tool)
        return int(code != 0)

    return Case("full disk under the ledger", f"{size} bytes", run)


def rate_limited(tried: Trial, world: World, tool: Tool) -> int:
    harm = RateLimit(20)
    tried.proxy.inflict(harm)
    started = time.monotonic()
    code, output = tool.run(tried.project, *APPLY)
    assert code == 0, output
    ratio = (time.monotonic() - started) * 20 / harm.accepted
    say(f"  429 over 20 requests/s: {harm.accepted} accepted, {ratio:.2f} x the time that allows")
    assert ratio <= 1.3, ratio
    assert_arrived(tried, world, tool)
    return harm.refused


def cases(world: World) -> list[Case]:
    """Everything to try, mixed, so that a run that is cut short has tried of each."""
    numbers = range(1, len(world.requests) + 1)
    families: list[list[Case]] = [
        [killed(number, boundary) for number in numbers for boundary in BOUNDARIES],
        [lost(number, after) for number in numbers for after in (False, True)],
        [random_faults(SEED + n, len(world.requests)) for n in range(60)],
        [restarted(number) for number in numbers[5::10]],
        [second_writer(number) for number in numbers[8::10]],
        [jumping_clock(calls) for calls in (10, 30, 100, 300, 1000, 3000)],
        [full_disk(size) for size in range(4_096, 160_000, 12_288)],
    ]
    mixed = [case for family in families for case in family]
    random.Random(SEED).shuffle(mixed)
    return mixed


@dataclass(slots=True)
class Tally:
    """What has been tried, and what went wrong."""

    tried: Counter[str]
    struck: Counter[str]
    planned: Counter[str]
    failures: list[str]


def soak(minutes: float, tenants: int) -> Tally:
    """Tries everything, or as much as the time allows."""
    deadline = time.monotonic() + minutes * 60
    with tempfile.TemporaryDirectory() as folder, tools() as free:
        first = free.get()
        world = prepare(Path(folder) / "world", first, tenants=tenants, sources=6)
        say(f"A plan of {world.operations} operations, {len(world.requests)} requests.")
        with trial(world, Path(folder) / "limited") as tried:
            refused = rate_limited(tried, world, first)
        free.put(first)
        todo = cases(world)
        tally = Tally(Counter(), Counter(), Counter(case.family for case in todo), [])
        tally.tried["429 over 20 requests a second"] = 1
        tally.planned["429 over 20 requests a second"] = 1
        tally.struck["429 over 20 requests a second"] = refused
        numbers, lock = count(), threading.Lock()

        def attempt(case: Case) -> None:
            if time.monotonic() > deadline:
                return
            tool = free.get()
            place = Path(folder) / f"trial{next(numbers)}"
            try:
                with trial(world, place, own_process=case.own_process) as tried:
                    struck = case.run(tried, world, tool)
                with lock:
                    tally.tried[case.family] += 1
                    tally.struck[case.family] += struck
            except AssertionError as problem:
                with lock:
                    tally.tried[case.family] += 1
                    where = traceback.format_exc(limit=-1).strip()
                    tally.failures.append(f"{case.family}, {case.name}: {problem}\n{where}")
            finally:
                free.put(tool)

        with ThreadPoolExecutor(WORKERS) as pool:
            list(pool.map(attempt, todo))
    return tally


@contextmanager
def tools() -> Iterator[Queue[Tool]]:
    free: Queue[Tool] = Queue()
    made = [Tool() for _ in range(WORKERS)]
    for tool in made:
        free.put(tool)
    try:
        yield free
    finally:
        for tool in made:
            tool.close()


def say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def main() -> int:
    """Runs and reports; 1 when anything went wrong."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=30.0, help="stop after so long")
    parser.add_argument("--tenants", type=int, default=4)
    arguments = parser.parse_args()
    started = time.monotonic()
    tally = soak(arguments.minutes, arguments.tenants)
    say("| what | tried | of | faults that struck |\n|---|---|---|---|")
    for family, planned in sorted(tally.planned.items()):
        say(f"| {family} | {tally.tried[family]} | {planned} | {tally.struck[family]} |")
    for failure in tally.failures:
        say(f"\nFAILED {failure}")
    total = sum(tally.tried.values())
    taken_min = (time.monotonic() - started) / 60
    say(f"\n{total} trials in {taken_min:.1f} minutes, {len(tally.failures)} failed.")
    return 1 if tally.failures else 0


if __name__ == "__main__":
    sys.exit(main())
