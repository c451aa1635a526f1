"""The connectors and stream catalogues that ship with the package, against Airbyte's own facts."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from jsonschema import Draft7Validator

ROOT = Path(__file__).parents[2]
FACTS = ROOT.parent / "shared" / "airbyte"

ROLES = ("source", "destination")

# Words for people, hints for Airbyte's form, and misspelt keywords that no validator knows.
NOT_VALIDATED = {
    *("title", "description", "examples", "pattern_descriptor"),
    *("order", "group", "groups", "always_show", "display_type", "multiline"),
    *("min", "max", "mininum"),
}

Row = Mapping[str, Any]


def load(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8"))


def known_facts(name: str) -> Any:
    if not (FACTS / name).exists():
        pytest.skip(f"Airbyte's facts are not here: no ../shared/airbyte/{name}")
    return load(FACTS / name)


CONNECTORS = load(ROOT / "reconciler" / "data" / "connectors.json")
CATALOGUES = load(ROOT / "reconciler" / "sandbox" / "core" / "catalogues.json")

ALL = [
    pytest.param(role, row, id=row["dockerRepository"])
    for role in ROLES
    for row in CONNECTORS[f"{role}s"]
]
STREAMS = [
    pytest.param(stream, id=f"{source}-{stream.get('namespace', '')}-{stream['name']}")
    for source, streams in CATALOGUES.items()
    for stream in streams
]


def schema_of(row: Row) -> Row:
    schema: Row = row["spec"]["connectionSpecification"]
    return schema


def subschemas(schema: Row) -> Iterator[Row]:
    """*schema* and every schema inside it."""
    yield schema
    children = [*schema.get("properties", {}).values(), *schema.get("oneOf", ())]
    if "items" in schema:
        children.append(schema["items"])
    for child in children:
        yield from subschemas(child)


def validated_facts(schema: Row) -> Row:
    """Only what decides whether a configuration is valid, and which of it is secret."""
    facts = {
        keyword: value
        for keyword, value in schema.items()
        if keyword not in NOT_VALIDATED and not (keyword == "required" and not value)
    }
    if "required" in facts:
        facts["required"] = sorted(facts["required"])
    if "properties" in facts:
        facts["properties"] = {k: validated_facts(v) for k, v in facts["properties"].items()}
    if "oneOf" in facts:
        facts["oneOf"] = [validated_facts(branch) for branch in facts["oneOf"]]
    if "items" in facts:
        facts["items"] = validated_facts(facts["items"])
    return facts


def descriptions(registry: Row) -> set[str]:
    """Every description in the registry, without what a small edit could hide behind."""
    return {
        " ".join(schema["description"].lower().split()).rstrip(".")
        for role in ROLES
        for row in registry[f"{role}s"]
        for schema in subschemas(schema_of(row))
        if schema.get("description")
    }


def published(role: str, row: Row) -> Row:
    """Airbyte's own registry entry of the connector."""
    rows = known_facts("registry.json")[f"{role}s"]
    (same,) = (each for each in rows if each["dockerRepository"] == row["dockerRepository"])
    found: Row = same
    return found


@pytest.mark.parametrize(("role", "row"), ALL)
def test_a_configuration_schema_is_valid_draft_7(role: str, row: Row) -> None:
    assert row["dockerRepository"].startswith(f"airbyte/{role}-")
    Draft7Validator.check_schema(schema_of(row))


@pytest.mark.parametrize(("role", "row"), ALL)
def test_every_field_has_a_title_and_all_but_constants_a_description(role: str, row: Row) -> None:
    for schema in subschemas(schema_of(row)):
        for name, field in schema.get("properties", {}).items():
            assert field.get("title"), f"{role} {row['name']}: {name} has no title"
            is_constant = len(field.get("enum", ())) == 1
            assert field.get("description") or is_constant, f"{name} has no description"


def test_definition_ids_are_unique_uuids() -> None:
    ids = [row[f"{role}DefinitionId"] for role in ROLES for row in CONNECTORS[f"{role}s"]]
    assert [str(UUID(each)) for each in ids] == ids
    assert len(set(ids)) == len(ids)


@pytest.mark.parametrize(("role", "row"), ALL)
def test_an_id_is_the_one_airbyte_publishes(role: str, row: Row) -> None:
    id_field = f"{role}DefinitionId"
    assert row[id_field] == published(role, row)[id_field]


@pytest.mark.parametrize(("role", "row"), ALL)
def test_the_name_table_is_as_the_server_has_it(role: str, row: Row) -> None:
    type_ = row["dockerRepository"].removeprefix(f"airbyte/{role}-")
    table: Mapping[str, str] = known_facts("connector-names.json")[f"{role}s"]
    assert row["inNameTable"] == (type_ in table)
    assert table.get(type_, row[f"{role}DefinitionId"]) == row[f"{role}DefinitionId"]


@pytest.mark.parametrize(("role", "row"), ALL)
def test_a_schema_accepts_and_hides_exactly_what_airbytes_does(role: str, row: Row) -> None:
    assert validated_facts(schema_of(row)) == validated_facts(schema_of(published(role, row)))


@pytest.mark.parametrize(("role", "row"), [each for each in ALL if each.values[0] == "destination"])
def test_a_destination_supports_the_modes_airbytes_does(role: str, row: Row) -> None:
    modes = published(role, row)["spec"]["supported_destination_sync_modes"]
    assert row["spec"]["supportedDestinationSyncModes"] == modes


def test_descriptions_are_our_own_words() -> None:
    assert not descriptions(CONNECTORS) & descriptions(known_facts("registry.json"))


def test_every_source_has_a_catalogue_and_no_other_has() -> None:
    sources = {row["dockerRepository"].removeprefix("airbyte/") for row in CONNECTORS["sources"]}
    assert set(CATALOGUES) == sources


@pytest.mark.parametrize("source", CATALOGUES)
def test_a_stream_is_listed_once(source: str) -> None:
    counts = Counter((each.get("namespace"), each["name"]) for each in CATALOGUES[source])
    assert [identity for identity, count in counts.items() if count > 1] == []


@pytest.mark.parametrize("stream", STREAMS)
def test_cursor_and_key_of_a_stream_are_fields_of_it(stream: Row) -> None:
    fields = stream["jsonSchema"]["properties"]
    for path in [*stream["sourceDefinedPrimaryKey"], stream["defaultCursorField"]]:
        assert len(path) <= 1, "a nested cursor or key"
        assert set(path) <= set(fields)


@pytest.mark.parametrize("stream", STREAMS)
def test_a_stream_with_a_cursor_is_incremental(stream: Row) -> None:
    Draft7Validator.check_schema(stream["jsonSchema"])
    assert stream["supportedSyncModes"] in (["full_refresh"], ["full_refresh", "incremental"])
    assert stream["sourceDefinedCursor"] == bool(stream["defaultCursorField"])
    if stream["sourceDefinedCursor"]:
        assert "incremental" in stream["supportedSyncModes"]
