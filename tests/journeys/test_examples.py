"""The examples, as a newcomer runs them: against the embedded sandbox, as a program of its own."""

from __future__ import annotations

import math
import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support import EXAMPLES

PER_PAGE = 100

pytestmark = pytest.mark.xdist_group("examples")  # they share one applied copy


class Examples:
    """A copy of the examples and the installed program."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        words = shlex.split((folder / "demo.env").read_text(encoding="utf-8"), comments=True)
        self.environ = {**os.environ, **dict(word.split("=", 1) for word in words)}

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """`reconciler --env sandbox …` in the copy."""
        return subprocess.run(
            [sys.executable, "-m", "reconciler", "--env", "sandbox", *arguments],
            cwd=self.folder,
            env=self.environ,
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )

    def edit(self, file: str, old: str, new: str) -> None:
        path = self.folder / file
        text = path.read_text(encoding="utf-8")
        assert text.count(old) == 1
        path.write_text(text.replace(old, new), encoding="utf-8")


@pytest.fixture(scope="module")
def examples(tmp_path_factory: pytest.TempPathFactory) -> Examples:
    """The examples, applied once."""
    folder = tmp_path_factory.mktemp("examples") / "examples"
    shutil.copytree(EXAMPLES, folder, ignore=shutil.ignore_patterns(".reconciler"))
    copy = Examples(folder)
    first = copy.run("plan")
    assert first.returncode == 0, first.stdout + first.stderr
    assert re.search(r"\b46 to create, 0 to update, 0 to delete", first.stdout)
    applied = copy.run("apply", "--auto-approve")
    assert applied.returncode == 0, applied.stdout + applied.stderr
    return copy


def test_the_examples_are_valid(examples: Examples) -> None:
    result = examples.run("validate")
    assert result.returncode == 0, result.stderr
    assert "error" not in result.stderr


def test_a_second_plan_is_empty_and_costs_a_few_list_calls(examples: Examples) -> None:
    result = examples.run("-v", "plan", "--detailed-exitcode")
    assert result.returncode == 0, result.stdout
    sent = re.findall(r"^(GET|POST|PUT|PATCH|DELETE) (\S+) \d+", result.stderr, re.M)
    assert {method for method, path in sent if not path.endswith("/token")} == {"GET"}
    rows = [6, 46, 46, 46]  # workspaces exactly, the other lists at most
    bar = 1.25 * sum(math.ceil(count / PER_PAGE) for count in rows) + 2
    # One tenant has a connector and a reader of its own, of which no list over workspaces tells.
    special = ("/definitions/", "/organizations", "/permissions", "/users")
    listed = [path for _, path in sent if not any(part in path for part in special)]
    assert 0 < len(listed) <= bar + 1, sent  # the token's call is one more
    assert len(sent) - len(listed) == 5, sent


def test_an_edited_start_date_is_shown_alone_and_applied(examples: Examples) -> None:
    examples.edit("tenants/customer-x.yaml", "2023-07-01T00:00:00Z", "2024-01-01T00:00:00Z")
    planned = examples.run("plan", "--detailed-exitcode")
    assert planned.returncode == 2
    changes = [line for line in planned.stdout.splitlines() if "→" in line]
    assert len(changes) == 1, planned.stdout
    assert "start_date" in changes[0]
    assert examples.run("apply", "--auto-approve").returncode == 0
    assert examples.run("plan", "--detailed-exitcode").returncode == 0
