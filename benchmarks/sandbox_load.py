"""What the sandbox carries: python -m benchmarks.sandbox_load [--sources N] [--tenants N] …

Prints a table of what was measured beside the bar. The server is a process of its own, and what is
measured of it is its CPU time, so that a busy machine changes little.
"""

from __future__ import annotations

import argparse
import http.client
import json
import os
import re
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

TENANTS = 10_000
TICKS = os.sysconf("SC_CLK_TCK")
SANDBOX = (sys.executable, "-m", "reconciler", "sandbox")
PREFIX = "/api/public/v1"
CREDENTIALS = {"client_id": "sandbox-client", "client_secret": "sandbox-secret"}
STRIPE = {"sourceType": "stripe", "account_id": "acct_1", "client_secret": "sk_1"}
WAREHOUSE = {
    "host": "db.example.com",
    "port": 5432,
    "database": "shop",
    "schema": "public",
    "username": "loader",
    "password": "pass-1",
}


@dataclass(frozen=True, slots=True)
class Measure:
    """One row of the table; without a bar it is told for comparison."""

    what: str
    value: float
    unit: str
    bar: float | None = None

    @property
    def is_held(self) -> bool:
        return self.bar is None or self.value <= self.bar


class Client:
    """One kept connection with a token."""

    def __init__(self, port: int) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
        self._headers = {"Content-Type": "application/json"}
        token = self.call("POST", "/applications/token", CREDENTIALS)["access_token"]
        self._headers["Authorization"] = f"Bearer {token}"

    def call(self, method: str, path: str, body: Any = None) -> Any:
        """The JSON of a call; a refusal ends the benchmark."""
        text = None if body is None else json.dumps(body)
        self._connection.request(method, PREFIX + path, text, self._headers)
        response = self._connection.getresponse()
        answer = response.read()
        assert response.status < 300, (method, path, response.status, answer[:300])
        return json.loads(answer) if answer else None


@dataclass(frozen=True, slots=True)
class Server:
    """A sandbox in a process of its own."""

    pid: int
    port: int

    def cpu_s(self) -> float:
        """Seconds of CPU that the process has used so far."""
        fields = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / TICKS

    def cpu_ms_each(self, times: int, call: Callable[[], object]) -> float:
        """Milliseconds of the server's CPU for one call, over that many."""
        before = self.cpu_s()
        for _ in range(times):
            call()
        return (self.cpu_s() - before) * 1000 / times


@contextmanager
def serving(database: Path) -> Iterator[Server]:
    """A sandbox on that database, listening."""
    command = [*SANDBOX, "serve", "--db", str(database), "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            url = re.search(r"127\.0\.0\.1:(\d+)", process.stdout.readline())
            assert url is not None, "the first line says where it listens"
            yield Server(process.pid, int(url[1]))
        finally:
            process.terminate()


def load_measures(database: Path, tenants: int) -> Iterator[Measure]:
    """The bulk loading of that many made-up tenants, of 18 objects each."""
    started, cpu = time.monotonic(), _children_s()
    load(database, tenants)
    what = f"load of {tenants:,} tenants, {tenants * 18:,} objects"
    bar = 120 if tenants == TENANTS else None
    yield Measure(what, _children_s() - cpu, "s CPU", bar)
    yield Measure(f"{what}: by the wall clock", time.monotonic() - started, "s")
    yield Measure("its database", database.stat().st_size / 2**20, "MB")


def load(database: Path, tenants: int) -> None:
    """Adds made-up tenants to a database."""
    command = [*SANDBOX, "seed", "--tenants", str(tenants), "--db", str(database)]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)


