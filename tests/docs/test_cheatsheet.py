"""docs/cheatsheet.md: exit codes and formats are the program's, and it takes every command."""

from __future__ import annotations

import re
from pathlib import Path

import click
import pytest

from reconciler.cli import main
from reconciler.operations.exit_codes import ExitCode
from tests.journeys.test_help import COMMANDS, invocations, parse
from tests.support import ROOT

PAGE = ROOT / "docs" / "cheatsheet.md"
FORMATS = re.compile(r"(<!-- made from the command line: make pages -->\n).*?(\n## )", re.DOTALL)


def formats() -> str:
    """Which command writes what, as a table; the first of a row is what it writes unasked."""
    rows = ["| command | `--format` |", "|---|---|"]
    for path, command in COMMANDS.items():
        for parameter in command.params:
            if "--format" in parameter.opts and isinstance(parameter.type, click.Choice):
                names = " · ".join(f"`{choice}`" for choice in parameter.type.choices)
                rows.append(f"| `{' '.join(path)}` | {names} |")
    return "\n".join(rows)


def test_the_formats_are_those_of_the_command_line(request: pytest.FixtureRequest) -> None:
    text = PAGE.read_text(encoding="utf-8")
    now = FORMATS.sub(lambda match: f"{match[1]}\n{formats()}\n{match[2]}", text)
    assert formats() in now
    if request.config.getoption("--update-golden"):
        PAGE.write_text(now, encoding="utf-8")
        return
    assert now == text, "run `make pages`"


def test_the_exit_codes_are_all_there_and_the_same_in_the_readme() -> None:
    rows = re.findall(r"^\| \d+ \| .* \|$", PAGE.read_text(encoding="utf-8"), re.MULTILINE)
    assert [int(row.split("|")[1]) for row in rows] == [code.value for code in ExitCode]
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert "\n".join(rows) in readme


def test_every_command_on_it_is_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    blocks = re.findall(r"```sh\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    lines = [line.partition(" #")[0] for block in blocks for line in block.splitlines()]
    assert len(lines) > 10
    for line in lines:
        for arguments in invocations(line):
            parse(main, arguments, None)


def test_the_site_leads_to_every_page() -> None:
    nav = (ROOT / "mkdocs.yml").read_text(encoding="utf-8").partition("\nnav:")[2]
    listed = re.findall(r"[\w-]+\.md", nav)
    assert sorted(listed) == sorted(page.name for page in (ROOT / "docs").glob("*.md"))
