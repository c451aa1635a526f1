"""A connector's configuration as a tree of fields, for people who have to write it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from reconciler.connectors.explain import first_sentence
from reconciler.connectors.sample import type_of_schema
from reconciler.connectors.variants import is_constant, variants
from reconciler.model import Json

Schema = Mapping[str, Json]

_TYPES = {
    "string": "text",
    "integer": "integer",
    "number": "number",
    "boolean": "true/false",
    "array": "list",
    "object": "mapping",
}


@dataclass(frozen=True, slots=True)
class Field:
    """One field, or (with `is_variant`) one of the variants that the field above it takes."""

    name: str
    depth: int
    type: str = ""
    facts: tuple[str, ...] = ()
    description: str = ""
    is_required: bool = False
    is_secret: bool = False
    is_variant: bool = False


def fields_of(schema: Schema, depth: int = 0) -> Iterator[Field]:
    """Every field of *schema*, each before what is inside it; required ones first."""
    required = set(schema.get("required", ()))
    properties = schema.get("properties", {})
    order = {
        key: _rank(key, inner, required, at) for at, (key, inner) in enumerate(properties.items())
    }
    for key in sorted(properties, key=lambda key: order[key]):
        if isinstance(properties[key], Mapping):
            yield from _field(key, properties[key], key in required, depth)


def _rank(key: str, schema: Json, required: set[str], position: int) -> tuple[bool, float, int]:
    order = schema.get("order") if isinstance(schema, Mapping) else None
    return key not in required, order if isinstance(order, int | float) else 1e9, position


def _field(key: str, schema: Schema, is_required: bool, depth: int) -> Iterator[Field]:
    yield Field(
        key,
        depth,
        _type(schema),
        tuple(_facts(schema)),
        first_sentence(schema) or str(schema.get("title", "")),
        is_required,
        is_secret=bool(schema.get("airbyte_secret")),
    )
    items = schema.get("items")
    inner = items if isinstance(items, Mapping) else schema
    for variant in variants(inner):
        label = variant.label or f"variant {variant.index + 1}"
        yield Field(label, depth + 1, is_variant=True)
        for field in fields_of(variant.schema, depth + 2):
            if field.name != variant.field or field.depth != depth + 2:
                yield field
    yield from fields_of(inner, depth + 1)


def _type(schema: Schema) -> str:
    name = _TYPES.get(type_of_schema(schema), type_of_schema(schema))
    if name == "list" and isinstance(schema.get("items"), Mapping):
        return f"list of {_TYPES.get(type_of_schema(schema['items']), 'values')}s"
    if name == "text" and schema.get("format") in ("date", "date-time"):
        return str(schema["format"])
    return name


def _limits(low: Json, high: Json) -> str:
    if low is None or high is None:
        return f"at most {high}" if low is None else f"at least {low}"
    return f"{low} to {high}"


def _facts(schema: Schema) -> Iterator[str]:
    if is_constant(schema):
        return
    if variants(schema):
        yield "one of the following"
    if isinstance(schema.get("enum"), list):
        yield f"one of {', '.join(str(each) for each in schema['enum'])}"
    low, high = schema.get("minimum"), schema.get("maximum")
    if low is not None or high is not None:
        yield _limits(low, high)
    default = schema.get("default")
    if default not in (None, "", [], {}) and not schema.get("airbyte_secret"):
        is_plain = isinstance(default, str | int | float)
        shown = str(default).lower() if isinstance(default, bool) else default
        yield f"default {shown}" if is_plain else "has a default"
