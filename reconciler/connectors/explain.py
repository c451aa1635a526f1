"""A broken rule of a connector's schema → Problems in words; values of secrets are never shown."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from reconciler.connectors.sample import is_dated, text_of_form
from reconciler.connectors.variants import constant_of, is_constant, variants
from reconciler.model import Json, Path
from reconciler.problems import rules
from reconciler.problems.problem import At, Problem
from reconciler.problems.wording import did_you_mean, safe, show_path, shown, type_names, type_of


@dataclass(frozen=True, slots=True)
class Broken:
    """One rule of a schema that a value breaks: the keyword, and what stands there."""

    at: Path
    rule: str
    expected: Json
    value: Json
    schema: Mapping[str, Json]
    message: str


def explain(broken: Broken) -> Iterator[Problem]:
    """What to tell the person who wrote the value."""
    match broken.rule:
        case "required":
            yield from _missing(broken)
        case "additionalProperties":
            yield from _not_allowed(broken)
        case "type":
            yield _wrong_type(broken)
        case "const" | "enum":
            yield _wrong_choice(broken)
        case "oneOf":
            yield _undecided(broken)
        case "pattern":
            yield _wrong_form(broken)
        case _ if broken.rule in _LIMITS:
            yield _out_of_range(broken)
        case _:
            detail = f"{place(broken.at)} is not accepted by the connector's schema."
            yield Problem(
                rules.CONFIGURATION_REFUSED, At(broken.at), detail, first_sentence(broken.schema)
            )


def place(at: Path) -> str:
    """The field as messages name it."""
    return f"`{show_path(('configuration', *at))}`"


def variant_of(schema: Mapping[str, Json]) -> str:
    """The branch that *schema* is, in brackets behind a name; nothing for other schemas."""
    for key, field in schema.get("properties", {}).items():
        if is_constant(field):
            return f" ({key}: {constant_of(field)})"
    return ""


def _missing(broken: Broken) -> Iterator[Problem]:
    # jsonschema yields one error for each missing field, and names it in its message alone.
    for key in dict.fromkeys(broken.expected):
        if key not in broken.value and broken.message.startswith(repr(key)):
            owner = f"{place(broken.at)}{variant_of(broken.schema)}"
            hint = first_sentence(broken.schema.get("properties", {}).get(key, {}))
            detail = f'{owner} needs the field "{key}".'
            yield Problem(rules.MISSING_FIELD, At(broken.at, on_key=True), detail, hint)


def _not_allowed(broken: Broken) -> Iterator[Problem]:
    known = sorted(broken.schema.get("properties", {}))
    for key in sorted(set(broken.value) - set(known)):
        yield Problem(
            rules.FIELD_NOT_ALLOWED,
            At((*broken.at, key), on_key=True),
            f'{place(broken.at)}{variant_of(broken.schema)} takes no field "{key}".',
            did_you_mean(key, known) or f"Its fields: {', '.join(known)}.",
        )


def _wrong_type(broken: Broken) -> Problem:
    hint = ""
    if broken.expected == "string" and isinstance(broken.value, bool | int | float):
        hint = "Put it in quotes."
    elif isinstance(broken.value, str) and _unquoted(broken.value, broken.expected):
        hint = "Remove the quotes."
    found = "another" if broken.schema.get("airbyte_secret") else type_of(broken.value)
    if isinstance(broken.value, str | int | float) and found != "another":
        found += f" ({shown(broken.value)})"
    detail = f"{place(broken.at)} must be {type_names(broken.expected)}, not {found}."
    return Problem(rules.WRONG_TYPE_OF_FIELD, At(broken.at), detail, hint)


def _unquoted(text: str, types: Json) -> bool:
    wanted = [types] if isinstance(types, str) else types
    if re.fullmatch(r"-?\d+", text):
        return "integer" in wanted or "number" in wanted
    return "boolean" in wanted and text in ("true", "false")


def _wrong_choice(broken: Broken) -> Problem:
    choices = [str(c) for c in ([broken.expected] if broken.rule == "const" else broken.expected)]
    written = "what it is" if broken.schema.get("airbyte_secret") else shown(broken.value)
    return Problem(
        rules.VALUE_NOT_OFFERED,
        At(broken.at),
        f"{place(broken.at)} cannot be {written}.",
        did_you_mean(str(broken.value), choices) or f"One of: {', '.join(choices)}.",
    )


def _undecided(broken: Broken) -> Problem:
    """The value names a branch that there is not, or names none and could be several."""
    found = variants({"oneOf": broken.expected})
    field = found[0].field
    labels = "; ".join(variant.label or f"number {variant.index + 1}" for variant in found)
    if not isinstance(broken.value, dict):
        detail = f"{place(broken.at)} is {type_of(broken.value)}, which no variant takes."
        return Problem(rules.UNKNOWN_VARIANT, At(broken.at), detail, f"Variants: {labels}.")
    if field in broken.value:
        return Problem(
            rules.UNKNOWN_VARIANT,
            At((*broken.at, field)),
            f"{place((*broken.at, field))} cannot be {shown(broken.value[field])}.",
            did_you_mean(str(broken.value[field]), [str(v.constant) for v in found])
            or f"One of: {', '.join(str(v.constant) for v in found)}.",
        )
    detail = f"{place(broken.at)} does not say which of its variants is meant: {labels}."
    hint = f"Add `{field}`." if field else "Give the fields of one of them."
    return Problem(rules.UNDECIDED_VARIANT, At(broken.at, on_key=True), detail, hint)


def _wrong_form(broken: Broken) -> Problem:
    wanted = broken.schema.get("pattern_descriptor") or text_of_form(broken.schema)
    hint = f"Write it like {wanted}" if wanted else f"It must match {broken.expected}"
    said = "" if broken.schema.get("airbyte_secret") else f": {shown(broken.value)}"
    detail = f"{place(broken.at)} has a form that the connector does not accept{said}."
    return Problem(rules.VALUE_OF_ANOTHER_FORM, At(broken.at), detail, f"{hint}.")


_LIMITS: Mapping[str, str] = {
    "minimum": "must be at least {0}",
    "maximum": "must be at most {0}",
    "exclusiveMinimum": "must be more than {0}",
    "exclusiveMaximum": "must be less than {0}",
    "multipleOf": "must be a multiple of {0}",
    "minLength": "needs at least {0} characters",
    "maxLength": "takes at most {0} characters",
    "minItems": "needs at least {0} entries",
    "maxItems": "takes at most {0} entries",
    "minProperties": "needs at least {0} keys",
    "maxProperties": "takes at most {0} keys",
    "uniqueItems": "names something twice",
}


def _out_of_range(broken: Broken) -> Problem:
    is_number = isinstance(broken.value, int | float) and not broken.schema.get("airbyte_secret")
    said = f", not {shown(broken.value)}" if is_number else ""
    detail = f"{place(broken.at)} {_LIMITS[broken.rule].format(broken.expected)}{said}."
    return Problem(rules.VALUE_OUT_OF_RANGE, At(broken.at), detail, first_sentence(broken.schema))


def undated(schema: Mapping[str, Json], value: str, at: Path) -> Iterator[Problem]:
    """A doubt about a text that should be a date or a time."""
    wanted = str(schema["format"])
    if not is_dated(value, wanted):
        detail = f"{place(at)} should be a {wanted}, and is {shown(value)}."
        form = "2024-01-31" if wanted == "date" else "2024-01-31T00:00:00Z"
        yield Problem(rules.NO_DATE, At(at), detail, f"Write it like {form}.")


def misunderstood(pattern: str, at: Path) -> Problem:
    """A doubt about a value that could not be held against the pattern that its field has."""
    return Problem(
        rules.PATTERN_NOT_UNDERSTOOD,
        At(at),
        f"{place(at)} is not checked against `{safe(pattern[:60])}`, the pattern of its connector.",
        "Airbyte may refuse the value. `reconciler connectors update` may fetch a mended schema.",
    )


def first_sentence(schema: Json) -> str:
    """The first sentence of the connector's own description of a field."""
    text = schema.get("description", "") if isinstance(schema, Mapping) else ""
    words = re.sub(r"<[^>]*>", "", " ".join(str(text).split()))
    first = re.split(r"(?<=\.) (?=[A-Z])", words)[0]
    return first if len(first) <= 200 else f"{first[:199].rstrip()}…"
