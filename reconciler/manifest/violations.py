"""A broken JSON Schema rule → Problems worded for the person who wrote the value."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from reconciler.manifest.reader import plain_scalar
from reconciler.model import Json, Path, Secret
from reconciler.problems import rules
from reconciler.problems.problem import At, Problem
from reconciler.problems.wording import did_you_mean, show_path, shown, type_names, type_of


@dataclass(frozen=True, slots=True)
class Violation:
    """One rule of a schema that a value breaks.

    `rule` is the schema's keyword and `expected` what stands there; `inner` are the violations
    inside the branches of a combination; `is_of_key` says that the value is a mapping's key.
    """

    at: Path
    rule: str
    expected: Json
    value: Json
    schema: Mapping[str, Json]
    message: str
    inner: tuple[Violation, ...]
    is_of_key: bool


def explain(violation: Violation) -> Iterator[Problem]:
    """What to tell the person who wrote the value; nothing of JSON Schema's own language."""
    at = violation.at
    if violation.is_of_key:
        yield _bad_key(violation, at)
        return
    match violation.rule:
        case "additionalProperties":
            yield from _unknown_keys(violation, at)
        case "required":
            yield from _missing_keys(violation, at)
        case "dependentRequired":
            yield from _missing_companions(violation, at)
        case "oneOf" | "anyOf":
            yield from _alternatives(violation, at)
        case "not":
            yield _excluded(violation, at)
        case "type" if _may_be_secret(violation):
            return
        case "type":
            yield _wrong_type(violation, at)
        case "enum" | "const":
            yield _wrong_choice(violation, at)
        case _:
            yield _beyond_limit(violation, at)


def _unknown_keys(violation: Violation, at: Path) -> Iterator[Problem]:
    known = sorted(violation.schema.get("properties", {}))
    for key in sorted(set(violation.value) - set(known)):
        yield Problem(
            rules.UNKNOWN_KEY,
            At((*at, key), on_key=True),
            f'{_place(at)} has no key "{key}".',
            did_you_mean(key, known) or f"Known keys: {', '.join(known)}.",
        )


def _bad_key(violation: Violation, at: Path) -> Problem:
    return Problem(
        rules.UNUSABLE_KEY,
        At((*at, violation.value), on_key=True),
        f'"{violation.value}" cannot be a key in {_place(at)}.',
        _described(violation),
    )


def _missing_keys(violation: Violation, at: Path) -> Iterator[Problem]:
    # jsonschema yields one error for each missing key; the key's name is only in its message.
    for key in violation.expected:
        if key not in violation.value and violation.message.startswith(repr(key)):
            yield Problem(
                rules.MISSING_KEY, At(at, on_key=True), f'{_place(at)} needs the key "{key}".'
            )


def _missing_companions(violation: Violation, at: Path) -> Iterator[Problem]:
    for key, companions in violation.expected.items():
        for companion in companions:
            # As with `required`, one error for each, told apart by its message alone.
            if violation.message.startswith(repr(companion)) and companion not in violation.value:
                detail = f'{_place(at)} has "{key}", so it needs "{companion}" too.'
                yield Problem(rules.MISSING_KEY, At((*at, key), on_key=True), detail)


def _alternatives(violation: Violation, at: Path) -> Iterator[Problem]:
    """Reports inside the branch that was meant: the only one whose type fits the value."""
    branches: Sequence[Json] = violation.expected
    required = [branch["required"][0] for branch in branches if set(branch) == {"required"}]
    if len(required) == len(branches):
        given = [key for key in required if key in violation.value]
        keys = " or ".join(f'"{key}"' for key in required)
        rule = rules.CONFLICTING_KEYS if given else rules.MISSING_KEY
        yield Problem(rule, At(at, on_key=True), f"{_place(at)} takes exactly one of {keys}.")
        return
    fitting = [
        inner
        for inner in violation.inner
        if not (inner.rule in ("type", "const") and inner.at == violation.at)
    ]
    if fitting:
        for inner in fitting:
            yield from explain(inner)
    else:
        expected = " or ".join(_expectation(branch) for branch in branches)
        yield Problem(
            rules.WRONG_TYPE, At(at), f"{_place(at)} must be {expected}, not {_kind(violation)}."
        )


