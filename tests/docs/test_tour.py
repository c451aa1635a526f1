"""What the documentation shows as a terminal is run, and its output is what really comes.

A fenced block ```` ```console tour ```` holds commands behind `$ ` and what they print. The blocks
of a page run in order, in one copy of the examples with demo.env loaded. A line `…` stands for any
lines, an `…` at the end of a line for its rest. `--update-golden` rewrites blocks without any.
"""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support import EXAMPLES, ROOT

PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
BLOCK = re.compile(r"^```console tour\n(.*?)^```$", re.MULTILINE | re.DOTALL)
ELLIPSIS = "…"


def steps(block: str) -> Iterator[tuple[str, str]]:
    """The commands of a block, each with what it is said to print."""
    for step in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
        command, _, output = step.partition("\n")
        while command.endswith("\\"):
            more, _, output = output.partition("\n")
            command = f"{command}\n{more}"
        yield command, output.rstrip("\n")


def pattern(output: str) -> str:
    """A regular expression for what an output with ellipses stands for."""
    lines = []
    for line in output.split("\n"):
        if line.strip() == ELLIPSIS:
            lines.append(r"(?:.*\n)*?")
        elif line.endswith(f" {ELLIPSIS}"):
            lines.append(re.escape(line[: -len(ELLIPSIS)]) + r".*\n")
        else:
            lines.append(re.escape(line) + r"\n")
    return "".join(lines)


@pytest.fixture
def shell(tmp_path: Path) -> Path:
    """A copy of the examples to run the commands of one page in."""
    folder = tmp_path / "examples"
    shutil.copytree(EXAMPLES, folder, ignore=shutil.ignore_patterns(".reconciler"))
    return folder


def run(command: str, folder: Path) -> str:
    words = shlex.split((folder / "demo.env").read_text(encoding="utf-8"), comments=True)
    environ = {**os.environ, **dict(word.split("=", 1) for word in words), "COLUMNS": "80"}
    environ["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{environ['PATH']}"
    done = subprocess.run(
        ["bash", "-c", command],
        cwd=folder,
        env=environ,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        stdin=subprocess.DEVNULL,
        text=True,
        check=False,
        timeout=120,
    )
    return done.stdout.rstrip("\n")


def shown(command: str, output: str) -> str:
    """A step as a page shows it."""
    return f"$ {command}\n{output}\n" if output else f"$ {command}\n"


def rehearsed(block: str, folder: Path, *, may_rewrite: bool) -> str:
    """The block as it should be; fails the test where it is not, unless that may be mended."""
    now = []
    for command, expected in steps(block):
        printed = run(command, folder)
        if re.fullmatch(pattern(expected), printed + "\n"):
            now.append(shown(command, expected))
        elif may_rewrite and ELLIPSIS not in expected:
            now.append(shown(command, printed))
        else:
            pytest.fail(f"$ {command}\nprints\n{printed}\nand not\n{expected}")
    return "".join(now)


@pytest.mark.parametrize("page", [p for p in PAGES if BLOCK.search(p.read_text("utf-8"))], ids=str)
def test_a_terminal_in_the_documentation_shows_what_is_really_printed(
    page: Path, shell: Path, request: pytest.FixtureRequest
) -> None:
    may_rewrite = bool(request.config.getoption("--update-golden"))

    def rewritten(match: re.Match[str]) -> str:
        block = rehearsed(match[1], shell, may_rewrite=may_rewrite)
        return f"```console tour\n{block}```"

    text = BLOCK.sub(rewritten, page.read_text(encoding="utf-8"))
    if may_rewrite:
        page.write_text(text, encoding="utf-8")
