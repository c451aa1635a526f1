"""/organizations and their OAuth credential overrides.

Source: the platform's OrganizationsController. An override is written and never read: its effect
shows in the sources and destinations that are written after it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from reconciler.sandbox.api import overrides
from reconciler.sandbox.api.overrides import Owner
from reconciler.sandbox.core.call import Call, require_admin
from reconciler.sandbox.core.routing import Answer, Route
from reconciler.sandbox.core.store import Row

DEFAULT_ORGANIZATION = "00000000-0000-0000-0000-000000000000"


def list_organizations(call: Call) -> Answer:
    """The organizations of the caller: on a community install, the one."""
    rows = call.store.all("SELECT * FROM organization ORDER BY id")
    return 200, {"data": [_read(row) for row in rows]}


def put_credentials(call: Call) -> Answer:
    """Sets an override for all workspaces of the organization."""
    require_admin(call)
    organization = require_organization(call, call.params["organizationId"])
    return overrides.put(call, Owner.ORGANIZATION, organization["id"])


def delete_credentials(call: Call) -> Answer:
    """204, even when there was none."""
    require_admin(call)
    organization = require_organization(call, call.params["organizationId"])
    return overrides.delete(call, Owner.ORGANIZATION, organization["id"])


def require_organization(call: Call, id_: str) -> Row:
    """The organization of that id; the roles of an unknown one are nobody's but an admin's."""
    row = call.store.one("SELECT * FROM organization WHERE id = ?", id_.lower())
    if row is None:
        raise call.missing("ORGANIZATION", id_)
    return row


def _read(row: Row) -> Mapping[str, Any]:
    return {"organizationId": row["id"], "organizationName": row["name"], "email": row["email"]}


_PATH = "/organizations/{organizationId}/oauthCredentials"
ROUTES = (
    Route("GET", "/organizations", list_organizations),
    Route(
        "PUT",
        _PATH,
        put_credentials,
        overrides.SHAPE,
    ),
    Route("DELETE", f"{_PATH}/{{actorType}}/{{name}}", delete_credentials),
)
