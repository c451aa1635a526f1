"""Secrets that stand in a manifest as plain text: known by the connector's schema, then hidden.

As a Secret such a value is never rendered, put into a plan file or logged, the same as one that is
declared by name. Airbyte hides it in what it shows, so nothing is lost for comparing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from reconciler.connectors.fast import COORDINATE
from reconciler.model import Json, Secret

Schema = Mapping[str, Json]


def hidden(schema: Schema, configuration: Json) -> Json:
    """*configuration* with every text at a place that *schema* calls secret as a Secret.

    Where a schema has variants a place counts as secret if it is in any of them: better one too
    many hidden than one shown.
    """
    return _hidden([schema], configuration)


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
