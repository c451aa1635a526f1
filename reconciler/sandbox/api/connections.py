"""/connections.

Source: the platform's ConnectionsController, ConnectionService and ConnectionsHandler. Source and
destination are immutable; a stream list in PATCH replaces everything that was there.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from typing import Any

from reconciler.sandbox.api import jobs, tags, timetable
from reconciler.sandbox.api.actors import require_actor
from reconciler.sandbox.api.discovery import discovered
from reconciler.sandbox.core import problems
from reconciler.sandbox.core.call import Call, Caller, require_role
from reconciler.sandbox.core.catalogue import Stream
from reconciler.sandbox.core.lists import page, workspace_scope
from reconciler.sandbox.core.routing import Answer, Route
from reconciler.sandbox.core.shapes import choice, list_of, record, text, uuid_text
from reconciler.sandbox.core.store import Row, dumped, loaded, placeholders
from reconciler.sandbox.platform import connectors, mappers, propagation, schedules, states, streams

MAX_FIELDS = 20_000  # over all streams of a connection
_CHOICES = {
    "namespaceDefinition": ("source", "destination", "custom_format"),
    "nonBreakingSchemaUpdatesBehavior": (
        "ignore",
        "disable_connection",
        "propagate_columns",
        "propagate_fully",
    ),
    "status": ("active", "inactive", "deprecated", "locked"),
}
_DEFAULTS = {"namespaceDefinition": "destination", "nonBreakingSchemaUpdatesBehavior": "ignore"}
_KEPT = ("namespaceDefinition", "namespaceFormat", "prefix", "nonBreakingSchemaUpdatesBehavior")


def list_connections(call: Call) -> Answer:
    """Connections that are not deprecated, unless deleted ones are asked for."""
    scope = workspace_scope(call)
    if not call.flag("includeDeleted"):
        scope = scope.also("status <> 'deprecated'")
    if tag_ids := call.ids("tagIds"):
        tagged = f"SELECT connection_id FROM connection_tag WHERE tag_id IN {placeholders(tag_ids)}"
        scope = scope.also(f"id IN ({tagged})", *tag_ids)
    rows, links = page(call, "connection", scope)
    return 200, {**links, "data": _read_all(call, rows)}


def create_connection(call: Call) -> Answer:
    """Checks in the server's order: schedule, actors, discovery, streams, then the handler's."""
    if call.caller is Caller.ORDINARY:
        for role in ("source", "destination"):
            require_actor(call, role, call.body[f"{role}Id"])
    schedule = schedules.parsed(call.body.get("schedule"))
    for name in _DEFAULTS:
        # An explicit null replaces the default, and the server stumbles over it.
        if name in call.sent and call.sent[name] is None:
            raise problems.unexpected()
    destination = _actor(call, "destination", call.body["destinationId"])
    source = _actor(call, "source", call.body["sourceId"])
    found = discovered(call, source)
    kept = _chosen(call, source, destination, found)
    if source["workspace_id"] != destination["workspace_id"]:
        raise problems.unexpected()
    kept = _checked(call, source, destination, found, kept, [])
    _check_schedule(call, schedule)
    fields = {**_DEFAULTS, "prefix": "", **{n: call.body[n] for n in _KEPT if n in call.body}}
    if "prefix" in call.sent and call.sent["prefix"] is None:
        del fields["prefix"]
    id_ = str(uuid.uuid4())
    with call.store.transaction():
        call.store.insert(
            "connection",
            {
                "id": id_,
                "workspace_id": source["workspace_id"],
                "source_id": source["id"],
                "destination_id": destination["id"],
                "name": call.name(f"{source['name']} <> {destination['name']}"),
                "status": call.body.get("status", "active"),
                "fields": dumped(
                    {**fields, "schedule": schedule or schedules.MANUAL, "streams": kept}
                ),
                "created_at": call.now_s,
            },
        )
        tags.put_on(call, id_, source["workspace_id"], _tag_ids(call))
        timetable.plan(call.world, id_)
    return 200, _read(call, _require(call, id_))


def get_connection(call: Call) -> Answer:
    """One connection; a deleted one answers with status `deprecated`."""
    return 200, _read(call, _require(call, call.params["connectionId"]))


def patch_connection(call: Call) -> Answer:
    """Changes what is present and not null. State goes before the last checks are made."""
    row = _require(call, call.params["connectionId"])
    schedule = schedules.parsed(call.body.get("schedule"))
    if row["status"] == "locked":
        raise problems.locked(row["id"], row["status_reason"])
    fields = loaded(row["fields"])
    fields.update({name: call.body[name] for name in _KEPT if name in call.body})
    if _sent_streams(call):
        fields["streams"] = _patched_streams(call, row, schedule, fields["streams"])
    else:
        _check_schedule(call, schedule)
    if schedule is not None:
        fields["schedule"] = schedule
    changes = {
        "name": call.name(row["name"]),
        "status": call.body.get("status", row["status"]),
        "fields": dumped(fields),
    }
    with call.store.transaction():
        call.store.update("connection", row["id"], changes)
        timetable.plan(call.world, row["id"])
        if _sent_streams(call):
            propagation.accept(call.world, row["id"])
        if "tags" in call.body:
            tags.put_on(call, row["id"], row["workspace_id"], _tag_ids(call))
    return 200, _read(call, _require(call, row["id"]))


def delete_connection(call: Call) -> Answer:
    """Marks it deprecated and cancels its running job. Again is as good."""
    row = _require(call, call.params["connectionId"])
    with call.store.transaction():
        jobs.cancel_running(call.world, row["id"])
        call.store.update("connection", row["id"], {"status": "deprecated"})
    return 204, None


def _require(call: Call, id_: str) -> Row:
    row = call.store.one("SELECT * FROM connection WHERE id = ?", id_.lower())
    if row is None:
        raise call.missing("STANDARD_SYNC", id_)
    require_role(call, row["workspace_id"])
    return row


def _actor(call: Call, role: str, id_: str) -> Row:
    row = require_actor(call, role, id_)
    if row["tombstone"]:
        raise problems.not_found(role, id_)
    return row


def _sent_streams(call: Call) -> Sequence[Mapping[str, Any]]:
    """The streams of the body; an absent, null or empty list is no list."""
    sent: Sequence[Mapping[str, Any]] = call.body.get("configurations", {}).get("streams", ())
    return sent


def _chosen(
    call: Call, source: Row, destination: Row, found: Sequence[Stream]
) -> list[dict[str, Any]]:
    """The streams of a new connection: what was sent, else what the server takes by itself."""
    if sent := _sent_streams(call):
        modes = connectors.of_actor(call.world, destination).sync_modes
        return streams.stored_streams(sent, found, modes)
    suggested = connectors.of_actor(call.world, source).suggested_streams
    return streams.default_streams(found, suggested)


def _patched_streams(
    call: Call,
    row: Row,
    schedule: Mapping[str, Any] | None,
    before: Sequence[Mapping[str, Any]],
) -> list[dict[str, Any]]:
    """The new list of a connection's streams; the state of changed ones is gone in any case."""
    source = _actor(call, "source", row["source_id"])
    destination = _actor(call, "destination", row["destination_id"])
    found = discovered(call, source)
    kept = _chosen(call, source, destination, found)
    states.wipe_changed(call.world, row["id"], before, kept)
    _check_schedule(call, schedule)
    return _checked(call, source, destination, found, kept, before)


