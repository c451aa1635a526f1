"""Connector schemas from elsewhere: whatever they hold, one of them never ends a run."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.journeys.manifests import ENVIRON, acme, stripe
from tests.support import Project

ID = "7c1f4b9e-0000-4000-8000-00000000000a"


def with_schema(project: Project, schema: Any) -> None:
    """Makes the connector `odd`, whose configuration has this schema, known to the project."""
    row = {
        "sourceDefinitionId": ID,
        "dockerRepository": "airbyte/source-odd",
        "spec": {"connectionSpecification": schema},
    }
    project.environ |= ENVIRON
    project.write("registry.json", json.dumps({"sources": [row], "destinations": []}))
    text = (project.folder / "reconciler.yaml").read_text(encoding="utf-8").partition("conn")[0]
    project.write("reconciler.yaml", f"{text}connectors: {{registry: registry.json}}\n")


def using(project: Project, configuration: Any) -> None:
    """A tenant with a source of the connector `odd`, and another tenant with a mistake."""
    odd = {"type": "odd", "configuration": configuration}
    project.tenant(acme(sources={"stripe": stripe(), "odd": odd}))
    project.tenant({**acme(workspace={"name": "Globex"}), "tenant": "globex"}, "globex")


def of(pattern: str, **more: Any) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": {"name": {"type": "string", "pattern": pattern, **more}},
    }


@pytest.mark.parametrize(
    ("pattern", "good", "bad"),
    [
        (r"^\p{L}+$", "Zoë", "Z1"),
        (r"^(?i)abc$", "abc", None),
        (r"(?i)^abc$", "ABC", "abd"),
        (r"^\d+$", "123", "١٢٣"),
        (r"^[a-z]+\Z", "abc", "abc1"),
    ],
)
def test_a_pattern_that_some_engine_understands_is_applied(
    project: Project, pattern: str, good: str, bad: str | None
) -> None:
    with_schema(project, of(pattern))
    using(project, {"name": good})
    result = project.run("validate")
    assert result.exit_code == 0, result.output
    if bad is None:
        return
    assert "R219" not in result.output
    using(project, {"name": bad})
    result = project.run("validate")
    assert result.exit_code == 1
    assert "value of another form [R211]" in result.stderr


@pytest.mark.parametrize("pattern", ["[a-", r"^(?<x>a)\h++$", "[[a-c]&&[b-d]]", "a{2,1}"])
def test_a_pattern_that_no_engine_understands_is_a_warning_at_each_field_that_has_it(
    project: Project, pattern: str
) -> None:
    schema = of(pattern)
    schema["properties"] |= {"port": {"type": "integer"}, "other": {"pattern": pattern}}
    with_schema(project, schema)
    using(project, {"name": "anything", "port": 1})
    result = project.run("plan")
    assert result.exit_code == 0, result.output
    assert "tenants/acme.yaml:" in result.stderr
    assert "warning: pattern not understood [R219]" in result.stderr
    assert "`configuration.name`" in result.stderr
    assert "configuration.other" not in result.stderr
    assert "globex" in result.stdout
    using(project, {"name": "anything", "port": "x"})
    result = project.run("validate")
    assert result.exit_code == 1
    assert "wrong type of field" in result.stderr, "the rest of the schema counts"


def test_a_secret_has_no_value_that_a_pattern_could_be_held_against(project: Project) -> None:
    with_schema(project, of("[a-", airbyte_secret=True))
    using(project, {"name": "${{ secrets.STRIPE_KEY }}"})
    result = project.run("validate")
    assert (result.exit_code, result.stderr) == (0, "")


def test_patterns_of_keys_are_applied_as_far_as_they_are_understood(project: Project) -> None:
    schema = {
        "type": "object",
        "additionalProperties": False,
        "patternProperties": {r"^\p{Lu}$": {"type": "integer"}},
    }
    with_schema(project, schema)
    using(project, {"É": 1})
    assert project.run("validate").stderr == ""
    using(project, {"É": "x"})
    assert "wrong type of field" in project.run("validate").stderr
    using(project, {"é": 1})
    assert "field not allowed" in project.run("validate").stderr
    with_schema(project, {**schema, "patternProperties": {"[a-": {"type": "integer"}}})
    using(project, {"é": "x"})
    result = project.run("validate")
    assert result.exit_code == 0
    assert "pattern not understood [R219]" in result.stderr


@pytest.mark.parametrize("command", ["show", "example"])
def test_a_connector_with_an_odd_pattern_is_shown(project: Project, command: str) -> None:
    with_schema(project, {**of("[a-", examples=["ab"]), "required": ["name"]})
    result = project.run("connectors", command, "odd")
    assert result.exit_code == 0, result.output
    assert "name" in result.stdout


ODD: dict[str, Any] = {
    "a broken reference": {"properties": {"name": {"$ref": "#/definitions/none"}}},
    "a reference elsewhere": {"properties": {"name": {"$ref": "https://x.example/s.json"}}},
    "a reference to itself": {"$ref": "#"},
    "a list of itself": {"properties": {"name": {"anyOf": [{"$ref": "#"}, {"type": "string"}]}}},
    "a pattern that is no text": {"properties": {"name": {"pattern": 5}}},
    "an unknown type": {"properties": {"name": {"type": "strin"}}},
    "properties that are none": {"properties": 5},
    "properties in a list": {"properties": ["name"]},
    "required as a text": {"required": "name"},
    "a format that is no text": {"properties": {"name": {"format": ["date"]}}},
    "an unknown format": {"properties": {"name": {"type": "string", "format": "regexp"}}},
    "branches that are true": {"oneOf": [True, {"type": "object"}]},
    "branches that are false": {"properties": {"name": {"anyOf": [False, True]}}},
    "branches that are none": {"oneOf": "name"},
    "all of true": {"allOf": [True, {"required": ["port"]}]},
    "fields that are true": {"properties": {"name": True, "port": False}},
    "items in a row": {"properties": {"list": {"items": [{"type": "string"}, True]}}},
    "no schema": {"type": 5, "oneOf": {"a": 1}},
    "an odd id": {"$id": "%%%", "properties": {"name": {"type": "string"}}},
    "another draft": {"$schema": "https://json-schema.org/draft/2020-12/schema", "items": True},
    "limits that are texts": {"properties": {"port": {"minimum": "1"}}},
    "steps of nothing": {"properties": {"port": {"multipleOf": 0}}},
    "tiny steps": {"properties": {"port": {"multipleOf": 1e-320}}},
    "a description that is a list": {"properties": {"name": {"description": ["x"], "type": 1}}},
    "an empty enum": {"properties": {"name": {"enum": []}}},
    "examples that are a text": {"required": ["name"], "properties": {"name": {"examples": "x"}}},
}


@pytest.mark.parametrize("schema", ODD.values(), ids=ODD)
def test_an_odd_schema_ends_no_run(project: Project, schema: Any) -> None:
    with_schema(project, schema)
    for configuration in (
        {"name": "x", "port": 1e300, "list": ["a", 1]},
        {},
        {"name": {"port": 2}},
    ):
        using(project, configuration)
        for command in ("validate", "plan", "render", "connectors show odd", "schema tenant"):
            result = project.run(*command.split())
            assert result.exception is None or isinstance(result.exception, SystemExit), (
                command,
                configuration,
                result.exc_info,
            )
    project.run("connectors", "example", "odd")
