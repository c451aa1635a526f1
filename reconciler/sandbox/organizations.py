"""/organizations and their OAuth credential overrides.

Source: the platform's OrganizationsController. An override is written and never read: its effect
shows in the sources and destinations that are written after it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from reconciler.sandbox import problems
from reconciler.sandbox.call import Call, require_admin
from reconciler.sandbox.oauth import missing_outputs
from reconciler.sandbox.registry import Definition
from reconciler.sandbox.routing import Answer, Route
from reconciler.sandbox.shapes import choice, json_object, record, text
from reconciler.sandbox.store import Row, dumped

DEFAULT_ORGANIZATION = "00000000-0000-0000-0000-000000000000"
ROLES = ("source", "destination")


def list_organizations(call: Call) -> Answer:
    """The organizations of the caller: on a community install, the one."""
    rows = call.store.all("SELECT * FROM organization ORDER BY id")
    return 200, {"data": [_read(row) for row in rows]}


def put_credentials(call: Call) -> Answer:
    """Sets an override; the answer has no body."""
    require_admin(call)
    organization = require_organization(call, call.params["organizationId"])
    role, name = call.body["actorType"], call.body["name"]
    definition = _named(call, role, name)
    if (path := missing_outputs(definition, call.body["configuration"])) is not None:
        raise problems.legacy(422, f"Missing OAuth param for key at {path}")
    with call.store.transaction():
        call.store.execute(
            "INSERT OR REPLACE INTO oauth_override VALUES (?, ?, ?, ?)",
            organization["id"],
            role,
            name,
            dumped(call.body["configuration"]),
        )
    return 200, None


def delete_credentials(call: Call) -> Answer:
    """204, even when there was none."""
    require_admin(call)
    organization = require_organization(call, call.params["organizationId"])
    role, name = call.params["actorType"].lower(), call.params["name"]
    if role not in ROLES:
        raise call.unreadable("actorType")
    _named(call, role, name)
    with call.store.transaction():
        call.store.execute(
            "DELETE FROM oauth_override WHERE organization_id = ? AND role = ? AND name = ?",
            organization["id"],
            role,
            name,
        )
    return 204, None


def require_organization(call: Call, id_: str) -> Row:
    """The organization of that id; the roles of an unknown one are nobody's but an admin's."""
    row = call.store.one("SELECT * FROM organization WHERE id = ?", id_.lower())
    if row is None:
        raise call.missing("ORGANIZATION", id_)
    return row


def _named(call: Call, role: str, name: str) -> Definition:
    definition = call.world.registry.by_name(role, name)
    if definition is None:
        raise problems.value_not_found(name)
    return definition


def _read(row: Row) -> Mapping[str, Any]:
    return {"organizationId": row["id"], "organizationName": row["name"], "email": row["email"]}


CREDENTIALS = record({"actorType": choice(*ROLES), "name": text, "configuration": json_object}, {})
_PATH = "/organizations/{organizationId}/oauthCredentials"
ROUTES = (
    Route("GET", "/organizations", list_organizations),
    Route(
        "PUT",
        _PATH,
        put_credentials,
        CREDENTIALS,
    ),
    Route("DELETE", f"{_PATH}/{{actorType}}/{{name}}", delete_credentials),
)
