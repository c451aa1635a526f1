"""A sandbox with connectors made for a test."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from reconciler.sandbox.server.serving import Settings, running
from tests.sandbox.plain import Plain

SOURCE = "00000000-0000-4000-8000-00000000000a"
DESTINATION = "00000000-0000-4000-8000-00000000000b"
OPEN: Mapping[str, Any] = {"type": "object", "properties": {}}


@contextmanager
def own_connectors(
    folder: Path,
    *,
    source: Mapping[str, Any] | None = None,
    destination: Mapping[str, Any] | None = None,
) -> Iterator[Plain]:
    """A client of a sandbox that knows source `shop` and destination `lake` alone."""
    registry = own_registry(folder, source=source, destination=destination)
    with running(Settings(database=folder / "own.db", registry=registry)) as server:
        yield Plain(server)


def own_registry(
    folder: Path,
    *,
    source: Mapping[str, Any] | None = None,
    destination: Mapping[str, Any] | None = None,
) -> Path:
    """A registry file of these two; what is given overrides parts of their rows."""
    rows = {
        "sources": [_row("source", SOURCE, "shop", source or {})],
        "destinations": [_row("destination", DESTINATION, "lake", destination or {})],
    }
    registry = folder / "registry.json"
    registry.write_text(json.dumps(rows), encoding="utf-8")
    return registry


def own_ends(plain: Plain) -> dict[str, str]:
    """A source and a destination of those connectors, in a new workspace."""
    workspace = plain.workspace()
    shop = plain.source(workspace, configuration={"sourceType": "shop"})
    lake = plain.destination(workspace, configuration={"destinationType": "lake"})
    return {"sourceId": shop["sourceId"], "destinationId": lake["destinationId"]}


def spec(schema: Mapping[str, Any], **more: Any) -> Mapping[str, Any]:
    """The part of a registry's row that says how configurations must look."""
    return {"spec": {"connectionSpecification": schema, **more}}


def _row(role: str, id_: str, name: str, more: Mapping[str, Any]) -> Mapping[str, Any]:
    return {
        f"{role}DefinitionId": id_,
        "name": name.title(),
        "dockerRepository": f"airbyte/{role}-{name}",
        "dockerImageTag": "1.0.0",
        **spec(OPEN),
        **more,
    }
