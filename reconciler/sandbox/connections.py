"""/connections and /streams.

Source: the platform's ConnectionsController, ConnectionService and ConnectionsHandler. Source and
destination are immutable; a stream list in PATCH replaces everything that was there.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Mapping, Sequence
from typing import Any

from reconciler.sandbox import problems, streams
from reconciler.sandbox.actors import require_actor
from reconciler.sandbox.call import Call, page, workspace_scope
from reconciler.sandbox.catalogue import Stream, streams_of
from reconciler.sandbox.cron import read_schedule, stored_schedule
from reconciler.sandbox.registry import Definition
from reconciler.sandbox.secrets import MASK
from reconciler.sandbox.store import Row, dumped, loaded

Answer = tuple[int, Any]

NAMESPACES = ("source", "destination", "custom_format")
BEHAVIOURS = ("ignore", "disable_connection", "propagate_columns", "propagate_fully")
STATUSES = ("active", "inactive", "deprecated", "locked")


def list_connections(call: Call) -> Answer:
    """Connections that are not deprecated, unless deleted ones are asked for."""
    scope, values = workspace_scope(call)
    conditions = [scope]
    if not call.flag("includeDeleted"):
        conditions.append("status <> 'deprecated'")
    rows, links = page(call, "connection", conditions, values)
    return 200, {**links, "data": [_read(row) for row in rows]}


def create_connection(call: Call) -> Answer:
    """Checks in the server's order: schedule, actors, discovery, streams."""
    schedule = stored_schedule(call.optional("schedule", dict))
    destination = _actor(call, "destination", call.uuid_field("destinationId"))
    source = _actor(call, "source", call.uuid_field("sourceId"))
    discovered = _discovered(call, source)
    if source["workspace_id"] != destination["workspace_id"]:
        raise problems.unexpected("Source and destination do not belong to the same workspace.")
    sent = _sent_streams(call)
    kept = (
        _kept_streams(call, sent, discovered, destination, [])
        if sent
        else streams.default_streams(discovered)
    )
    name = call.name(required=False) or f"{source['name']} <> {destination['name']}"
    id_ = str(uuid.uuid4())
    with call.store.transaction():
        call.store.insert(
            "connection",
            {
                "id": id_,
                "workspace_id": source["workspace_id"],
                "source_id": source["id"],
                "destination_id": destination["id"],
                "name": name,
                "status": _with_default(call, "status", STATUSES, "active"),
                "fields": dumped(
                    {
                        "schedule": schedule,
                        "namespaceDefinition": _with_default(
                            call, "namespaceDefinition", NAMESPACES, "destination"
                        ),
                        "namespaceFormat": call.optional("namespaceFormat"),
                        "prefix": call.optional("prefix") or "",
                        "nonBreakingSchemaUpdatesBehavior": _with_default(
                            call, "nonBreakingSchemaUpdatesBehavior", BEHAVIOURS, "ignore"
                        ),
                        "streams": kept,
                    }
                ),
                "created_at": int(time.time()),
            },
        )
    return 200, _read(_require(call, id_))


def get_connection(call: Call) -> Answer:
    """One connection; a deleted one answers with status `deprecated`."""
    return 200, _read(_require(call, call.params["id"]))


def patch_connection(call: Call) -> Answer:
    """Changes what is present and not null; anything else stays."""
    row = _require(call, call.params["id"])
    if row["status"] == "locked":
        raise problems.locked(row["id"], None)
    fields = loaded(row["fields"])
    if (schedule := call.optional("schedule", dict)) is not None:
        fields["schedule"] = stored_schedule(schedule)
    for name in ("namespaceFormat", "prefix"):
        if (value := call.optional(name)) is not None:
            fields[name] = value
    for name, choices in (
        ("namespaceDefinition", NAMESPACES),
        ("nonBreakingSchemaUpdatesBehavior", BEHAVIOURS),
    ):
        fields[name] = call.choice(name, choices) or fields[name]
    if sent := _sent_streams(call):
        source = _actor(call, "source", row["source_id"])
        destination = _actor(call, "destination", row["destination_id"])
        discovered = _discovered(call, source)
        fields["streams"] = _kept_streams(call, sent, discovered, destination, fields["streams"])
    changes = {
        "name": call.name(required=False) or row["name"],
        "status": call.choice("status", STATUSES) or row["status"],
        "fields": dumped(fields),
    }
    with call.store.transaction():
        call.store.update("connection", row["id"], changes)
    return 200, _read(_require(call, row["id"]))


