"""Streams of a connection in one form: a mapping by stream name, whatever order they came in.

Source: Airbyte public API, `configurations.streams`; which modes use a cursor or a key, and what
reads fill in, from the platform's AirbyteCatalogHelper and CatalogConverter.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence

from reconciler.changes import Equality, EqualReason
from reconciler.consequences import Consequence, Effect
from reconciler.errors import Severity
from reconciler.kinds._base import Becomes, Changes, Mistake, Notice, required
from reconciler.kinds._configuration import for_create, unmask
from reconciler.kinds._writing import Found, Remark, written
from reconciler.model import ALL, MISSING, UNREADABLE, Exhaustive, Json, Path, Secret

DEFAULT_MODE = "full_refresh_overwrite"

_KEYLESS_MODES = (DEFAULT_MODE, "full_refresh_append")  # a primary key sent for these is discarded
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
    return Exhaustive(_by_name([_declared(stream) for stream in written])), mistakes


def from_api(live: Sequence[Mapping[str, Json]]) -> Mapping[str, Json]:
    """The API's streams in the same form."""
    return _by_name([_read(stream) for stream in live])


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
    present = _by_name(live)
    if wanted is ALL:
        wanted = _by_name([_discovered(stream) for stream in discovered])
    return [
        _sent(
            {"name": name, **stream},
            present.get(name, {}),
            resolve,
            {path[2] for path in rotated if path[0] == name},
        )
        for name, stream in wanted.items()
    ]


_ORDER = (
    "name",
    "namespace",
    "syncMode",
    "cursorField",
    "primaryKey",
    "selectedFields",
    "includeFiles",
    "destinationObjectName",
    "mappers",
)
_MAPPERS = ("hashing", "field-filtering", "field-renaming", "row-filtering", "encryption")
_SHORT: Mapping[str, Callable[[Json], Json]] = {
    "cursorField": lambda path: path[0] if len(path) == 1 else path,
    "primaryKey": lambda key: [part[0] if len(part) == 1 else part for part in key],
}


def to_manifest(live: Json, found: Found, remarks: list[Remark]) -> list[Json]:
    """The live streams as a manifest lists them; empty, with a remark, when it cannot."""
    problems: list[Remark] = []
    listed = [_stream_block(stream, found, problems) for _, stream in sorted(live.items())]
    if not listed:
        problems.append(Remark(("streams",), "it has none, and a manifest lists at least one"))
    remarks += problems
    is_whole = not any(remark.at == ("streams",) for remark in problems)
    return listed if is_whole else []


def _stream_block(stream: Mapping[str, Json], found: Found, remarks: list[Remark]) -> Json:
    """One stream with the options that matter for its mode, in short."""
    mode = stream.get("syncMode")
    unused = _unused(mode)
    block: dict[str, Json] = {}
    for option in _ORDER:
        value = stream.get(option)
        if option in unused or value in (None, [], False):
            continue
        block[option] = _option(option, value, stream["name"], found, remarks)
    if mode is None:
        text = f'the sync mode of "{stream["name"]}" is one that only Airbyte\'s own UI can set'
        remarks.append(Remark(("streams", "syncMode"), text))
    return {option: value for option, value in block.items() if value is not MISSING}


def _option(option: str, value: Json, stream: str, found: Found, remarks: list[Remark]) -> Json:
    if option == "mappers":
        return _mapper_blocks(value, stream, found, remarks)
    problems: list[Remark] = []
    told = written(_SHORT.get(option, _as_it_is)(value), found, ("streams", stream), problems)
    if problems:
        # Of a list that is complete nothing can be left out.
        remarks.append(Remark(("streams",), f'"{stream}" {problems[0].text}'))
    return told


def _mapper_blocks(value: Json, stream: str, found: Found, remarks: list[Remark]) -> Json:
    problems: list[Remark] = []
    told = written(value, found, ("streams", stream, "mappers"), problems)
    strange = [str(m["type"]) for m in value if m["type"] not in _MAPPERS]
    texts = [f"one {problem.text}" for problem in problems]
    texts += [f'"{name}" is no mapper that a manifest knows' for name in strange]
    if not texts:
        return told
    remarks.append(Remark(("streams", "mappers"), f'the mappers of "{stream}": {texts[0]}'))
    return MISSING


def _as_it_is(value: Json) -> Json:
    return value


def _unused(mode: str | None) -> tuple[str, ...]:
    """The options that say nothing in that mode, or that nobody can set without one."""
    if mode is None:
        return ("cursorField", "primaryKey")
    cursor = () if _uses_cursor(mode) else ("cursorField",)
    return (*cursor, "primaryKey") if mode in _KEYLESS_MODES else cursor


