"""Values + a JSON Schema → Problems; finds schemas/ in a checkout or in the wheel."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache, lru_cache
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path as FilePath
from typing import TYPE_CHECKING, Any

from reconciler.manifest.violations import Violation, explain
from reconciler.model import Json, Path
from reconciler.problems.problem import Problem

if TYPE_CHECKING:
    from jsonschema import ValidationError
    from jsonschema.protocols import Validator
    from jsonschema_rs import Draft202012Validator as Compiled

CONFIGURATION = "configuration"
DRAFT = "https://json-schema.org/draft/2020-12/schema"


_SUFFIX = ".schema.json"


def check(value: Json, schema: str) -> list[Problem]:
    """Every way in which *value* breaks one of our schemas, such as "tenant" or "project"."""
    if _is_flawless(_compiled(schema), value):
        return []
    return _problems(_validator(schema), value, ())


def check_by(schema: Mapping[str, Json], value: Json, at: Path) -> list[Problem]:
    """Every way in which *value*, which stands at *at*, breaks a schema that a user wrote."""
    if _is_flawless(_compiled_from(json.dumps(schema, sort_keys=True)), value):
        return []
    from jsonschema import Draft202012Validator

    return _problems(Draft202012Validator(schema), value, at)


def check_schema_itself(schema: Mapping[str, Json], at: Path) -> list[Problem]:
    """Every way in which *schema*, which stands at *at*, is no JSON Schema."""
    import jsonschema_rs

    if jsonschema_rs.meta.is_valid({"$schema": DRAFT, **schema}):
        return []
    from jsonschema import Draft202012Validator

    meta = Draft202012Validator(Draft202012Validator.META_SCHEMA)
    return _problems(meta, schema, at)


def properties(schema: str) -> list[str]:
    """The names of the fields that one of our schemas describes, in its order."""
    return list(own_schema(schema)["properties"])


@cache
def own_schema(name: str) -> Mapping[str, Json]:
    """Our schema of that name, as it stands in its file."""
    text = (schema_folder() / f"{name}{_SUFFIX}").read_text(encoding="utf-8")
    schema: Mapping[str, Json] = json.loads(text)
    return schema


def schema_folder() -> Traversable:
    """Where the schemas are: inside an installed package, or beside the package in a checkout."""
    installed = resources.files("reconciler") / "_schemas"
    return installed if installed.is_dir() else FilePath(__file__).parents[2] / "schemas"


def _problems(validator: Validator, value: Json, at: Path) -> list[Problem]:
    broken = validator.iter_errors(value)
    return [problem for each in broken for problem in explain(_violation(each, at))]


def _is_flawless(compiled: Compiled, value: Json) -> bool:
    """Whether *value* has nothing to report; a "no" is no verdict, and has to be worded anyway."""
    try:
        return compiled.is_valid(_without_configurations(value))
    except ValueError:  # a secret somewhere that is no JSON value
        return False


def _without_configurations(value: Json) -> Json:
    """*value* without what connectors are configured with, which our schemas leave open.

    Secrets stand there, which a compiled validator does not take.
    """
    if not isinstance(value, dict):
        return value
    return {
        key: _emptied(part)
        if not isinstance(part, dict) or CONFIGURATION in part
        else {name: _emptied(block) for name, block in part.items()}
        for key, part in value.items()
    }


def _emptied(block: Json) -> Json:
    is_actor = isinstance(block, dict) and isinstance(block.get(CONFIGURATION), dict)
    return {**block, CONFIGURATION: {}} if is_actor else block


@cache
def _compiled(name: str) -> Compiled:
    from jsonschema_rs import Draft202012Validator, Registry

    files = _schemas()
    registry = Registry([(file, content) for file, content in files.items()])
    return Draft202012Validator(files[f"{name}.schema.json"], registry=registry)


@lru_cache(maxsize=256)
def _compiled_from(schema: str) -> Compiled:
    from jsonschema_rs import Draft202012Validator

    return Draft202012Validator(json.loads(schema))


@cache
def _schemas() -> dict[str, Json]:
    return {
        file.name: json.loads(file.read_text(encoding="utf-8"))
        for file in schema_folder().iterdir()
        if file.name.endswith(".schema.json")
    }


def own_schemas() -> list[str]:
    """The names of our schemas, sorted."""
    files = (file.name for file in schema_folder().iterdir())
    return sorted(f.removesuffix(_SUFFIX) for f in files if f.endswith(_SUFFIX))


@cache
def _validator(name: str) -> Validator:
    # Imported here: a plain `reconciler --help` must not pay for it.
    from jsonschema import Draft202012Validator
    from referencing import Registry
    from referencing.jsonschema import DRAFT202012

    files = _schemas()
    registry: Registry[Any] = Registry().with_resources(
        (file, DRAFT202012.create_resource(content)) for file, content in files.items()
    )
    return Draft202012Validator(files[f"{name}{_SUFFIX}"], registry=registry)


def _violation(problem: ValidationError, at: Path) -> Violation:
    """jsonschema's error without its loose types."""
    return Violation(
        at=(*at, *(step for step in problem.absolute_path if isinstance(step, str | int))),
        rule=str(problem.validator),
        expected=problem.validator_value,
        value=problem.instance,
        schema=problem.schema if isinstance(problem.schema, dict) else {},
        message=problem.message,
        inner=tuple(_violation(inner, at) for inner in problem.context or ()),
        is_of_key="propertyNames" in problem.absolute_schema_path,
    )
