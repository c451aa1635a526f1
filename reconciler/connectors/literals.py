"""Secrets that stand in a manifest as plain text: known by the connector's schema, then hidden.

So are Airbyte's masks, copied from what it shows: they are no values.

As a Secret such a value is never rendered, put into a plan file or logged, the same as one that is
declared by name. Airbyte hides it in what it shows, so nothing is lost for comparing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from reconciler.connectors.fast import COORDINATE
from reconciler.model import Json, Path, Secret, is_mask

Schema = Mapping[str, Json]


def hidden(schema: Schema, configuration: Json) -> Json:
    """*configuration* with every text at a place that *schema* calls secret as a Secret.

    Where a schema has variants a place counts as secret if it is in any of them: better one too
    many hidden than one shown.
    """
    return _hidden([schema], configuration)


def masked(schema: Schema | None, configuration: Json) -> Iterator[Path]:
    """Where *configuration* has a mask in the place of a secret, or of what *schema* does not tell.

    A text that the connector declares and does not call secret may be what it likes.
    """
    if not _holds_mask(configuration):
        return iter(())  # nearly always, and cheaper to find out than what the schema says
    return _masked([schema] if schema else [], configuration, ())


def _holds_mask(value: Json) -> bool:
    if isinstance(value, str):
        return "*" in value and is_mask(value)
    if isinstance(value, dict):
        return any(map(_holds_mask, value.values()))
    return any(map(_holds_mask, value)) if isinstance(value, list) else is_mask(value)


def _masked(schemas: Sequence[Schema], value: Json, at: Path) -> Iterator[Path]:
    if isinstance(value, dict | list):
        parts = [part for schema in schemas for part in _parts(schema)]
        steps = value.items() if isinstance(value, dict) else enumerate(value)
        for step, item in steps:
            if isinstance(item, str | Secret) and not is_mask(item):
                continue  # nearly all there is
            yield from _masked(_secret_or(schemas, _below(parts, step)), item, (*at, step))
    elif is_mask(value) and (
        isinstance(value, Secret) or not schemas or any(s.get("airbyte_secret") for s in schemas)
    ):
        yield at


def _below(parts: Sequence[Schema], step: str | int) -> list[Schema]:
    if isinstance(step, str):
        return _inner(parts, step)
    return [part["items"] for part in parts if isinstance(part.get("items"), dict)]


def _secret_or(schemas: Sequence[Schema], inner: list[Schema]) -> list[Schema]:
    """*inner*, and what is secret as a whole: then so is all of it."""
    return [*inner, *(schema for schema in schemas if schema.get("airbyte_secret"))]


def _hidden(schemas: Sequence[Schema], value: Json) -> Json:
    if isinstance(value, str):
        is_secret = any(schema.get("airbyte_secret") for schema in schemas)
        return Secret((value,)) if is_secret and value and COORDINATE not in value else value
    if not isinstance(value, dict | list) or not schemas:
        return value
    parts = [part for schema in schemas for part in _parts(schema)]
    if isinstance(value, list):
        items = [part["items"] for part in parts if isinstance(part.get("items"), dict)]
        return [_hidden(items, item) for item in value]
    return {key: _hidden(_inner(parts, key), item) for key, item in value.items()}


def _inner(parts: Sequence[Schema], key: str) -> list[Schema]:
    known = [part.get("properties") for part in parts]
    found = [properties.get(key) for properties in known if isinstance(properties, dict)]
    return [schema for schema in found if isinstance(schema, dict)]


def _parts(schema: Schema) -> Iterator[Schema]:
    """*schema* and all that it combines."""
    yield schema
    for combination in ("oneOf", "anyOf", "allOf"):
        branches = schema.get(combination)
        for branch in branches if isinstance(branches, list) else ():
            if isinstance(branch, dict):
                yield from _parts(branch)
