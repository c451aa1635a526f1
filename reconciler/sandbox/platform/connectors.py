"""The connector of a source or destination: one of the registry, or a custom one."""

from __future__ import annotations

from typing import Any

from reconciler.sandbox.core.call import World
from reconciler.sandbox.core.registry import Definition
from reconciler.sandbox.core.store import Row, loaded

OPEN_SCHEMA = {"type": "object", "properties": {}, "additionalProperties": True}
DECLARATIVE_IMAGE = "airbyte/source-declarative-manifest"


def find(world: World, role: str, id_: str, *, deleted: bool = False) -> Definition | None:
    """The definition of that id, as its present version is. A *deleted* one only on request."""
    if (definition := world.registry.by_id(role, id_)) is not None:
        return definition
    row = world.store.one("SELECT * FROM definition WHERE id = ? AND role = ?", id_, role)
    if row is None or (row["tombstone"] and not deleted):
        return None
    key = (row["id"], int(row["version"]))
    if key not in world.custom:
        world.custom[key] = _custom(world, row)
    return world.custom[key]


def of_actor(world: World, actor: Row) -> Definition:
    """The connector of a source or destination, which may have been deleted after it."""
    definition = find(world, actor["role"], actor["definition_id"], deleted=True)
    if definition is not None:
        return definition
    # The database was filled under another registry: nothing is known of this connector.
    return Definition(
        id=actor["definition_id"],
        role=actor["role"],
        repository="",
        tag="",
        title="",
        name="",
        schema=OPEN_SCHEMA,
    )


def _custom(world: World, row: Row) -> Definition:
    document: dict[str, Any] = loaded(row["document"])
    if row["form"] == "declarative":
        return Definition(
            id=row["id"],
            role=row["role"],
            repository=DECLARATIVE_IMAGE,
            tag=str(row["version"]),
            title=row["name"],
            name="",
            schema=document["manifest"]["spec"]["connection_specification"],
        )
    # No image can be pulled here: an image that the registry knows has its schema, others any.
    known = world.registry.by_repository(row["role"], document["dockerRepository"])
    return Definition(
        id=row["id"],
        role=row["role"],
        repository=document["dockerRepository"],
        tag=document["dockerImageTag"],
        title=row["name"],
        name="",
        schema=known.schema if known else OPEN_SCHEMA,
        sync_modes=known.sync_modes if known else ("overwrite", "append", "append_dedup"),
        documentation_url=document["documentationUrl"],
    )
