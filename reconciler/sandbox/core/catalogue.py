"""What a source discovers: the starter connectors' own streams, made-up ones for others."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property, lru_cache
from pathlib import Path
from typing import Any

from reconciler.sandbox.core.registry import Definition

_FILE = Path(__file__).with_name("catalogues.json")
_NOUNS = ("accounts", "activities", "contacts", "events", "groups", "items", "orders", "users")


@dataclass(frozen=True)
class Stream:
    """One stream of a source, as Airbyte's protocol describes it."""

    name: str
    namespace: str | None
    properties: Mapping[str, Any]
    source_modes: tuple[str, ...]
    is_cursor_source_defined: bool
    default_cursor: tuple[str, ...]
    primary_key: tuple[tuple[str, ...], ...]
    is_file_based: bool = False

    @property
    def fields(self) -> list[str]:
        """The names of the top-level fields, in the order of the schema."""
        return list(self.properties)

    @cached_property
    def field_paths(self) -> list[list[str]]:
        """The path of every field, nested ones included."""
        return list(_paths(self.properties, []))


@cache
def rows_of(definition: Definition) -> Sequence[Mapping[str, Any]]:
    """The streams that a source of that connector has, as a discovery answers them."""
    return _catalogues().get(definition.image) or _made_up(definition)


@lru_cache(maxsize=2048)
def text_of(definition: Definition) -> str:
    """What every source of that connector shows by itself, as text."""
    return json.dumps(rows_of(definition), separators=(",", ":"))


@lru_cache(maxsize=4096)
def parsed(text: str) -> Sequence[Stream]:
    """The streams of a discovery's answer; every answer is parsed once."""
    return tuple(stream(row) for row in json.loads(text))


def digest(text: str) -> str:
    """What an answer or a configuration is remembered by."""
    return hashlib.sha256(text.encode()).hexdigest()


@cache
def _catalogues() -> Mapping[str, Sequence[Mapping[str, Any]]]:
    catalogues: Mapping[str, Sequence[Mapping[str, Any]]] = json.loads(
        _FILE.read_text(encoding="utf-8")
    )
    return catalogues


def is_stream(value: Any) -> bool:
    """Whether *value* is a stream as a discovery answers it, as far as anything here reads it."""
    if not (isinstance(value, dict) and isinstance(value.get("name"), str)):
        return False
    schema = value.get("jsonSchema")
    if not isinstance(schema, dict) or not _are_properties(schema.get("properties", {})):
        return False
    return (
        isinstance(value.get("namespace"), str | None)
        and _is_path(value.get("supportedSyncModes", []))
        and _is_path(value.get("defaultCursorField", []))
        and isinstance(key := value.get("sourceDefinedPrimaryKey", []), list)
        and all(map(_is_path, key))
    )


def stream(row: Mapping[str, Any]) -> Stream:
    """A stream of a discovery's answer."""
    return Stream(
        name=row["name"],
        namespace=row.get("namespace"),
        properties=row["jsonSchema"].get("properties", {}),
        source_modes=tuple(row.get("supportedSyncModes", ("full_refresh",))),
        is_cursor_source_defined=row.get("sourceDefinedCursor", False),
        default_cursor=tuple(row.get("defaultCursorField", ())),
        primary_key=tuple(tuple(part) for part in row.get("sourceDefinedPrimaryKey", ())),
        is_file_based=row.get("isFileBased", False),
    )


def _is_path(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(step, str) for step in value)


def _are_properties(value: Any) -> bool:
    return isinstance(value, dict) and all(
        isinstance(node, dict) and _are_properties(node.get("properties", {}))
        for node in value.values()
    )


def _made_up(definition: Definition) -> list[Mapping[str, Any]]:
    """Three to six streams that differ in what they can, the same for one connector every time."""
    seed = hashlib.sha256(definition.id.encode()).digest()
    count = 3 + seed[0] % 4
    names = [_NOUNS[(seed[1] + step) % len(_NOUNS)] for step in range(count)]
    return [_made_up_stream(name, seed[2 + step]) for step, name in enumerate(names)]


def _made_up_stream(name: str, byte: int) -> Mapping[str, Any]:
    is_incremental, has_key, is_defined = byte & 1, byte & 2, byte & 4
    return {
        "name": name,
        "jsonSchema": {
            "properties": {
                "id": {"type": "string"},
                "name": {"type": "string"},
                "status": {"type": "string"},
                "updated_at": {"type": "string", "format": "date-time"},
            }
        },
        "supportedSyncModes": ["full_refresh", *(["incremental"] if is_incremental else [])],
        "sourceDefinedCursor": bool(is_incremental and is_defined),
        "defaultCursorField": ["updated_at"] if is_incremental else [],
        "sourceDefinedPrimaryKey": [["id"]] if has_key else [],
    }


def _paths(properties: Mapping[str, Any], at: list[str]) -> list[list[str]]:
    found = []
    for name, node in properties.items():
        found.append([*at, name])
        found += _paths(node.get("properties", {}), [*at, name])
    return found
