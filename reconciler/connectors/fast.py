"""Whether a configuration has nothing to report, said by compiled validators.

Two schemas are compiled for a connector: its own, and a strict one that refuses whatever would be
a warning: fields that it does not declare, secrets written as text. An expression that only apply
can evaluate stands for any value. A "no" is no verdict: `check` finds out what it means.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import TYPE_CHECKING

from reconciler.connectors.patterns import without_foreign
from reconciler.model import Json, Secret

if TYPE_CHECKING:
    from jsonschema_rs import Draft7Validator

EXPRESSION = "${{…}}"
"""What a Secret is to the compiled validators; not an expression that anybody could write."""

COORDINATE = "secret_coordinate::"

_ANY_EXPRESSION = {"const": EXPRESSION}
_NO_LITERAL = {"anyOf": [_ANY_EXPRESSION, {"pattern": f"^{COORDINATE}"}, {"maxLength": 0}]}
_COMBINATIONS = ("oneOf", "anyOf", "allOf")
_NESTED = ("items", "additionalProperties", "not", "if", "then", "else", "contains")


class Compiled:
    """The compiled validators of one connector's schema."""

    def __init__(self, schema: Mapping[str, Json]) -> None:
        self._schema = schema  # kept, so that its identity is not given to another schema
        native = without_foreign(schema)
        self._is_whole = bool(native == schema)
        self._validators = _compile(native)

    @property
    def is_sound(self) -> bool:
        return bool(self._validators)

    def is_flawless(self, configuration: Json) -> bool:
        """Whether *configuration*, without its nulls and with EXPRESSION for secrets, is fine.

        Never so where the schema has patterns that these validators do not understand.
        """
        return (
            self._is_whole
            and self.is_sound
            and all(v.is_valid(configuration) for v in self._validators)
        )


def plain(value: Json) -> Json:
    """*value* as it would be sent: null keys left out, EXPRESSION in place of each Secret."""
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items() if item is not None}
    if isinstance(value, list):
        return [plain(item) for item in value]
    return EXPRESSION if isinstance(value, Secret) else value


def compiled(schema: Mapping[str, Json]) -> Compiled:
    """The validators of *schema*, compiled at its first use."""
    return _by_identity(_Identity(schema))


class _Identity:
    """A schema as a cache key: schemas are never changed, and comparing them would be slow."""

    def __init__(self, schema: Mapping[str, Json]) -> None:
        self.schema = schema

    def __hash__(self) -> int:
        return id(self.schema)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Identity) and other.schema is self.schema


@cache
def _by_identity(identity: _Identity) -> Compiled:
    return Compiled(identity.schema)


def _compile(schema: Mapping[str, Json]) -> tuple[Draft7Validator, ...]:
    import jsonschema_rs

    own, strict = tolerant(schema, strict=False), tolerant(schema, strict=True)
    try:
        return (
            jsonschema_rs.Draft7Validator(own, retriever=_nothing),
            jsonschema_rs.Draft7Validator(strict, retriever=_nothing, validate_formats=True),
        )
    except (ValueError, jsonschema_rs.ValidationError, jsonschema_rs.ReferencingError):
        return ()  # what only the slow validator can make sense of, or none


def _nothing(uri: str) -> Json:
    """What a reference to another document leads to: checking reads nothing from elsewhere."""
    raise ValueError(uri)


def tolerant(schema: Json, *, strict: bool) -> Json:
    """*schema* with EXPRESSION accepted wherever a value is."""
    if not isinstance(schema, Mapping):
        return schema
    made = dict(schema)
    made.pop("$id", None)
    if isinstance(required := schema.get("required"), list):
        # One connector repeats a name, which a schema may not do.
        made["required"] = [each for i, each in enumerate(required) if each not in required[:i]]
    for keyword in ("properties", "patternProperties"):
        if isinstance(schema.get(keyword), Mapping):
            made[keyword] = {k: _or_expression(v, strict) for k, v in schema[keyword].items()}
    for keyword in _COMBINATIONS:
        if isinstance(schema.get(keyword), list):
            made[keyword] = [tolerant(branch, strict=strict) for branch in schema[keyword]]
    for keyword in _NESTED:
        if isinstance(schema.get(keyword), Mapping):
            made[keyword] = _or_expression(schema[keyword], strict)
    if strict:
        _forbid_unknown(schema, made)
    return made


def _or_expression(schema: Json, strict: bool) -> Json:
    if not isinstance(schema, Mapping):
        return schema
    made = tolerant(schema, strict=strict)
    if strict and schema.get("airbyte_secret"):
        made = {"allOf": [made, _NO_LITERAL]}
    return {"anyOf": [_ANY_EXPRESSION, made]}


def _forbid_unknown(schema: Mapping[str, Json], made: dict[str, Json]) -> None:
    if not schema.get("properties") or schema.get("patternProperties"):
        return
    if schema.get("additionalProperties", True) is True:
        if any(keyword in schema for keyword in (*_COMBINATIONS, "if")):
            made["not"] = {}  # which fields are known depends on the branch: leave it to `check`
        else:
            made["additionalProperties"] = False
