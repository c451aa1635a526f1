"""Patterns of connectors' schemas, by whichever engine here understands them.

Airbyte applies them with Java's engine, which Python's is far from: `\\p{L}` is an error in it.
jsonschema_rs comes nearest; what it refuses, such as `(?i)`, Python may know. A pattern that is
odd to both is not applied, and `check` says so at each field that has a value.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from typing import TYPE_CHECKING, Any

from reconciler.model import Json

if TYPE_CHECKING:
    from jsonschema import ValidationError
    from jsonschema.protocols import Validator

Schema = Mapping[str, Json]

_DATA = ("const", "default", "enum", "examples")  # keywords that hold values and no schemas


def matches(pattern: str, text: str) -> bool:
    """Whether *pattern* is somewhere in *text*; True where no engine here understands it."""
    found = _search(pattern)
    return found is None or found(text)


def is_understood(pattern: str) -> bool:
    """Whether any engine here understands *pattern*."""
    return _search(pattern) is not None


def without_foreign(schema: Json) -> Json:
    """*schema* without the patterns that jsonschema_rs would refuse all of it for."""
    if isinstance(schema, list):
        return [without_foreign(item) for item in schema]
    if not isinstance(schema, Mapping):
        return schema
    made = {k: v if k in _DATA else without_foreign(v) for k, v in schema.items()}
    if isinstance(pattern := schema.get("pattern"), str) and _foreign(pattern):
        del made["pattern"]
    if isinstance(by_pattern := made.get("patternProperties"), dict):
        made["patternProperties"] = {k: v for k, v in by_pattern.items() if not _foreign(k)}
    return made


@cache
def validator_class() -> Callable[[Schema], Validator]:
    """jsonschema's draft-07, whose patterns are applied by `matches`."""
    from jsonschema import Draft7Validator, validators

    keywords = {
        "pattern": _pattern,
        "patternProperties": _pattern_properties,
        "additionalProperties": _additional_properties,
    }
    made: Callable[[Schema], Validator] = validators.extend(  # type: ignore[no-untyped-call]
        Draft7Validator, validators=keywords
    )
    return made


@cache
def _search(pattern: str) -> Callable[[str], bool] | None:
    return _by_rust(pattern) or _by_python(pattern)


def _foreign(pattern: str) -> bool:
    return _by_rust(pattern) is None


@cache
def _by_rust(pattern: str) -> Callable[[str], bool] | None:
    import jsonschema_rs

    try:
        return jsonschema_rs.Draft7Validator({"pattern": pattern}).is_valid
    except ValueError:
        return None


def _by_python(pattern: str) -> Callable[[str], bool] | None:
    with warnings.catch_warnings():
        # Python warns of what means something else to Java, such as sets in sets.
        warnings.simplefilter("error")
        try:
            compiled = re.compile(pattern)
        except (re.error, Warning, OverflowError, RecursionError):
            return None
    return lambda text: compiled.search(text) is not None


def _pattern(_: Any, pattern: str, value: Json, _schema: Schema) -> Iterator[ValidationError]:
    from jsonschema import ValidationError

    if isinstance(value, str) and not matches(pattern, value):
        yield ValidationError("")


def _pattern_properties(
    validator: Any, by_pattern: Schema, value: Json, _schema: Schema
) -> Iterator[ValidationError]:
    for pattern, schema in by_pattern.items() if isinstance(value, dict) else ():
        for key, item in value.items():
            if is_understood(pattern) and matches(pattern, key):
                yield from validator.descend(item, schema, path=key, schema_path=pattern)


def _additional_properties(
    validator: Any, additional: Json, value: Json, schema: Schema
) -> Iterator[ValidationError]:
    from jsonschema import ValidationError

    if not isinstance(value, dict):
        return
    declared, patterns = schema.get("properties", {}), schema.get("patternProperties", ())
    # A pattern that nobody understands might declare every key.
    extra = [k for k in value if k not in declared and not any(matches(p, k) for p in patterns)]
    if isinstance(additional, Mapping):
        for key in extra:
            yield from validator.descend(value[key], additional, path=key)
    elif additional is False and extra:
        yield ValidationError("")