def _children_s() -> float:
    """Seconds of CPU of the processes that this one has waited for."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def source(workspace_id: str, name: str) -> dict[str, Any]:
    return {"name": name, "workspaceId": workspace_id, "configuration": STRIPE}


def page_measures(server: Server) -> Iterator[Measure]:
    """Pages of 100 sources: of all of them, near and far, and of some workspaces as tools ask."""
    client = Client(server.port)
    sources = _count(client, "sources")
    ids = [row["workspaceId"] for row in client.call("GET", "/workspaces?limit=30")["data"]]
    some = f"&workspaceIds={','.join(ids)}"
    for what, offset, scope in (
        ("first page", 0, ""),
        ("page in the middle", sources // 2, ""),
        ("last page", sources - 100, ""),
        ("page of 30 workspaces", 0, some),
    ):
        path = f"/sources?limit=100&offset={offset}{scope}"
        assert len(client.call("GET", path)["data"]) == 100
        cost = server.cpu_ms_each(100, partial(client.call, "GET", path))
        yield Measure(f"{what}, 100 of {sources:,} sources", cost, "ms CPU", 20)


def _count(client: Client, collection: str) -> int:
    """How many rows a list has, found by halving: there is no count in the API."""
    least, most = 0, 1
    while client.call("GET", f"/{collection}?limit=1&offset={most}")["data"]:
        least, most = most, most * 2
    while most - least > 1:
        middle = (least + most) // 2
        has_row = client.call("GET", f"/{collection}?limit=1&offset={middle}")["data"]
        least, most = (middle, most) if has_row else (least, middle)
    return most


def create_measures(server: Server) -> Iterator[Measure]:
    """Creates by one client after another."""
    client = Client(server.port)
    home = client.call("POST", "/workspaces", {"name": "Bench"})["workspaceId"]

    create = partial(client.call, "POST", "/sources", source(home, "S"))
    create()
    yield Measure("create of a source", server.cpu_ms_each(300, create), "ms CPU", 5)
    ends = {
        "sourceId": create()["sourceId"],
        "destinationId": client.call(
            "POST",
            "/destinations",
            {
                "name": "W",
                "workspaceId": home,
                "configuration": {"destinationType": "postgres", **WAREHOUSE},
            },
        )["destinationId"],
        "configurations": {"streams": [{"name": "customers"}, {"name": "charges"}]},
    }
    client.call("POST", "/connections", ends)
    cost = server.cpu_ms_each(300, partial(client.call, "POST", "/connections", ends))
    yield Measure("create of a connection", cost, "ms CPU", 5)


def crowd_measures(server: Server, clients: int) -> Iterator[Measure]:
    """That many clients at once, each of which makes a workspace, ten sources, and lists them."""

    def work(number: int) -> float:
        client = Client(server.port)
        slowest = 0.0
        home = client.call("POST", "/workspaces", {"name": f"C{number}"})["workspaceId"]
        for index in range(10):
            started = time.monotonic()
            client.call("POST", "/sources", source(home, f"S{index}"))
            slowest = max(slowest, time.monotonic() - started)
        listed = client.call("GET", f"/sources?workspaceIds={home}&limit=100")["data"]
        assert len(listed) == 10
        return slowest

    started, cpu = time.monotonic(), server.cpu_s()
    with ThreadPoolExecutor(clients) as pool:
        slowest = max(pool.map(work, range(clients)))
    yield Measure(f"{clients} clients: requests", clients * 13 / (time.monotonic() - started), "/s")
    yield Measure(f"{clients} clients: slowest create", slowest * 1000, "ms")
    cost = (server.cpu_s() - cpu) * 1000 / (clients * 13)
    yield Measure(f"{clients} clients: a request", cost, "ms CPU", 20)


def table(measures: list[Measure]) -> str:
    lines = [f"{'what':58} {'measured':>16}  bar"]
    for one in measures:
        bar = "" if one.bar is None else f"≤ {one.bar:g}  {'held' if one.is_held else 'MISSED'}"
        lines.append(f"{one.what:58} {f'{one.value:,.1f} {one.unit}':>16}  {bar}".rstrip())
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tenants", type=int, default=TENANTS, help="how many to load")
    parser.add_argument("--clients", type=int, default=64)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        database = Path(folder) / "sandbox.db"
        measures = list(load_measures(database, options.tenants))
        load(database, options.tenants // 4)  # 8 sources each: 100,000 with the 10,000 tenants
        with serving(database) as server:
            measures += page_measures(server)
            measures += create_measures(server)
            measures += crowd_measures(server, options.clients)
    print(table(measures))
    sys.exit(not all(one.is_held for one in measures))


if __name__ == "__main__":
    main()
