"""Streams of a connection: matched to what the source discovers, checked, stored, read.

Source: the platform's AirbyteCatalogHelper (checks and their messages, stream by stream, the first
failure ends the request) and CatalogConverter (what reads show).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from reconciler.sandbox.core.catalogue import Stream
from reconciler.sandbox.core.problems import bad_request
from reconciler.sandbox.core.shapes import boolean, choice, list_of, record, text
from reconciler.sandbox.platform import mappers

DEFAULT = "full_refresh_overwrite"
MODES = {
    "full_refresh_overwrite": ("full_refresh", "overwrite"),
    "full_refresh_overwrite_deduped": ("full_refresh", "overwrite_dedup"),
    "full_refresh_append": ("full_refresh", "append"),
    "full_refresh_update": ("full_refresh", "update"),
    "full_refresh_soft_delete": ("full_refresh", "soft_delete"),
    "incremental_append": ("incremental", "append"),
    "incremental_deduped_history": ("incremental", "append_dedup"),
    "incremental_update": ("incremental", "update"),
    "incremental_soft_delete": ("incremental", "soft_delete"),
}
_UNLISTED = "full_refresh_overwrite_deduped"  # a mode that /streams never names
_CURSOR_CHECKED = ("incremental_append", "incremental_deduped_history")
_KEY_CHECKED = ("incremental_deduped_history", "full_refresh_update", "incremental_update")
_KEYED = (*_KEY_CHECKED, "full_refresh_overwrite_deduped")  # modes that work by the key
_KEY_DISCARDED = ("full_refresh_overwrite", "full_refresh_append")

Sent = Mapping[str, Any]

SHAPE = record(
    {"name": text},
    {
        "namespace": text,
        "syncMode": choice(*MODES),
        "cursorField": list_of(text),
        "primaryKey": list_of(list_of(text)),
        "selectedFields": list_of(record({}, {"fieldPath": list_of(text)})),
        "mappers": list_of(mappers.SHAPE),
        "includeFiles": boolean,
        "destinationObjectName": text,
    },
)


def stored_streams(
    sent: Sequence[Sent], discovered: Sequence[Stream], destination_modes: Sequence[str]
) -> list[dict[str, Any]]:
    """The streams as they are kept, each made of the catalogue and the request alone."""
    seen: set[tuple[str | None, str]] = set()
    kept = []
    for stream in sent:
        matched = _matched(stream, discovered)
        identity = (stream.get("namespace"), stream["name"])
        if identity in seen:
            raise bad_request(
                f"Duplicate stream found in configuration for stream name [{stream['name']}] "
                f"in namespace [{stream.get('namespace') or ''}]."
            )
        seen.add(identity)
        kept.append(_stored(stream, matched, destination_modes))
    return kept


def default_streams(discovered: Sequence[Stream], suggested: Sequence[str]) -> list[dict[str, Any]]:
    """What a create without streams gives: those that are suggested, or the only one, or none."""
    return [
        {
            **_identity(stream),
            "syncMode": DEFAULT,
            "cursorField": list(stream.default_cursor),
            "primaryKey": [],
            "mappers": [],
            "includeFiles": False,
        }
        for stream in discovered
        if len(discovered) == 1 or stream.name in suggested
    ]


def read_stream(stored: Mapping[str, Any]) -> Mapping[str, Any]:
    """A stream as reads show it: everything filled in, an empty list for "all fields"."""
    return {
        "cursorField": [],
        "primaryKey": [],
        "selectedFields": [],
        **stored,
        "includeFiles": bool(stored.get("includeFiles")),
        "mappers": [mappers.read(mapper) for mapper in stored.get("mappers", ())],
    }


def source_mode(stored: Mapping[str, Any]) -> str:
    """Whether a stored stream is read incrementally; a pair without a name says it itself."""
    if "syncMode" in stored:
        return MODES[stored["syncMode"]][0]
    return str(stored.get("sourceMode", "full_refresh"))


def needed(stored: Mapping[str, Any]) -> list[Sequence[str]]:
    """The paths of the fields that a stored stream cannot do without in its mode."""
    cursor = [stored.get("cursorField", ())] if source_mode(stored) == "incremental" else []
    key = stored["primaryKey"] if stored.get("syncMode") in _KEYED else []
    return [path for path in (*cursor, *key) if path]


def described(stream: Stream, destination_modes: Sequence[str] | None) -> Mapping[str, Any]:
    """A stream as /streams shows it; combined modes only when there is a destination."""
    modes = [
        mode
        for mode, (source, destination) in MODES.items()
        if source in stream.source_modes
        and destination in (destination_modes or ())
        and mode != _UNLISTED
    ]
    return {
        "streamName": stream.name,
        **({"streamnamespace": stream.namespace} if stream.namespace else {}),
        **({"syncModes": modes} if destination_modes is not None else {}),
        "defaultCursorField": list(stream.default_cursor),
        "sourceDefinedCursorField": stream.is_cursor_source_defined,
        "sourceDefinedPrimaryKey": [list(part) for part in stream.primary_key],
        "propertyFields": stream.field_paths,
    }


def _stored(sent: Sent, stream: Stream, destination_modes: Sequence[str]) -> dict[str, Any]:
    mode = sent.get("syncMode", DEFAULT)
    selected = _selected(sent, stream, mode)
    if mode != DEFAULT:
        _check_mode(mode, stream, destination_modes)
    if mode in _CURSOR_CHECKED:
        _check_cursor(sent.get("cursorField", []), stream)
    if mode in _KEY_CHECKED:
        _check_key(sent.get("primaryKey", []), stream)
    kept = {
        **_identity(stream),
        "syncMode": mode,
        "cursorField": _cursor(mode, sent, stream),
        "primaryKey": _key(mode, sent, stream),
        "mappers": [mappers.identified(mapper) for mapper in sent.get("mappers", ())],
        "includeFiles": sent.get("includeFiles"),
    }
    if selected is not None:
        kept["selectedFields"] = [{"fieldPath": [f]} for f in stream.fields if f in selected]
    if "destinationObjectName" in sent:
        kept["destinationObjectName"] = sent["destinationObjectName"]
    return kept


def _identity(stream: Stream) -> dict[str, Any]:
    return {
        "name": stream.name,
        **({"namespace": stream.namespace} if stream.namespace else {}),
    }


def _matched(sent: Sent, discovered: Sequence[Stream]) -> Stream:
    """By name; the namespace counts only where a name is not unique."""
    named = [stream for stream in discovered if stream.name == sent["name"]]
    if len(named) > 1:
        named = [stream for stream in named if stream.namespace == sent.get("namespace")] or named
    if len(named) == 1:
        return named[0]
    words = f"found with name [{sent['name']}] and namespace [{sent.get('namespace') or ''}]."
    raise bad_request(f"{'Multiple' if named else 'No'} streams {words}")


def _selected(sent: Sent, stream: Stream, mode: str) -> set[str] | None:
    """The names of the selected fields, None when every field is."""
    if sent.get("selectedFields") is None:
        return None
    valid = f"The list of valid field names includes: {stream.fields}."
    names: list[str] = []
    for field in sent["selectedFields"]:
        path = field.get("fieldPath") or []
        if not path:
            raise bad_request(f"Selected field path cannot be empty for stream:  {stream.name}.")
        if len(path) > 1:
            raise bad_request(f"Nested field selection not supported for stream {stream.name}.")
        names.append(path[0])
    if not names:
        raise bad_request(f"No fields selected for stream {stream.name}. {valid}")
    if len(set(names)) < len(names):
        raise bad_request(f"Duplicate fields selected in configuration for stream: {stream.name}.")
    if unknown := [name for name in names if name not in stream.properties]:
        raise bad_request(f"Invalid fields selected for stream {stream.name}. {unknown}. {valid}")
    _check_selected(sent, stream, mode, set(names))
    return set(names)


def _check_selected(sent: Sent, stream: Stream, mode: str, selected: set[str]) -> None:
    """What a mode works by must be among the selected fields."""
    key = sent.get("primaryKey") or stream.primary_key
    if mode in _KEY_CHECKED and any(part and part[0] not in selected for part in key):
        raise bad_request(
            f"Primary key fields are not selected properly for stream: {stream.name}. "
            f"Please include the primary key fields {[list(part) for part in key]}."
        )
    cursor = sent.get("cursorField") or stream.default_cursor
    if mode in _CURSOR_CHECKED and cursor and cursor[0] not in selected:
        raise bad_request(
            f"Cursor field is not selected properly for stream: {stream.name}. "
            f"Please include the cursor field {list(cursor)}."
        )


def _check_mode(mode: str, stream: Stream, destination_modes: Sequence[str]) -> None:
    valid = [
        name
        for name, (source, destination) in MODES.items()
        if source in stream.source_modes and destination in destination_modes
    ]
    if mode not in valid:
        raise bad_request(
            f"Cannot set sync mode to {mode} for stream {stream.name}. "
            f"Valid sync modes are: {valid}"
        )


def _check_cursor(given: Sequence[str], stream: Stream) -> None:
    if given and stream.is_cursor_source_defined:
        if set(given) != set(stream.default_cursor):
            raise bad_request(
                f"Cursor Field {list(given)} is already defined by source for stream: "
                f"{stream.name}. Do not include a cursor field configuration for this stream."
            )
    elif given:
        if list(given) not in stream.field_paths:
            raise bad_request(
                f"Invalid cursor field for stream: {stream.name}. "
                f"The list of valid cursor fields include: {stream.field_paths}."
            )
    elif not stream.default_cursor:
        raise bad_request(
            f"No default cursor field for stream: {stream.name}. "
            "Please include a cursor field configuration for this stream."
        )


def _check_key(given: Sequence[Sequence[str]], stream: Stream) -> None:
    defined = [list(part) for part in stream.primary_key]
    if given and defined and [list(part) for part in given] != defined:
        raise bad_request(
            f"Primary key for stream: {stream.name} is already pre-defined. "
            f"Please remove the primaryKey or provide the value as {defined}."
        )
    if not (given or defined):
        raise bad_request(
            f"No default primary key for stream: {stream.name}. "
            "Please include a primary key configuration for this stream."
        )
    for part in given:
        if len(set(part)) < len(part):
            raise bad_request(f"Duplicate primary key detected for stream: {stream.name}, {part}.")
        if list(part) not in stream.field_paths:
            raise bad_request(
                f"Invalid primary key for stream: {stream.name}. "
                f"The list of valid primary keys fields: {stream.field_paths}."
            )


def _cursor(mode: str, sent: Sent, stream: Stream) -> list[str]:
    """What the source defines wins; a full refresh keeps the stream's default whatever was sent."""
    default = list(stream.default_cursor)
    if stream.is_cursor_source_defined or MODES[mode][0] == "full_refresh":
        return default
    return list(sent.get("cursorField") or default)


def _key(mode: str, sent: Sent, stream: Stream) -> list[list[str]]:
    if stream.primary_key or mode in _KEY_DISCARDED:
        return [list(part) for part in stream.primary_key]
    return [list(part) for part in sent.get("primaryKey") or ()]
