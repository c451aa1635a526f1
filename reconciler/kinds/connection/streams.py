"""Streams of a connection in one form: a mapping by namespace and name, in whatever order.

Source: Airbyte public API, `configurations.streams`; which modes use a cursor or a key, and what
reads fill in, from the platform's AirbyteCatalogHelper and CatalogConverter.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import TypeAlias

from reconciler.kinds.connection.stream_modes import DEFAULT_MODE, KEYLESS_MODES, uses_cursor
from reconciler.kinds.contract.configuration import unmask
from reconciler.kinds.contract.terms import required
from reconciler.model import ALL, Exhaustive, Json, StreamKey
from reconciler.problems import rules
from reconciler.problems.problem import At, Problem

Stream: TypeAlias = Mapping[str, Json]
Identity: TypeAlias = tuple[str | None, str]
"""Namespace and name."""

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
    seen: set[Identity] = set()
    for index, stream in enumerate(written):
        if (identity := _identity(stream)) in seen:
            problems.append(_repeated(index, stream["name"]))
        seen.add(identity)
        problems += _without_effect(index, stream)
    return Exhaustive(by_key([_declared(stream) for stream in written])), problems


def from_api(live: Sequence[Stream]) -> Mapping[StreamKey, Json]:
    """The API's streams in the same form."""
    return by_key([_read(stream) for stream in live])


def by_key(streams: Sequence[Stream]) -> dict[StreamKey, Json]:
    """Streams by their keys."""
    identities = [_identity(stream) for stream in streams]
    keys = dict(zip(dict.fromkeys(identities), make_keys(identities), strict=True))
    return {keys[each]: stream for each, stream in zip(identities, streams, strict=True)}


def make_keys(identities: Iterable[Identity]) -> list[StreamKey]:
    """A key for each stream: shown by its name, else with its namespace, in quotes at the last.

    A name alone is enough where no other stream has it. Quotes are for a text that is another's as
    well, or that goes on where another's ends, as an option of that stream does.
    """
    unique = list(dict.fromkeys(identities))
    if len({name for _, name in unique}) == len(unique) and not any("." in n for _, n in unique):
        return [StreamKey(namespace, name, name) for namespace, name in unique]  # nearly always
    names = Counter(name for _, name in unique)
    short = [
        name if names[name] == 1 else f"{namespace or ''}.{name}" for namespace, name in unique
    ]
    counts = Counter(short)
    shown = [
        text if counts[text] == 1 and not _goes_on(text, counts) else _quoted(*identity)
        for text, identity in zip(short, unique, strict=True)
    ]
    if len(set(shown)) < len(shown):
        shown = [_quoted(*identity) for identity in unique]
    return [StreamKey(*identity, text) for identity, text in zip(unique, shown, strict=True)]


def match_keys(
    streams: Iterable[StreamKey], others: Collection[StreamKey]
) -> dict[StreamKey, StreamKey]:
    """For each of *streams* its key among the *others*; where it is not there, one unlike theirs.

    Airbyte fills in a namespace that is left out: then a name that is unique on both sides says
    which it is.
    """
    ours, theirs = list(streams), {key: key for key in others}
    counts = Counter(key.name for key in ours)
    named = _unique_by_name(theirs)
    taken = {key.shown for key in theirs}
    found = {}
    for key in ours:
        is_named = key.namespace is None and counts[key.name] == 1
        same = theirs.get(key) or (named.get(key.name) if is_named else None)
        found[key] = same or _shown_apart(key, taken)
        taken.add(found[key].shown)
    return found


def rekey(
    streams: Mapping[StreamKey, Json], others: Collection[StreamKey]
) -> Mapping[StreamKey, Json]:
    """*streams* under the keys that the same ones have among *others*; itself if they have them."""
    theirs = {key: key.shown for key in others}
    if all(theirs.get(key) == key.shown for key in streams):
        return streams
    keys = match_keys(streams, others)
    if all(key == new and key.shown == new.shown for key, new in keys.items()):
        return streams
    made = {new: streams[key] for key, new in keys.items()}
    return Exhaustive(made) if isinstance(streams, Exhaustive) else made


def own_keys(streams: Mapping[StreamKey, Json]) -> Mapping[StreamKey, Json]:
    """*streams* under the keys that they have by themselves; one without a name keeps its own."""
    said = by_key([stream for stream in streams.values() if "name" in stream])
    return Exhaustive({**{k: s for k, s in streams.items() if "name" not in s}, **said})


def _unique_by_name(keys: Iterable[StreamKey]) -> dict[str, StreamKey]:
    by_name: dict[str, list[StreamKey]] = {}
    for key in keys:
        by_name.setdefault(key.name, []).append(key)
    return {name: found[0] for name, found in by_name.items() if len(found) == 1}


def _shown_apart(key: StreamKey, taken: Collection[str]) -> StreamKey:
    """*key*, shown otherwise where its text is one of those *taken*."""
    quoted = _quoted(key.namespace, key.name)
    for shown in (key.shown, f"{key.namespace or ''}.{key.name}", quoted):
        if shown not in taken and not _goes_on(shown, taken):
            return replace(key, shown=shown)
    while quoted in taken:
        quoted = json.dumps(quoted, ensure_ascii=False)
    return replace(key, shown=quoted)


def _goes_on(text: str, others: Collection[str]) -> bool:
    """Whether *text* is that of another stream, a dot and more."""
    return any(text[:at] in others for at, letter in enumerate(text) if letter == ".")


def _quoted(namespace: str | None, name: str) -> str:
    parts = [name] if namespace is None else [namespace, name]
    return ".".join(json.dumps(part, ensure_ascii=False) for part in parts)


def _identity(stream: Stream) -> Identity:
    return stream.get("namespace") or None, stream["name"]


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
