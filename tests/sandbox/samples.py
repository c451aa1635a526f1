"""A small valid configuration for any connector, and what a read of it must show."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from jsonschema import Draft7Validator

MASK = "**********"

_TEXTS = (
    *(
        "x",
        "123456",
        "2024-01-01T00:00:00Z",
        "2024-01-01",
        "https://example.com",
        "acme/shop",
        "01-01-2024",
    ),
    *("01-01-2024", "01/01/2024 00:00", "sandbox_x", "sk_test_x", "2024-01-01T00:00:00.000Z"),
)


def sample(schema: Mapping[str, Any]) -> Any:
    """The first value that fits *schema*, of its own examples and a few plain ones."""
    candidates = list(_candidates(schema))
    validator = Draft7Validator(dict(schema))
    return next((value for value in candidates if validator.is_valid(value)), candidates[0])


def masked(schema: Mapping[str, Any], value: Any) -> Any:
    """What a read shows of *value*: the mask wherever the schema says `airbyte_secret`.

    An object is followed through its `properties`, only without these through every branch of a
    combination, as the server does it.
    """
    if "airbyte_secret" in schema:
        return MASK
    if isinstance(value, list):
        return [masked(schema.get("items", {}), item) for item in value]
    if not isinstance(value, dict):
        return value
    if "properties" in schema:
        properties = schema["properties"]
        return {key: masked(properties.get(key, {}), part) for key, part in value.items()}
    for branch in next((schema[c] for c in ("oneOf", "allOf", "anyOf") if c in schema), ()):
        value = masked(branch, value)
    return value


def _candidates(schema: Mapping[str, Any]) -> Iterator[Any]:
    kind = schema.get("type")
    kind = kind[0] if isinstance(kind, list) else kind
    if "const" in schema:
        yield schema["const"]
    yield from schema.get("enum", ())
    if schema.get("default") is not None:
        yield schema["default"]
    yield from schema.get("examples", ())
    if kind == "object" or "properties" in schema or "oneOf" in schema:
        yield from _objects(schema)
    elif kind == "array":
        yield [sample(schema.get("items", {"type": "string"}))]
    elif kind in ("integer", "number"):
        yield from (schema.get("minimum", 1), 1, 10, 100)
    elif kind == "boolean":
        yield True
    else:
        yield from {"date": ["2024-01-01"], "date-time": ["2024-01-01T00:00:00Z"]}.get(
            schema.get("format", ""), []
        )
        yield from _TEXTS


def _objects(schema: Mapping[str, Any]) -> Iterator[Any]:
    """The required properties, alone and joined with each branch of a combination."""
    properties = schema.get("properties", {})
    required = {
        key: sample(properties.get(key, {"type": "string"})) for key in schema.get("required", ())
    }
    branches = next((schema[c] for c in ("oneOf", "anyOf", "allOf") if schema.get(c)), ())
    for branch in branches:
        joined = sample({"type": "object", **branch})
        yield {**required, **joined} if isinstance(joined, dict) else joined
    yield required
