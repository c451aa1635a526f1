"""Fields that a connector does not declare and lets pass all the same."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from reconciler.connectors.explain import place, variant_of
from reconciler.connectors.variants import Variant, meant, variants
from reconciler.model import Json, Path
from reconciler.problems import rules
from reconciler.problems.problem import At, Problem
from reconciler.problems.wording import did_you_mean

Schema = Mapping[str, Json]


def unknown_fields(schema: Json, value: Json, at: Path) -> Iterator[Problem]:
    """A Problem for each field that no schema of its place declares."""
    if not isinstance(schema, Mapping):
        return
    if isinstance(value, list):
        for index, item in enumerate(value):
            yield from unknown_fields(schema.get("items"), item, (*at, index))
    if not isinstance(value, dict):
        return
    found = variants(schema)
    chosen = found[0] if len(found) == 1 else meant(found, value)
    if found and chosen is None:
        return
    known = _declared(schema, chosen)
    if known and _is_open(schema) and (chosen is None or _is_open(chosen.schema)):
        for key in value:
            if key not in known:
                yield _unknown(key, known, chosen, found, at)
    for key, inner in known.items():
        if key in value:
            yield from unknown_fields(inner, value[key], (*at, key))


def _declared(schema: Schema, chosen: Variant | None) -> dict[str, Json]:
    """The fields that are named at this place; some are required and described nowhere."""
    known: dict[str, Json] = {}
    for part in (schema, *schema.get("allOf", ()), *([chosen.schema] if chosen else [])):
        if isinstance(part, Mapping):  # and not `true`, which says nothing
            known |= dict.fromkeys(part.get("required", ())) | part.get("properties", {})
    return known


def _is_open(schema: Schema) -> bool:
    """Whether fields pass that are not declared, and nothing says what they could be."""
    open_ended = schema.get("additionalProperties", True) is True
    return open_ended and not schema.get("patternProperties") and "if" not in schema


def _unknown(
    key: str,
    known: Mapping[str, Json],
    chosen: Variant | None,
    found: tuple[Variant, ...],
    at: Path,
) -> Problem:
    owner = f"{place(at)}{variant_of(chosen.schema) if chosen else ''}"
    others = [v.label for v in found if key in v.schema.get("properties", {}) and v.label]
    hint = did_you_mean(key, known)
    if others:
        hint = f"It belongs to {' and '.join(others)}."
    return Problem(
        rules.UNKNOWN_FIELD,
        At((*at, key), on_key=True),
        f'{owner} has no field "{key}"; Airbyte stores it and the connector ignores it.',
        hint or f"Its fields: {', '.join(sorted(known))}.",
    )
