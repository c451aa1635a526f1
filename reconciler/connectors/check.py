"""A configuration + its connector's schema → Problems, each at the field that has it.

Source: Airbyte validates against the connector's JSON Schema, draft-07, fills in no defaults, and
lets fields pass that it does not know. jsonschema finds what is broken; the branch of a `oneOf`
that was meant is chosen before it looks, so that problems are reported inside that branch.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cache
from typing import TYPE_CHECKING, Any

from reconciler.connectors.explain import Broken, explain, misunderstood, undated
from reconciler.connectors.fast import COORDINATE, compiled, plain
from reconciler.connectors.patterns import is_understood, validator_class
from reconciler.connectors.soundness import UnusableSchema, unsound
from reconciler.connectors.unknown import unknown_fields
from reconciler.connectors.variants import Variant, meant, variants
from reconciler.model import Json, Path, Secret, is_mask
from reconciler.problems import rules
from reconciler.problems.problem import At, Problem

if TYPE_CHECKING:
    from jsonschema import ValidationError
    from jsonschema.protocols import Validator

Schema = Mapping[str, Json]


def check(schema: Schema, configuration: Json) -> list[Problem]:
    """Everything that is wrong or doubtful in *configuration*; a Secret stands for any value.

    Raises UnusableSchema.
    """
    if compiled(schema).is_flawless(plain(configuration)):
        return []
    if reason := unsound(schema):
        raise UnusableSchema(reason)
    given = _without_nulls(configuration)
    errors = _validator_class()(schema).iter_errors(given)
    problems = [problem for error in errors for problem in explain(_broken(error))]
    problems += unknown_fields(schema, given, ())
    problems += _dubious(schema, given, ())
    return list(dict.fromkeys(problems))


@cache
def _validator_class() -> Callable[[Schema], Validator]:
    """jsonschema's draft-07, for which a Secret is valid anywhere and `oneOf` knows variants."""
    from jsonschema import validators

    ours: Any = validator_class()
    keywords = dict(ours.VALIDATORS)
    keywords["oneOf"] = keywords["anyOf"] = _variant
    made: Callable[[Schema], Validator] = validators.extend(  # type: ignore[no-untyped-call]
        ours,
        validators={name: _unless_secret(function) for name, function in keywords.items()},
    )
    return made


Keyword = Callable[[Any, Json, Json, Json], "Iterable[ValidationError] | None"]


def _unless_secret(function: Keyword) -> Keyword:
    def keyword(
        validator: Validator, expected: Json, value: Json, schema: Json
    ) -> Iterable[ValidationError]:
        return (
            () if isinstance(value, Secret) else function(validator, expected, value, schema) or ()
        )

    return keyword


def _variant(
    validator: Any, branches: Sequence[Schema], value: Json, schema: Schema
) -> Iterator[ValidationError]:
    """What is wrong inside the branch that was meant; one error when that cannot be told."""
    from jsonschema import ValidationError

    if value is not None and "object" in _types(schema) and not isinstance(value, dict):
        return  # told by `type`
    fitting = [
        i for i, branch in enumerate(branches) if validator.evolve(schema=branch).is_valid(value)
    ]
    if len(fitting) == 1 or (fitting and "anyOf" in schema):
        return
    found = variants({"oneOf": branches})
    if isinstance(value, dict) and (field := found[0].field):
        if isinstance(value.get(field), Secret):
            return
        if fitting and field in value:
            fitting = []
    if not fitting and (variant := _chosen(found, value)):
        yield from validator.descend(value, variant.schema, schema_path=variant.index)
        return
    yield ValidationError(
        "", validator="oneOf", validator_value=branches, instance=value, schema=schema
    )


def _chosen(found: Sequence[Variant], value: Json) -> Variant | None:
    if len(found) == 1:
        return found[0]
    if isinstance(value, dict):
        return meant(found, value)
    fitting = [variant for variant in found if _fits_type(variant.schema, value)]
    return fitting[0] if len(fitting) == 1 else None


def _fits_type(schema: Schema, value: Json) -> bool:
    from jsonschema import Draft7Validator

    return Draft7Validator({"type": _types(schema)}).is_valid(value) if _types(schema) else False


def _types(schema: Schema) -> list[str]:
    types = schema.get("type", [])
    return [types] if isinstance(types, str) else list(types)


def _without_nulls(value: Json) -> Json:
    """A key set to null is not sent."""
    if isinstance(value, dict):
        return {key: _without_nulls(item) for key, item in value.items() if item is not None}
    return [_without_nulls(item) for item in value] if isinstance(value, list) else value


def _broken(problem: ValidationError) -> Broken:
    """jsonschema's error without its loose types."""
    return Broken(
        at=tuple(step for step in problem.absolute_path if isinstance(step, str | int)),
        rule=str(problem.validator),
        expected=problem.validator_value,
        value=problem.instance,
        schema=problem.schema if isinstance(problem.schema, dict) else {},
        message=problem.message,
    )


def doubtful(schema: Schema, configuration: Json) -> list[Problem]:
    """What is doubtful in a part of a configuration, whatever it lacks."""
    return list(_dubious(schema, configuration, ()))


def _dubious(schema: Json, value: Json, at: Path) -> Iterator[Problem]:
    """What is accepted and doubtful: secrets in the file, texts that are no dates, odd patterns."""
    if not isinstance(schema, Mapping):
        return
    if isinstance(value, str):
        yield from _dubious_text(schema, value, at)
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _dubious(schema.get("items"), item, (*at, index))
    elif isinstance(value, dict):
        found = variants(schema)
        chosen = _chosen(found, value)
        for part in (schema, *([chosen.schema] if chosen else [])):
            for key, inner in part.get("properties", {}).items():
                if key in value:
                    yield from _dubious(inner, value[key], (*at, key))
            for pattern in part.get("patternProperties", ()) if value else ():
                if not is_understood(pattern):
                    yield misunderstood(pattern, at)


def _dubious_text(schema: Schema, value: str, at: Path) -> Iterator[Problem]:
    is_value = value and not value.startswith(COORDINATE) and not is_mask(value)
    if schema.get("airbyte_secret") and is_value:
        yield Problem(
            rules.SECRET_IN_PLAIN_TEXT,
            At(at),
            f'"{at[-1]}" is a secret of this connector, and its value stands in the file.',
            "Write ${{ secrets.NAME }}, and keep the value where `secrets:` of the project says.",
        )
    pattern = schema.get("pattern")
    if isinstance(pattern, str) and not is_understood(pattern):
        yield misunderstood(pattern, at)
    if schema.get("format") in ("date", "date-time") and "pattern" not in schema:
        yield from undated(schema, value, at)
