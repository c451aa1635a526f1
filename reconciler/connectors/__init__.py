"""The connectors that are known: their types, definition ids and configuration schemas.

Read from a registry file in the layout that Airbyte publishes; the starter set ships with the
package. The type of a connector is its image's name without `airbyte/source-`.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources

from reconciler.model import Json
from reconciler.problems.errors import RegistryUnusable

ROLES = ("source", "destination")


@dataclass(frozen=True, slots=True)
class Connector:
    """One connector. `role` is "source" or "destination"; `schema` is of its configuration."""

    role: str
    type: str
    definition_id: str
    title: str
    schema: Mapping[str, Json]
    version: str = ""
    documentation_url: str = ""


class Catalogue:
    """Connectors by type and by definition id; of two that claim one of these, the first counts."""

    def __init__(self, connectors: Sequence[Connector]) -> None:
        self._by_type: dict[tuple[str, str], Connector] = {}
        self._by_id: dict[tuple[str, str], Connector] = {}
        for connector in connectors:
            self._by_type.setdefault((connector.role, connector.type), connector)
            self._by_id.setdefault((connector.role, connector.definition_id), connector)

    def __iter__(self) -> Iterator[Connector]:
        return iter(sorted(self._by_type.values(), key=lambda c: (c.type, c.role)))

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

    def over(self, other: Catalogue) -> Catalogue:
        """These connectors, and those of *other* that are not among them."""
        return Catalogue([*self._by_id.values(), *other._by_id.values()])


@cache
def bundled() -> Catalogue:
    """The starter set that ships with the package."""
    text = (resources.files("reconciler") / "data" / "connectors.json").read_text(encoding="utf-8")
    return parse(json.loads(text))


def read_registry(text: bytes | str, where: str) -> Catalogue:
    """The catalogue written in *text*. Raises RegistryUnusable, which names *where* it is from."""
    try:
        registry = json.loads(text)
    except (ValueError, RecursionError) as problem:
        raise RegistryUnusable(where, f"it is not JSON: {problem}") from problem
    if not (
        isinstance(registry, dict) and all(isinstance(registry.get(_rows(r)), list) for r in ROLES)
    ):
        raise RegistryUnusable(where, "it has not the lists `sources` and `destinations`")
    catalogue = parse(registry)
    if not any(True for _ in catalogue):
        raise RegistryUnusable(where, "no connector in it has an id, an image and a schema")
    return catalogue


def parse(registry: Mapping[str, Json]) -> Catalogue:
    """The catalogue in a registry's JSON; rows that cannot be used are left out."""
    found = (_connector(role, row) for role in ROLES for row in registry[_rows(role)])
    return Catalogue([connector for connector in found if connector])


def as_registry(catalogue: Catalogue) -> Mapping[str, Json]:
    """The catalogue in a registry's layout, with no more than is read from it."""
    return {_rows(role): [_row(c) for c in catalogue if c.role == role] for role in ROLES}


def _rows(role: str) -> str:
    return f"{role}s"


def _row(connector: Connector) -> Mapping[str, Json]:
    return {
        f"{connector.role}DefinitionId": connector.definition_id,
        "dockerRepository": f"airbyte/{connector.role}-{connector.type}",
        "dockerImageTag": connector.version,
        "documentationUrl": connector.documentation_url,
        "name": connector.title,
        "spec": {"connectionSpecification": connector.schema},
    }


def _connector(role: str, row: Json) -> Connector | None:
    if not isinstance(row, Mapping) or row.get("tombstone"):
        return None
    image, id_ = row.get("dockerRepository"), row.get(f"{role}DefinitionId")
    spec = row.get("spec")
    schema = spec.get("connectionSpecification") if isinstance(spec, Mapping) else None
    if not (isinstance(image, str) and isinstance(id_, str) and isinstance(schema, Mapping)):
        return None
    type_ = image.rpartition("/")[2].removeprefix(f"{role}-")
    return Connector(
        role=role,
        type=type_,
        definition_id=id_.lower(),
        title=str(row.get("name") or type_),
        schema=schema,
        version=str(row.get("dockerImageTag") or ""),
        documentation_url=str(row.get("documentationUrl") or ""),
    )
