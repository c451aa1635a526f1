"""Every field that the schema of a connection has means something: none is taken and dropped."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from reconciler.connectors import bundled
from reconciler.kinds import get
from reconciler.kinds.contract.terms import Declaration
from reconciler.manifest.lifecycle import own_fields
from reconciler.manifest.schema import own_schema
from reconciler.model import Json, Path, ResourceKey

CHANGED: Mapping[str, Any] = {
    "name": "Another",
    "source": "other",
    "destination": "other",
    "schedule": {"scheduleType": "manual"},
    "namespaceDefinition": "source",
    "namespaceFormat": "x_${SOURCE_NAMESPACE}",
    "prefix": "p_",
    "nonBreakingSchemaUpdatesBehavior": "disable_connection",
    "status": "inactive",
    "streams": [{"name": "users"}],
    "tags": ["gold"],
}


def declared_spec(fields: Mapping[str, Any]) -> Mapping[str, Json]:
    """What a block with these fields asks for."""
    kind = get("connection")
    names = {"source": ["shop", "other"], "destination": ["lake", "other"]}
    key = ResourceKey("connection", "acme", "c")
    declaration = Declaration(key, fields, names, bundled(), {}, _no_file)
    return kind.declare(declaration)[0]


def _no_file(at: Path) -> Json:
    raise AssertionError(f"no file is named at {at}")


def test_every_field_of_the_schema_is_tried() -> None:
    assert own_fields(own_schema("connection")["properties"]).keys() == CHANGED.keys()


@pytest.mark.parametrize("field", CHANGED)
def test_a_field_changes_what_is_asked_for(field: str) -> None:
    usual = {"source": "shop", "destination": "lake"}
    assert declared_spec({**usual, field: CHANGED[field]}) != declared_spec(usual)
