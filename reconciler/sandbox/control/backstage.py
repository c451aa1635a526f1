"""/_sandbox: what happens to an Airbyte from other sides than its API.

A source changes or fails, an image cannot be pulled, the platform locks a connection, somebody
loses a role. None of it needs a token.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping
from typing import Any

from reconciler.sandbox.api import timetable
from reconciler.sandbox.control import wanted
from reconciler.sandbox.core.call import Call
from reconciler.sandbox.core.catalogue import is_stream
from reconciler.sandbox.core.problems import Refusal
from reconciler.sandbox.core.routing import Answer, Handler, Route
from reconciler.sandbox.core.shapes import anything, json_object
from reconciler.sandbox.core.store import Row, dumped, loaded
from reconciler.sandbox.platform import propagation, states

STATUSES = ("active", "inactive", "deprecated", "locked")
OUTCOMES = ("succeeded", "failed", "cancelled")


def _fail_discovery(call: Call) -> Answer:
    """Makes a source's discoveries fail with a message, or succeed again without one."""
    source = _require(call, "actor", wanted.field(call, "sourceId"))
    failing = call.world.behaviour.failing_sources
    failing.pop(source["id"], None)
    if call.body.get("message") is not None:
        failing[source["id"]] = str(call.body["message"])
        # What was remembered would hide the failure.
        call.store.execute("DELETE FROM discovery WHERE source_id = ?", source["id"])
    return 204, None


def _fail_sync(call: Call) -> Answer:
    """Makes the next syncs of a connection fail: {"connectionId": …, "count": 1}."""
    connection = _require(call, "connection", wanted.field(call, "connectionId"))
    count = int(wanted.number(call.body.get("count", 1), "count"))
    call.world.behaviour.failing_connections[connection["id"]] = count
    return 204, None


def _fail_image(call: Call) -> Answer:
    """Makes an image impossible to pull: {"image": "acme/source-x"} or with its tag."""
    call.world.behaviour.failing_images.add(wanted.field(call, "image"))
    return 204, None


def _hide_workspace(call: Call) -> Answer:
    """Takes ordinary callers' roles in a workspace away."""
    workspace = _require(call, "workspace", wanted.field(call, "workspaceId"))
    call.world.behaviour.hidden_workspaces.add(workspace["id"])
    return 204, None


def _set_schema(call: Call) -> Answer:
    """Changes what the source itself has; seen by the next cold discovery."""
    source = _require(call, "actor", call.params["sourceId"])
    if not (isinstance(call.sent, list) and all(map(is_stream, call.sent))):
        raise wanted.wrong("a schema is a list of streams, each with its name and its jsonSchema")
    call.store.execute(
        "INSERT OR REPLACE INTO source_schema VALUES (?, ?)", source["id"], dumped(call.sent)
    )
    return 204, None


def _change_schema(call: Call) -> Answer:
    """Changes a source as its owner would; its connections follow at their next sync.

    {"columns": {"orders": ["vip"]}, "goneColumns": {…}, "streams": [a stream], "gone": ["users"]}
    """
    source = _require(call, "actor", call.params["sourceId"])
    wanted.only(call.body, ("columns", "goneColumns", "streams", "gone"))
    rows = loaded(propagation.current(call.world, source))
    gone = wanted.names(call.body.get("gone", []), "gone")
    kept = [_edited(row, call.body) for row in rows if row["name"] not in gone]
    new = call.body.get("streams", [])
    if not (isinstance(new, list) and all(map(is_stream, new))):
        raise wanted.wrong("streams is no list of streams")
    propagation.change(call.world, source, [*kept, *new])
    return 200, {"streams": [row["name"] for row in [*kept, *new]]}


