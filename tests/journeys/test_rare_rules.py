"""Mistakes that are seldom made: each is told with its rule and its place."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.support import Project

HEAD = "version: 1\ntenant: acme\n"
PAIR = (
    "sources:\n  shop: {type: faker, configuration: {count: 1}}\ndestination:\n  type: dev-null\n"
    "  configuration: {test_destination: {test_destination_type: SILENT}}\n"
)

CASES = {
    "R006": ("labels: &all {tier: *all}\n", "3:9: error: recursive alias"),
    "R009": ("workspace: {<<: acme}\n", "3:17: error: unusable merge"),
    "R010": ("workspace: {name: !env ACME}\n", "3:19: error: unsupported tag"),
    "R022": ("destination: {}\ndestinations: {}\n", "error: conflicting keys"),
    "R026": (
        "workspace: {name: '${{ secrets.NAME }}'}\n",
        "3:19: error: secret not allowed here",
    ),
    "R102": (
        f"{PAIR}connections:\n  shop: {{destination: lake, streams: all}}\n",
        "9:23: error: unknown destination",
    ),
    "R105": (
        "sources:\n  shop: {type: faker, configuration: {count: 1}}\n"
        "connections:\n  shop: {streams: all}\n",
        "6:3: error: missing destination",
    ),
    "R207": (
        "destination:\n  type: bigquery\n  configuration:\n    dataset_location: Us\n",
        "6:23: error: value not offered",
    ),
    "R302": (
        f"{PAIR}connections:\n  shop:\n    streams: [{{name: a}}, {{name: a}}]\n",
        "10:33: error: duplicate stream",
    ),
}


@pytest.mark.parametrize("rule", CASES)
def test_a_rare_mistake_is_told_at_its_place(project: Project, rule: str) -> None:
    text, head = CASES[rule]
    project.tenant(HEAD + text)
    result = project.run("validate")
    assert result.exit_code == 1
    assert f"{head} [{rule}]" in result.stderr
    assert "Traceback" not in result.output


def with_schema(project: Project, schema: Any, configuration: str) -> str:
    """What validate says of a source whose connector has that schema."""
    row = {
        "sourceDefinitionId": "7c1f4b9e-0000-4000-8000-00000000000a",
        "dockerRepository": "airbyte/source-odd",
        "spec": {"connectionSpecification": schema},
    }
    project.write("odd.json", json.dumps({"sources": [row], "destinations": []}))
    project.tenant(f"{HEAD}sources:\n  odd:\n    type: odd\n    configuration: {configuration}\n")
    result = project.run("validate", "--registry", "odd.json")
    assert result.exception is None or isinstance(result.exception, SystemExit)
    return result.output


def test_a_text_that_is_no_date_is_doubted(project: Project) -> None:
    schema = {"properties": {"day": {"type": "string", "format": "date"}}}
    assert "6:26: warning: no date [R212]" in with_schema(project, schema, "{day: soon}")


def test_a_rule_of_a_schema_that_has_no_words_is_told_all_the_same(project: Project) -> None:
    schema = {"properties": {"day": {"not": {"const": 1}, "description": "Not the first."}}}
    output = with_schema(project, schema, "{day: 1}")
    assert "6:26: error: configuration refused [R214]" in output
    assert "Not the first." in output


@pytest.mark.parametrize(
    "schema",
    [
        {"type": 5},
        {"type": "no such type"},
        {"properties": []},
        {"properties": {"a": 1}},
        {"properties": {"a": {"pattern": "("}}},
        {"properties": {"a": {"oneOf": [1]}}},
        {"properties": {"a": {"oneOf": {}}}},
        {"required": "a"},
        {"required": 1},
        {"$ref": "#/nowhere"},
        {"$ref": "http://127.0.0.1:9/elsewhere"},
        {"properties": {"a": {"enum": 1}}},
        {"properties": {"a": {"minimum": "x"}}},
        {"allOf": 3},
    ],
    ids=json.dumps,
)
def test_a_schema_that_is_none_ends_in_no_traceback(project: Project, schema: Any) -> None:
    for configuration in ("{a: x}", "{a: 1}", "{a: {b: 1}}", "{}"):
        with_schema(project, schema, configuration)
    for command in (["show"], ["example"], ["show", "--format", "json"]):
        arguments = ["connectors", *command, "odd", "--registry", "odd.json"]
        result = project.run(*arguments)
        assert result.exception is None or isinstance(result.exception, SystemExit), command
    result = project.run("schema", "tenant", "--registry", "odd.json")
    assert result.exception is None or isinstance(result.exception, SystemExit)
