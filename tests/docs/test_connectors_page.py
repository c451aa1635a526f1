"""docs/connectors.md quotes what the program prints; `make pages` writes it anew."""

from __future__ import annotations

import re

import pytest

from tests.support import ROOT, Project

PAGE = ROOT / "docs" / "connectors.md"
SESSION = re.compile(
    r"```console\n\$ reconciler (?P<arguments>[^\n]*)\n(?P<output>.*?)```", re.DOTALL
)


def test_every_session_on_the_page_is_what_the_program_prints(
    project: Project, request: pytest.FixtureRequest
) -> None:
    def run(match: re.Match[str]) -> str:
        result = project.run(*match["arguments"].split())
        assert result.exit_code == 0, result.output
        return f"```console\n$ reconciler {match['arguments']}\n{result.stdout.rstrip()}\n```"

    page = PAGE.read_text(encoding="utf-8")
    printed = SESSION.sub(run, page)
    if request.config.getoption("--update-golden"):
        PAGE.write_text(printed, encoding="utf-8")
        return
    assert page == printed


@pytest.mark.parametrize("name", ["project", "template", "plan", "findings", "tenant"])
def test_every_schema_that_the_page_names_is_printed(project: Project, name: str) -> None:
    assert project.run("schema", name).exit_code == 0
