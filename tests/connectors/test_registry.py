"""All of Airbyte's connectors: valid configurations pass, each mistake is found in its place."""

from __future__ import annotations

import json
from typing import Any

import pytest

from reconciler.connectors import Connector
from reconciler.connectors.check import check
from reconciler.manifest.expressions import Variables, expand
from reconciler.manifest.reader import read_text
from reconciler.problems import rules
from reconciler.problems.problem import Problem
from reconciler.problems.rules import Severity
from reconciler.render.reports.connectors import render_connector, render_example
from tests.connectors.generate import (
    REGISTRY,
    changed,
    configuration,
    connectors,
    fields,
    of_wrong_type,
    with_secrets,
)
from tests.support import Project

pytestmark = [
    pytest.mark.skipif(
        not REGISTRY.exists(), reason="Airbyte's registry is not here: ../shared/airbyte"
    ),
    pytest.mark.xdist_group("registry"),
]


def written(connector: Connector, seed: int = 0) -> Any:
    """A valid configuration as a careful person writes it: no secret in the file."""
    return with_secrets(connector.schema, configuration(connector, seed))


def errors(connector: Connector, value: Any) -> list[Problem]:
    return [
        problem for problem in check(connector.schema, value) if problem.severity is Severity.ERROR
    ]


def assert_none(missed: list[tuple[Any, ...]]) -> None:
    assert missed == [], "\n".join(map(str, missed[:10]))


@pytest.mark.parametrize("seed", range(2))
def test_a_generated_configuration_of_every_connector_passes(seed: int) -> None:
    found = ((c.type, check(c.schema, written(c, seed))) for c in connectors())
    assert_none([each for each in found if each[1]])


def test_each_missing_required_field_is_told_alone() -> None:
    missed = []
    for connector in connectors():
        value = written(connector)
        for key in dict.fromkeys(connector.schema.get("required", ())):
            problems = errors(connector, {k: v for k, v in value.items() if k != key})
            told = [(f.at.path, f.rule, f'"{key}"' in f.detail) for f in problems]
            if told != [((), rules.MISSING_FIELD, True)]:
                missed.append((connector.type, key, problems))
    assert_none(missed)


def test_each_wrong_type_is_told_at_its_field_alone() -> None:
    missed = []
    for connector in connectors():
        value = written(connector)
        for at, schema in fields(connector.schema, value):
            if "type" in schema and "const" not in schema and len(schema.get("enum", "ab")) > 1:
                problems = errors(connector, changed(value, at, of_wrong_type(schema)))
                if {problem.at.path for problem in problems} != {at}:
                    missed.append((connector.type, at, problems))
    assert_none(missed)


def test_each_wrong_constant_is_told_at_its_field_alone() -> None:
    missed = []
    for connector in connectors():
        value = written(connector)
        for at, schema in fields(connector.schema, value):
            if "const" in schema or schema.get("enum"):
                problems = errors(connector, changed(value, at, "no such value"))
                if {problem.at.path for problem in problems} != {at}:
                    missed.append((connector.type, at, problems))
    assert_none(missed)


def test_each_number_out_of_range_is_told_at_its_field_alone() -> None:
    missed, tried = [], 0
    for connector in connectors():
        value = written(connector)
        for at, schema in fields(connector.schema, value):
            for limit, beyond in (("minimum", -1), ("maximum", 1)):
                if limit in schema:
                    tried += 1
                    problems = errors(connector, changed(value, at, schema[limit] + beyond))
                    if [(f.at.path, f.rule) for f in problems] != [(at, rules.VALUE_OUT_OF_RANGE)]:
                        missed.append((connector.type, at, problems))
    assert tried > 100
    assert_none(missed)


def test_a_field_that_a_connector_does_not_declare_is_told() -> None:
    missed = []
    for connector in connectors():
        problems = check(connector.schema, {**written(connector), "no_such_field": 1})
        told = [
            f.at.path for f in problems if f.rule in (rules.UNKNOWN_FIELD, rules.FIELD_NOT_ALLOWED)
        ]
        if told != [("no_such_field",)] * bool(connector.schema.get("properties")):
            missed.append((connector.type, problems))
    assert_none(missed)


def test_every_connector_is_shown_in_80_columns() -> None:
    for connector in connectors():
        assert max(map(len, render_connector(connector).splitlines())) <= 80, connector.type


def test_every_example_fits_its_connector() -> None:
    missed = []
    for connector in connectors():
        block = read_text(render_example(connector), "example").value
        actor = block["sources"][connector.type] if "sources" in block else block["destination"]
        unevaluated: list[Problem] = []
        value = expand(actor["configuration"], Variables({}), unevaluated)
        if problems := [*check(connector.schema, value), *unevaluated]:
            missed.append((connector.type, problems))
    assert_none(missed)


def test_one_run_over_all_sources_tells_each_mistake_at_its_own_line(project: Project) -> None:
    lines = ["version: 1", "tenant: acme", "sources:"]
    expected = set()
    for connector in connectors():
        typed = [k for k, v in connector.schema.get("properties", {}).items() if "type" in v]
        if connector.role == "destination" or not typed:
            continue
        lines += [f'  "{connector.type}":', f'    type: "{connector.type}"', "    configuration:"]
        for key, item in configuration(connector).items():
            spoilt = key == typed[-1]
            wrong = of_wrong_type(connector.schema["properties"][key]) if spoilt else item
            lines.append(f"      {json.dumps(key)}: {json.dumps(wrong)}")
            if spoilt:
                expected.add(len(lines))
    project.tenant("\n".join(lines) + "\n")
    result = project.run("validate", "--registry", str(REGISTRY), "--format", "json")
    found = json.loads(result.stdout)["findings"]
    assert len(expected) > 500
    assert {f["line"] for f in found if f["severity"] == "error"} == expected
