"""The connectors that are known: their types, definition ids and configuration schemas.

Read from a registry file in the layout that Airbyte publishes; the starter set ships with the
package. The type of a connector is its image's name without `airbyte/source-`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources

from reconciler.model import Json


@dataclass(frozen=True, slots=True)
class Connector:
    """One connector. `role` is "source" or "destination"; `schema` is of its configuration."""

    role: str
    type: str
    definition_id: str
    title: str
    schema: Mapping[str, Json]


class Catalogue:
    """Connectors by type and by definition id."""

    def __init__(self, connectors: Sequence[Connector]) -> None:
        self._by_type = {(c.role, c.type): c for c in connectors}
        self._by_id = {(c.role, c.definition_id): c for c in connectors}

    def named(self, role: str, type_: str) -> Connector | None:
        """The source or destination connector of that type."""
        return self._by_type.get((role, type_))

    def defined_by(self, role: str, definition_id: str) -> Connector | None:
        """The source or destination connector of that definition id."""
        return self._by_id.get((role, definition_id.lower()))

    def type_names(self) -> dict[str, str]:
        """The type of every known connector by its definition id, for people to read."""
        return {definition_id: c.type for (_, definition_id), c in self._by_id.items()}

    def types(self, role: str) -> list[str]:
        """The known types of a role, sorted."""
        return sorted(type_ for known, type_ in self._by_type if known == role)


@cache
def bundled() -> Catalogue:
    """The starter set that ships with the package."""
    text = (resources.files("reconciler") / "data" / "connectors.json").read_text(encoding="utf-8")
    return parse(json.loads(text))


def parse(registry: Mapping[str, Json]) -> Catalogue:
    """The catalogue in a registry's JSON."""
    return Catalogue(
        [
            _connector(role, row)
            for role in ("source", "destination")
            for row in registry[f"{role}s"]
        ]
    )


def _connector(role: str, row: Mapping[str, Json]) -> Connector:
    image = str(row["dockerRepository"]).rpartition("/")[2]
    return Connector(
        role=role,
        type=image.removeprefix(f"{role}-"),
        definition_id=str(row[f"{role}DefinitionId"]).lower(),
        title=str(row["name"]),
        schema=row["spec"]["connectionSpecification"],
    )