# What PATCH makes of an option that is left out of a stream.
_DEFAULTS: Mapping[str, Json] = {"syncMode": DEFAULT_MODE, "selectedFields": None, "mappers": []}


def becomes(path: Path) -> Becomes | None:
    """What is left at *path* below `streams` when the manifest has it no longer."""
    is_option = len(path) == 2 and path[1] in _DEFAULTS
    return Becomes(_DEFAULTS[str(path[1])]) if is_option else None


def effects(before: Json, after: Json, changes: Changes) -> list[Consequence]:
    """What each changed stream has to expect, stream by stream."""
    if any(len(change.path) == 1 for change in changes):
        return [Consequence(Effect.FIRST_LOAD)]  # from no streams at all to all there are
    names = dict.fromkeys(str(change.path[1]) for change in changes)
    return [
        Consequence(effect, name, detail)
        for name in names
        for effect, detail in _stream_effects(name, before, after, changes)
    ]


def against(
    desired: Mapping[str, Json], live: Mapping[str, Json], behaviour: str
) -> Mapping[str, Json]:
    """*desired* under the names of the *live* streams, with what Airbyte may have added to them.

    With propagate_columns it adds new columns to a selection, with propagate_fully new streams as
    well: then a manifest names the least that must be there.
    """
    settled = {
        _live_name(name, stream, live): _settled(
            stream, live.get(_live_name(name, stream, live)), behaviour
        )
        for name, stream in desired.items()
    }
    if behaviour == "propagate_fully":
        settled |= {name: {} for name in live if name not in settled}
    is_same = all(settled.get(name) is stream for name, stream in desired.items())
    return desired if is_same and len(settled) == len(desired) else Exhaustive(settled)


def _live_name(name: str, stream: Mapping[str, Json], live: Mapping[str, Json]) -> str:
    """The key of the same stream among the live ones, whose names may need a namespace or not."""
    if name in live:
        return name
    plain, namespace = str(stream.get("name", name)), stream.get("namespace")
    qualified = f"{namespace or ''}.{plain}"
    if qualified in live:
        return qualified
    is_plain = plain in live and live[plain].get("namespace") == namespace
    return plain if is_plain else name


def _settled(stream: Json, live: Json, behaviour: str) -> Json:
    if live is None or not isinstance(stream, Mapping):
        return stream
    settled = dict(stream)
    if _added_columns(stream, live, behaviour):
        settled["selectedFields"] = live["selectedFields"]
    if "namespace" in stream and "namespace" not in live:
        del settled["namespace"]
    return settled if settled != stream else stream


def _added_columns(
    stream: Mapping[str, Json], live: Mapping[str, Json], behaviour: str
) -> list[str]:
    """The columns that Airbyte has added to the selection that the manifest names."""
    wanted, present = stream.get("selectedFields"), live.get("selectedFields")
    if not (behaviour in _PROPAGATING and wanted and present) or set(wanted) - set(present):
        return []
    return sorted(set(present) - set(wanted))


_PROPAGATING = ("propagate_columns", "propagate_fully")


def notes(
    desired: Mapping[str, Json], live: Mapping[str, Json], behaviour: str
) -> Iterator[Notice]:
    """What Airbyte has changed by itself, and will again."""
    columns = [
        f"{name} ({', '.join(added)})"
        for name, stream in desired.items()
        if isinstance(stream, Mapping)
        and (
            added := _added_columns(stream, live.get(_live_name(name, stream, live), {}), behaviour)
        )
    ]
    if columns:
        yield Notice(
            "columns added by Airbyte",
            f"nonBreakingSchemaUpdatesBehavior is {behaviour}, so Airbyte adds new columns to the "
            f"selection itself, and they stay: {'; '.join(columns)}.",
            "List them, or set nonBreakingSchemaUpdatesBehavior to ignore.",
        )
    ours = {_live_name(name, stream, live) for name, stream in desired.items()}
    if behaviour == "propagate_fully" and (more := sorted(live.keys() - ours)):
        yield Notice(
            "streams added by Airbyte",
            "nonBreakingSchemaUpdatesBehavior is propagate_fully, so Airbyte adds new streams "
            f"itself, and they stay: {', '.join(more)}.",
            "List them, or choose another nonBreakingSchemaUpdatesBehavior.",
        )
    if behaviour == "propagate_fully" and (less := sorted(ours - live.keys())):
        yield Notice(
            "streams dropped by Airbyte",
            "nonBreakingSchemaUpdatesBehavior is propagate_fully, so Airbyte drops streams that "
            f"the source has no longer; this may be why they are not there: {', '.join(less)}.",
            "If the source has them no longer, remove them from the manifest.",
        )


