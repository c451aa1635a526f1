"""Lists of streams as POST and PATCH take them: complete, with every option of every stream.

Source: Airbyte public API, `configurations.streams`. A PATCH makes each stream of the request and
of what the source discovers: an option that is left out is reset, one that the source defines by
now may not be sent, and a field that it has no longer may not be selected. It wipes the state of a
stream whose source mode changes before it checks mappers, so that a refusal would cost the state.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence

from reconciler.kinds.connection.stream_modes import DEFAULT_MODE, uses_cursor
from reconciler.kinds.connection.streams import by_key, from_api, match_keys, without_id
from reconciler.kinds.contract.configuration import for_create
from reconciler.kinds.contract.terms import required
from reconciler.model import ALL, UNREADABLE, Json, Path, Secret, StreamKey

Stream = Mapping[str, Json]


def to_api(
    wanted: Json,
    *,
    live: Sequence[Stream],
    discovered: Sequence[Stream],
    resolve: Callable[[Secret], str],
    rotated: Collection[Path] = (),
) -> list[Json]:
    """Every stream with every option, as POST and PATCH take them.

    Options that the manifest leaves out keep their live value, as far as what is *discovered* lets
    them. *rotated* are the mappers whose secrets are sent anew: `(KEY, "mappers", 0)`.
    """
    present = by_key(live)
    if wanted is ALL:
        wanted = by_key([_identity(stream) for stream in discovered])
    return [
        _sent(
            {"name": key.name, **wanted[key]},
            kept(present[ours], discovered) if ours in present else {},
            resolve,
            {path[2] for path in rotated if path[0] in (key, ours)},
        )
        for key, ours in match_keys(wanted, present).items()
    ]


def tried_first(
    sent: Sequence[Stream], live: Sequence[Stream], discovered: Sequence[Stream]
) -> list[Json]:
    """What of *sent* can be refused without cost: the same, each stream in its old source mode.

    Empty when no source mode changes, or nothing but modes does. Also when a live mode has no name:
    then it cannot be kept.
    """
    present = {_key(stream): stream for stream in live}
    tried: list[Json] = []
    is_changed = False
    for stream in sent:
        was = present.get(_key(stream))
        if was is not None and "syncMode" not in was:
            return []
        if was is not None and _changes_source_mode(was, stream):
            stream, is_changed = _in_old_mode(stream, was, discovered), True
        tried.append(stream)
    has_mappers = any(stream.get("mappers") for stream in tried)
    is_worth_it = has_mappers or _told(tried) != _told(live)
    return tried if is_changed and is_worth_it else []


def kept(live: Stream, discovered: Sequence[Stream]) -> dict[str, Json]:
    """The options of a *live* stream as they may be sent again."""
    # An empty selectedFields is refused, other empty lists say nothing.
    options = {field: value for field, value in live.items() if value not in ([], None)}
    found = _found(live, discovered)
    if found is None:
        return options
    if found.get("sourceDefinedCursorField"):
        options.pop("cursorField", None)
    if found.get("sourceDefinedPrimaryKey"):
        options.pop("primaryKey", None)
    known = {path[0] for path in found.get("propertyFields") or ()}
    selected = [f for f in options.get("selectedFields", ()) if f["fieldPath"][0] in known]
    # With none left, all would be selected: better refused.
    return {**options, "selectedFields": selected} if selected else options


def _found(stream: Stream, discovered: Sequence[Stream]) -> Stream | None:
    """What the source has under that name; the namespace counts where the name is not unique."""
    named = [each for each in discovered if each.get("streamName") == stream.get("name")]
    if len(named) > 1:
        named = [each for each in named if each.get("streamnamespace") == stream.get("namespace")]
    return named[0] if len(named) == 1 else None


def _identity(stream: Stream) -> Stream:
    name = required(stream, "streamName", str)
    # The odd spelling is the API's.
    namespace = stream.get("streamnamespace")
    return {"name": name, **({"namespace": namespace} if namespace else {})}


def _key(stream: Stream) -> tuple[Json, Json]:
    return stream.get("namespace"), stream.get("name")


def _changes_source_mode(was: Stream, will: Stream) -> bool:
    mode = will.get("syncMode", DEFAULT_MODE)
    return uses_cursor(str(was["syncMode"])) != uses_cursor(mode)


def _in_old_mode(stream: Stream, was: Stream, discovered: Sequence[Stream]) -> Stream:
    """*stream* in the mode that it *was* in, with the fields selected that this mode works by."""
    by_mode = ("syncMode", "cursorField", "primaryKey")
    old = {o: value for o, value in kept(was, discovered).items() if o in by_mode}
    tried = {option: value for option, value in stream.items() if option not in by_mode} | old
    if "selectedFields" in stream:
        chosen = {field["fieldPath"][0]: field for field in stream["selectedFields"]}
        needed = {name: {"fieldPath": [name]} for name in _worked_by(old, was, discovered)}
        tried["selectedFields"] = list({**needed, **chosen}.values())
    return tried


def _worked_by(old: Stream, was: Stream, discovered: Sequence[Stream]) -> list[str]:
    """The fields of cursor and key: those that are sent, else those that the source defines."""
    found = _found(was, discovered) or {}
    cursor = old.get("cursorField") or found.get("defaultCursorField") or []
    key = old.get("primaryKey") or found.get("sourceDefinedPrimaryKey") or []
    return [path[0] for path in (cursor, *key) if path]


def _told(streams: Sequence[Stream]) -> Mapping[StreamKey, Json]:
    """*streams* without what says nothing, and what the source may define."""
    silent = ("cursorField", "primaryKey")
    return {
        key: {
            o: value for o, value in stream.items() if value not in ([], None) and o not in silent
        }
        for key, stream in from_api(streams).items()
    }


def _sent(
    stream: Stream,
    live: Stream,
    resolve: Callable[[Secret], str],
    rotated: Collection[object],
) -> Stream:
    body = {f: value for f, value in {**live, **stream}.items() if value is not None}
    if stream.get("selectedFields"):
        body["selectedFields"] = [{"fieldPath": [field]} for field in stream["selectedFields"]]
    if "mappers" in stream:
        body["mappers"] = [
            _mapper(mapper, index, () if index in rotated else live.get("mappers") or (), resolve)
            for index, mapper in enumerate(stream["mappers"])
        ]
    return body


def _mapper(
    mapper: Stream,
    index: int,
    live: Sequence[Stream],
    resolve: Callable[[Secret], str],
) -> Stream:
    """The mapper with the id of the live one in its place if they are equal, so that it stays."""
    if index < len(live) and _same_mapper(mapper, without_id(live[index])):
        return live[index]
    return {
        "type": mapper["type"],
        "mapperConfiguration": for_create(mapper["mapperConfiguration"], resolve),
    }


def _same_mapper(desired: Stream, live: Stream) -> bool:
    wanted, present = desired["mapperConfiguration"], live["mapperConfiguration"]
    return (
        desired["type"] == live["type"]
        and wanted.keys() == present.keys()
        and all(present[k] in (UNREADABLE, value) for k, value in wanted.items())
    )
