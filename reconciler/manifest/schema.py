"""Values + a JSON Schema of `schemas/` → Findings worded for the person who wrote the values."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from functools import cache
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path as FilePath
from typing import TYPE_CHECKING, Any

from reconciler.errors import did_you_mean
from reconciler.manifest.findings import Finding, show_path
from reconciler.model import Json, Path, Secret

if TYPE_CHECKING:
    from jsonschema import ValidationError
    from jsonschema.protocols import Validator

_NAMES = {
    "object": "a mapping",
    "array": "a list",
    "string": "a text",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "null": "nothing",
}


def check(value: Json, schema: str) -> list[Finding]:
    """Every way in which *value* breaks the schema of that file name, such as "tenant"."""
    return [f for problem in _validator(schema).iter_errors(value) for f in _explain(problem)]


def schema_folder() -> Traversable:
    """Where the schemas are: inside an installed package, or beside the package in a checkout."""
    installed = resources.files("reconciler") / "_schemas"
    return installed if installed.is_dir() else FilePath(__file__).parents[2] / "schemas"


@cache
def _validator(name: str) -> Validator:
    # Imported here: a plain `reconciler --help` must not pay for it.
    from jsonschema import Draft202012Validator
    from jsonschema.validators import extend
    from referencing import Registry
    from referencing.jsonschema import DRAFT202012

    files = {f.name: json.loads(f.read_text()) for f in schema_folder().iterdir() if _is_schema(f)}
    registry: Registry[Any] = Registry().with_resources(
        (file, DRAFT202012.create_resource(content)) for file, content in files.items()
    )
    return extend(Draft202012Validator)(files[f"{name}.schema.json"], registry=registry)


def _is_schema(file: Traversable) -> bool:
    return file.name.endswith(".schema.json")


def _explain(problem: ValidationError) -> Iterator[Finding]:
    at: Path = tuple(problem.absolute_path)
    if "propertyNames" in problem.absolute_schema_path:
        yield _bad_key(problem, at)
        return
    match problem.validator:
        case "additionalProperties":
            yield from _unknown_keys(problem, at)
        case "required":
            yield from _missing_keys(problem, at)
        case "dependentRequired":
            yield from _missing_companions(problem, at)
        case "oneOf" | "anyOf":
            yield from _alternatives(problem, at)
        case "not":
            yield _excluded(problem, at)
        case "type":
            yield _wrong_type(problem, at)
        case "enum" | "const":
            yield _wrong_choice(problem, at)
        case _:
            yield Finding(at, "invalid value", _sentence(at, problem.message), _described(problem))


def _unknown_keys(problem: ValidationError, at: Path) -> Iterator[Finding]:
    known = sorted(problem.schema.get("properties", {}))
    for key in sorted(set(problem.instance) - set(known)):
        yield Finding(
            (*at, key),
            "unknown key",
            f'{_place(at)} has no key "{key}".',
            did_you_mean(key, known) or f"Known keys: {', '.join(known)}.",
            on_key=True,
        )


def _bad_key(problem: ValidationError, at: Path) -> Finding:
    return Finding(
        (*at, problem.instance),
        "unusable key",
        f'"{problem.instance}" cannot be a key in {_place(at)}.',
        _described(problem),
        on_key=True,
    )


def _missing_keys(problem: ValidationError, at: Path) -> Iterator[Finding]:
    # jsonschema yields one error for each missing key; the key's name is only in its message.
    for key in problem.validator_value:
        if key not in problem.instance and problem.message.startswith(repr(key)):
            yield Finding(at, "missing key", f'{_place(at)} needs the key "{key}".', on_key=True)


def _missing_companions(problem: ValidationError, at: Path) -> Iterator[Finding]:
    for key, companions in problem.validator_value.items():
        for companion in companions:
            # As with `required`, one error for each, told apart by its message alone.
            if problem.message.startswith(repr(companion)) and companion not in problem.instance:
                detail = f'{_place(at)} has "{key}", so it needs "{companion}" too.'
                yield Finding((*at, key), "missing key", detail, on_key=True)


def _alternatives(problem: ValidationError, at: Path) -> Iterator[Finding]:
    """Reports inside the branch that was meant: the only one whose type fits the value."""
    branches: Sequence[Json] = problem.validator_value
    required = [branch["required"][0] for branch in branches if set(branch) == {"required"}]
    if len(required) == len(branches):
        given = [key for key in required if key in problem.instance]
        keys = " or ".join(f'"{key}"' for key in required)
        summary = "conflicting keys" if given else "missing key"
        yield Finding(at, summary, f"{_place(at)} takes exactly one of {keys}.", on_key=True)
        return
    fitting = [
        inner
        for inner in problem.context
        if not (
            inner.validator in ("type", "const") and inner.absolute_path == problem.absolute_path
        )
    ]
    if fitting:
        for inner in fitting:
            yield from _explain(inner)
    else:
        expected = " or ".join(_expectation(branch) for branch in branches)
        yield Finding(at, "wrong type", f"{_place(at)} must be {expected}, not {_kind(problem)}.")


def _excluded(problem: ValidationError, at: Path) -> Finding:
    keys = " and ".join(f'"{key}"' for key in problem.validator_value.get("required", ()))
    return Finding(at, "conflicting keys", f"{_place(at)} cannot have both {keys}.", on_key=True)


def _wrong_type(problem: ValidationError, at: Path) -> Finding:
    if isinstance(problem.instance, Secret):
        return Finding(
            at,
            "secret not allowed here",
            f"{_place(at)} is readable in Airbyte, so a secret cannot be put there.",
            "Secrets belong inside `configuration`.",
        )
    expected = _expectation({"type": problem.validator_value})
    hint = ""
    if problem.validator_value == "string" and isinstance(problem.instance, bool | int | float):
        hint = f'Put it in quotes: "{json.dumps(problem.instance)}".'
    found = _kind(problem)
    return Finding(at, "wrong type", f"{_place(at)} must be {expected}, not {found}.", hint)


def _wrong_choice(problem: ValidationError, at: Path) -> Finding:
    wanted = problem.validator_value
    choices = [str(choice) for choice in (wanted if problem.validator == "enum" else [wanted])]
    return Finding(
        at,
        "unknown value",
        f"{_place(at)} cannot be {json.dumps(problem.instance, default=str, ensure_ascii=False)}.",
        did_you_mean(str(problem.instance), choices) or f"One of: {', '.join(choices)}.",
    )


def _expectation(branch: Json) -> str:
    if "const" in branch:
        return json.dumps(branch["const"])
    types = branch.get("type", ())
    return " or ".join(_NAMES[name] for name in ([types] if isinstance(types, str) else types))


def _kind(problem: ValidationError) -> str:
    value = problem.instance
    if isinstance(value, Secret):
        return "a secret"
    for type_, name in ((bool, "boolean"), (str, "string"), (int, "integer"), (float, "number")):
        if isinstance(value, type_):
            return f"{_NAMES[name]} ({json.dumps(value, ensure_ascii=False)[:40]})"
    return {dict: "a mapping", list: "a list"}.get(type(value), "nothing")


def _described(problem: ValidationError) -> str:
    description = problem.schema.get("description", "") if isinstance(problem.schema, dict) else ""
    return str(description)


def _sentence(at: Path, message: str) -> str:
    return f"{_place(at)}: {message}."


def _place(at: Path) -> str:
    return f"`{show_path(at)}`" if at else "The file"
