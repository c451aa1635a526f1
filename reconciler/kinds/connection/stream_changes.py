"""What a difference between two sets of streams means: for the data, and as Airbyte's own doing.

Source: Airbyte public API, `configurations.streams`; what the platform edits by itself, from its
ApplySchemaChangeHelper, and what a change does to the state, from its ConnectionsHandler.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TypeAlias

from reconciler.kinds.connection.stream_modes import DEFAULT_MODE, uses_cursor
from reconciler.kinds.connection.streams import by_key, match_keys, rekey
from reconciler.kinds.contract.terms import Becomes, Changes
from reconciler.model import MISSING, Exhaustive, Json, Path, PathStep, StreamKey
from reconciler.model.changes import Equality, EqualReason
from reconciler.model.effects import Consequence, Effect
from reconciler.problems import rules
from reconciler.problems.problem import Problem


def becomes(path: Path) -> Becomes | None:
    """What is left at *path* below `streams` when the manifest has it no longer."""
    is_option = len(path) == 2 and path[1] in _DEFAULTS
    return Becomes(_DEFAULTS[str(path[1])]) if is_option else None


# What PATCH makes of an option that is left out of a stream.
_DEFAULTS: Mapping[str, Json] = {
    "syncMode": DEFAULT_MODE,
    "selectedFields": None,
    "destinationObjectName": None,
    "mappers": [],
}


def effects(before: Json, after: Json, changes: Changes) -> list[Consequence]:
    """What each changed stream has to expect, stream by stream."""
    if any(len(change.path) == 1 for change in changes):
        return [Consequence(Effect.FIRST_LOAD)]  # from no streams at all to all there are
    keys = dict.fromkeys(change.path[1] for change in changes)
    return [
        Consequence(effect, str(key), detail)
        for key in keys
        for effect, detail in _stream_effects(key, before, after, changes)
    ]


Streams: TypeAlias = Mapping[StreamKey, Json]


def against(desired: Streams, live: Streams, behaviour: str) -> Streams:
    """*desired* under the keys of the *live* streams, with what Airbyte may have added to them.

    With propagate_columns it adds new columns to a selection, with propagate_fully new streams as
    well: then a manifest names the least that must be there.
    """
    ours = rekey(desired, live.keys())
    settled = {key: _settled(stream, live.get(key), behaviour) for key, stream in ours.items()}
    if behaviour == "propagate_fully":
        settled |= {key: {} for key in live if key not in settled}
    is_same = all(settled[key] is stream for key, stream in ours.items())
    return ours if is_same and len(settled) == len(ours) else Exhaustive(settled)


def _settled(stream: Json, live: Json, behaviour: str) -> Json:
    if live is None or not isinstance(stream, Mapping):
        return stream
    settled = dict(stream)
    if _added_columns(stream, live, behaviour):
        settled["selectedFields"] = live["selectedFields"]
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


def notes(desired: Streams, live: Streams, behaviour: str) -> Iterator[Problem]:
    """What Airbyte has changed by itself, and will again."""
    ours = rekey(desired, live.keys())
    columns = [
        f"{key} ({', '.join(added)})"
        for key, stream in ours.items()
        if isinstance(stream, Mapping)
        and (added := _added_columns(stream, live.get(key, {}), behaviour))
    ]
    if columns:
        yield Problem(
            rules.COLUMNS_ADDED_BY_AIRBYTE,
            detail=f"nonBreakingSchemaUpdatesBehavior is {behaviour}, so Airbyte adds new columns "
            f"to the selection itself, and they stay: {'; '.join(columns)}.",
            hint="List them, or set nonBreakingSchemaUpdatesBehavior to ignore.",
        )
    if behaviour == "propagate_fully" and (more := sorted(live.keys() - ours.keys())):
        yield Problem(
            rules.STREAMS_ADDED_BY_AIRBYTE,
            detail="nonBreakingSchemaUpdatesBehavior is propagate_fully, so Airbyte adds new "
            f"streams itself, and they stay: {', '.join(map(str, more))}.",
            hint="List them, or choose another nonBreakingSchemaUpdatesBehavior.",
        )
    if behaviour == "propagate_fully" and (less := sorted(ours.keys() - live.keys())):
        yield Problem(
            rules.STREAMS_DROPPED_BY_AIRBYTE,
            detail="nonBreakingSchemaUpdatesBehavior is propagate_fully, so Airbyte drops streams "
            "that the source has no longer; this may be why they are not there: "
            f"{', '.join(map(str, less))}.",
            hint="If the source has them no longer, remove them from the manifest.",
        )


def explain(live: Sequence[Mapping[str, Json]], desired: Streams) -> Iterator[Equality]:
    """What the one form of streams hides of them as the API wrote them."""
    present = by_key(live)
    keys = match_keys(desired, present)
    if [k for k in keys.values() if k in present] != [k for k in present if k in keys.values()]:
        sides = (list(map(str, present)), list(map(str, keys.values())))
        yield Equality(("streams",), *sides, EqualReason.ORDER)
    for key, stream in desired.items():
        for option, value, wanted, reason in _hidden(present.get(keys[key], {}), stream):
            yield Equality(("streams", keys[key], option), value, wanted, reason)


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
    key: PathStep, before: Json, after: Json, changes: Changes
) -> Iterator[tuple[Effect, str]]:
    if key not in before:
        yield Effect.FIRST_LOAD, ""
        return
    if key not in after:
        yield Effect.STREAM_STOPS, ""
        return
    was, will = before[key], after[key]
    for option in dict.fromkeys(str(c.path[2]) for c in changes if c.path[1] == key):
        if option == "syncMode":
            yield _mode_effect(was.get(option), will[option])
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
    if was is None or uses_cursor(was) != uses_cursor(str(will)):
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
