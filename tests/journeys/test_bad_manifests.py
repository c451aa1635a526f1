"""Bad input at the desk: messages with places, exit 1, nothing sent, all of them at once."""

from __future__ import annotations

import re

import pytest

from tests.journeys.manifests import acme, bigquery, stripe
from tests.support import Api, Project

HEAD = "version: 1\ntenant: acme\n"

CASES = {
    "not YAML": (HEAD + "sources: [a\nconnections: {", "4:12", "not YAML"),
    "a quote without an end": (
        HEAD + 'sources:\n  a: {type: "faker}\n  b: 2\n',
        "6:1",
        "that begins at 4:13",
    ),
    "a quote that a later one ends": (
        HEAD + 'labels:\n  a: "x\n  b: "y"\n',
        "5:7",
        "that quotes before this are closed",
    ),
    "a colon in a text": (HEAD + "labels:\n  a: one: two\n", "4:9", "`: ` in it in quotes"),
    "YAML of another shape": ("- just\n- a list\n", "1:1", "wrong shape"),
    "a section of another shape": (HEAD + "sources: [a, b]\n", "3:10", "wrong type"),
    "an unknown key": (HEAD + "workspce: {name: A}\n", "3:1", 'Did you mean "workspace"?'),
    "an unknown key deep inside": (
        HEAD + "sources:\n  a:\n    type: faker\n    nmae: A\n    configuration: {count: 1}\n",
        "6:5",
        'Did you mean "name"?',
    ),
    "a duplicate key": (HEAD + "sources:\n  a: {}\n  a: {}\n", "5:3", "duplicate key"),
    "a missing field": (HEAD + "sources:\n  a: {type: faker}\n", "4:3", '"configuration"'),
    "no tenant": ("version: 1\n", "1:1", 'needs the key "tenant"'),
    "a wrong type": (HEAD + "workspace: {name: 3}\n", "3:19", 'Put it in quotes: "3".'),
    "an unknown version": ("version: 2\ntenant: acme\n", "1:10", "One of: 1."),
    "a number in quotes": ('version: "1"\ntenant: acme\n', "1:10", "Remove the quotes: 1."),
    "a source that does not exist": (
        HEAD + "sources:\n  shop: {type: faker, configuration: {count: 1}}\n"
        "destination: {type: dev-null, configuration: {test_destination: "
        "{test_destination_type: SILENT}}}\n"
        "connections:\n  a: {source: shpo, streams: all}\n",
        "7:15",
        'Did you mean "shop" (tenants/acme.yaml:4:3)?',
    ),
    "an undefined variable": (
        HEAD + 'labels: {a: "${{ env.NO_SUCH_VARIABLE }}"}\n',
        "3:13",
        "env.NO_SUCH_VARIABLE is not set",
    ),
    "an expression without an end": (HEAD + 'labels: {a: "${{ tenant"}\n', "3:13", "closing"),
    "an unknown expression": (HEAD + 'labels: {a: "${{ tennant }}"}\n', "3:13", '"tenant"'),
    "an unknown connector": (
        HEAD + "sources:\n  a: {type: strpe, configuration: {}}\n",
        "4:13",
        'Did you mean "stripe"?',
    ),
    "a merge conflict": (
        "<<<<<<< HEAD\n" + HEAD + "=======\nversion: 1\n>>>>>>> other\n",
        "1:1",
        "merge conflict",
    ),
    "an empty file": ("", "1:1", "empty file"),
}


@pytest.mark.parametrize("case", CASES)
def test_a_mistake_is_told_with_its_place_and_nothing_is_sent(
    project: Project, api: Api, case: str
) -> None:
    text, place, words = CASES[case]
    project.tenant(text)
    api.clear_log()
    for command in (["validate"], ["plan"], ["apply", "--auto-approve"]):
        result = project.run(*command)
        assert result.exit_code == 1, result.output
        assert f"tenants/acme.yaml:{place}: error" in result.stderr, result.stderr
        assert words in result.stderr
        assert "Traceback" not in result.output
        assert result.stdout == ""
    assert api.requests() == []


def test_two_resources_of_one_name_are_told_with_both_places(project: Project) -> None:
    project.tenant(acme(sources={"a": {**stripe(), "name": "X"}, "b": {**stripe(), "name": "X"}}))
    result = project.run("validate")
    assert result.exit_code == 1
    assert "duplicate name" in result.stderr
    assert len(set(re.findall(r"tenants/acme\.yaml:\d+:\d+", result.stderr))) >= 2


