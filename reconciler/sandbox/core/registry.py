"""Connector definitions: who they are, how their configuration must look, which of it is secret.

Read from a registry file in Airbyte's published layout; a starter set ships with the package.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from reconciler.sandbox.core.store import SandboxError
from reconciler.sandbox.core.validation import Validator

BUNDLED = Path(__file__).parents[2] / "data" / "connectors.json"
DEFAULT_SYNC_MODES = ("overwrite", "append", "append_dedup")

SecretPath = tuple[str, ...]
"""Keys from the root of a configuration; `*` stands for every element of a list."""


@dataclass(frozen=True, eq=False)
class Definition:
    """One connector. `name` is the server's name of it, empty when its table has none."""

    id: str
    role: str
    repository: str
    tag: str
    title: str
    name: str
    schema: Mapping[str, Any]
    sync_modes: tuple[str, ...] = DEFAULT_SYNC_MODES
    documentation_url: str = ""
    advanced_auth: Mapping[str, Any] = field(default_factory=dict)
    suggested_streams: tuple[str, ...] = ()
    supports_files: bool = False

    @property
    def image(self) -> str:
        """The repository without who publishes it."""
        return self.repository.rpartition("/")[2]

    @cached_property
    def validator(self) -> Validator:
        return Validator(self.schema)

    @cached_property
    def secret_paths(self) -> tuple[SecretPath, ...]:
        """Every path that any branch of the schema marks secret.

        A schema that is no proper object hides nothing: its configurations are read in clear.
        """
        if "properties" not in self.schema and "oneOf" not in self.schema:
            return ()
        return tuple(dict.fromkeys(_secret_paths(self.schema, ())))


class Registry:
    """The definitions of one registry file. Raises SandboxError for what is none."""

    def __init__(self, file: Path | None = None) -> None:
        self.definitions = tuple(_definitions(file or BUNDLED))
        self._by_id = {(d.role, d.id): d for d in self.definitions}
        self._by_name = {(d.role, d.name): d for d in self.definitions if d.name}
        self._by_repository = {(d.role, d.repository): d for d in self.definitions}

    def by_id(self, role: str, id_: str) -> Definition | None:
        """The definition of that id."""
        return self._by_id.get((role, id_))

    def by_name(self, role: str, name: str) -> Definition | None:
        """The definition that the server's own table calls so."""
        return self._by_name.get((role, name))

    def by_repository(self, role: str, repository: str) -> Definition | None:
        """The definition whose image that is."""
        return self._by_repository.get((role, repository))


def _definitions(file: Path) -> Iterator[Definition]:
    try:
        rows = json.loads(file.read_text(encoding="utf-8"))
    except OSError as problem:
        raise SandboxError(f"cannot read {file}: {problem.strerror}") from problem
    except ValueError as problem:
        raise SandboxError(f"{file} cannot be read as JSON: {problem}") from problem
    for role in ("source", "destination"):
        if not (isinstance(rows, dict) and isinstance(rows.get(f"{role}s"), list)):
            raise SandboxError(f'{file} is no registry of connectors: it has no list "{role}s"')
        for number, row in enumerate(rows[f"{role}s"], 1):
            if not _is_complete(role, row):
                raise SandboxError(f"{file}: {role} {number} lacks its id, name, image or spec")
            yield _definition(role, row)


def _is_complete(role: str, row: Any) -> bool:
    fields = (f"{role}DefinitionId", "name", "dockerRepository", "spec")
    if not (isinstance(row, dict) and all(row.get(field) for field in fields)):
        return False
    spec = row["spec"]
    return isinstance(spec, dict) and isinstance(spec.get("connectionSpecification"), dict)


def _definition(role: str, row: Mapping[str, Any]) -> Definition:
    repository = str(row["dockerRepository"])
    spec = row["spec"]
    modes: Sequence[str] = spec.get("supportedDestinationSyncModes") or spec.get(
        "supported_destination_sync_modes", DEFAULT_SYNC_MODES
    )
    return Definition(
        id=str(row[f"{role}DefinitionId"]),
        role=role,
        repository=repository,
        tag=str(row.get("dockerImageTag", "")),
        title=str(row["name"]),
        # The table is compiled into the server, so not everything in the registry is in it.
        name=repository.rpartition("/")[2].removeprefix(f"{role}-")
        if row.get("inNameTable", True)
        else "",
        schema=spec["connectionSpecification"],
        sync_modes=tuple(modes),
        documentation_url=str(row.get("documentationUrl") or ""),
        advanced_auth=spec.get("advanced_auth") or {},
        suggested_streams=tuple((row.get("suggestedStreams") or {}).get("streams", ())),
        supports_files=bool(row.get("supportsFileTransfer", False)),
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
