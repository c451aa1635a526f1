"""/workspaces. Source: the platform's WorkspaceService and WorkspacesHandler."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any

from reconciler.sandbox.api import jobs, overrides
from reconciler.sandbox.api.overrides import Owner
from reconciler.sandbox.api.regions import DEFAULT_REGION
from reconciler.sandbox.core import problems
from reconciler.sandbox.core.call import Call, Caller, no_role, require_role, require_workspace
from reconciler.sandbox.core.lists import Scope, page
from reconciler.sandbox.core.routing import Answer, Route
from reconciler.sandbox.core.shapes import record, text, uuid_text
from reconciler.sandbox.core.store import Row, dumped, loaded, placeholders
from reconciler.sandbox.platform import notifications

CASCADED = 20  # of each of a workspace's sources and destinations: the server's default page


def list_workspaces(call: Call) -> Answer:
    """Live workspaces; `includeDeleted` adds nothing unless ids are given."""
    ids = call.ids("workspaceIds")
    scope = Scope()
    if ids:
        _require_all(call, ids)
        scope = scope.also(f"id IN {placeholders(ids)}", *ids)
    if not (ids and call.flag("includeDeleted")):
        scope = scope.also("tombstone = 0")
    hidden = sorted(call.world.behaviour.hidden_workspaces)
    if hidden and call.caller is Caller.ORDINARY:
        scope = scope.also(f"id NOT IN {placeholders(hidden)}", *hidden)
    rows, links = page(call, "workspace", scope)
    return 200, {**links, "data": [_read(call, row) for row in rows]}


def create_workspace(call: Call) -> Answer:
    """Names may repeat; the organization that is sent is ignored."""
    id_ = str(uuid.uuid4())
    row = {
        "id": id_,
        "name": call.name(),
        "region_id": _region(call),
        "notifications": dumped(notifications.created(call.body.get("notifications", {}))),
        "created_at": call.now_s,
    }
    with call.store.transaction():
        call.store.insert("workspace", row)
    return 200, _read(call, require_workspace(call, id_))


def get_workspace(call: Call) -> Answer:
    """One live workspace."""
    return 200, _read(call, require_workspace(call, call.params["workspaceId"]))


def patch_workspace(call: Call) -> Answer:
    """Changes the name and the region, and merges notifications item by item."""
    row = require_workspace(call, call.params["workspaceId"])
    changes: dict[str, Any] = {"name": call.name(row["name"])}
    if "regionId" in call.body:
        changes["region_id"] = _region(call)
    if (sent := call.body.get("notifications")) is not None:
        changes["notifications"] = dumped(notifications.merged(loaded(row["notifications"]), sent))
    with call.store.transaction():
        call.store.update("workspace", row["id"], changes)
    return 200, _read(call, require_workspace(call, row["id"]))


def delete_workspace(call: Call) -> Answer:
    """Deletes connections, then the first twenty sources and destinations, then the workspace."""
    row = require_workspace(call, call.params["workspaceId"])
    store = call.store
    with store.transaction():
        for connection in store.all("SELECT id FROM connection WHERE workspace_id = ?", row["id"]):
            jobs.cancel_running(call.world, connection["id"])
            store.update("connection", connection["id"], {"status": "deprecated"})
        for role in ("source", "destination"):
            conditions = ["workspace_id = ?", "role = ?", "tombstone = 0"]
            for actor in store.page("actor", conditions, [row["id"], role], CASCADED, 0):
                store.update("actor", actor["id"], {"tombstone": 1, "configuration": None})
        for table in ("actor", "connection"):
            store.execute(f"UPDATE {table} SET orphan = 1 WHERE workspace_id = ?", row["id"])
        store.update("workspace", row["id"], {"tombstone": 1})
    return 204, None


def put_credentials(call: Call) -> Answer:
    """Sets an override for the workspace; only Cloud has such."""
    return overrides.put(call, Owner.WORKSPACE, _on_cloud(call))


def delete_credentials(call: Call) -> Answer:
    return overrides.delete(call, Owner.WORKSPACE, _on_cloud(call))


def _on_cloud(call: Call) -> str:
    """The id of the workspace on Cloud; elsewhere nothing but the role is looked at."""
    is_cloud = call.world.behaviour.is_cloud
    if is_cloud or call.caller is Caller.ORDINARY:
        require_workspace(call, call.params["workspaceId"])
    if not is_cloud:
        raise problems.not_implemented()
    return call.params["workspaceId"].lower()


def _require_all(call: Call, ids: list[str]) -> None:
    if call.caller is not Caller.ORDINARY:
        return
    for id_ in ids:
        if call.store.one("SELECT id FROM workspace WHERE id = ?", id_) is None:
            raise no_role()
        require_role(call, id_)


def _region(call: Call) -> str | None:
    """The region that is sent, one of the organization's."""
    id_: str | None = call.body.get("regionId")
    known = "SELECT id FROM region WHERE id = ? AND tombstone = 0"
    if id_ is not None and call.store.one(known, id_) is None:
        raise problems.forbidden("The region is none of the organization's.")
    return id_


def _read(call: Call, row: Row) -> Mapping[str, Any]:
    """The organization and the region's id are in no answer."""
    region = call.store.one(
        "SELECT name FROM region WHERE id = ?", row["region_id"] or DEFAULT_REGION
    )
    return {
        "workspaceId": row["id"],
        "name": row["name"],
        "dataResidency": region["name"].lower() if region else "auto",
        "notifications": loaded(row["notifications"]),
    }


_OPTIONAL = {"notifications": notifications.SHAPE, "regionId": uuid_text}
_ONE = "/workspaces/{workspaceId}"
ROUTES = (
    Route("GET", "/workspaces", list_workspaces),
    Route(
        "POST",
        "/workspaces",
        create_workspace,
        record({"name": text}, {**_OPTIONAL, "organizationId": uuid_text}),
    ),
    Route("GET", _ONE, get_workspace),
    Route("PATCH", _ONE, patch_workspace, record({}, {**_OPTIONAL, "name": text})),
    Route("DELETE", _ONE, delete_workspace),
    Route("PUT", f"{_ONE}/oauthCredentials", put_credentials, overrides.SHAPE),
    Route("DELETE", f"{_ONE}/oauthCredentials/{{actorType}}/{{name}}", delete_credentials),
)
