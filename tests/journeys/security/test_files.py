"""Manifests read nothing outside the project and run nothing."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.journeys.manifests import acme
from tests.support import Project

CONTENT = "planted_outside: planted value of another file\n"


@pytest.fixture
def outside(tmp_path: Path) -> Path:
    """A file next to the project, which no manifest may show."""
    file = tmp_path / "outside.yaml"
    file.write_text(CONTENT, encoding="utf-8")
    return file


@pytest.fixture
def offline(tmp_path: Path) -> Project:
    """A project with nothing behind it."""
    folder = tmp_path / "project"
    folder.mkdir()
    project = Project(folder, "http://127.0.0.1:1/v1")
    project.tenant(acme())
    return project


@pytest.mark.parametrize("command", ["validate", "plan"])
@pytest.mark.parametrize("as_folder", [False, True])
def test_a_link_out_of_the_project_is_refused_unread(
    offline: Project, outside: Path, command: str, as_folder: bool
) -> None:
    name = "evil/part.yaml" if as_folder else "evil.yaml"
    link = offline.folder / "tenants" / name
    link.parent.mkdir(exist_ok=True)
    link.symlink_to(outside)
    result = offline.run(command)
    assert result.exit_code == 1
    assert "planted" not in result.output
    assert "outside the project" in result.stderr


@pytest.mark.parametrize("path", ["../../outside.yaml", "{absolute}"])
def test_a_tenant_set_reads_no_table_outside_the_project(
    offline: Project, outside: Path, path: str
) -> None:
    path = path.format(absolute=outside)
    offline.write("templates/base.yaml", {"version": 1, "template": "base"})
    content = {"version": 1, "tenants": {"template": "base", "from": path}}
    offline.write("tenants/set.yaml", content)
    result = offline.run("validate")
    assert result.exit_code == 1
    assert "planted" not in result.output
    assert "outside the project" in result.stderr


@pytest.mark.parametrize("template", ["../../outside", "/etc/hostname", "../outside.yaml"])
def test_a_template_is_a_name_and_no_path(offline: Project, outside: Path, template: str) -> None:
    assert outside.exists()
    offline.write("tenants/other.yaml", {"version": 1, "tenant": "other", "template": template})
    result = offline.run("validate")
    assert result.exit_code == 1
    assert "planted" not in result.output


@pytest.mark.parametrize(
    "text",
    [
        "!!python/object/apply:os.system ['touch PWNED']",
        "!!python/name:os.system",
        "!include ../outside.yaml",
    ],
)
def test_a_manifest_runs_nothing(offline: Project, text: str) -> None:
    offline.write("tenants/evil.yaml", f"version: 1\ntenant: evil\nworkspace: {text}\n")
    result = offline.run("validate")
    assert result.exit_code == 1
    assert "Traceback" not in result.output
    assert not (offline.folder / "PWNED").exists()


@pytest.mark.parametrize("expression", ["$(touch PWNED)", "`touch PWNED`"])
def test_expressions_are_no_shell(offline: Project, expression: str) -> None:
    offline.tenant(acme(workspace={"name": expression}))
    offline.run("validate")
    assert not (offline.folder / "PWNED").exists()
