"""Streams of a connection in one form: a mapping by stream name, whatever order they came in.

Source: Airbyte public API, `configurations.streams`; which modes use a cursor or a key, and what
reads fill in, from the platform's AirbyteCatalogHelper and CatalogConverter.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence

from reconciler.errors import Severity
from reconciler.kinds._base import Mistake, required
from reconciler.kinds._configuration import for_create, unmask
from reconciler.kinds._stream_modes import DEFAULT_MODE, KEYLESS_MODES, uses_cursor
from reconciler.model import ALL, UNREADABLE, Exhaustive, Json, Path, Secret

_FLAGS = ("includeFiles", "destinationObjectName")


def declare(written: Json) -> tuple[Json, list[Mistake]]:
    """The manifest's streams in one form, and what is wrong with them."""
    if written == "all":
        return ALL, []
    mistakes: list[Mistake] = []
    seen: set[tuple[str | None, str]] = set()
    for index, stream in enumerate(written):
        identity = (stream.get("namespace"), stream["name"])
        if identity in seen:
            mistakes.append(_repeated(index, stream["name"]))
        seen.add(identity)
        mistakes += _without_effect(index, stream)
    return Exhaustive(by_name([_declared(stream) for stream in written])), mistakes


def from_api(live: Sequence[Mapping[str, Json]]) -> Mapping[str, Json]:
    """The API's streams in the same form."""
    return by_name([_read(stream) for stream in live])


def to_api(
    wanted: Json,
    *,
    live: Sequence[Mapping[str, Json]],
    discovered: Sequence[Mapping[str, Json]],
    resolve: Callable[[Secret], str],
    rotated: Collection[Path] = (),
) -> list[Json]:
    """Every stream with every option, as POST and PATCH take them.

    Options that the manifest leaves out keep their live value, which a PATCH would reset. *rotated*
    are the mappers whose secrets are sent anew, such as `("users", "mappers", 0)`.
    """
    present = by_name(live)
    if wanted is ALL:
        wanted = by_name([_discovered(stream) for stream in discovered])
    return [
        _sent(
            {"name": name, **stream},
            present.get(name, {}),
            resolve,
            {path[2] for path in rotated if path[0] == name},
        )
        for name, stream in wanted.items()
    ]


def by_name(streams: Sequence[Mapping[str, Json]]) -> dict[str, Json]:
    """Streams by name; with the namespace before it where a name is not unique."""
    counts = Counter(stream["name"] for stream in streams)
    return {
        stream["name"]
        if counts[stream["name"]] == 1
        else f"{stream.get('namespace', '')}.{stream['name']}": stream
        for stream in streams
    }


def _declared(stream: Mapping[str, Json]) -> Mapping[str, Json]:
    spec = dict(stream)
    mode = spec.get("syncMode", DEFAULT_MODE)
    if "cursorField" in spec:
        cursor = spec.pop("cursorField")
        if uses_cursor(mode):
            spec["cursorField"] = [cursor] if isinstance(cursor, str) else cursor
    if "primaryKey" in spec:
        key = spec.pop("primaryKey")
        if mode not in KEYLESS_MODES:
            spec["primaryKey"] = [[part] if isinstance(part, str) else part for part in key]
    if "selectedFields" in spec:
        spec["selectedFields"] = sorted(
            field if isinstance(field, str) else field["fieldPath"][0]
            for field in spec["selectedFields"]
        )
    return spec


def _read(stream: Mapping[str, Json]) -> Mapping[str, Json]:
    spec = {
        field: stream[field]
        for field in ("namespace", "syncMode", "cursorField", "primaryKey", *_FLAGS)
        if stream.get(field) is not None
    }
    spec["name"] = required(stream, "name", str)
    # An empty list is how the API says that every field is synced.
    if stream.get("selectedFields"):
        spec["selectedFields"] = sorted(f["fieldPath"][0] for f in stream["selectedFields"])
    spec["mappers"] = [_without_id(mapper) for mapper in stream.get("mappers") or ()]
    return spec


def _without_id(mapper: Mapping[str, Json]) -> Mapping[str, Json]:
    configuration = unmask(mapper.get("mapperConfiguration") or {})
    return {"type": mapper.get("type"), "mapperConfiguration": configuration}


def _discovered(stream: Mapping[str, Json]) -> Mapping[str, Json]:
    name = required(stream, "streamName", str)
    # The odd spelling is the API's.
    namespace = stream.get("streamnamespace")
    return {"name": name, **({"namespace": namespace} if namespace else {})}


def _sent(
    stream: Mapping[str, Json],
    live: Mapping[str, Json],
    resolve: Callable[[Secret], str],
    rotated: Collection[str | int],
) -> Mapping[str, Json]:
    # An empty selectedFields is refused, other empty lists say nothing.
    kept = {field: value for field, value in live.items() if value not in ([], None)}
    body = {f: value for f, value in {**kept, **stream}.items() if value is not None}
    if "name" in live:
        body["name"] = live["name"]  # the key of a name that is not unique has its namespace too
    if stream.get("selectedFields"):
        body["selectedFields"] = [{"fieldPath": [field]} for field in stream["selectedFields"]]
    if "mappers" in stream:
        body["mappers"] = [
            _mapper(mapper, index, () if index in rotated else live.get("mappers") or (), resolve)
            for index, mapper in enumerate(stream["mappers"])
        ]
    return body


def _mapper(
    mapper: Mapping[str, Json],
    index: int,
    live: Sequence[Mapping[str, Json]],
    resolve: Callable[[Secret], str],
) -> Mapping[str, Json]:
    """The mapper with the id of the live one in its place if they are equal, so that it stays."""
    if index < len(live) and _same_mapper(mapper, _without_id(live[index])):
        return live[index]
    return {
        "type": mapper["type"],
        "mapperConfiguration": for_create(mapper["mapperConfiguration"], resolve),
    }


def _same_mapper(desired: Mapping[str, Json], live: Mapping[str, Json]) -> bool:
    wanted, present = desired["mapperConfiguration"], live["mapperConfiguration"]
    return (
        desired["type"] == live["type"]
        and wanted.keys() == present.keys()
        and all(present[k] in (UNREADABLE, value) for k, value in wanted.items())
    )


def _repeated(index: int, name: str) -> Mistake:
    return Mistake(
        (index, "name"),
        "duplicate stream",
        f'The stream "{name}" is listed twice.',
        "Remove one, or tell them apart by `namespace`.",
    )


def _without_effect(index: int, stream: Mapping[str, Json]) -> list[Mistake]:
    mode = stream.get("syncMode", DEFAULT_MODE)
    unused = {
        "cursorField": not uses_cursor(mode),
        "primaryKey": mode in KEYLESS_MODES,
    }
    return [
        Mistake(
            (index, field),
            "no effect",
            f"Airbyte discards {field} of a stream whose sync mode is {mode}.",
            "Remove it, or choose another `syncMode`.",
            Severity.WARNING,
        )
        for field, is_unused in unused.items()
        if is_unused and field in stream
    ]
