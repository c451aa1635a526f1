"""Configurations made from connector schemas, by a reading of them that is not the product's."""

from __future__ import annotations

import copy
import json
import random
import re
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from reconciler.connectors import Connector, parse
from reconciler.model import Secret, SecretName

REGISTRY = Path(__file__).parents[3] / "shared" / "airbyte" / "registry.json"

# No value can fit these schemas, so nothing about them can be tested with a valid one.
IMPOSSIBLE = {
    "cimis": "daily_data_items is a list whose only values are texts",
    "freshdesk": "each rate limit is the constant 50 (say) and one of [null] at the same time",
}

Schema = Mapping[str, Any]
At = tuple[str | int, ...]

_TEXTS = (
    "2024-01-31T00:00:00Z",
    "2024-01-31",
    "2024-01-31T00:00:00.000Z",
    "2024-01-31T00:00:00.000000Z",
    "2024-01-31T00:00:00",
    "2024-01-31 00:00:00",
    "2024-01",
    "01/31/2024 00:00",
    "31-01-2024",
    "20240131T000000Z",
    "12345",
    "12345678",
    "1234567890",
    "1",
    "abc",
    "https://example.com",
    "a.freshdesk.com",
    "acme.snowflakecomputing.com",
    "owner/repository",
    "sandbox_" + "a" * 36,
    "sk_live_abcdef",
    "0123456789abcdef01234567",
    "data/path",
    "Sev1",
    "true",
    "ascending",
    "a=b",
    "https://drive.google.com/drive/folders/1",
    "https://01234567-0123-0123-0123-012345678901-eu.apps.astra.datastax.com",
    "a" * 40,
    "1" * 40,
)


@cache
def connectors() -> tuple[Connector, ...]:
    """Every connector of the registry that a value can fit."""
    known = parse(json.loads(REGISTRY.read_text(encoding="utf-8")))
    return tuple(connector for connector in known if connector.type not in IMPOSSIBLE)


def valid(schema: Schema, pick: random.Random) -> Any:
    """A value that fits *schema*, with all its fields and a random variant."""
    if "const" in schema:
        return schema["const"]
    if schema.get("enum"):
        return pick.choice(schema["enum"])
    if schema.get("oneOf"):
        return valid({"type": "object", **pick.choice(schema["oneOf"])}, pick)
    types = schema.get("type", "object" if "properties" in schema else "string")
    match types if isinstance(types, str) else next(t for t in types if t != "null"):
        case "object":
            described = {k: valid(v, pick) for k, v in schema.get("properties", {}).items()}
            return dict.fromkeys(schema.get("required", ()), "text") | described
        case "array":
            items = schema.get("items") or {}
            wanted = max(1, schema.get("minItems", 1))
            return (items.get("enum") or [valid(items, pick) for _ in range(wanted)])[:wanted]
        case "boolean":
            return pick.choice([True, False])
        case "integer" | "number":
            low = schema.get("minimum", schema.get("exclusiveMinimum", 0) + 1)
            return low if low > 0 else min(1, schema.get("maximum", 1))
        case _:
            return _text(schema)


def _text(schema: Schema) -> str:
    return next(texts(schema))


def texts(schema: Schema) -> Iterator[str]:
    """Texts that fit *schema*, the simplest first; there may be one only."""
    dates = {"date": "2024-01-3{}", "date-time": "2024-01-3{}T00:00:00Z"}
    if "pattern" in schema:
        known = [*_TEXTS, *(text.replace("31", "30") for text in _TEXTS)]
        yield from (text for text in known if re.search(schema["pattern"], text))
    elif form := dates.get(schema.get("format", "")):
        yield from (form.format(1), form.format(0))
    else:
        yield from ("text", "texts")


def configuration(connector: Connector, seed: int = 0) -> Any:
    """A valid configuration of the connector: the same one each time for the same seed."""
    return valid(connector.schema, random.Random(f"{connector.role}-{connector.type}-{seed}"))


def with_secrets(schema: Schema, value: Any) -> Any:
    """*value* with an expression in place of every secret."""
    if schema.get("airbyte_secret"):
        return Secret((SecretName("ANY"),))
    if isinstance(value, list):
        return [with_secrets(schema.get("items") or {}, item) for item in value]
    if not isinstance(value, dict):
        return value
    inner: dict[str, Schema] = {}
    for part in parts(schema, value):
        inner |= part.get("properties", {})
    return {key: with_secrets(inner.get(key, {}), item) for key, item in value.items()}


def parts(schema: Schema, value: Mapping[str, Any]) -> Iterator[Schema]:
    """*schema*, and the branch that *value* is of."""
    yield schema
    for branch in schema.get("oneOf", ()):
        constants = {
            key: inner.get("const", (inner.get("enum") or [None])[0])
            for key, inner in branch["properties"].items()
            if "const" in inner or len(inner.get("enum", ())) == 1
        }
        if all(value.get(key) == constant for key, constant in constants.items()):
            yield branch


def fields(schema: Schema, value: Any, at: At = ()) -> Iterator[tuple[At, Schema]]:
    """Every field that stands in *value*, with its schema."""
    for part in parts(schema, value):
        for key, inner in part.get("properties", {}).items():
            if key in value:
                yield (*at, key), inner
                if isinstance(value[key], dict):
                    yield from fields(inner, value[key], (*at, key))


def changed(value: Any, at: At, new: Any) -> Any:
    """*value* with *new* at the path."""
    made = copy.deepcopy(value)
    inner = made
    for step in at[:-1]:
        inner = inner[step]
    inner[at[-1]] = new
    return made


def of_wrong_type(schema: Schema) -> Any:
    """A value of a type that *schema* does not take."""
    scalars = ("string", "integer", "number", "boolean")
    types = [schema["type"]] if isinstance(schema["type"], str) else schema["type"]
    return {"a": 1} if any(type_ in scalars for type_ in types) else 7