def test_two_tenants_of_one_key_or_one_workspace_are_told(project: Project) -> None:
    project.tenant(acme(), "one")
    project.tenant(acme(), "two")
    project.tenant({**acme(), "tenant": "globex"}, "three")
    result = project.run("validate")
    assert result.exit_code == 1
    assert "duplicate tenant" in result.stderr
    assert "workspace claimed twice" in result.stderr


def test_a_key_in_two_files_of_a_folder_is_told(project: Project) -> None:
    project.write("tenants/acme/a.yaml", acme())
    project.write("tenants/acme/b.yaml", {"version": 1, "sources": {"stripe": stripe()}})
    result = project.run("validate")
    assert result.exit_code == 1
    assert "tenants/acme/b.yaml:" in result.stderr
    assert "is already set at tenants/acme/a.yaml:" in result.stderr


def test_a_file_that_cannot_be_read_is_told(project: Project) -> None:
    (project.folder / "tenants").mkdir()
    (project.folder / "tenants" / "acme.yaml").symlink_to(project.folder / "nowhere.yaml")
    result = project.run("validate")
    assert result.exit_code == 1
    assert "tenants/acme.yaml:1:1: error" in result.stderr


def test_a_binary_file_is_told(project: Project) -> None:
    file = project.tenant("")
    file.write_bytes(b"\x00\x01\xff\xfe binary")
    result = project.run("validate")
    assert result.exit_code == 1
    assert "not a text file" in result.stderr


@pytest.mark.parametrize("folder", ["tenants", "tenants/acme"])
def test_an_empty_folder_is_told(project: Project, folder: str) -> None:
    (project.folder / folder).mkdir(parents=True)
    result = project.run("validate")
    assert result.exit_code == 1
    assert f"{folder}:1:1: error" in result.stderr


def test_a_missing_folder_and_a_missing_project_are_told(project: Project) -> None:
    assert "no manifests folder" in project.run("validate").stderr
    (project.folder / "reconciler.yaml").unlink()
    result = project.run("validate")
    assert result.exit_code == 1
    assert "--project DIR" in result.stderr


def test_the_mistakes_of_all_files_come_at_once_in_order_of_place(project: Project) -> None:
    mistaken = {"type": "strpe", "configuration": {}}
    for name in ("c", "a", "b"):
        content = acme(sources={"x": mistaken, "stripe": stripe()}, workspace={"name": name})
        project.tenant({**content, "tenant": name, "lables": {}}, name)
    project.tenant("tenant: [", "d")
    result = project.run("validate")
    assert result.exit_code == 1
    places = re.findall(r"^(\S+?):(\d+):(\d+): error", result.stderr, re.M)
    numbered = [(file, int(line), int(column)) for file, line, column in places]
    assert numbered == sorted(numbered)
    assert {file for file, _, _ in places} == {f"tenants/{name}.yaml" for name in "abcd"}
    assert result.stderr.count("unknown connector") == 3
    assert result.stderr.count('"labels"') == 3


def test_one_broken_tenant_does_not_stop_work_on_another(project: Project) -> None:
    project.tenant(acme())
    project.tenant("tenant: [", "broken")
    assert project.run("validate", "acme").exit_code == 0
    assert project.run("validate").exit_code == 1


def test_values_stay_what_was_written(project: Project, api: Api) -> None:
    project.environ |= {"KEY": "k"}
    project.tenant(
        HEAD + "workspace: {name: on}\n"
        "sources:\n  no: {type: faker, name: 12:30:45, configuration: {count: 1}}\n"
        "  day: {type: faker, name: 2024-01-01, configuration: {count: 1}}\n"
    )
    project.apply()
    assert [row["name"] for row in api.rows("workspaces")] == ["on"]
    assert [row["name"] for row in api.rows("sources")] == ["12:30:45", "2024-01-01"]


def test_an_unknown_environment_is_told_with_the_nearest(project: Project) -> None:
    project.tenant(acme(destination=bigquery()))
    result = project.run("--env", "tset", "plan")
    assert result.exit_code == 1
    assert 'Did you mean "test"?' in result.stderr


def test_an_unknown_tenant_is_told_with_the_nearest(project: Project) -> None:
    project.tenant(acme())
    result = project.run("plan", "acmee")
    assert result.exit_code == 1
    assert 'Did you mean "acme"?' in result.stderr
