"""Ways to disturb an apply besides killing it: faults, a second writer, a server that dies."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from reconciler.sandbox.server.serving import Sandbox
from tests.journeys.survival.proxy import Arrival, Dropped, Harm
from tests.support import ROOT, Api

STATUSES = (429, 500, 502, 503, 504)
FAULTS = ("before", "after", "kill", *(str(status) for status in STATUSES))
"""A fault of one request: cut before or after it is carried out, kill the tool, or a status."""


class Chaos(Harm):
    """A fault at each of the chosen requests; counts those that struck."""

    def __init__(self, faults: Mapping[int, str], kill: Callable[[], None]) -> None:
        self._faults = faults
        self._kill = kill
        self.struck = 0

    def arrived(self, arrival: Arrival) -> tuple[int, dict[str, str]] | None:
        fault = self._faults.get(arrival.number, "")
        self.struck += bool(fault)
        if fault == "before":
            raise Dropped
        if fault == "kill":
            self._kill()
            raise Dropped
        return (int(fault), {}) if fault.isdigit() else None

    def carried_out(self, arrival: Arrival) -> None:
        if self._faults.get(arrival.number) == "after":
            raise Dropped


class RateLimit(Harm):
    """Answers 429 to everything over so many requests in a second of the clock."""

    def __init__(self, per_second: int) -> None:
        self._per_second = per_second
        self._lock = threading.Lock()
        self._second = 0
        self._taken = 0
        self.accepted = 0
        self.refused = 0

    def arrived(self, _arrival: Arrival) -> tuple[int, dict[str, str]] | None:
        with self._lock:
            second = int(time.monotonic())
            if second != self._second:
                self._second, self._taken = second, 0
            self._taken += 1
            if self._taken > self._per_second:
                self.refused += 1
                return 429, {}
            self.accepted += 1
            return None


class SecondWriter(Harm):
    """Somebody else who edits and deletes by the API while the tool is at work."""

    def __init__(self, api: Api, number: int) -> None:
        self._api = api
        self._number = number
        self.edits = 0

    def carried_out(self, arrival: Arrival) -> None:
        if arrival.number == self._number:
            self.write()

    def write(self) -> None:
        """Edits some connections and deletes a source."""
        for row in self._api.rows("connections")[:2]:
            path = f"/connections/{row['connectionId']}"
            self._api.call("PATCH", path, {"schedule": {"scheduleType": "manual"}})
            self.edits += 1
        for row in self._api.rows("sources")[-1:]:
            self._api.call("DELETE", f"/sources/{row['sourceId']}")
            self.edits += 1


class LateWriter(SecondWriter):
    """A second writer who comes when all is written and the tool begins to read it again."""

    def __init__(self, api: Api) -> None:
        super().__init__(api, -1)
        self._readings = 0

    def arrived(self, arrival: Arrival) -> None:
        is_reading = (arrival.method, arrival.path) == ("GET", "/workspaces")
        self._readings += is_reading
        if is_reading and self._readings == 2:
            self.write()


class Server:
    """A sandbox in a process of its own, which can be killed and started again on its database."""

    def __init__(self, database: Path) -> None:
        self._database = database
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.sandbox = Sandbox("127.0.0.1", probe.getsockname()[1])
        self.starts = 0
        self._process: subprocess.Popen[str] | None = None
        self.start()

    def start(self) -> None:
        port = str(self.sandbox.port)
        command = [sys.executable, "-m", "tests.journeys.survival.serve", str(self._database), port]
        self._process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT)
        assert self._process.stdout is not None
        self._process.stdout.readline()  # it says when it is up
        self.starts += 1

    def kill(self) -> None:
        """Ends it as a power cut does, without a word to anybody."""
        if self._process is not None:
            self._process.send_signal(signal.SIGKILL)
            self._process.wait(10)
            assert self._process.stdout is not None
            self._process.stdout.close()
            self._process = None


@contextmanager
def serving(database: Path) -> Iterator[Server]:
    """A server process that ends with the block."""
    server = Server(database)
    try:
        yield server
    finally:
        server.kill()


class Restart(Harm):
    """Kills the server at one request and starts it again."""

    def __init__(self, server: Server, number: int) -> None:
        self._server = server
        self._number = number
        self._lock = threading.Lock()

    def arrived(self, arrival: Arrival) -> None:
        if arrival.number == self._number:
            with self._lock:
                self._server.kill()
                threading.Thread(target=self._server.start).start()
            raise Dropped


def disk_limit(size: int) -> dict[str, str]:
    """The environment of a tool whose files cannot grow beyond *size* bytes."""
    return {"SURVIVAL_FILE_LIMIT": str(size)}


def clock_jump(seconds: float, after_calls: int) -> dict[str, str]:
    """The environment of a tool whose clocks jump after having been read so often."""
    return {"SURVIVAL_CLOCK_JUMP": f"{seconds} {after_calls}"}


class Blind(Harm):
    """Once anything was written, no workspace can be listed any more."""

    def __init__(self) -> None:
        self._has_written = False

    def arrived(self, arrival: Arrival) -> tuple[int, dict[str, str]] | None:
        self._has_written |= arrival.method == "PATCH"
        is_list = arrival.method == "GET" and arrival.path.startswith("/workspaces")
        is_hit = self._has_written and is_list
        return (403, {}) if is_hit else None
