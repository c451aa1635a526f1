"""OAuth credential overrides: of an organization, and on Cloud of a workspace.

An override is written and never read: its effect shows in the sources and destinations that are
written after it.
"""

from __future__ import annotations

from enum import StrEnum

from reconciler.sandbox.api.oauth import missing_outputs
from reconciler.sandbox.core import problems
from reconciler.sandbox.core.call import Call
from reconciler.sandbox.core.registry import Definition
from reconciler.sandbox.core.routing import Answer
from reconciler.sandbox.core.shapes import choice, json_object, record, text
from reconciler.sandbox.core.store import dumped

ROLES = ("source", "destination")
SHAPE = record({"actorType": choice(*ROLES), "name": text, "configuration": json_object}, {})


class Owner(StrEnum):
    """Whose an override is."""

    ORGANIZATION = "organization"
    WORKSPACE = "workspace"


_TABLES = {
    Owner.ORGANIZATION: "oauth_override",
    Owner.WORKSPACE: "workspace_oauth_override",
}


def put(call: Call, owner: Owner, owner_id: str) -> Answer:
    """Sets an override; the answer has no body."""
    role, name = call.body["actorType"], call.body["name"]
    definition = _named(call, role, name)
    if (path := missing_outputs(definition, call.body["configuration"])) is not None:
        raise problems.legacy(422, f"Missing OAuth param for key at {path}")
    with call.store.transaction():
        call.store.execute(
            f"INSERT OR REPLACE INTO {_TABLES[owner]} VALUES (?, ?, ?, ?)",
            owner_id,
            role,
            name,
            dumped(call.body["configuration"]),
        )
    return 200, None


def delete(call: Call, owner: Owner, owner_id: str) -> Answer:
    """204, even when there was none."""
    role, name = call.params["actorType"].lower(), call.params["name"]
    if role not in ROLES:
        raise call.unreadable("actorType")
    _named(call, role, name)
    with call.store.transaction():
        call.store.execute(
            f"DELETE FROM {_TABLES[owner]} WHERE {owner}_id = ? AND role = ? AND name = ?",
            owner_id,
            role,
            name,
        )
    return 204, None


def _named(call: Call, role: str, name: str) -> Definition:
    definition = call.world.registry.by_name(role, name)
    if definition is None:
        raise problems.value_not_found(name)
    return definition
