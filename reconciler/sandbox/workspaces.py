"""/workspaces. Source: the platform's WorkspaceService and WorkspacesHandler."""

from __future__ import annotations

import time
import uuid
from collections.abc import Mapping
from typing import Any

from reconciler.sandbox import problems
from reconciler.sandbox.call import Call, page, require_workspace
from reconciler.sandbox.store import Row, dumped, loaded

NOTIFICATIONS = (
    "failure",
    "success",
    "connectionUpdate",
    "connectionUpdateActionRequired",
    "syncDisabled",
    "syncDisabledWarning",
)
CASCADED = 20  # of each of a workspace's sources and destinations: the server's default page

Answer = tuple[int, Any]


def list_workspaces(call: Call) -> Answer:
    """Live workspaces; `includeDeleted` adds nothing unless ids are given."""
    ids = call.ids("workspaceIds")
    conditions = [] if ids and call.flag("includeDeleted") else ["tombstone = 0"]
    if ids:
        conditions.append(f"id IN ({', '.join('?' * len(ids))})")
    rows, links = page(call, "workspace", conditions, ids)
    return 200, {**links, "data": [_read(row) for row in rows]}


def create_workspace(call: Call) -> Answer:
    """Names may repeat; the organization that is sent is ignored."""
    workspace = {
        "id": str(uuid.uuid4()),
        "name": call.name(),
        "notifications": dumped(_created(call.optional("notifications", dict) or {})),
        "created_at": int(time.time()),
    }
    with call.store.transaction():
        call.store.insert("workspace", workspace)
    return get_workspace_by_id(call, str(workspace["id"]))


def get_workspace(call: Call) -> Answer:
    """One live workspace."""
    return get_workspace_by_id(call, call.params["id"])


def get_workspace_by_id(call: Call, id_: str) -> Answer:
    """The answer to a write: the workspace as it is now."""
    return 200, _read(require_workspace(call, id_))


def patch_workspace(call: Call) -> Answer:
    """Changes the name and merges notifications item by item."""
    row = require_workspace(call, call.params["id"])
    changes: dict[str, Any] = {}
    if (name := call.name(required=False)) is not None:
        changes["name"] = name
    if (sent := call.optional("notifications", dict)) is not None:
        changes["notifications"] = dumped(_merged(loaded(row["notifications"]), sent))
    with call.store.transaction():
        call.store.update("workspace", row["id"], changes)
    return get_workspace_by_id(call, row["id"])


def delete_workspace(call: Call) -> Answer:
    """Deletes connections, then the first twenty sources and destinations, then the workspace."""
    row = require_workspace(call, call.params["id"])
    store = call.store
    with store.transaction():
        for connection in store.all("SELECT id FROM connection WHERE workspace_id = ?", row["id"]):
            store.update("connection", connection["id"], {"status": "deprecated"})
        for role in ("source", "destination"):
            first = store.page(
                "actor",
                ["workspace_id = ?", "role = ?", "tombstone = 0"],
                [row["id"], role],
                CASCADED,
                0,
            )
            for actor in first:
                store.update("actor", actor["id"], {"tombstone": 1, "configuration": None})
        store.update("workspace", row["id"], {"tombstone": 1})
    return 204, None


def _read(row: Row) -> Mapping[str, Any]:
    return {
        "workspaceId": row["id"],
        "name": row["name"],
        "dataResidency": "auto",
        "notifications": loaded(row["notifications"]),
    }


def _created(sent: Mapping[str, Any]) -> Mapping[str, Any]:
    """E-mail is on for all but `success`; an address is kept only with its webhook switched on."""
    return {name: _created_item(name, sent.get(name) or {}) for name in NOTIFICATIONS}


def _created_item(name: str, sent: Mapping[str, Any]) -> Mapping[str, Any]:
    email = (sent.get("email") or {}).get("enabled")
    webhook = sent.get("webhook") or {}
    item: dict[str, Any] = {
        "email": {"enabled": name != "success" if email is None else bool(email)},
        "webhook": {"enabled": bool(webhook.get("enabled"))},
    }
    if item["webhook"]["enabled"]:
        if not webhook.get("url"):
            raise problems.missing_webhook_url(name)
        item["webhook"]["url"] = webhook["url"]
    return item


def _merged(stored: Mapping[str, Any], sent: Mapping[str, Any]) -> Mapping[str, Any]:
    merged = {}
    for name in NOTIFICATIONS:
        item = {part: dict(stored[name][part]) for part in ("email", "webhook")}
        for part in ("email", "webhook"):
            changes = (sent.get(name) or {}).get(part) or {}
            item[part] |= {key: value for key, value in changes.items() if value is not None}
        if item["webhook"]["enabled"] and not item["webhook"].get("url"):
            raise problems.missing_webhook_url(name)
        merged[name] = item
    return merged
