"""What one program costs, as a process of its own: CPU, wall time, peak memory; and sandboxes."""

from __future__ import annotations

import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import requests

RECONCILER = (sys.executable, "-m", "reconciler")
KB = 1 if os.uname().sysname == "Darwin" else 1024  # bytes in the system's unit of peak memory


@dataclass(frozen=True, slots=True)
class Cost:
    """Seconds of CPU (user and system) and of the wall clock, megabytes at the peak."""

    cpu_s: float
    wall_s: float
    peak_mb: float
    stdout: str


def cost(*argv: str, may_end_with: Sequence[int] = (0,)) -> Cost:
    """Runs a program to its end; another exit code than expected ends the benchmark."""
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        started = time.perf_counter()
        process = subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=out, stderr=err)
        # The resources of this one child, however many there are besides.
        _, status, used = os.wait4(process.pid, 0)
        wall_s = time.perf_counter() - started
        process.returncode = os.waitstatus_to_exitcode(status)
        out.seek(0)
        err.seek(0)
        stdout = out.read().decode()
        if process.returncode not in may_end_with:
            sys.exit(f"{' '.join(argv)}\nended with {process.returncode}\n{err.read().decode()}")
    return Cost(used.ru_utime + used.ru_stime, wall_s, used.ru_maxrss * KB / 1e6, stdout)


def alternately(rounds: int, *programs: Callable[[], Cost]) -> list[Cost]:
    """The median costs of several programs, run in turns so that a busy machine hits all alike."""
    runs = [[program() for program in programs] for _ in range(rounds)]
    return [
        Cost(
            statistics.median(each.cpu_s for each in costs),
            statistics.median(each.wall_s for each in costs),
            statistics.median(each.peak_mb for each in costs),
            costs[0].stdout,
        )
        for costs in zip(*runs, strict=True)
    ]


@dataclass(frozen=True, slots=True)
class Sandbox:
    """A sandbox in a process of its own. `url` is the API's, `control` that of the control."""

    url: str
    control: str

    def clear_log(self) -> None:
        """Forgets the requests that were sent so far."""
        requests.delete(f"{self.control}/requests", timeout=60).raise_for_status()

    def log(self) -> list[dict[str, Any]]:
        """The requests that were sent since, but those for a token."""
        answer = requests.get(f"{self.control}/requests", timeout=60)
        entries: list[dict[str, Any]] = answer.json()["data"]
        return [entry for entry in entries if not entry["path"].startswith("/applications")]


@contextmanager
def serving(database: Path, *, latency: str = "0s") -> Iterator[Sandbox]:
    """A sandbox on that database, whose every answer waits *latency*, as long as it is used."""
    command = [*RECONCILER, "sandbox", "serve", "--db", str(database), "--port", "0"]
    with subprocess.Popen(
        [*command, "--latency", latency], stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        try:
            found = re.search(r"(http://[\d.]+:\d+)(\S+)", process.stdout.readline())
            assert found is not None, "the first line says where it listens"
            yield Sandbox(found[0], f"{found[1]}/_sandbox")
        finally:
            process.terminate()
