"""`validate` for programs: every format says the same, and each in its own rules."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as xml

import pytest
from jsonschema import Draft202012Validator
from junitparser import Failure, JUnitXml
from sarif_pydantic import Sarif

from reconciler.problems.rules import RULES
from tests.journeys.manifests import acme, stripe
from tests.support import ROOT, Api, Project

# An error, a warning and a note, each with a place; the file's name needs escapes everywhere.
FILE = "tenants/a, b: ü <&>.yaml"
MANIFEST = """\
version: 1
tenant: acme
sources:
  shop:
    type: stripe
    configuration:
      account_id: 5% of "it" <&>
      client_secret: ${{ secrets.KEY }}
      start_date: 2023
      nick: shop
  custom:
    definitionId: 7c1f4b9e-0000-4000-8000-000000000001
    configuration: {}
"""


@pytest.fixture
def broken(project: Project) -> Project:
    project.write(FILE, MANIFEST)
    return project


def places(found: list[dict[str, Any]]) -> list[tuple[str, str, int, int]]:
    return [(each["rule"], each["severity"], each["line"], each["column"]) for each in found]


def test_json_lists_every_finding_in_order_and_fits_its_schema(broken: Project) -> None:
    result = broken.run("validate", "--format", "json")
    assert result.exit_code == 1
    assert result.stderr == ""
    report = json.loads(result.stdout)
    schema = json.loads((ROOT / "schemas" / "findings.schema.json").read_text(encoding="utf-8"))
    Draft202012Validator(schema).validate(report)
    assert report["valid"] is False
    found = places(report["findings"])
    assert ("R206", "error", 9, 19) in found
    assert ("R202", "note", 12, 19) in found
    assert ("R205", "warning", 10, 7) in found
    assert [place[2:] for place in found] == sorted(place[2:] for place in found)
    assert {each["file"] for each in report["findings"]} == {FILE}


def test_json_of_a_valid_project_says_how_much_was_checked(project: Project) -> None:
    project.tenant(acme())
    result = project.run("validate", "--format", "json")
    assert result.exit_code == 0
    report = json.loads(result.stdout)
    assert report["valid"] is True
    assert report["checked"] == {"tenants": 1, "resources": 4}
    assert report["findings"] == []


def test_sarif_is_read_by_another_reader_of_it(broken: Project) -> None:
    result = broken.run("validate", "--format", "sarif")
    assert result.exit_code == 1
    log = json.loads(result.stdout)
    (run,) = Sarif.model_validate(log).runs
    assert run.tool.driver.name == "reconciler"
    assert [rule.id for rule in run.tool.driver.rules or ()] == [rule.id for rule in RULES]
    for each in log["runs"][0]["results"]:
        assert RULES[each["ruleIndex"]].id == each["ruleId"]
        assert each["level"] in ("error", "warning", "note")
        assert each["message"]["text"]
        (location,) = each["locations"]
        physical = location["physicalLocation"]
        assert (
            physical["artifactLocation"]["uri"] == "tenants/a%2C%20b%3A%20%C3%BC%20%3C%26%3E.yaml"
        )
        assert physical["region"]["startLine"] >= 1
    assert log["version"] == "2.1.0"
    assert log["$schema"].endswith("sarif-schema-2.1.0.json")


def test_sarif_has_a_place_for_every_result(project: Project, tmp_path: Path) -> None:
    """GitHub takes no log with a result that has none."""
    for folder in (tmp_path / "nowhere", project.folder):
        result = project.run("--project", str(folder), "validate", "--format", "sarif")
        (run,) = json.loads(result.stdout)["runs"]
        uris = [
            location["physicalLocation"]["artifactLocation"]["uri"]
            for each in run["results"]
            for location in each["locations"]
        ]
        assert len(uris) == len(run["results"]) == 1
        assert not uris[0].startswith("/")


def test_junit_fails_the_file_that_has_errors(broken: Project) -> None:
    result = broken.run("validate", "--format", "junit")
    assert result.exit_code == 1
    suite = xml.fromstring(result.stdout.encode())
    (case,) = suite
    assert suite.attrib["failures"] == suite.attrib["tests"] == "1"
    assert case.attrib["name"] == FILE
    failure, output = case
    assert ":9:19: error: wrong type of field [R206]" in str(failure.text)
    assert "R205" in str(output.text)


def test_junit_is_read_by_another_reader_of_it(broken: Project) -> None:
    (broken.folder / "validate.xml").write_text(
        broken.run("validate", "--format", "junit").stdout, encoding="utf-8"
    )
    (suite,) = JUnitXml.fromfile(str(broken.folder / "validate.xml"))
    (case,) = suite
    assert suite.name == "reconciler validate"
    assert (suite.tests, suite.failures, suite.errors) == (1, 1, 0)
    assert (case.classname, case.name) == ("reconciler.validate", FILE)
    (failure,) = case.result
    assert isinstance(failure, Failure)
    assert failure.message.startswith(f"{FILE}:9:19: error: wrong type of field [R206]: ")
    assert "R205" in case.system_out


def test_junit_of_a_valid_project_passes(project: Project) -> None:
    project.tenant(acme())
    suite = xml.fromstring(project.run("validate", "--format", "junit").stdout.encode())
    assert suite.attrib["failures"] == "0"
    assert len(suite) == 1


def test_github_annotations_are_one_line_each_and_escaped(broken: Project) -> None:
    result = broken.run("validate", "--format", "github")
    lines = result.stdout.splitlines()
    (error,) = [line for line in lines if "title=R206" in line]
    place = "file=tenants/a%2C b%3A ü <&>.yaml,line=9,col=19"
    assert error.startswith(f"::error {place},title=R206 wrong type of field::")
    assert "%0APut it in quotes." in error
    assert all(line.startswith(("::error ", "::warning ", "::notice ")) for line in lines)


@pytest.mark.parametrize("form", ["json", "sarif", "junit", "github"])
def test_a_project_that_cannot_be_read_is_reported_in_every_format(
    tmp_path: Path, project: Project, form: str
) -> None:
    result = project.run("--project", str(tmp_path / "nowhere"), "validate", "--format", form)
    assert result.exit_code == 1
    assert "no project here" in result.stdout
    assert result.stderr == ""


@pytest.mark.parametrize("form", ["text", "json", "sarif", "junit", "github"])
def test_no_format_shows_a_secret(project: Project, form: str) -> None:
    project.tenant(acme(sources={"stripe": stripe(client_secret="sk_planted", start_date=1)}))
    result = project.run("validate", "--format", form)
    assert "R213" in result.output
    assert "planted" not in result.output


def test_strict_makes_errors_of_what_may_only_be_a_warning(project: Project) -> None:
    project.tenant(acme(sources={"stripe": stripe(client_secret="sk_planted")}))
    assert project.run("validate").exit_code == 0
    result = project.run("validate", "--strict")
    assert result.exit_code == 1
    assert "error: secret in plain text [R213]" in result.stderr
    for command in ("plan", "apply"):
        assert project.run(command, "--strict").exit_code == 1


def test_places_are_relative_to_the_top_of_the_repository(broken: Project, api: Api) -> None:
    top = broken.folder.parent
    subprocess.run(["git", "init", "--quiet", str(top)], check=True)
    github = broken.run("validate", "--format", "github").stdout
    assert github.count("file=project/tenants/") == len(github.splitlines())
    log = json.loads(broken.run("validate", "--format", "sarif").stdout)
    places = [result["locations"][0] for result in log["runs"][0]["results"]]
    uris = [place["physicalLocation"]["artifactLocation"]["uri"] for place in places]
    assert uris
    assert all(uri.startswith("project/tenants/") for uri in uris)
    broken.write(FILE, "version: 1\ntenant: acme\n")
    planned = broken.run("plan", "--format", "github").stdout
    assert "file=project/tenants/" in planned
    broken.apply()
    workspace = api.row("workspaces", "acme")["workspaceId"]
    api.call("DELETE", f"/workspaces/{workspace}")
    assert "file=project/tenants/" in broken.run("drift", "--format", "github").stdout
