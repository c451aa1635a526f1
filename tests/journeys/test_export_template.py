"""`export --template`: what many workspaces share, a table, and the exceptions; plans empty too."""

from __future__ import annotations

import csv
import re
import shutil
from pathlib import Path
from typing import Any

import pytest
import yaml

from benchmarks.fleet import write_fleet
from tests.support import Api, Project

TENANTS = 12


@pytest.fixture
def fleet(project: Project, api: Api) -> Project:
    """Businesses alike, live; their manifests are gone."""
    text = (project.folder / "reconciler.yaml").read_text(encoding="utf-8")
    write_fleet(project.folder, tenants=TENANTS, url=project.url)
    project.apply()
    shutil.rmtree(project.folder / "tenants")
    shutil.rmtree(project.folder / ".reconciler")
    (project.folder / "secrets.yaml").unlink()
    project.write("reconciler.yaml", text)
    assert len(api.rows("workspaces")) == TENANTS
    return project


def files(project: Project) -> set[str]:
    found = (project.folder / "tenants").iterdir()
    return {file.name for file in found} | {
        f"templates/{file.name}" for file in (project.folder / "templates").iterdir()
    }


def template(project: Project) -> dict[str, Any]:
    value: dict[str, Any] = yaml.safe_load(
        (project.folder / "templates" / "standard.yaml").read_text(encoding="utf-8")
    )
    return value


def test_a_fleet_becomes_a_template_and_a_table_and_plans_empty(fleet: Project) -> None:
    result = fleet.run("export", "--all", "--template", "standard")
    assert result.exit_code == 0, result.output
    fleet.assert_no_changes()
    saved = re.search(r"Template: (\d+) tenants as rows .*\((\d+) % fewer\)", result.stdout)
    assert saved is not None, result.stdout
    assert int(saved[1]) >= TENANTS - 2, result.stdout
    assert int(saved[2]) > 60, result.stdout
    assert {"standard.yaml", "standard.csv", "templates/standard.yaml"} <= files(fleet)


def test_a_new_customer_is_a_row(fleet: Project) -> None:
    fleet.run("export", "--all", "--template", "standard")
    table = fleet.folder / "tenants" / "standard.csv"
    header, first, *_ = csv.reader(table.read_text(encoding="utf-8").splitlines())
    known = dict(zip(header, first, strict=True))
    known |= {"tenant": "new-customer", "name": "New Customer Ltd."}
    with table.open("a", encoding="utf-8") as rows:
        csv.writer(rows, lineterminator="\n").writerow(known.values())
    result = fleet.run("plan")
    assert result.exit_code == 0, result.output
    assert "new-customer" in result.stdout


def test_an_exception_gets_a_file_that_overrides(fleet: Project, api: Api) -> None:
    connection = next(c for c in api.rows("connections") if c["name"] == "Facebook Ads to BigQuery")
    streams = [{"name": "ads", "syncMode": "full_refresh_overwrite"}]
    changes = {"configurations": {"streams": streams}}
    api.call("PATCH", f"/connections/{connection['connectionId']}", changes)
    result = fleet.run("export", "--all", "--template", "standard")
    assert result.exit_code == 0, result.output
    overriding = [f for f in (fleet.folder / "tenants").glob("*.yaml") if f.stem != "standard"]
    texts = [file.read_text(encoding="utf-8") for file in overriding]
    assert any("template: standard" in text and "name: ads," in text for text in texts), texts
    fleet.assert_no_changes()


def test_what_shares_nothing_makes_no_template(project: Project, api: Api) -> None:
    api.call("POST", "/workspaces", {"name": "Alone"})
    result = project.run("export", "--all", "--template", "standard")
    assert result.exit_code == 1
    assert "share too little for a template" in result.stderr


def test_a_template_in_a_folder_of_its_own(fleet: Project) -> None:
    result = fleet.run("export", "--all", "--template", "standard", "--out", "review")
    assert result.exit_code == 0, result.output
    assert (Path(fleet.folder) / "review" / "templates" / "standard.yaml").exists()


def test_a_name_that_is_none_is_told(project: Project) -> None:
    result = project.run("export", "--all", "--template", "../x")
    assert result.exit_code == 2