def _excluded(violation: Violation, at: Path) -> Problem:
    keys = " and ".join(f'"{key}"' for key in violation.expected.get("required", ()))
    return Problem(
        rules.CONFLICTING_KEYS, At(at, on_key=True), f"{_place(at)} cannot have both {keys}."
    )


def _may_be_secret(violation: Violation) -> bool:
    """Whether a secret stands where our schema says that one may (`writeOnly`)."""
    return isinstance(violation.value, Secret) and violation.schema.get("writeOnly") is True


def _wrong_type(violation: Violation, at: Path) -> Problem:
    if isinstance(violation.value, Secret):
        return Problem(
            rules.SECRET_NOT_ALLOWED_HERE,
            At(at),
            f"{_place(at)} is readable in Airbyte, so a secret cannot be put there.",
            "Secrets belong inside `configuration`.",
        )
    expected = _expectation({"type": violation.expected})
    hint = ""
    if violation.expected == "string" and isinstance(violation.value, bool | int | float):
        hint = f'Put it in quotes: "{json.dumps(violation.value)}".'
    elif violation.value is None:
        hint = "Give it a value, or leave the key out."
    found = _kind(violation)
    return Problem(rules.WRONG_TYPE, At(at), f"{_place(at)} must be {expected}, not {found}.", hint)


def _wrong_choice(violation: Violation, at: Path) -> Problem:
    wanted = violation.expected
    allowed = wanted if violation.rule == "enum" else [wanted]
    choices = [str(choice) for choice in allowed]
    return Problem(
        rules.UNKNOWN_VALUE,
        At(at),
        f"{_place(at)} cannot be {shown(violation.value)}.",
        _wrong_quotes(violation.value, allowed)
        or did_you_mean(str(violation.value), choices)
        or f"One of: {', '.join(choices)}.",
    )


def _wrong_quotes(value: Json, allowed: Sequence[Json]) -> str:
    """What to do about a value that is an allowed one but for its quotes; nothing for others."""
    if isinstance(value, str):
        meant = plain_scalar(value)
        same = any(type(each) is type(meant) and each == meant for each in allowed)
        return f"Remove the quotes: {json.dumps(meant)}." if same and meant != value else ""
    written = json.dumps(value)
    return f'Put it in quotes: "{written}".' if written in allowed else ""


def _expectation(branch: Json) -> str:
    if "const" in branch:
        return json.dumps(branch["const"])
    return type_names(branch.get("type", ()))


def _kind(violation: Violation) -> str:
    value = violation.value
    said = f" ({shown(value)})" if isinstance(value, bool | str | int | float) else ""
    return f"{type_of(value)}{said}"


def _described(violation: Violation) -> str:
    return str(violation.schema.get("description", ""))


_LIMITS: Mapping[str, str] = {
    "minItems": "needs at least {0} of them",
    "maxItems": "takes at most {0} of them",
    "minLength": "cannot be empty",
    "maxLength": "takes at most {0} characters",
    "minProperties": "cannot be empty",
    "minimum": "must be at least {0}",
    "maximum": "must be at most {0}",
    "uniqueItems": "names something twice",
    "pattern": "has a form that is not accepted here",
    "format": "has a form that is not accepted here",
}


def _beyond_limit(violation: Violation, at: Path) -> Problem:
    said = _LIMITS.get(violation.rule, "is not accepted here").format(violation.expected)
    detail = f"{_place(at)} {said}: {shown(violation.value)}."
    return Problem(rules.INVALID_VALUE, At(at), detail, _described(violation))


def _place(at: Path) -> str:
    return f"`{show_path(at)}`" if at else "The file"
