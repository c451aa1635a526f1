"""The process around the sandbox: its socket, its database, what survives it, many at once."""

from __future__ import annotations

import itertools
import os
import signal
import socket
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from threading import Event, Timer
from typing import Any

import pytest
import requests

from reconciler.sandbox.core.call import Behaviour
from reconciler.sandbox.core.store import Store
from reconciler.sandbox.server.observe import Exchange
from reconciler.sandbox.server.serving import Sandbox, SandboxError, Settings, _listen, running
from tests.sandbox.plain import Plain
from tests.support import ROOT, Api

STRIPE = {"sourceType": "stripe", "account_id": "acct_1", "client_secret": "sk_1"}
CLIENTS = 64
HOURLY = {"scheduleType": "cron", "cronExpression": "0 0 * * * ?"}
HOUR_S = 3600


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def process(database: Path, port: int) -> Iterator[subprocess.Popen[str]]:
    """The sandbox as a process of its own, which is up."""
    command = [sys.executable, "-m", "tests.journeys.survival.serve", str(database), str(port)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as started:
        assert started.stdout is not None
        started.stdout.readline()
        try:
            yield started
        finally:
            started.kill()


def source(workspace_id: str, name: str) -> dict[str, Any]:
    return {"name": name, "workspaceId": workspace_id, "configuration": STRIPE}


def every_id(api: Api, collection: str) -> list[str]:
    """The ids of a whole list, in pages of the greatest size."""
    found: list[str] = []
    for offset in itertools.count(0, 100):
        data = api.call("GET", f"/{collection}?limit=100&offset={offset}")["data"]
        found += [row[f"{collection[:-1]}Id"] for row in data]
        if len(data) < 100:
            return found
    raise AssertionError("unreachable")


def test_answers_do_not_wait_for_the_clients_acknowledgement(tmp_path: Path) -> None:
    # asyncio switches the delay off for sockets of this protocol only, and only the listening one
    # decides what the accepted ones are.
    with _listen(Settings(database=tmp_path / "sandbox.db")) as listening:
        assert listening.proto == socket.IPPROTO_TCP


def test_everything_that_was_answered_survives_a_kill(tmp_path: Path) -> None:
    database, port = tmp_path / "sandbox.db", free_port()
    enough = Event()
    answered: list[str] = []

    def create_until_it_dies(client: int) -> None:
        api = Api(Sandbox("127.0.0.1", port))
        for number in itertools.count():
            try:
                created = api.call("POST", "/sources", source(home, f"{client}-{number}"))
            except requests.RequestException:
                return
            answered.append(created["sourceId"])
            if len(answered) >= 200:
                enough.set()

    with process(database, port) as server:
        home = Api(Sandbox("127.0.0.1", port)).call("POST", "/workspaces", {"name": "A"})
        home = home["workspaceId"]
        with ThreadPoolExecutor(8) as pool:
            clients = [pool.submit(create_until_it_dies, number) for number in range(8)]
            assert enough.wait(60)
            os.kill(server.pid, signal.SIGKILL)
        for client in clients:
            client.result()
    with process(database, port):
        kept = every_id(Api(Sandbox("127.0.0.1", port)), "sources")
    assert set(answered) <= set(kept)
    assert len(kept) == len(set(kept)) <= len(answered) + 8  # answers that were lost on the way


def test_a_second_process_on_one_database_is_told_so(tmp_path: Path) -> None:
    database = tmp_path / "sandbox.db"
    with (
        process(database, free_port()),
        pytest.raises(SandboxError, match="is in use by another process"),
        running(Settings(database=database)),
    ):
        pass


def test_sixty_four_clients_at_once_are_all_served(sandbox: Sandbox) -> None:
    def work(client: int) -> list[str]:
        api = Api(sandbox)
        home = api.call("POST", "/workspaces", {"name": f"W{client}"})["workspaceId"]
        made = [
            api.call("POST", "/sources", source(home, f"S{number}"))["sourceId"]
            for number in range(3)
        ]
        listed = api.call("GET", f"/sources?workspaceIds={home}&limit=100")["data"]
        assert sorted(row["sourceId"] for row in listed) == sorted(made)
        return made

    with ThreadPoolExecutor(CLIENTS) as pool:
        made = [id_ for ids in pool.map(work, range(CLIENTS)) for id_ in ids]
    assert len(set(made)) == len(made) == CLIENTS * 3
    assert sorted(every_id(Api(sandbox), "sources")) == sorted(made)


def test_a_hundred_times_closing_lets_a_slow_request_end_first(tmp_path: Path) -> None:
    settings = Settings(tmp_path / "sandbox.db", behaviour=Behaviour(runs_schedules=True))
    with running(settings) as server:
        Plain(server).connection(schedule=HOURLY)
    with (
        ThreadPoolExecutor(1) as pool,
        closing(sqlite3.connect(settings.database)) as reader,
    ):
        for _ in range(100):
            assert close_amid_scheduled_syncs(settings, pool, reader) in (200, None)
        assert reader.execute("PRAGMA integrity_check").fetchall() == [("ok",)]


def close_amid_scheduled_syncs(
    settings: Settings, pool: ThreadPoolExecutor, reader: sqlite3.Connection
) -> int | None:
    """Stops a sandbox while a request carries out a day of syncs; the status, if it was answered.

    Asserts that at the end all that was due is there and nobody holds the database.
    """
    before = count_jobs(reader)
    with running(settings) as server:
        Plain(server).control("/clock", {"seconds": 24 * HOUR_S})
        asked = pool.submit(Plain(server).send, "GET", "/jobs")  # its token is a new one
        while count_jobs(reader) == before:
            pass
    assert count_jobs(reader) == before + 24
    Store(settings.database).close()
    return status_of(asked)


def count_jobs(reader: sqlite3.Connection) -> int:
    return int(reader.execute("SELECT count(*) FROM job").fetchone()[0])


def status_of(asked: Future[requests.Response]) -> int | None:
    try:
        return asked.result().status_code
    except requests.ConnectionError:
        return None


def test_a_request_that_only_waits_is_cut_when_its_grace_is_over(tmp_path: Path) -> None:
    waits = {"method": "GET", "path": "/tags", "delay_s": 600}
    settings = Settings(tmp_path / "sandbox.db", faults=(waits,), grace_s=0)
    with ThreadPoolExecutor(1) as pool:
        with running(settings) as server:
            asked = pool.submit(Plain(server).send, "GET", "/tags")
        assert status_of(asked) in (500, None)


def test_an_interrupted_close_leaves_the_database_to_the_request(tmp_path: Path) -> None:
    held, release = Event(), Event()

    def hold(_: Exchange) -> None:
        held.set()
        release.wait(20)

    settings = Settings(tmp_path / "sandbox.db", observe=hold)
    with ThreadPoolExecutor(1) as pool:
        with suppress(KeyboardInterrupt), running(settings) as server:
            asked = pool.submit(requests.get, f"{server.url}/health", timeout=60)
            assert held.wait(60)
            Timer(0.3, os.kill, (os.getpid(), signal.SIGINT)).start()
        assert is_in_use(settings.database)
        release.set()
        assert asked.result().ok
        while is_in_use(settings.database):
            pass


def is_in_use(database: Path) -> bool:
    try:
        Store(database).close()
    except SandboxError:
        return True
    return False
