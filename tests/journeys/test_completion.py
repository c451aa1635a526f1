"""Shell completion: what a shell is offered, and that a real shell takes the script."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from click.shell_completion import ShellComplete

from reconciler.cli import main
from tests.journeys.manifests import acme
from tests.support import EXAMPLES, Project


def offered(line: str, folder: Path | None = None) -> list[str]:
    """What a shell is offered behind *line*, in a project."""
    *words, begun = line.split(" ")
    given = [f"--project={folder}"] if folder else []
    completion = ShellComplete(main, {}, "reconciler", "_RECONCILER_COMPLETE")
    return [item.value for item in completion.get_completions([*given, *words], begun)]


def test_commands_and_options_are_offered() -> None:
    assert offered("va") == ["validate"]
    assert "--changed-since" in offered("plan --ch")
    assert offered("plan --format m") == ["markdown"]
    assert offered("sandbox se") == ["seed", "serve"]


def test_tenants_are_offered_wherever_one_is_named() -> None:
    for line in ("plan", "apply", "destroy", "adopt", "drift --tenant", "plan canary"):
        assert offered(f"{line} cust", EXAMPLES) == ["customer-x"], line


def test_rows_of_a_tenant_set_are_tenants() -> None:
    assert offered("plan dune-c", EXAMPLES / "fleet") == ["dune-ceramics"]


def test_the_project_may_stand_behind_the_command() -> None:
    assert offered(f"plan --project {EXAMPLES} cust") == ["customer-x"]


def test_environments_are_offered() -> None:
    assert offered("--env p", EXAMPLES) == ["production"]
    assert offered("plan --env s", EXAMPLES) == ["sandbox"]


def test_connector_types_are_offered() -> None:
    assert offered("connectors show postgr") == ["postgres"]
    assert "google-ads" in offered("connectors example google-")


def test_where_nothing_can_be_read_nothing_is_offered_and_nothing_told(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    assert offered("destroy a", tmp_path) == []
    assert offered("plan --env s", tmp_path) == ["sandbox"]
    project = Project(tmp_path / "broken", "http://127.0.0.1:1")
    project.tenant("tenant: [", "broken")
    project.tenant({**acme(), "tenant": "brave"}, "brave")
    assert offered("destroy br", project.folder) == ["brave", "broken"]
    project.write("reconciler.yaml", "version: [")
    assert offered("destroy br", project.folder) == []
    assert capfd.readouterr() == ("", "")


def test_a_big_folder_is_offered_by_the_names_of_its_files(tmp_path: Path) -> None:
    project = Project(tmp_path, "http://127.0.0.1:1")
    for number in range(501):
        project.tenant("", f"t{number:03}")
    assert offered("plan t50", project.folder) == ["t500"]


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_every_script_asks_the_program(project: Project, shell: str) -> None:
    script = project.run("completion", shell).stdout
    assert f"_RECONCILER_COMPLETE={shell}_complete" in script


def test_bash_completes_with_the_script(project: Project) -> None:
    (project.folder / "complete.sh").write_text(project.run("completion", "bash").stdout, "utf-8")
    asked = """
        source complete.sh
        COMP_WORDS=(reconciler plan --project "$1" cust) COMP_CWORD=4
        _reconciler_completion reconciler
        echo "${COMPREPLY[@]}"
    """
    done = subprocess.run(
        ["bash", "--norc", "-c", asked, "bash", str(EXAMPLES)],
        cwd=project.folder,
        env={"PATH": f"{Path(sys.executable).parent}:/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == "customer-x\n"
    assert done.stderr == ""
