"""/users of an organization; they are made elsewhere. Source: the platform's UsersController."""

from __future__ import annotations

from reconciler.sandbox.api.organizations import require_organization
from reconciler.sandbox.core.call import Call
from reconciler.sandbox.core.routing import Answer, Route


def list_users(call: Call) -> Answer:
    """All of an organization's users, or those of some ids or some addresses."""
    require_organization(call, call.required_id("organizationId"))
    ids, emails = set(call.ids("ids")), set(call.words("emails"))
    rows = call.store.all("SELECT * FROM person ORDER BY id")
    found = [
        row
        for row in rows
        if (not ids or row["id"] in ids) and (not emails or row["email"] in emails)
    ]
    return 200, {
        "data": [{"id": row["id"], "name": row["name"], "email": row["email"]} for row in found]
    }


ROUTES = (Route("GET", "/users", list_users),)
