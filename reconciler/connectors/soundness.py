"""Whether a connector's schema is one: registries are other people's files."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from reconciler.connectors.fast import compiled, tolerant
from reconciler.model import Json


class UnusableSchema(Exception):
    """A connector's schema that no validator can make sense of."""


def unsound(schema: Mapping[str, Json]) -> str:
    """Why *schema* cannot be used; empty when it can."""
    from jsonschema import Draft7Validator, SchemaError

    if compiled(schema).is_sound:
        return ""
    try:
        Draft7Validator.check_schema(tolerant(schema, strict=False))
    except SchemaError as problem:
        where = "/".join(str(step) for step in problem.absolute_path)
        return f"at `{where}`: {problem.message[:200]}"
    return next(_oddities(schema), "")


def _oddities(schema: Json) -> Iterator[str]:
    """What the schema of schemas allows and no validator here can do."""
    if isinstance(schema, list):
        for item in schema:
            yield from _oddities(item)
    if not isinstance(schema, Mapping):
        return
    if isinstance(reference := schema.get("$ref"), str):
        yield f"it refers to `{reference[:60]}`, which is not in it"
    for inner in schema.values():
        yield from _oddities(inner)
