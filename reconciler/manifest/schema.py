"""Values + a JSON Schema → Findings; finds schemas/ in a checkout or in the wheel."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path as FilePath
from typing import TYPE_CHECKING, Any

from reconciler.manifest.findings import Finding
from reconciler.manifest.violations import Violation, explain
from reconciler.model import Json, Path

if TYPE_CHECKING:
    from jsonschema import ValidationError
    from jsonschema.protocols import Validator


def check(value: Json, schema: str) -> list[Finding]:
    """Every way in which *value* breaks one of our schemas, such as "tenant" or "project"."""
    return _findings(_validator(schema), value, ())


def check_by(schema: Mapping[str, Json], value: Json, at: Path) -> list[Finding]:
    """Every way in which *value*, which stands at *at*, breaks a schema that a user wrote."""
    from jsonschema import Draft202012Validator

    return _findings(Draft202012Validator(schema), value, at)


def meta_findings(schema: Mapping[str, Json], at: Path) -> list[Finding]:
    """Every way in which *schema*, which stands at *at*, is no JSON Schema."""
    from jsonschema import Draft202012Validator

    meta = Draft202012Validator(Draft202012Validator.META_SCHEMA)
    return _findings(meta, schema, at)


def properties(schema: str) -> list[str]:
    """The names of the fields that one of our schemas describes, in its order."""
    return list(_schema(schema)["properties"])


@cache
def _schema(name: str) -> Mapping[str, Json]:
    text = (schema_folder() / f"{name}.schema.json").read_text(encoding="utf-8")
    schema: Mapping[str, Json] = json.loads(text)
    return schema


def schema_folder() -> Traversable:
    """Where the schemas are: inside an installed package, or beside the package in a checkout."""
    installed = resources.files("reconciler") / "_schemas"
    return installed if installed.is_dir() else FilePath(__file__).parents[2] / "schemas"


def _findings(validator: Validator, value: Json, at: Path) -> list[Finding]:
    problems = validator.iter_errors(value)
    return [finding for problem in problems for finding in explain(_violation(problem, at))]


@cache
def _validator(name: str) -> Validator:
    # Imported here: a plain `reconciler --help` must not pay for it.
    from jsonschema import Draft202012Validator
    from referencing import Registry
    from referencing.jsonschema import DRAFT202012

    files = {
        file.name: json.loads(file.read_text(encoding="utf-8"))
        for file in schema_folder().iterdir()
        if file.name.endswith(".schema.json")
    }
    registry: Registry[Any] = Registry().with_resources(
        (file, DRAFT202012.create_resource(content)) for file, content in files.items()
    )
    return Draft202012Validator(files[f"{name}.schema.json"], registry=registry)


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