def explain(live: Sequence[Mapping[str, Json]], desired: Mapping[str, Json]) -> Iterator[Equality]:
    """What the one form of streams hides of them as the API wrote them."""
    present = _by_name(live)
    if list(desired) != [name for name in present if name in desired]:
        yield Equality(("streams",), list(present), list(desired), EqualReason.ORDER)
    for name, stream in desired.items():
        for option, value, wanted, reason in _hidden(present.get(name, {}), stream):
            yield Equality(("streams", name, option), value, wanted, reason)


def _hidden(
    live: Mapping[str, Json], desired: Mapping[str, Json]
) -> Iterator[tuple[str, Json, Json, EqualReason]]:
    for option in ("cursorField", "primaryKey", "selectedFields"):
        if live.get(option) == []:
            yield option, [], desired.get(option, MISSING), EqualReason.EMPTY
        elif live.get(option) and option != "selectedFields" and option not in desired:
            yield option, live[option], MISSING, EqualReason.SOURCE_DEFINED
    if "namespace" in live and "namespace" not in desired:
        yield "namespace", live["namespace"], MISSING, EqualReason.FILLED
    selected = [field["fieldPath"][0] for field in live.get("selectedFields") or ()]
    if desired.get("selectedFields") == sorted(selected) != selected:
        yield "selectedFields", selected, desired["selectedFields"], EqualReason.ORDER
    ids = [mapper["id"] for mapper in live.get("mappers") or () if "id" in mapper]
    if ids and "mappers" in desired:
        yield "mappers", ids, MISSING, EqualReason.MAPPER_ID


def _stream_effects(
    name: str, before: Mapping[str, Json], after: Mapping[str, Json], changes: Changes
) -> Iterator[tuple[Effect, str]]:
    if name not in before:
        yield Effect.FIRST_LOAD, ""
        return
    if name not in after:
        yield Effect.STREAM_STOPS, ""
        return
    was, will = before[name], after[name]
    for option in dict.fromkeys(str(c.path[2]) for c in changes if c.path[1] == name):
        if option == "syncMode":
            yield _mode_effect(was.get(option), will[option])
        elif option == "namespace":
            yield Effect.STREAM_STOPS, str(was.get(option, ""))
            yield Effect.FIRST_LOAD, str(will[option])
        elif option == "selectedFields":
            yield from _selection_effects(was.get(option), will[option])
        else:
            yield _OPTION_EFFECTS.get(option, Effect.OPTIONS_CHANGED), ""


_OPTION_EFFECTS = {
    "cursorField": Effect.CURSOR_CHANGED,
    "primaryKey": Effect.KEY_CHANGED,
    "mappers": Effect.MAPPED_ANEW,
}


def _mode_effect(was: str | None, will: str | None) -> tuple[Effect, str]:
    """The source's half of a mode decides over the state, the destination's over the table.

    A mode that the API cannot name was made in the UI and may be anything, so the worst is said.
    """
    told = f"{was or 'a mode that only the UI can set'} → {will}"
    if was is None or _uses_cursor(was) != _uses_cursor(str(will)):
        return Effect.STATE_WIPED, told
    return Effect.WRITE_MODE_CHANGED, told


def _selection_effects(was: Json, will: Json) -> Iterator[tuple[Effect, str]]:
    """None stands for every field, later ones included."""
    if not was or not will:
        yield (Effect.FIELDS_STOP, "all others") if will else (Effect.FIELDS_START, "all others")
        return
    if gone := sorted(set(was) - set(will)):
        yield Effect.FIELDS_STOP, ", ".join(gone)
    if new := sorted(set(will) - set(was)):
        yield Effect.FIELDS_START, ", ".join(new)


def _by_name(streams: Sequence[Mapping[str, Json]]) -> dict[str, Json]:
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
        if _uses_cursor(mode):
            spec["cursorField"] = [cursor] if isinstance(cursor, str) else cursor
    if "primaryKey" in spec:
        key = spec.pop("primaryKey")
        if mode not in _KEYLESS_MODES:
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


def _uses_cursor(mode: str) -> bool:
    return mode.startswith("incremental")


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
        "cursorField": not _uses_cursor(mode),
        "primaryKey": mode in _KEYLESS_MODES,
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
