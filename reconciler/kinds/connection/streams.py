"""Streams of a connection in one form: a mapping by stream name, whatever order they came in.

Source: Airbyte public API, `configurations.streams`; which modes use a cursor or a key, and what
reads fill in, from the platform's AirbyteCatalogHelper and CatalogConverter.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from reconciler.kinds.connection.stream_modes import DEFAULT_MODE, KEYLESS_MODES, uses_cursor
from reconciler.kinds.contract.configuration import unmask
from reconciler.kinds.contract.terms import required
from reconciler.model import ALL, Exhaustive, Json
from reconciler.problems import rules
from reconciler.problems.problem import At, Problem

_TYPES = {
    "namespace": str,
    "syncMode": str,
    "cursorField": list,
    "primaryKey": list,
    "includeFiles": bool,
    "destinationObjectName": str,
}


def declare(written: Json) -> tuple[Json, list[Problem]]:
    """The manifest's streams in one form, and what is wrong with them."""
    if written == "all":
        return ALL, []
    problems: list[Problem] = []
    seen: set[tuple[str | None, str]] = set()
    for index, stream in enumerate(written):
        identity = (stream.get("namespace"), stream["name"])
        if identity in seen:
            problems.append(_repeated(index, stream["name"]))
        seen.add(identity)
        problems += _without_effect(index, stream)
    return Exhaustive(by_name([_declared(stream) for stream in written])), problems


def from_api(live: Sequence[Mapping[str, Json]]) -> Mapping[str, Json]:
    """The API's streams in the same form."""
    return by_name([_read(stream) for stream in live])


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
        field: required(stream, field, type_)
        for field, type_ in _TYPES.items()
        if stream.get(field) is not None
    }
    spec["name"] = required(stream, "name", str)
    # An empty list is how the API says that every field is synced.
    if stream.get("selectedFields"):
        spec["selectedFields"] = sorted(f["fieldPath"][0] for f in stream["selectedFields"])
    spec["mappers"] = [without_id(mapper) for mapper in stream.get("mappers") or ()]
    return spec


def without_id(mapper: Mapping[str, Json]) -> Mapping[str, Json]:
    """A mapper as the API shows it, in the form in which a manifest has it."""
    configuration = unmask(mapper.get("mapperConfiguration") or {})
    return {"type": mapper.get("type"), "mapperConfiguration": configuration}


def _repeated(index: int, name: str) -> Problem:
    return Problem(
        rules.DUPLICATE_STREAM,
        At((index, "name")),
        f'The stream "{name}" is listed twice.',
        "Remove one, or tell them apart by `namespace`.",
    )


def _without_effect(index: int, stream: Mapping[str, Json]) -> list[Problem]:
    mode = stream.get("syncMode", DEFAULT_MODE)
    unused = {
        "cursorField": not uses_cursor(mode),
        "primaryKey": mode in KEYLESS_MODES,
    }
    return [
        Problem(
            rules.NO_EFFECT,
            At((index, field)),
            f"Airbyte discards {field} of a stream whose sync mode is {mode}.",
            "Remove it, or choose another `syncMode`.",
        )
        for field, is_unused in unused.items()
        if is_unused and field in stream
    ]
