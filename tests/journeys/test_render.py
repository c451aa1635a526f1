"""render: the manifests in effect, and where each value was written."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from benchmarks.fleet import write_fleet
from tests.journeys.manifests import acme, stripe
from tests.journeys.test_templates import TEMPLATE
from tests.support import ROOT, Project


@pytest.fixture
def fleet(project: Project) -> Project:
    """A generated fleet of three rows, and a tenant with a file of its own."""
    write_fleet(project.folder, tenants=3, shape="set", url=project.url)
    project.tenant(acme())
    return project


def rendered(project: Project, *arguments: str) -> str:
    result = project.run("render", *arguments)
    assert result.exit_code == 0, result.output
    return result.stdout


def test_a_rendered_manifest_renders_to_itself(fleet: Project, tmp_path: Path) -> None:
    row = json.loads(rendered(fleet, "--format", "json"))["tenants"][1]
    text = rendered(fleet, row["tenant"])
    alone = Project(tmp_path / "alone", fleet.url)
    alone.tenant(text, row["tenant"])
    assert rendered(alone) == text


def test_every_value_is_where_provenance_says(fleet: Project) -> None:
    answer = json.loads(rendered(fleet, "--format", "json", "--provenance"))
    count = 0
    for tenant in answer["tenants"]:
        for entry in tenant["provenance"]:
            value = tenant["manifest"]
            for step in entry["path"]:
                value = value[step]
            assert_written(fleet.folder, entry["place"], value)
            for place in (*entry.get("params", {}).values(), entry.get("through")):
                assert place is None or text_at(fleet.folder, place)
            count += 1
    assert count > 400


def text_at(folder: Path, place: str) -> str:
    """What stands at `file:line:column`."""
    file, line, column = place.rsplit(":", 2)
    lines = (folder / file).read_text(encoding="utf-8").split("\n")
    return lines[int(line) - 1][int(column) - 1 :]


def assert_written(folder: Path, place: str, value: object) -> None:
    text = text_at(folder, place).lstrip("\"'")
    written = value if isinstance(value, str) else json.dumps(value)
    is_block = text.startswith((">-", "|"))
    is_item = place.partition(":")[0].endswith(".csv") and written.split(";")[0] in text
    assert text.startswith(written) or "${{" in text or is_block or is_item, (place, value)


def test_defaults_of_the_project_are_in_effect_and_have_a_place(fleet: Project) -> None:
    text = rendered(fleet, "acme", "--provenance")
    expected = (
        "reconciler.yaml:8:60: connections.stripe.nonBreakingSchemaUpdatesBehavior = "
        '"propagate_columns"\n'
    )
    assert expected in text
    assert "tenants/acme.yaml" in text


def test_json_follows_its_schema(fleet: Project) -> None:
    answer = json.loads(rendered(fleet, "--format", "json", "--provenance"))
    schema = json.loads((ROOT / "schemas" / "render.schema.json").read_text(encoding="utf-8"))
    # The manifests themselves have been validated; alone the schema needs no other file.
    schema["properties"]["tenants"]["items"]["properties"]["manifest"] = {"type": "object"}
    Draft202012Validator(schema).validate(answer)


def test_a_secret_stays_an_expression(fleet: Project) -> None:
    assert "made-up" not in rendered(fleet)
    assert "${{ secrets.STRIPE_KEY }}" in rendered(fleet, "acme")


def test_a_secret_keeps_its_default(project: Project, tmp_path: Path) -> None:
    project.tenant(acme(sources={"stripe": stripe(client_secret="${{ secrets.KEY || null }}")}))
    text = rendered(project)
    assert 'client_secret: "${{ secrets.KEY || \\"\\" }}"' in text
    alone = Project(tmp_path / "alone", project.url)
    alone.tenant(text)
    assert rendered(alone) == text


def test_overrides_are_told_from_the_template(project: Project) -> None:
    project.write("templates/shop.yaml", TEMPLATE)
    project.write(
        "tenants/acme.yaml",
        "version: 1\ntenant: acme\ntemplate: shop\nparams: {company: A}\n"
        "sources: {users: {configuration: {seed: 1}}}\n",
    )
    text = rendered(project, "--provenance")
    assert "tenants/acme.yaml:5:41: sources.users.configuration.seed = 1\n" in text
    assert (
        "templates/shop.yaml:7:49: sources.users.configuration.count = 10  "
        "(through templates/shop.yaml:16:14)\n"
    ) in text


def test_what_is_wrong_is_told_instead(project: Project) -> None:
    project.tenant(acme(sorces={}))
    result = project.run("render")
    assert result.exit_code == 1
    assert 'Did you mean "sources"?' in result.stderr