def _check_schedule(call: Call, schedule: Mapping[str, Any] | None) -> None:
    schedules.check(schedule, allows_sub_hourly=call.world.behaviour.allows_sub_hourly)


def _checked(
    call: Call,
    source: Row,
    destination: Row,
    found: Sequence[Stream],
    kept: Sequence[dict[str, Any]],
    before: Sequence[Mapping[str, Any]],
) -> list[dict[str, Any]]:
    """The handler's own checks, after those of the streams; the streams with their secrets."""
    by_key = {(stream.namespace, stream.name): stream for stream in found}
    of_kept = [by_key[(stream.get("namespace"), stream["name"])] for stream in kept]
    both_take_files = all(
        connectors.of_actor(call.world, actor).supports_files for actor in (source, destination)
    )
    for stored, stream in zip(kept, of_kept, strict=True):
        stored["includeFiles"] = _includes_files(stored, stream, both_take_files)
    if len({(stream.namespace, stream.name) for stream in of_kept}) < len(of_kept):
        raise problems.unexpected("Duplicate stream found in the configured catalog.")
    if sum(_field_count(s, stream) for s, stream in zip(kept, of_kept, strict=True)) > MAX_FIELDS:
        raise problems.unexpected(f"A connection may have at most {MAX_FIELDS} fields.")
    for stored, stream in zip(kept, of_kept, strict=True):
        mappers.check(stream.name, _selected_fields(stored, stream), stored["mappers"])
    known = [mapper for stream in before for mapper in stream.get("mappers", ())]
    return [
        {**stored, "mappers": mappers.with_secrets(stored["mappers"], known)} for stored in kept
    ]


