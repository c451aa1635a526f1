"""`init`: a project that works at once, and never over what is there."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from reconciler.cli import main


def run(*arguments: str) -> str:
    result = CliRunner().invoke(main, list(arguments))
    assert result.exit_code == 0, result.output
    return result.output


def test_a_new_project_works_on_the_sandbox_at_once(tmp_path: Path) -> None:
    folder = str(tmp_path / "airbyte")
    run("init", folder)
    run("--project", folder, "validate")
    run("--project", folder, "apply", "--auto-approve")
    assert "No changes" in run("--project", folder, "plan", "--detailed-exitcode")


def test_what_is_there_already_is_left_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "reconciler.yaml").write_text("mine\n")
    assert "Next:" in run("init", str(tmp_path))
    assert (tmp_path / "reconciler.yaml").read_text() == "mine\n"
    assert (tmp_path / "tenants" / "example.yaml").exists()
    assert "Nothing to do" in run("init", str(tmp_path))


@pytest.mark.parametrize("ci", ["github", "gitlab"])
def test_the_workflow_of_a_project_brings_no_example_into_it(tmp_path: Path, ci: str) -> None:
    (tmp_path / "reconciler.yaml").write_text("mine\n")
    output = run("init", str(tmp_path), "--ci", ci)
    written = [file for file in tmp_path.rglob("*") if file.is_file()]
    (workflow,) = {file for file in written if file.name != "reconciler.yaml"}
    assert f"wrote {workflow}" in output


def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    result = CliRunner().invoke(main, ["init", str(tmp_path / "file" / "inside")])
    assert result.exit_code in (1, 2)
    assert "Traceback" not in result.output


@pytest.mark.parametrize(
    ("ci", "file", "options"),
    [
        (
            "github",
            ".github/workflows/reconciler.yml",
            ["--builtin-schema", "vendor.github-workflows"],
        ),
        (
            "gitlab",
            ".gitlab-ci.yml",
            ["--builtin-schema", "vendor.gitlab-ci", "--data-transform", "gitlab-ci"],
        ),
    ],
)
def test_a_workflow_is_what_its_forge_accepts(
    tmp_path: Path, ci: str, file: str, options: list[str]
) -> None:
    run("init", str(tmp_path), "--ci", ci)
    text = (tmp_path / file).read_text()
    assert "@VERSION@" not in text
    command = [sys.executable, "-m", "check_jsonschema", *options, str(tmp_path / file)]
    checked = subprocess.run(command, capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stdout + checked.stderr
