"""The comment in the README is one that was really made, of a branch over a real fleet.

It stands there as Markdown, so that a reader sees it as a reviewer does. Made anew by
`--update-golden`; only what differs in every run is made alike: commits, the time, the digest.
"""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest
from click.testing import CliRunner

from reconciler.cli import main
from tests.support import EXAMPLES, ROOT

README = ROOT / "README.md"
SHOWN = re.compile(r"(<!-- a comment -->\n).*?(\n<!-- its end -->)", re.DOTALL)
TENANTS = 9


def alike(text: str) -> str:
    """*text* with what is new in every run as it is in the README."""
    text = re.sub(r"live state of [\d-]+ [\d:]+ UTC", "live state of 2026-01-31 09:30:00 UTC", text)
    text = re.sub(r"<code>[0-9a-f]{12}</code>", "<code>5f0e7c2d9a41</code>", text)
    return re.sub(r"sha256:[0-9a-f]{12}", "sha256:c41d8e07b3f2", text)


def edit(file: Path, old: str, new: str) -> None:
    text = file.read_text(encoding="utf-8")
    assert old in text
    file.write_text(text.replace(old, new, 1), encoding="utf-8")


def comment(folder: Path) -> str:
    """Nine customers: main was not applied to one of them, and a branch changes the template."""
    shutil.copytree(EXAMPLES / "fleet", folder, ignore=shutil.ignore_patterns(".reconciler"))
    table = folder / "tenants" / "businesses.csv"
    rows = table.read_text(encoding="utf-8").splitlines(keepends=True)
    table.write_text("".join(rows[: TENANTS + 1]), encoding="utf-8")
    (folder / ".gitignore").write_text(".reconciler/\n", encoding="utf-8")

    def run(*arguments: str) -> str:
        result = CliRunner().invoke(main, ["--project", str(folder), *arguments])
        assert result.exit_code == 0, result.output
        return result.stdout

    def git(*arguments: str) -> None:
        identity = ["-c", "user.name=t", "-c", "user.email=t@example.test"]
        subprocess.run(["git", *identity, *arguments], cwd=folder, check=True)

    run("apply", "--auto-approve")
    edit(table, ",34,acct_", ",35,acct_")
    git("init", "--quiet", "--initial-branch", "main")
    git("add", "--all")
    git("commit", "--quiet", "--message", "main")
    template = folder / "templates" / "marketing.yaml"
    edit(template, "      - {name: payouts, syncMode: incremental_deduped_history}\n", "")
    edit(table, ",dune_ceramics,", ",dune,")
    return run("plan", "--base", "main", "--changed-since", "main", "--format", "markdown")


def test_the_readme_shows_a_comment_that_was_really_made(
    tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    text = README.read_text(encoding="utf-8")
    made = alike(comment(tmp_path / "fleet"))
    made = re.sub(r"--project \S+ ", "", made).rstrip()
    now = SHOWN.sub(lambda match: f"{match[1]}{made}{match[2]}", text)
    assert "### Plan for" in now
    if request.config.getoption("--update-golden"):
        README.write_text(now, encoding="utf-8")
        return
    assert now == text, "run `make golden`, and look at the README as GitHub shows it"