def _edited(row: Mapping[str, Any], wish: Mapping[str, Any]) -> Mapping[str, Any]:
    """A stream with new columns at its end and without those that are gone."""
    new, gone = (
        wanted.names(wanted.mapping(wish.get(part, {}), part).get(row["name"], []), part)
        for part in ("columns", "goneColumns")
    )
    before = row["jsonSchema"].get("properties", {})
    kept = {name: node for name, node in before.items() if name not in gone}
    properties = {**kept, **{name: {"type": "string"} for name in new}}
    return {**row, "jsonSchema": {**row["jsonSchema"], "properties": properties}}


def _set_connection(call: Call) -> Answer:
    """What the platform or its UI does to a connection: status, statusReason, schedule, streams."""
    row = _require(call, "connection", call.params["connectionId"])
    body = call.body
    wanted.only(body, ("status", "statusReason", "schedule", "streams"))
    stored = loaded(row["fields"])
    if "schedule" in body:
        stored["schedule"] = _schedule(body["schedule"])
    if "streams" in body:
        stored["streams"] = _streams(body["streams"])
    changes = {
        "status": wanted.word(body.get("status", row["status"]), "status", STATUSES),
        "status_reason": wanted.field(call, "statusReason")
        if "statusReason" in body
        else row["status_reason"],
        "fields": dumped(stored),
    }
    with call.store.transaction():
        call.store.update("connection", row["id"], changes)
        timetable.plan(call.world, row["id"])
    return 204, None


def _schedule(value: Any) -> Mapping[str, Any]:
    schedule = wanted.mapping(value, "schedule")
    wanted.only(schedule, ("scheduleType", "cronExpression", "zone", "basicTiming"))
    type_ = schedule.get("scheduleType")
    wanted.word(type_, "scheduleType", ("manual", "cron", "basic"))
    if type_ == "cron" and not isinstance(schedule.get("cronExpression"), str):
        raise wanted.wrong("cronExpression is missing")
    return schedule


def _streams(value: Any) -> list[Mapping[str, Any]]:
    rows: list[Any] = value if isinstance(value, list) else [None]
    if not all(isinstance(row, dict) and isinstance(row.get("name"), str) for row in rows):
        raise wanted.wrong("streams is no list of a connection's streams")
    return rows


def _states(call: Call) -> Answer:
    """Which streams of a connection have state."""
    connection = _require(call, "connection", call.params["connectionId"])
    return 200, {"data": states.read(call.world, connection["id"])}


def _put_secret(call: Call) -> Answer:
    """Leaves fields behind a secret id, as a consent flow does."""
    coordinate = f"airbyte_oauth_secret_{uuid.uuid4()}_v1"
    call.store.put_secret(coordinate, json.dumps(call.body))
    return 200, {"secretId": coordinate}


def _put_user(call: Call) -> Answer:
    """Makes a user of the organization: {"name": …, "email": …}."""
    id_ = str(uuid.uuid4())
    name, email = wanted.field(call, "name"), wanted.field(call, "email")
    call.store.execute("INSERT INTO person VALUES (?, ?, ?)", id_, name, email)
    return 200, {"id": id_}


def _require(call: Call, table: str, id_: str) -> Row:
    """The row of that id; of the actors, a source."""
    is_wanted = "id = ? AND role = 'source'" if table == "actor" else "id = ?"
    row = call.store.one(f"SELECT * FROM {table} WHERE {is_wanted}", id_.lower())
    if row is None:
        kind = "source" if table == "actor" else table
        raise Refusal(404, {"message": f"there is no {kind} {id_}"})
    return row


def post(template: str, handler: Handler, *, is_object: bool = True) -> Route:
    """A control endpoint that takes JSON."""
    return Route("POST", template, handler, json_object if is_object else anything)


ROUTES = (
    post("/fail-discovery", _fail_discovery),
    post("/fail-sync", _fail_sync),
    post("/fail-image", _fail_image),
    post("/hide-workspace", _hide_workspace),
    post("/schemas/{sourceId}", _set_schema, is_object=False),
    post("/sources/{sourceId}/schema", _change_schema),
    post("/connections/{connectionId}", _set_connection),
    Route("GET", "/states/{connectionId}", _states),
    post("/secrets", _put_secret),
    post("/users", _put_user),
)