def delete_connection(call: Call) -> Answer:
    """Marks it deprecated. Again is as good."""
    row = _require(call, call.params["id"])
    with call.store.transaction():
        call.store.update("connection", row["id"], {"status": "deprecated"})
    return 204, None


def get_streams(call: Call) -> Answer:
    """What a source discovers: a bare list."""
    ids = call.ids("sourceId")
    if not ids:
        raise problems.framework(400, "Required argument [sourceId] not specified", call.path)
    discovered = _discovered(call, _actor(call, "source", ids[0]))
    modes = None
    if destination_ids := call.ids("destinationId"):
        destination = _actor(call, "destination", destination_ids[0])
        modes = _definition(call, destination).sync_modes
    return 200, [streams.described(stream, modes) for stream in discovered]


def _require(call: Call, id_: str) -> Row:
    row = call.store.one("SELECT * FROM connection WHERE id = ?", id_)
    if row is None:
        raise call.missing("STANDARD_SYNC", id_)
    return row


def _actor(call: Call, role: str, id_: str) -> Row:
    row = require_actor(call, role, id_)
    if row["tombstone"]:
        raise problems.not_found(role, id_)
    return row


def _definition(call: Call, actor: Row) -> Definition:
    definition = call.world.registry.by_id(actor["role"], actor["definition_id"])
    assert definition is not None, "an actor's definition was there when it was made"
    return definition


def _discovered(call: Call, source: Row) -> Sequence[Stream]:
    if message := call.world.failing_sources.get(source["id"]):
        raise problems.unexpected(f"Something went wrong in the connector. logs:{message}")
    return streams_of(_definition(call, source))


def _sent_streams(call: Call) -> Sequence[Mapping[str, Any]]:
    """The streams of the body; an absent, null or empty list is no list."""
    sent = (call.optional("configurations", dict) or {}).get("streams") or []
    if not isinstance(sent, list) or not all(_has_name(stream) for stream in sent):
        raise problems.framework(400, "Failed to convert argument [streams]", call.path)
    return sent


def _has_name(stream: Any) -> bool:
    return isinstance(stream, dict) and isinstance(stream.get("name"), str)


def _kept_streams(
    call: Call,
    sent: Sequence[Mapping[str, Any]],
    discovered: Sequence[Stream],
    destination: Row,
    before: Sequence[Mapping[str, Any]],
) -> list[dict[str, Any]]:
    """The streams as stored; an AES key's mask keeps the key of the mapper with the same id."""
    keys = {
        mapper["id"]: mapper["mapperConfiguration"].get("key")
        for stream in before
        for mapper in stream.get("mappers", ())
    }

    def keep_key(mapper: Mapping[str, Any]) -> Mapping[str, Any]:
        configuration = dict(mapper.get("mapperConfiguration") or {})
        if configuration.get("key") == MASK:
            if mapper.get("id") not in keys:
                raise problems.bad_request("The secret of the mapper was not found.")
            configuration["key"] = keys[mapper["id"]]
        return configuration

    modes = _definition(call, destination).sync_modes
    return streams.stored_streams(sent, discovered, modes, keep_key)


def _with_default(call: Call, name: str, choices: Sequence[str], default: str) -> str:
    """An enum of a create: explicit null overrides the default and is a 500."""
    if name in call.body and call.body[name] is None:
        raise problems.unexpected()
    return call.choice(name, choices) or default


def _read(row: Row) -> Mapping[str, Any]:
    fields = loaded(row["fields"])
    return {
        "connectionId": row["id"],
        "name": row["name"],
        "sourceId": row["source_id"],
        "destinationId": row["destination_id"],
        "workspaceId": row["workspace_id"],
        "status": row["status"],
        "schedule": read_schedule(fields.pop("schedule")),
        "configurations": {"streams": [_read_stream(s) for s in fields.pop("streams")]},
        "createdAt": row["created_at"],
        "tags": [],
        **{name: value for name, value in fields.items() if value is not None},
    }


def _read_stream(stored: Mapping[str, Any]) -> Mapping[str, Any]:
    read = dict(streams.read_stream(stored))
    read["mappers"] = [_masked(mapper) for mapper in read["mappers"]]
    return read


def _masked(mapper: Mapping[str, Any]) -> Mapping[str, Any]:
    configuration = mapper["mapperConfiguration"]
    if mapper["type"] == "encryption" and "key" in configuration:
        configuration = {**configuration, "key": MASK}
    return {**mapper, "mapperConfiguration": configuration}
