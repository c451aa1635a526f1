"""Ctrl-C and SIGTERM during an apply, and what a terminal shows of one."""

from __future__ import annotations

import os
import pty
import re
import select
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from reconciler.sandbox.server.serving import Sandbox
from tests.journeys.manifests import ENVIRON, acme, stripe
from tests.journeys.survival.proxy import Arrival, Harm, Proxy, proxying
from tests.support import ROOT, Api, Project

COMMAND = [sys.executable, "-m", "reconciler"]


class Hold(Harm):
    """Holds the answer to the first POST on a collection until it is let go."""

    def __init__(self, path: str) -> None:
        self._path = path
        self.reached, self.go_on = threading.Event(), threading.Event()

    def carried_out(self, arrival: Arrival) -> None:
        if (arrival.method, arrival.path) == ("POST", self._path):
            self.reached.set()
            self.go_on.wait(30)


@pytest.fixture
def proxy(sandbox: Sandbox) -> Iterator[Proxy]:
    with proxying(sandbox.url) as running:
        yield running


@pytest.fixture
def declared(tmp_path: Path, proxy: Proxy) -> Project:
    folder = tmp_path / "project"
    folder.mkdir()
    project = Project(folder, proxy.url, dict(ENVIRON))
    project.tenant(acme())
    return project


def start(project: Project, *arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [*COMMAND, *arguments],
        cwd=project.folder,
        env={**os.environ, **project.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_first_signal_finishes_what_runs_and_reports(
    declared: Project, proxy: Proxy, api: Api, number: signal.Signals
) -> None:
    hold = Hold("/workspaces")
    proxy.inflict(hold)
    process = start(declared, "apply", "--auto-approve")
    assert hold.reached.wait(30)
    process.send_signal(number)
    wait_for_stopping(process)
    hold.go_on.set()
    stdout, _ = process.communicate(timeout=30)
    assert process.returncode == 130
    assert "Interrupted. Applied 4 operations: 1 created" in stdout
    assert "3 skipped" in stdout
    assert "unfinished" not in declared.run("history").stdout
    proxy.inflict(Harm())
    declared.apply()
    assert [len(api.rows(c)) for c in ("workspaces", "sources", "connections")] == [1, 1, 1]


def test_a_request_that_waits_for_another_try_is_not_waited_for(
    declared: Project, api: Api
) -> None:
    declared.apply()
    source = api.row("sources", "stripe")["sourceId"]
    declared.tenant(acme(sources={"stripe": stripe(account_id="acct_456")}))
    api.fault(method="GET", path=f"/sources/{source}", status=502, count=0)
    api.clear_log()
    process = start(declared, "apply", "--auto-approve", "-v")
    assert process.stderr is not None
    while "502" not in process.stderr.readline():
        assert process.poll() is None
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=60)
    assert process.returncode == 130
    assert api.requests().count(("GET", f"/sources/{source}")) <= 2, "it is tried no more"


def test_the_second_signal_stops_now_and_the_next_run_finds_what_was_sent(
    declared: Project, proxy: Proxy, api: Api
) -> None:
    hold = Hold("/sources")
    proxy.inflict(hold)
    process = start(declared, "apply", "--auto-approve")
    assert hold.reached.wait(30)
    process.send_signal(signal.SIGINT)
    wait_for_stopping(process)
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=10)
    assert process.returncode == 130
    with declared.open_ledger() as ledger:
        assert "source/acme/stripe" in [str(intent.key) for intent in ledger.intents()]
    hold.go_on.set()
    proxy.inflict(Harm())
    result = declared.apply()
    assert "An apply did not end by itself" in result.stderr
    assert "unfinished" in declared.run("history").stdout
    assert [len(api.rows(c)) for c in ("workspaces", "sources", "connections")] == [1, 1, 1]


def test_a_terminal_sees_that_the_live_state_is_read_and_then_a_bar(
    declared: Project, proxy: Proxy
) -> None:
    hold = Hold("/connections")
    proxy.inflict(hold)
    parent, child = pty.openpty()
    process = subprocess.Popen(
        [*COMMAND, "apply", "--auto-approve"],
        cwd=declared.folder,
        env={**os.environ, **declared.environ, "PYTHONPATH": str(ROOT), "COLUMNS": "150"},
        stdout=subprocess.DEVNULL,
        stderr=child,
    )
    os.close(child)
    seen = ""

    def shows(text: str) -> bool:
        nonlocal seen
        if select.select([parent], [], [], 0.1)[0]:
            seen += os.read(parent, 10_000).decode()
        return text in re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", seen)

    wait_for(lambda: shows("Reading the manifests"))
    wait_for(lambda: shows("Reading the live state of 1 tenant"))
    wait_for(lambda: shows("3/4"))
    assert "at a time" in seen
    hold.go_on.set()
    assert process.wait(30) == 0
    os.close(parent)


def wait_for_stopping(process: subprocess.Popen[str]) -> None:
    stderr = process.stderr
    assert stderr is not None
    wait_for(lambda: "Stopping" in os.read(stderr.fileno(), 10_000).decode())


def wait_for(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < deadline
