"""A plan that does a bit of everything, the tool as a process to kill, and what must be true after.

The world before is made once and copied for each trial: the sandbox's database and the project with
its ledger. The world after is compared by what the API shows, without its ids.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from reconciler.sandbox.server.serving import Sandbox, Settings, running
from tests.journeys.manifests import ENVIRON, bigquery, stripe
from tests.journeys.survival.chaos import Server, serving
from tests.journeys.survival.proxy import Arrival, Dropped, Harm, Proxy, proxying
from tests.support import ROOT, Api, Project

Tenant = dict[str, Any]


def tenant(name: str, *, after: bool, sources: int) -> Tenant:
    """A tenant whose second version adds, changes and retires things."""
    faker = {"type": "faker", "configuration": {"count": 20 if after else 10}}
    made = {f"faker{n}": faker for n in range(sources if after else 1)}
    cron = {"scheduleType": "cron", "cronExpression": f"0 0 {5 if after else 2} * * ?"}
    connections: Tenant = {key: {"schedule": cron, "streams": [{"name": "users"}]} for key in made}
    gone = {"state": "absent", "reason": "not used any more"} if after else None
    connections["stripe"] = gone or {"streams": [{"name": "customers"}]}
    return {
        "version": 1,
        "tenant": name,
        "workspace": {"name": f"{name} Inc"},
        "sources": {**made, "stripe": gone or stripe()},
        "destination": bigquery(dataset_id="after" if after else "before"),
        "connections": connections,
    }


class Tool:
    """Runs commands of the tool in processes of their own."""

    def __init__(self) -> None:
        self._server = subprocess.Popen(
            [sys.executable, "-m", "tests.journeys.survival.forkserver"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=ROOT,
        )
        self.pid = 0

    def run(
        self,
        project: Project,
        *arguments: str,
        environ: Mapping[str, str] | None = None,
        out: str = "output.txt",
    ) -> tuple[int, str]:
        """The exit code (negative for a signal) and everything it printed."""
        file = project.folder / out
        wanted = {
            "cwd": str(project.folder),
            "arguments": arguments,
            "env": project.environ | dict(environ or {}),
            "out": str(file),
        }
        assert self._server.stdin is not None
        assert self._server.stdout is not None
        self._server.stdin.write(json.dumps(wanted) + "\n")
        self._server.stdin.flush()
        self.pid = int(json.loads(self._server.stdout.readline())["pid"])
        code = int(json.loads(self._server.stdout.readline())["code"])
        self.pid = 0
        return code, file.read_text(encoding="utf-8", errors="replace")

    def kill(self) -> None:
        """Ends the running command as the kernel does when memory is short."""
        if self.pid:
            os.kill(self.pid, signal.SIGKILL)

    def close(self) -> None:
        assert self._server.stdin is not None
        assert self._server.stdout is not None
        self._server.stdin.close()
        self._server.wait(10)
        self._server.stdout.close()


@dataclass(frozen=True, slots=True)
class World:
    """The state to start each trial from, and the one to end in."""

    folder: Path
    operations: int
    requests: tuple[Arrival, ...]
    expected: Any


@dataclass(frozen=True, slots=True)
class Trial:
    """One start of the world: a sandbox behind a proxy, and the project that is to be applied."""

    project: Project
    proxy: Proxy
    sandbox: Sandbox
    server: Server | None = None

    @property
    def api(self) -> Api:
        """A client of the sandbox itself, past the proxy."""
        return Api(self.sandbox)

    def state(self) -> Any:
        """Everything live, by name; ids and times, which differ each time, left out."""
        names: dict[str, str] = {}
        rows = {
            c: self.api.rows(c) for c in ("workspaces", "sources", "destinations", "connections")
        }
        for collection, found in rows.items():
            id_field = collection.removesuffix("s") + "Id"
            names |= {row[id_field]: f"{collection}:{row['name']}" for row in found}
        return {
            collection: sorted(
                (_nameless(row, names) for row in found), key=lambda row: json.dumps(row)
            )
            for collection, found in rows.items()
        }

    def intents(self) -> list[str]:
        with self.project.open_ledger() as ledger:
            return [str(intent.key) for intent in ledger.intents()]


def _nameless(value: Any, names: dict[str, str]) -> Any:
    if isinstance(value, dict):
        return {
            k: _nameless(v, names)
            for k, v in sorted(value.items())
            if k != "createdAt" and not (isinstance(v, str) and k.endswith("Id") and v not in names)
        }
    if isinstance(value, list):
        return [_nameless(item, names) for item in value]
    return names.get(value, value) if isinstance(value, str) else value


def prepare(folder: Path, tool: Tool, *, tenants: int, sources: int) -> World:
    """Applies the first version, then the second on a copy, to know where it must end."""
    folder.mkdir(parents=True, exist_ok=True)
    names = [f"t{number}" for number in range(tenants)]
    with running(Settings(database=folder / "before.db")) as sandbox:
        project = Project(_made(folder / "before"), sandbox.url, dict(ENVIRON))
        for name in names:
            project.tenant(tenant(name, after=False, sources=sources), name)
        code, output = tool.run(project, "apply", "--auto-approve")
        assert code == 0, output
    for name in names:
        project.tenant(tenant(name, after=True, sources=sources), name)
    start = World(folder, 0, (), None)
    with trial(start, folder / "reference") as reference:
        code, output = tool.run(reference.project, *APPLY, "--events", "events.jsonl")
        assert code == 0, output
        events = (reference.project.folder / "events.jsonl").read_text().splitlines()
        operations = sum('"event": "operation"' in event for event in events)
        return World(folder, operations, reference.proxy.arrivals, reference.state())


APPLY = ("apply", "--auto-approve", "--parallelism", "4", "--allow-deletes", "100")


@contextmanager
def trial(world: World, folder: Path, *, own_process: bool = False) -> Iterator[Trial]:
    """A copy of the world before, up and running; with a server that can be killed, if asked."""
    _made(folder)
    for name in ("before.db", "before.db-wal"):
        if (world.folder / name).exists():
            shutil.copy(world.folder / name, folder / name.replace("before", "sandbox"))
    shutil.copytree(world.folder / "before", folder / "project")
    database = folder / "sandbox.db"
    with ExitStack() as stack:
        server = stack.enter_context(serving(database)) if own_process else None
        if server is None:
            sandbox = stack.enter_context(running(Settings(database=database)))
        else:
            sandbox = server.sandbox
        proxy = stack.enter_context(proxying(sandbox.url))
        project = Project(folder / "project", proxy.url, dict(ENVIRON))
        yield Trial(project, proxy, sandbox, server)
    shutil.rmtree(folder)


def _made(folder: Path) -> Path:
    folder.mkdir(parents=True)
    return folder


class Kill(Harm):
    """Kills the tool at one boundary of one request: arrived, carried out, or answered."""

    def __init__(self, tool: Tool, number: int, boundary: str) -> None:
        self._tool = tool
        self._number = number
        self._boundary = boundary
        self.struck = False

    def arrived(self, arrival: Arrival) -> None:
        self._strike(arrival, "arrived")

    def carried_out(self, arrival: Arrival) -> None:
        self._strike(arrival, "carried out")

    def answered(self, arrival: Arrival) -> None:
        self._strike(arrival, "answered")

    def _strike(self, arrival: Arrival, boundary: str) -> None:
        if arrival.number == self._number and boundary == self._boundary:
            self.struck = True
            self._tool.kill()
            if boundary != "answered":
                raise Dropped


class Lose(Harm):
    """Cuts the connection at one request, before or after the server has carried it out."""

    def __init__(self, number: int, *, after: bool) -> None:
        self._number = number
        self._after = after

    def arrived(self, arrival: Arrival) -> None:
        if arrival.number == self._number and not self._after:
            raise Dropped

    def carried_out(self, arrival: Arrival) -> None:
        if arrival.number == self._number and self._after:
            raise Dropped


BOUNDARIES = ("arrived", "carried out", "answered")


def assert_converges(trial: Trial, world: World, tool: Tool) -> None:
    """Applies again, undisturbed: it must end where it always ends, with nothing left over."""
    trial.proxy.inflict(Harm())
    code, output = tool.run(trial.project, *APPLY)
    assert code == 0, output
    assert_arrived(trial, world, tool)


def assert_arrived(trial: Trial, world: World, tool: Tool) -> None:
    """The end state is reached: same objects, no duplicate, no orphan, no open question."""
    assert trial.state() == world.expected
    assert trial.intents() == []
    code, output = tool.run(trial.project, "plan", "--detailed-exitcode")
    assert code == 0, output
