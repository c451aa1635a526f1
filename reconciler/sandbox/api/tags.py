"""/tags. Source: the platform's TagHandler. Their list has no pages and no order."""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterable, Mapping
from typing import Any

from reconciler.sandbox.core import problems
from reconciler.sandbox.core.call import Call, Caller, require_role, require_workspace
from reconciler.sandbox.core.routing import Answer, Route
from reconciler.sandbox.core.shapes import record, text, uuid_text
from reconciler.sandbox.core.store import Row, placeholders

MAX_NAME = 30
MAX_TAGS = 100  # of a workspace


def list_tags(call: Call) -> Answer:
    """Every tag of the workspaces that are asked for, else of all live ones."""
    ids = call.ids("workspaceIds")
    if not ids:
        live = "SELECT id FROM workspace WHERE tombstone = 0"
        rows = call.store.all(f"SELECT * FROM tag WHERE workspace_id IN ({live}) ORDER BY position")
        rows = [row for row in rows if call.may_read(row["workspace_id"])]
    else:
        if call.caller is Caller.ORDINARY:
            for id_ in ids:
                require_workspace(call, id_)
        rows = call.store.all(
            f"SELECT * FROM tag WHERE workspace_id IN {placeholders(ids)} ORDER BY position", *ids
        )
    return 200, {"data": [read(row) for row in rows]}


def create_tag(call: Call) -> Answer:
    """A name is unique in its workspace, which holds a hundred."""
    workspace = require_workspace(call, call.body["workspaceId"])
    _check(call, workspace["id"], None)
    count = call.store.one("SELECT count(*) FROM tag WHERE workspace_id = ?", workspace["id"])
    if count is not None and count[0] >= MAX_TAGS:
        title = "A workspace may have at most 100 tags"
        raise problems.named(400, "tag-limit-for-workspace-reached", title, None)
    tag = {
        "id": str(uuid.uuid4()),
        "workspace_id": workspace["id"],
        "name": call.body["name"],
        "color": call.body["color"],
    }
    with call.store.transaction():
        call.store.insert("tag", tag)
    return 200, read(_require(call, str(tag["id"])))


def get_tag(call: Call) -> Answer:
    return 200, read(_require(call, call.params["tagId"]))


def patch_tag(call: Call) -> Answer:
    """Both fields are required; connections show the change at once."""
    tag = _require(call, call.params["tagId"])
    _check(call, tag["workspace_id"], tag["id"])
    with call.store.transaction():
        call.store.update(
            "tag", tag["id"], {"name": call.body["name"], "color": call.body["color"]}
        )
    return 200, read(_require(call, tag["id"]))


def delete_tag(call: Call) -> Answer:
    """Takes it off every connection."""
    tag = _require(call, call.params["tagId"])
    with call.store.transaction():
        call.store.execute("DELETE FROM tag WHERE id = ?", tag["id"])
    return 204, None


def read(row: Row) -> Mapping[str, Any]:
    """A tag as it is shown, on a connection as well."""
    return {
        "tagId": row["id"],
        "name": row["name"],
        "color": row["color"],
        "workspaceId": row["workspace_id"],
    }


def of_connections(call: Call, ids: Iterable[str]) -> Mapping[str, list[Mapping[str, Any]]]:
    """The tags of each of these connections, as they are called now."""
    wanted = list(ids)
    found: dict[str, list[Mapping[str, Any]]] = {id_: [] for id_ in wanted}
    rows = call.store.all(
        "SELECT connection_id, tag.* FROM connection_tag JOIN tag ON tag.id = tag_id "
        f"WHERE connection_id IN {placeholders(wanted)}",
        *wanted,
    )
    for row in rows:
        found[row["connection_id"]].append(read(row))
    return found


def put_on(call: Call, connection_id: str, workspace_id: str, tag_ids: Iterable[str]) -> None:
    """Replaces a connection's tags. Ids that are none of the workspace's vanish silently."""
    call.store.execute("DELETE FROM connection_tag WHERE connection_id = ?", connection_id)
    for tag_id in tag_ids:
        call.store.execute(
            "INSERT OR IGNORE INTO connection_tag "
            "SELECT ?, id FROM tag WHERE id = ? AND workspace_id = ?",
            connection_id,
            tag_id,
            workspace_id,
        )


def _require(call: Call, id_: str) -> Row:
    """Unknown is 404 to anybody: it is looked up before roles are."""
    row = call.store.one("SELECT * FROM tag WHERE id = ?", id_.lower())
    if row is None:
        raise problems.not_found("TAG", id_)
    require_role(call, row["workspace_id"])
    return row


def _check(call: Call, workspace_id: str, own_id: str | None) -> None:
    name, color = call.body["name"], call.body["color"]
    if not re.fullmatch("[0-9A-Fa-f]{6}", color):
        title = "The color must be six hexadecimal digits"
        raise problems.named(400, "tag-invalid-hex-color", title, None)
    if len(name) > MAX_NAME:
        title = "The name of a tag may have at most 30 characters"
        raise problems.named(400, "tag-name-too-long", title, None)
    taken = call.store.one(
        "SELECT id FROM tag WHERE workspace_id = ? AND name = ?", workspace_id, name
    )
    if taken is not None and taken["id"] != own_id:
        message = f"A tag named {name} already exists in the workspace"
        raise problems.named(409, "tag-already-exists", "Tag already exists", {"message": message})


_ONE = "/tags/{tagId}"
_FIELDS = {"name": text, "color": text}
ROUTES = (
    Route("GET", "/tags", list_tags),
    Route("POST", "/tags", create_tag, record({**_FIELDS, "workspaceId": uuid_text}, {})),
    Route("GET", _ONE, get_tag),
    Route("PATCH", _ONE, patch_tag, record(_FIELDS, {})),
    Route("DELETE", _ONE, delete_tag),
)
