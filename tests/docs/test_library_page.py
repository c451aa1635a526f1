"""docs/library.md: its program plans and applies through operations, with a console of its own."""

from __future__ import annotations

import re
from contextlib import nullcontext
from typing import Any

import pytest

from reconciler.operations.apply import ApplyChoices, apply
from reconciler.operations.console import Question, Step, Unattended, Work
from reconciler.operations.exit_codes import ExitCode
from reconciler.operations.open_project import OpenProject, open_project
from tests.journeys.manifests import acme
from tests.support import ROOT, Api, Project

PAGE = (ROOT / "docs" / "library.md").read_text(encoding="utf-8")
OPENED = 'open_project("airbyte", "production", {"AIRBYTE_CLIENT_SECRET": "…"})'


@pytest.fixture
def opened(project: Project) -> OpenProject:
    """A project with one tenant, whose environment is the running sandbox."""
    project.tenant(acme())
    return open_project(project.folder, environ={"STRIPE_KEY": "sk_1", "BQ_KEY": "{}"})


def test_the_program_of_the_page_plans_and_applies(
    opened: OpenProject, api: Api, capsys: pytest.CaptureFixture[str]
) -> None:
    (program,) = re.findall(r"^```python\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
    assert OPENED in program
    names: dict[str, Any] = {"opened": opened}
    exec(compile(program.replace(OPENED, "opened"), "library.md", "exec"), names)
    planned, ended = capsys.readouterr().out.splitlines()
    assert planned.startswith("create workspace/acme create ")
    assert ended.startswith("DONE {'create': ")
    assert [row["name"] for row in api.rows("workspaces")] == ["Acme Inc"]


def test_without_a_yes_nothing_is_applied(opened: OpenProject, api: Api) -> None:
    assert apply(opened, Unattended(), ApplyChoices()).exit_code is ExitCode.FAILED
    assert api.rows("workspaces") == []


def test_a_wish_to_stop_ends_an_apply_after_what_runs(opened: OpenProject) -> None:
    applied = apply(opened, _Hasty(), ApplyChoices())
    assert applied.exit_code is ExitCode.INTERRUPTED
    assert applied.report.interrupted


class _Hasty(Unattended):
    """Says yes, and asks to stop as soon as something was done."""

    def ask(self, question: Question) -> bool:  # noqa: ARG002
        return True

    def progress(self, work: Work) -> Any:  # noqa: ARG002
        return nullcontext(self._stop)

    def _stop(self, _step: Step) -> None:
        self.interruption.request()
