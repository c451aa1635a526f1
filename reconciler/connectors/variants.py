"""`oneOf` in connector schemas: which branch a value means.

Airbyte's connectors tell the branches apart by a constant (or an enum of one value) that each
branch declares for the same property, such as `auth_type`. Where the property is optional, a value
without it may fit several branches, and then Airbyte refuses it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from reconciler.model import Json

Schema = Mapping[str, Json]

_NOTHING = object()


@dataclass(frozen=True, slots=True)
class Variant:
    """One branch: the property that tells it apart and the property's value there, if any."""

    schema: Schema
    index: int
    field: str = ""
    constant: Json = None

    @property
    def label(self) -> str:
        """How the branch is written: `auth_type: OAuth`, or its title."""
        return f"{self.field}: {self.constant}" if self.field else str(self.schema.get("title", ""))


def variants(schema: Schema) -> tuple[Variant, ...]:
    """The branches of *schema*, each with its discriminator where there is one."""
    written: Sequence[Json] = schema.get("oneOf") or schema.get("anyOf") or ()
    branches = [_as_mapping(branch) for branch in written]
    field = _discriminator(branches)
    return tuple(
        Variant(
            branch,
            index,
            field,
            _constant_or_default(branch["properties"][field]) if field else None,
        )
        for index, branch in enumerate(branches)
    )


def _as_mapping(branch: Json) -> Schema:
    """A branch may be `true`, which takes anything, or `false`, which takes nothing."""
    if isinstance(branch, Mapping):
        return branch
    return {} if branch else {"not": {}}


def meant(found: Sequence[Variant], value: Mapping[str, Json]) -> Variant | None:
    """The branch that *value* names by its discriminator; without one, the likeliest.

    None when it names a branch that does not exist, or when nothing tells.
    """
    if not found:
        return None
    field = found[0].field
    if field in value:
        named = [variant for variant in found if variant.constant == value[field]]
        return named[0] if len(named) == 1 else None
    # A single best overlap of keys tells which was meant, though not surely.
    overlaps = [
        len(value.keys() & variant.schema.get("properties", {}).keys()) for variant in found
    ]
    best = max(overlaps)
    return found[overlaps.index(best)] if best and overlaps.count(best) == 1 else None


def constant_of(schema: Json) -> Json:
    """The one value that *schema* accepts, or a marker that compares equal to nothing."""
    if isinstance(schema, Mapping):
        if "const" in schema:
            return schema["const"]
        if isinstance(schema.get("enum"), list) and len(schema["enum"]) == 1:
            return schema["enum"][0]
    return _NOTHING


def is_constant(schema: Json) -> bool:
    """Whether *schema* accepts one value only."""
    return constant_of(schema) is not _NOTHING


def _discriminator(branches: Sequence[Schema]) -> str:
    """The first property that has another constant in every branch; else one of other defaults."""
    for told in (constant_of, _constant_or_default):
        for key in branches[0].get("properties", {}) if branches else ():
            values = [told(branch.get("properties", {}).get(key)) for branch in branches]
            if _NOTHING not in values and all(values.count(value) == 1 for value in values):
                return str(key)
    return ""


def _constant_or_default(schema: Json) -> Json:
    """Some connectors state the discriminator's value as its default alone."""
    if is_constant(schema) or not isinstance(schema, Mapping):
        return constant_of(schema)
    return schema.get("default", _NOTHING)
