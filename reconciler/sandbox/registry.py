"""Connector definitions: who they are, how their configuration must look, which of it is secret.

Read from a registry file in Airbyte's published layout; a starter set ships with the package.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from jsonschema import Draft7Validator
from jsonschema.protocols import Validator

BUNDLED = Path(__file__).parents[1] / "data" / "connectors.json"
DEFAULT_SYNC_MODES = ("overwrite", "append", "append_dedup")

SecretPath = tuple[str, ...]
"""Keys from the root of a configuration; `*` stands for every element of a list."""


@dataclass(frozen=True, eq=False)
class Definition:
    """One connector. `name` is the server's name of it, empty when its table has none."""

    id: str
    role: str
    image: str
    tag: str
    title: str
    name: str
    schema: Mapping[str, Any]
    sync_modes: tuple[str, ...]

    @cached_property
    def validator(self) -> Validator:
        """Draft 7, as the server validates with; defaults are not filled in."""
        return Draft7Validator(dict(self.schema))

    @cached_property
    def secret_paths(self) -> tuple[SecretPath, ...]:
        """Every path that any branch of the schema marks secret."""
        return tuple(dict.fromkeys(_secret_paths(self.schema, ())))


class Registry:
    """The definitions of one registry file."""

    def __init__(self, file: Path | None = None) -> None:
        rows = json.loads((file or BUNDLED).read_text(encoding="utf-8"))
        definitions = [
            _definition(role, row) for role in ("source", "destination") for row in rows[f"{role}s"]
        ]
        self._by_id = {(d.role, d.id): d for d in definitions}
        self._by_name = {(d.role, d.name): d for d in definitions if d.name}

    def by_id(self, role: str, id_: str) -> Definition | None:
        """The definition of that id."""
        return self._by_id.get((role, id_))

    def by_name(self, role: str, name: str) -> Definition | None:
        """The definition that the server's own table calls so."""
        return self._by_name.get((role, name))


def _definition(role: str, row: Mapping[str, Any]) -> Definition:
    image = str(row["dockerRepository"]).rpartition("/")[2]
    spec = row["spec"]
    modes: Sequence[str] = spec.get("supportedDestinationSyncModes") or spec.get(
        "supported_destination_sync_modes", DEFAULT_SYNC_MODES
    )
    return Definition(
        id=str(row[f"{role}DefinitionId"]),
        role=role,
        image=image,
        tag=str(row.get("dockerImageTag", "")),
        title=str(row["name"]),
        # The table is compiled into the server, so not everything in the registry is in it.
        name=image.removeprefix(f"{role}-") if row.get("inNameTable", True) else "",
        schema=spec["connectionSpecification"],
        sync_modes=tuple(modes),
    )


def _secret_paths(node: Any, at: SecretPath) -> Iterator[SecretPath]:
    """As the server walks a schema: a node with `properties` has its combinations ignored."""
    if not isinstance(node, Mapping):
        return
    if "airbyte_secret" in node:
        yield at
        return
    if "properties" in node:
        for key, inner in node["properties"].items():
            yield from _secret_paths(inner, (*at, key))
    else:
        combination = next((c for c in ("oneOf", "allOf", "anyOf") if c in node), None)
        for branch in node[combination] if combination else ():
            yield from _secret_paths(branch, at)
    if "items" in node:
        yield from _secret_paths(node["items"], (*at, "*"))
