"""docs/sandbox.md as a user follows it: its servers are started, and its curls really print that.

A fenced block ```` ```console served ```` is like one of the tour, but that one of its commands
serves. What the server says is shown or left out; the token that its first curl gets is `$TOKEN`.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import fields
from pathlib import Path

import pytest

from reconciler.cli.commands.sandbox import reset, serve
from reconciler.sandbox.core.call import Behaviour
from tests.docs.test_tour import steps
from tests.support import ROOT

PAGE = (ROOT / "docs" / "sandbox.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```console served\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
DOCUMENTED = "127.0.0.1:8000"
LAST_LINE = "Ctrl-C stops it."


def environ(**more: str) -> dict[str, str]:
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    return {**os.environ, "PATH": path, "PYTHONUNBUFFERED": "1", "COLUMNS": "80", **more}


def run(command: str, folder: Path, **more: str) -> str:
    """What a command prints, errors included."""
    done = subprocess.run(
        ["bash", "-c", command],
        cwd=folder,
        env=environ(**more),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
        timeout=60,
    )
    return done.stdout.rstrip()


@contextmanager
def serving(command: str, folder: Path) -> Iterator[str]:
    """Runs the server of a page on a free port; the text that it greets with."""
    with subprocess.Popen(
        ["bash", "-c", f"exec {command} --port 0"],
        cwd=folder,
        env=environ(),
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        said = ""
        for line in process.stdout:
            said += line
            if LAST_LINE in line:
                break
        try:
            yield said
        finally:
            process.terminate()


def followed(block: str, folder: Path) -> None:
    """Runs a block's commands; fails where one prints something else than the page shows."""
    commands = list(steps(block))
    at = next(n for n, (command, _) in enumerate(commands) if " serve" in command)
    for command, printed in commands[:at]:
        assert run(command, folder) == printed, command
    starts, greeting = commands[at]
    with serving(starts, folder) as said:
        address = re.search(r"127\.0\.0\.1:\d+", said)
        assert address is not None, said
        assert greeting in ("", said.replace(address[0], DOCUMENTED).rstrip("\n"))
        token = run(f'{first_curl(said)}; printf "\\n%s" "$TOKEN"', folder).split("\n")[-1]
        for command, printed in commands[at + 1 :]:
            there = command.replace(DOCUMENTED, address[0])
            assert run(there, folder, TOKEN=token) == printed, command


def first_curl(said: str) -> str:
    """The commands that a server's greeting tells to try."""
    return said.partition("Try:\n")[2].partition(LAST_LINE)[0].rstrip()


def test_every_option_of_serve_and_every_setting_is_on_the_page() -> None:
    before = {name for option in reset.params for name in option.opts}
    options = {name for option in serve.params for name in option.opts} - before
    settings = {
        one.name for one in fields(Behaviour) if one.type in ("float", "int", "str", "bool")
    }
    assert {name for name in options | settings if name not in PAGE} == set()


@pytest.mark.skipif(shutil.which("curl") is None, reason="there is no curl here")
@pytest.mark.parametrize("number", range(len(BLOCKS)))
def test_the_page_shows_what_a_server_really_answers(tmp_path: Path, number: int) -> None:
    followed(BLOCKS[number], tmp_path)


@pytest.mark.skipif(shutil.which("curl") is None, reason="there is no curl here")
def test_the_first_curl_works_with_any_secret(tmp_path: Path) -> None:
    followed(
        """$ reconciler sandbox serve --client-id 'a b' --client-secret "it's \\$(1) \\"q\\""
$ curl -s http://127.0.0.1:8000/v1/workspaces -H "Authorization: Bearer $TOKEN"
{"previous":"","next":"","data":[]}
""",
        tmp_path,
    )