def _includes_files(stored: Mapping[str, Any], stream: Stream, both_take_files: bool) -> bool:
    wanted = stored["includeFiles"]
    if wanted is None:
        return stream.is_file_based and both_take_files
    if wanted and not both_take_files:
        title = "The connectors do not support the transfer of files"
        kind = "connection-validation/file-transfer/connection-unsupported"
        raise problems.named(400, kind, title, None)
    if wanted and not stream.is_file_based:
        title = "The stream does not support the transfer of files"
        kind = "connection-validation/file-transfer/stream-unsupported"
        raise problems.named(400, kind, title, {"streamName": stream.name})
    return bool(wanted)


def _selected_fields(stored: Mapping[str, Any], stream: Stream) -> list[str]:
    if "selectedFields" in stored:
        return [field["fieldPath"][0] for field in stored["selectedFields"]]
    return stream.fields


def _field_count(stored: Mapping[str, Any], stream: Stream) -> int:
    if "selectedFields" not in stored:
        return len(stream.field_paths)
    selected = set(_selected_fields(stored, stream))
    return sum(path[0] in selected for path in stream.field_paths)


def _tag_ids(call: Call) -> list[str]:
    return [tag["tagId"] for tag in call.body.get("tags", ())]


def _read(call: Call, row: Row) -> Mapping[str, Any]:
    return _read_all(call, [row])[0]


def _read_all(call: Call, rows: Sequence[Row]) -> list[Mapping[str, Any]]:
    tags_of = tags.of_connections(call, [row["id"] for row in rows])
    return [_shown(row, tags_of[row["id"]]) for row in rows]


def _shown(row: Row, tags_: Sequence[Mapping[str, Any]]) -> Mapping[str, Any]:
    fields = loaded(row["fields"])
    return {
        "connectionId": row["id"],
        "name": row["name"],
        "sourceId": row["source_id"],
        "destinationId": row["destination_id"],
        "workspaceId": row["workspace_id"],
        "status": row["status"],
        "schedule": schedules.read(fields.pop("schedule")),
        "configurations": {"streams": [_shown_stream(s) for s in fields.pop("streams")]},
        "createdAt": row["created_at"],
        "tags": tags_,
        **{name: value for name, value in fields.items() if value is not None},
    }


def _shown_stream(stored: Mapping[str, Any]) -> Mapping[str, Any]:
    return {k: v for k, v in streams.read_stream(stored).items() if k != "sourceMode"}


_TAG = record({"tagId": uuid_text, "name": text, "color": text, "workspaceId": uuid_text}, {})
_FIELDS = {
    "name": text,
    "configurations": record({}, {"streams": list_of(streams.SHAPE)}),
    "schedule": schedules.SHAPE,
    "dataResidency": text,
    "namespaceFormat": text,
    "prefix": text,
    "tags": list_of(_TAG),
    **{name: choice(*choices) for name, choices in _CHOICES.items()},
}
_ONE = "/connections/{connectionId}"
ROUTES = (
    Route("GET", "/connections", list_connections),
    Route(
        "POST",
        "/connections",
        create_connection,
        record({"sourceId": uuid_text, "destinationId": uuid_text}, _FIELDS),
    ),
    Route("GET", _ONE, get_connection),
    Route("PATCH", _ONE, patch_connection, record({}, _FIELDS)),
    Route("DELETE", _ONE, delete_connection),
)
