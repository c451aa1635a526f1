"""`sandbox serve` and its siblings at a terminal: what cannot be is told, and in what words."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import requests
from click.testing import CliRunner, Result

from reconciler.cli import main
from reconciler.sandbox.core.call import Caller
from reconciler.sandbox.server.serving import Sandbox, Settings, running
from tests.sandbox.plain import UNKNOWN, Plain


def run(*arguments: str) -> Result:
    return CliRunner().invoke(main, ["sandbox", *arguments])


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--port", "99999"), "0<=x<=65535"),
        (("--port", "-1"), "0<=x<=65535"),
        (("--rate-limit", "-1"), "x>=0"),
        (("--latency", "soon"), "is no duration"),
        (("--caller", "nobody"), "'admin', 'ordinary'"),
    ],
)
def test_an_option_that_cannot_be_is_wrong_usage(
    tmp_path: Path, options: tuple[str, str], words: str
) -> None:
    result = run("serve", "--db", str(tmp_path / "s.db"), *options)
    assert (result.exit_code, words in result.output) == (2, True)


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        ("nonsense", '"nonsense" is no fault: say for instance "POST /sources 429 x3"'),
        ("GET /tags explode", '"explode" is nothing that can go wrong here'),
        ("GET /tags 42", '"status": 42} is no fault: status is one'),
        ("GET /tags 500 p1.5", "is no fault: probability is from 0 to 1"),
        ("GET /tags 5m", '"5m" is nothing that can go wrong here'),
        ("GET /tags close-never", 'is no fault: close is "before" or "after"'),
    ],
)
def test_a_fault_that_cannot_be_is_told_with_what_was_said(
    tmp_path: Path, fault: str, words: str
) -> None:
    result = run("serve", "--port", "0", "--db", str(tmp_path / "s.db"), "--fault", fault)
    assert (result.exit_code, words in " ".join(result.output.split())) == (1, True), result.output


def test_a_folder_is_no_database_and_a_registry_must_be_there(tmp_path: Path) -> None:
    result = run("serve", "--port", "0", "--db", str(tmp_path))
    assert "is a folder: name a file" in " ".join(result.output.split())
    options = ("--registry", str(tmp_path / "none.json"))
    result = run("serve", "--port", "0", "--db", str(tmp_path / "s.db"), *options)
    assert "none.json: No such file" in " ".join(result.output.split())


def test_a_port_that_is_taken_is_told(tmp_path: Path, sandbox: Sandbox) -> None:
    result = run("serve", "--port", str(sandbox.port), "--db", str(tmp_path / "other.db"))
    assert result.exit_code == 1
    assert f"cannot listen on 127.0.0.1:{sandbox.port}" in " ".join(result.output.split())


def test_every_answer_waits_as_long_as_the_latency(tmp_path: Path) -> None:
    with running(Settings(tmp_path / "s.db", latency_s=0.1)) as server:
        answer = Plain(server).send("GET", "/workspaces")
        assert answer.elapsed.total_seconds() >= 0.1


def test_all_tokens_of_a_sandbox_can_be_those_of_an_ordinary_caller(tmp_path: Path) -> None:
    with running(Settings(tmp_path / "s.db", caller=Caller.ORDINARY)) as server:
        assert Plain(server).refused("GET", f"/sources/{UNKNOWN}")[0] == 403


def test_ctrl_c_stops_a_server_and_lets_its_database_go(tmp_path: Path) -> None:
    database = tmp_path / "s.db"
    command = [sys.executable, "-m", "reconciler", "sandbox", "serve", "--port", "0"]
    environ = {**os.environ, "PYTHONUNBUFFERED": "1"}
    with subprocess.Popen(
        [*command, "--db", str(database)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environ,
    ) as process:
        assert process.stdout is not None
        try:
            url = process.stdout.readline().split()[3]
            assert requests.get(f"{url}/health", timeout=30).ok
            process.send_signal(signal.SIGINT)
            _, problems = process.communicate(timeout=30)
        finally:
            process.kill()
    assert "Traceback" not in problems
    assert run("dump", str(tmp_path / "all.jsonl"), "--db", str(database)).exit_code == 0
