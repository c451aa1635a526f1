"""/regions. Their list is a bare one; all of it needs an administrator and a licence."""

from __future__ import annotations

import time
import uuid
from collections.abc import Mapping
from typing import Any

from reconciler.sandbox.api.organizations import require_organization
from reconciler.sandbox.core import problems
from reconciler.sandbox.core.call import Call, require_admin
from reconciler.sandbox.core.routing import Answer, Route
from reconciler.sandbox.core.shapes import boolean, record, text, uuid_text
from reconciler.sandbox.core.store import Row

DEFAULT_REGION = "00000000-0000-0000-0000-0000000000bb"


def list_regions(call: Call) -> Answer:
    """The live regions of an organization."""
    organization = call.required_id("organizationId")
    require_admin(call)
    rows = call.store.all(
        "SELECT * FROM region WHERE organization_id = ? AND tombstone = 0 ORDER BY position",
        organization,
    )
    return 200, [_read(row) for row in rows]


def create_region(call: Call) -> Answer:
    """A name is unique in its organization."""
    require_admin(call)
    organization = require_organization(call, call.body["organizationId"])
    _require_free(call, call.body["name"], organization["id"])
    id_ = str(uuid.uuid4())
    with call.store.transaction():
        call.store.insert(
            "region",
            {
                "id": id_,
                "name": call.body["name"],
                "organization_id": organization["id"],
                "enabled": int(call.body.get("enabled", True)),
                "created_at": call.now_s,
                "updated_at": call.now_s,
            },
        )
    return 200, _read(_require(call, id_))


def get_region(call: Call) -> Answer:
    require_admin(call)
    return 200, _read(_require(call, call.params["regionId"]))


def patch_region(call: Call) -> Answer:
    require_admin(call)
    row = _require(call, call.params["regionId"])
    name = call.body.get("name", row["name"])
    if name != row["name"]:
        _require_free(call, name, row["organization_id"])
    changes = {
        "name": name,
        "enabled": int(call.body.get("enabled", row["enabled"])),
        "updated_at": call.now_s,
    }
    with call.store.transaction():
        call.store.update("region", row["id"], changes)
    return 200, _read(_require(call, row["id"]))


def delete_region(call: Call) -> Answer:
    """Answers with what was deleted."""
    require_admin(call)
    row = _require(call, call.params["regionId"])
    with call.store.transaction():
        call.store.update("region", row["id"], {"tombstone": 1})
    return 200, _read(row)


def _require(call: Call, id_: str) -> Row:
    row = call.store.one("SELECT * FROM region WHERE id = ? AND tombstone = 0", id_.lower())
    if row is None:
        raise problems.not_found("REGION", id_)
    return row


def _require_free(call: Call, name: str, organization_id: str) -> None:
    taken = "SELECT id FROM region WHERE organization_id = ? AND name = ? AND tombstone = 0"
    if call.store.one(taken, organization_id, name) is not None:
        message = f"Dataplane group with name {name} already exists"
        title = "Dataplane group already exists"
        raise problems.named(409, "dataplane-group-already-exists", title, {"message": message})


def _read(row: Row) -> Mapping[str, Any]:
    return {
        "regionId": row["id"],
        "name": row["name"],
        "organizationId": row["organization_id"],
        "enabled": bool(row["enabled"]),
        "createdAt": _time(row["created_at"]),
        "updatedAt": _time(row["updated_at"]),
    }


def _time(seconds: int) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(seconds))


_ONE = "/regions/{regionId}"
ROUTES = (
    Route("GET", "/regions", list_regions),
    Route(
        "POST",
        "/regions",
        create_region,
        record({"name": text, "organizationId": uuid_text}, {"enabled": boolean}),
    ),
    Route("GET", _ONE, get_region),
    Route("PATCH", _ONE, patch_region, record({}, {"name": text, "enabled": boolean})),
    Route("DELETE", _ONE, delete_region),
)
