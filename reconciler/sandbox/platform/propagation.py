"""Sources whose schema changes, and what the platform then does to their connections.

Source: the platform's ApplySchemaChangeHelper and ConnectionsHandler. A connection follows at the
start of its next sync: it is switched off, or its streams are edited, as its
`nonBreakingSchemaUpdatesBehavior` says.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from reconciler.sandbox.core import catalogue
from reconciler.sandbox.core.call import World
from reconciler.sandbox.core.catalogue import Stream
from reconciler.sandbox.core.store import Row, dumped, loaded
from reconciler.sandbox.platform import connectors, streams

Key = tuple[str | None, str]


def current(world: World, source: Row) -> str:
    """What a source has now, as the text of a discovery's answer."""
    own = world.store.one("SELECT streams FROM source_schema WHERE source_id = ?", source["id"])
    return str(own["streams"]) if own else catalogue.text_of(connectors.of_actor(world, source))


def change(world: World, source: Row, rows: Sequence[Mapping[str, Any]]) -> None:
    """Gives a source other streams; its connections will follow from what they were made of."""
    before = current(world, source)
    with world.store.transaction():
        world.store.execute(
            "INSERT OR IGNORE INTO schema_before "
            "SELECT id, ? FROM connection WHERE source_id = ? AND status <> 'deprecated'",
            before,
            source["id"],
        )
        world.store.execute(
            "INSERT OR REPLACE INTO source_schema VALUES (?, ?)", source["id"], dumped(list(rows))
        )


def accept(world: World, connection_id: str) -> None:
    """A stream list that was just written is made of the present schema: nothing is to follow."""
    world.store.execute("DELETE FROM schema_before WHERE connection_id = ?", connection_id)


def follow(world: World, connection: Row) -> Row:
    """The connection after it has followed its source, which a starting sync makes it do."""
    pending = world.store.one(
        "SELECT streams FROM schema_before WHERE connection_id = ?", connection["id"]
    )
    if pending is None or connection["source_id"] in world.behaviour.failing_sources:
        return connection
    source = _row(world, "actor", connection["source_id"])
    text = current(world, source)
    _remember(world, source["id"], text)
    accept(world, connection["id"])
    before, after = _by_key(pending["streams"]), _by_key(text)
    if before != after:
        modes = connectors.of_actor(
            world, _row(world, "actor", connection["destination_id"])
        ).sync_modes
        changes = _changes(loaded(connection["fields"]), before, after, modes)
        if changes:
            world.store.update("connection", connection["id"], changes)
    return _row(world, "connection", connection["id"])


def _changes(
    fields: Mapping[str, Any],
    before: Mapping[Key, Stream],
    after: Mapping[Key, Stream],
    destination_modes: Sequence[str],
) -> Mapping[str, Any]:
    """The columns of a connection that a changed schema changes."""
    behaviour = fields["nonBreakingSchemaUpdatesBehavior"]
    if behaviour == "disable_connection" or _is_breaking(fields["streams"], after):
        return {"status": "inactive"}
    if behaviour == "ignore":
        return {}
    kept = [_widened(stored, before, after) for stored in fields["streams"]]
    if behaviour == "propagate_fully":
        kept = [stored for stored in kept if _key(stored) in after]
        new = [stream for key, stream in after.items() if key not in before]
        kept += [_added(stream, destination_modes) for stream in new]
    return {"fields": dumped({**fields, "streams": kept})}


def _is_breaking(stored: Iterable[Mapping[str, Any]], after: Mapping[Key, Stream]) -> bool:
    """Whether a stream that is still there has lost a cursor or a key that its mode works by."""
    for one in stored:
        stream = after.get(_key(one))
        if stream and any(path[0] not in stream.properties for path in streams.needed(one)):
            return True
    return False


def _widened(
    stored: Mapping[str, Any], before: Mapping[Key, Stream], after: Mapping[Key, Stream]
) -> Mapping[str, Any]:
    """A stream with every new top-level column among its selected fields, if it selects any."""
    old, new = before.get(_key(stored)), after.get(_key(stored))
    if "selectedFields" not in stored or old is None or new is None:
        return stored
    selected = {field["fieldPath"][0] for field in stored["selectedFields"]}
    selected |= set(new.properties) - set(old.properties)
    return {**stored, "selectedFields": [{"fieldPath": [f]} for f in new.fields if f in selected]}


def _added(stream: Stream, destination_modes: Sequence[str]) -> Mapping[str, Any]:
    """A new stream with its modes: deduplicated where the source defines cursor and key."""
    is_deduped = (
        stream.is_cursor_source_defined
        and stream.primary_key
        and "incremental" in stream.source_modes
        and "append_dedup" in destination_modes
    )
    sent = {
        "name": stream.name,
        "syncMode": "incremental_deduped_history" if is_deduped else streams.DEFAULT,
    }
    (stored,) = streams.stored_streams([sent], [stream], destination_modes)
    return {**stored, "includeFiles": False}


def _remember(world: World, source_id: str, text: str) -> None:
    """The sync has discovered the source anew: what was remembered of it is replaced."""
    digest = catalogue.digest(text)
    world.store.execute("INSERT OR IGNORE INTO catalogue VALUES (?, ?)", digest, text)
    world.store.execute("UPDATE discovery SET catalogue = ? WHERE source_id = ?", digest, source_id)


def _by_key(text: str) -> Mapping[Key, Stream]:
    return {(stream.namespace, stream.name): stream for stream in catalogue.parsed(text)}


def _key(stored: Mapping[str, Any]) -> Key:
    return stored.get("namespace"), stored["name"]


def _row(world: World, table: str, id_: str) -> Row:
    row = world.store.one(f"SELECT * FROM {table} WHERE id = ?", id_)
    assert row is not None, "a connection's ends are never deleted from their table"
    return row
