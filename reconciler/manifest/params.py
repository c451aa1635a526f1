"""A template's params: their JSON Schema, and the types that it gives the cells of a table."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from reconciler.manifest.reader import plain_scalar
from reconciler.manifest.schema import check_by, check_schema_itself
from reconciler.model import Json, Path
from reconciler.problems import rules
from reconciler.problems.problem import At, Problem

# Columns of a tenant set that are no params.
RESERVED = ("tenant", "uses", "state", "reason")
LABEL = "labels."
SEPARATOR = ";"

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*\Z")
_TYPES = {"string", "integer", "number", "boolean", "array", "object", "null"}


@dataclass(frozen=True)
class ParamsSchema:
    """What a template's tenants may and must say: the JSON Schema of their `params`."""

    schema: Mapping[str, Json]

    @cached_property
    def properties(self) -> Mapping[str, Mapping[str, Json]]:
        return dict(self.schema.get("properties") or {})

    @cached_property
    def required(self) -> Sequence[str]:
        return list(self.schema.get("required") or ())

    @cached_property
    def defaults(self) -> Mapping[str, Json]:
        return {n: p["default"] for n, p in self.properties.items() if "default" in p}

    @cached_property
    def _complete(self) -> Mapping[str, Json]:
        return {"type": "object", "additionalProperties": False, **self.schema}

    def check(self, params: Mapping[str, Json]) -> list[Problem]:
        """What is wrong with *params*, in which the defaults have been filled in."""
        return check_by(self._complete, params, at=("params",))


def check_schema(schema: Json) -> list[Problem]:
    """What is wrong with the `params:` of a template."""
    at: Path = ("params",)
    if not isinstance(schema, dict):
        return [
            Problem(rules.WRONG_TYPE, At(at), "`params` is a JSON Schema, so it must be a mapping.")
        ]
    if schema and not schema.keys() & {"properties", "required", "$defs", "type"}:
        detail = "`params` is a JSON Schema: the params themselves stand under `properties`."
        return [
            Problem(
                rules.UNUSABLE_PARAMS_SCHEMA, At(at), detail, "Write `params: {properties: {…}}`."
            )
        ]
    problems = list(_traps(schema, at))
    if problems:
        return problems
    problems += check_schema_itself(schema, at)
    return problems or list(_names(schema, at))


def _traps(schema: Json, at: Path) -> Iterator[Problem]:
    """What a JSON Schema may say, and no params schema should: it stands by itself."""
    if isinstance(schema, dict):
        for key, value in schema.items():
            if key in ("$ref", "$dynamicRef", "$id", "$schema"):
                detail = f"`{key}` has no use here: a params schema stands by itself."
                yield Problem(rules.UNUSABLE_PARAMS_SCHEMA, At((*at, key), on_key=True), detail)
            elif key == "pattern" and isinstance(value, str):
                yield from _bad_pattern(value, (*at, key))
            else:
                yield from _traps(value, (*at, key))
    elif isinstance(schema, list):
        for index, value in enumerate(schema):
            yield from _traps(value, (*at, index))


def _bad_pattern(pattern: str, at: Path) -> Iterator[Problem]:
    try:
        re.compile(pattern)
    except re.error as problem:
        detail = f"The pattern is no regular expression: {problem}."
        yield Problem(rules.UNUSABLE_PARAMS_SCHEMA, At(at), detail)


def _names(schema: Mapping[str, Json], at: Path) -> Iterator[Problem]:
    properties = schema.get("properties") or {}
    for name in properties:
        if name in RESERVED or not _NAME.match(name):
            detail = f'A param cannot be called "{name}".'
            hint = f"Letters, digits, `_` and `-`; not {', '.join(RESERVED)}."
            yield Problem(
                rules.UNUSABLE_KEY, At((*at, "properties", name), on_key=True), detail, hint
            )
    for index, name in enumerate(schema.get("required") or ()):
        if name not in properties:
            detail = f'"{name}" is required, and no property is called so.'
            yield Problem(rules.UNUSABLE_PARAMS_SCHEMA, At((*at, "required", index)), detail)


def read_cell(text: str, schema: Mapping[str, Json]) -> Json:
    """The value of a table's cell, of the type that *schema* asks for.

    A list's items are separated by `;`. What does not fit stays text: checking the params says so.
    """
    for type_ in _types(schema):
        value = _READERS[type_](text, schema) if type_ in _READERS else None
        if value is not None:
            return value
    choices = schema.get("enum", [schema["const"]] if "const" in schema else [])
    return next((choice for choice in choices if _same(choice, text)), text)


def _types(schema: Mapping[str, Json]) -> Sequence[str]:
    types = schema.get("type", ())
    return [types] if isinstance(types, str) else types


def _same(choice: Json, text: str) -> bool:
    return bool(choice == text or (not isinstance(choice, str) and choice == plain_scalar(text)))


def _string(text: str, _schema: Mapping[str, Json]) -> Json:
    return text


def _number(text: str, _schema: Mapping[str, Json]) -> Json:
    value = plain_scalar(text)
    return value if isinstance(value, int | float) and not isinstance(value, bool) else None


def _integer(text: str, schema: Mapping[str, Json]) -> Json:
    # JSON Schema takes 3.0 for an integer, and spreadsheets write it so; a resource gets 3.
    value = _number(text, schema)
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _boolean(text: str, _schema: Mapping[str, Json]) -> Json:
    return {"true": True, "yes": True, "false": False, "no": False}.get(text.lower())


def _array(text: str, schema: Mapping[str, Json]) -> Json:
    items = schema.get("items")
    of = items if isinstance(items, dict) else {}
    return [read_cell(part, of) for part in split_list(text)]


def _object(text: str, _schema: Mapping[str, Json]) -> Json:
    try:
        value = json.loads(text)
    except ValueError:
        return None
    return value if isinstance(value, dict) else None


def split_list(text: str) -> list[str]:
    """The items of a cell that holds several."""
    return [part for item in text.split(SEPARATOR) if (part := item.strip())]


_READERS = {
    "string": _string,
    "integer": _integer,
    "number": _number,
    "boolean": _boolean,
    "array": _array,
    "object": _object,
}
