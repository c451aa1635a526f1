"""Configurations held against a connector's schema, with errors as the server words them.

Source: the platform's JsonSchemaValidator: draft 7, defaults not filled in, extra keys pass.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any

import jsonschema_rs
from jsonschema import (
    Draft4Validator,
    Draft6Validator,
    Draft7Validator,
    Draft201909Validator,
    Draft202012Validator,
    SchemaError,
    ValidationError,
)
from referencing import Registry
from referencing.exceptions import Unresolvable

from reconciler.sandbox.core import problems

_DRAFTS = {
    "http://json-schema.org/draft-04/schema": Draft4Validator,
    "http://json-schema.org/draft-06/schema": Draft6Validator,
    "https://json-schema.org/draft/2019-09/schema": Draft201909Validator,
    "https://json-schema.org/draft/2020-12/schema": Draft202012Validator,
}


class Validator:
    """One schema, compiled once: a quick verdict, and the errors where it is bad."""

    def __init__(self, schema: Mapping[str, Any]) -> None:
        self._schema = dict(schema)

    def fits(self, value: Any) -> bool:
        """Whether *value* satisfies the schema."""
        if self._quick is not None and self._quick.is_valid(value):
            return True
        return not self._errors(value)

    def check(self, value: Any) -> None:
        """Refuses a *value* that does not satisfy the schema, all of its errors in one text."""
        if self._quick is not None and self._quick.is_valid(value):
            return
        if errors := self._errors(value):
            raise problems.unprocessable(
                "json schema validation failed when comparing the data to the json schema. \n"
                f"Errors: {', '.join(worded(error) for error in errors)}"
            )

    def _errors(self, value: Any) -> list[ValidationError]:
        try:
            errors = list(self._exact.iter_errors(value))
        except Unresolvable as problem:
            raise problems.unexpected(str(problem)) from None
        return sorted(errors, key=lambda error: list(map(str, error.path)))

    @cached_property
    def _exact(self) -> Any:
        return _validator_of(self._schema)(self._schema, registry=Registry())

    @cached_property
    def _quick(self) -> jsonschema_rs.Draft7Validator | None:
        """The same verdict from compiled code; None for the few schemas that it cannot read."""
        if _validator_of(self._schema) is not Draft7Validator:
            return None
        try:
            return jsonschema_rs.Draft7Validator(
                self._schema, validate_formats=False, retriever=_nothing_is_fetched
            )
        except (ValueError, jsonschema_rs.ValidationError):
            return None


def is_schema(value: Any) -> bool:
    """Whether *value* is a schema that configurations can be held against."""
    if not isinstance(value, dict):
        return False
    try:
        _validator_of(value).check_schema(value)
    except SchemaError:
        return False
    return all(_compiles(pattern) for pattern in _patterns(value))


def _nothing_is_fetched(uri: str) -> Any:
    """Whoever writes a schema does not choose where the sandbox sends requests."""
    raise ValueError(f"{uri} is not fetched")


def _validator_of(schema: Mapping[str, Any]) -> Any:
    """Draft 7, unless the schema names another draft."""
    named = schema.get("$schema")
    return (
        _DRAFTS.get(named.rstrip("#"), Draft7Validator)
        if isinstance(named, str)
        else Draft7Validator
    )


def worded(error: ValidationError) -> str:
    """An error in the manner of the server's own validator."""
    place = "$" + "".join(f"[{p}]" if isinstance(p, int) else f".{p}" for p in error.path)
    if error.validator == "type":
        expected: Any = error.validator_value
        names: Sequence[Any] = expected if isinstance(expected, list) else [expected]
        return f"{place}: {_type(error.instance)} found, {' or '.join(map(str, names))} expected"
    if error.validator == "required":
        missing = error.message.split("'")[1]
        return f"{place}.{missing}: is missing but it is required"
    if error.validator == "pattern":
        return f"{place}: does not match the regex pattern {error.validator_value}"
    if error.validator in ("enum", "const"):
        return f"{place}: does not have a value in the enumeration {error.validator_value}"
    return f"{place}: does not satisfy {error.validator}"


def _type(value: Any) -> str:
    types = {bool: "boolean", int: "integer", float: "number", str: "string", dict: "object"}
    return types.get(type(value), "null" if value is None else "array")


def _patterns(node: Any) -> list[str]:
    if isinstance(node, list):
        return [pattern for item in node for pattern in _patterns(item)]
    if not isinstance(node, dict):
        return []
    own = [node["pattern"]] if isinstance(node.get("pattern"), str) else []
    return own + [pattern for item in node.values() for pattern in _patterns(item)]


def _compiles(pattern: str) -> bool:
    try:
        re.compile(pattern)
    except re.error:
        return False
    return True
