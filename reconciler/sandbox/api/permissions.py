"""/permissions. Source: the platform's PermissionHandler and PermissionService.

A workspace permission that an organization permission of the same user implies is redundant: it is
refused as a new one, and goes when the organization permission comes.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any

from reconciler.sandbox.api.organizations import DEFAULT_ORGANIZATION, require_organization
from reconciler.sandbox.core import problems
from reconciler.sandbox.core.call import Call, require_admin, require_workspace
from reconciler.sandbox.core.routing import Answer, Route
from reconciler.sandbox.core.shapes import choice, record, uuid_text
from reconciler.sandbox.core.store import Row

CALLER_ID = "00000000-0000-0000-0000-000000000000"
TYPES = (
    "organization_admin",
    "organization_editor",
    "organization_runner",
    "organization_reader",
    "organization_member",
    "workspace_admin",
    "workspace_editor",
    "workspace_runner",
    "workspace_reader",
    "workspace_source_editor",
    "workspace_destination_editor",
)
# How far a type reaches; an organization's type implies those of its workspaces up to its own.
_REACH = {
    "admin": 4,
    "editor": 3,
    "source_editor": 2,
    "destination_editor": 2,
    "runner": 2,
    "reader": 1,
    "member": 0,
}


def list_permissions(call: Call) -> Answer:
    """The caller's own, or in an organization another user's; shaped unlike GET by id."""
    person = call.one_id("userId") or CALLER_ID
    if person != CALLER_ID:
        organization = call.one_id("organizationId")
        if organization is None:
            raise problems.bad_request("An organizationId is required to list another user's.")
        require_admin(call)
        require_organization(call, organization)
    rows = call.store.all("SELECT * FROM permission WHERE person_id = ? ORDER BY position", person)
    return 200, {"data": [_listed(row) for row in rows]}


def create_permission(call: Call) -> Answer:
    """An equal one that exists is the answer; another one of the same scope is a conflict."""
    scope, scope_id = _scope(call)
    type_, person = call.body["permissionType"], call.body["userId"]
    _require_person(call, person)
    before = call.store.one(
        f"SELECT * FROM permission WHERE person_id = ? AND {scope}_id = ?", person, scope_id
    )
    if before is not None and before["type"] == type_:
        return 200, _read(before)
    if before is not None:
        raise problems.unexpected("duplicate key value violates unique constraint")
    if scope == "workspace" and _is_redundant(call, person, type_):
        raise problems.unexpected("Permission type is redundant with an organization permission")
    id_ = str(uuid.uuid4())
    with call.store.transaction():
        call.store.insert(
            "permission",
            {"id": id_, "type": type_, "person_id": person, f"{scope}_id": scope_id},
        )
        if scope == "organization":
            _drop_redundant(call, person)
    return 200, _read(_require(call, id_))


def get_permission(call: Call) -> Answer:
    return 200, _read(_require(call, call.params["permissionId"]))


def patch_permission(call: Call) -> Answer:
    """Changes the type; one that became redundant is gone, and the answer is that it is."""
    row = _require(call, call.params["permissionId"])
    type_ = call.body["permissionType"]
    if not type_.startswith(_scope_of(row)):
        raise problems.bad_request("The permission type does not fit the permission's scope.")
    if type_ != "organization_admin":
        _keep_an_admin(call, row)
    with call.store.transaction():
        if _scope_of(row) == "workspace" and _is_redundant(call, row["person_id"], type_):
            call.store.execute("DELETE FROM permission WHERE id = ?", row["id"])
        else:
            call.store.update("permission", row["id"], {"type": type_})
            if _scope_of(row) == "organization":
                _drop_redundant(call, row["person_id"])
    return 200, _read(_require(call, row["id"]))


def delete_permission(call: Call) -> Answer:
    row = _require(call, call.params["permissionId"])
    _keep_an_admin(call, row)
    with call.store.transaction():
        call.store.execute("DELETE FROM permission WHERE id = ?", row["id"])
    return 204, None


def _scope(call: Call) -> tuple[str, str]:
    """What a new permission is for: one workspace or one organization, as its type says."""
    workspace, organization = call.body.get("workspaceId"), call.body.get("organizationId")
    if (workspace is None) == (organization is None):
        raise problems.bad_request("Exactly one of workspaceId and organizationId is required.")
    scope = "workspace" if workspace else "organization"
    if not call.body["permissionType"].startswith(scope):
        raise problems.bad_request("The permission type does not fit the permission's scope.")
    if workspace:
        return scope, str(require_workspace(call, workspace)["id"])
    return scope, str(require_organization(call, str(organization))["id"])


def _require(call: Call, id_: str) -> Row:
    row = call.store.one("SELECT * FROM permission WHERE id = ?", id_.lower())
    if row is None:
        raise call.missing("PERMISSION", id_)
    return row


def _require_person(call: Call, id_: str) -> None:
    if call.store.one("SELECT id FROM person WHERE id = ?", id_) is None:
        raise problems.unexpected("insert violates foreign key constraint on user_id")


def _keep_an_admin(call: Call, row: Row) -> None:
    """Refuses to take the last administrator from an organization."""
    if row["type"] != "organization_admin":
        return
    others = call.store.one(
        "SELECT 1 FROM permission WHERE type = 'organization_admin' AND organization_id = ? "
        "AND id <> ?",
        row["organization_id"],
        row["id"],
    )
    if others is None:
        raise problems.state_conflict()


def _is_redundant(call: Call, person: str, type_: str) -> bool:
    over = call.store.one(
        "SELECT type FROM permission WHERE person_id = ? AND organization_id = ?",
        person,
        DEFAULT_ORGANIZATION,
    )
    return over is not None and _reach(over["type"]) >= _reach(type_)


def _drop_redundant(call: Call, person: str) -> None:
    rows = call.store.all(
        "SELECT * FROM permission WHERE person_id = ? AND workspace_id IS NOT NULL", person
    )
    for row in rows:
        if _is_redundant(call, person, row["type"]):
            call.store.execute("DELETE FROM permission WHERE id = ?", row["id"])


def _reach(type_: str) -> int:
    return _REACH[type_.partition("_")[2]]


def _scope_of(row: Row) -> str:
    return "workspace" if row["workspace_id"] else "organization"


def _read(row: Row) -> Mapping[str, Any]:
    scope = _scope_of(row)
    return {
        "permissionId": row["id"],
        "permissionType": row["type"],
        "userId": row["person_id"],
        f"{scope}Id": row[f"{scope}_id"],
    }


def _listed(row: Row) -> Mapping[str, Any]:
    scope = _scope_of(row)
    return {
        "permissionId": row["id"],
        "permissionType": row["type"],
        "userId": row["person_id"],
        "scope": scope,
        "scopeId": row[f"{scope}_id"],
    }


_ONE = "/permissions/{permissionId}"
_TYPE = {"permissionType": choice(*TYPES)}
ROUTES = (
    Route("GET", "/permissions", list_permissions),
    Route(
        "POST",
        "/permissions",
        create_permission,
        record(
            {**_TYPE, "userId": uuid_text},
            {"workspaceId": uuid_text, "organizationId": uuid_text},
        ),
    ),
    Route("GET", _ONE, get_permission),
    Route("PATCH", _ONE, patch_permission, record(_TYPE, {})),
    Route("DELETE", _ONE, delete_permission),
)
