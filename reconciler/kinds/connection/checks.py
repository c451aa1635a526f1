"""What of a connection can be known to be wrong, or to have no effect, without asking Airbyte.

Source: the platform's AirbyteCatalogHelper (selected fields, cursors, keys), its schedule checks,
and ApplySchemaChangeHelper, which adds columns and streams by itself.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from reconciler.kinds.connection.cron import cron_problem, is_cron
from reconciler.kinds.contract.masks import mask_at
from reconciler.model import Json
from reconciler.problems import rules
from reconciler.problems.problem import At, Problem

_USUAL_FORMAT = "${SOURCE_NAMESPACE}"  # Airbyte's own, which it may show beside any definition

_CURSOR_MODES = ("incremental_append", "incremental_deduped_history")
_KEY_MODES = ("incremental_deduped_history", "full_refresh_update", "incremental_update")


def check_connection(fields: Mapping[str, Json]) -> Iterator[Problem]:
    """What is wrong in a connection's block, its streams apart."""
    yield from _schedule(fields.get("schedule") or {})
    yield from _namespace(fields)
    streams = fields.get("streams")
    if isinstance(streams, list):
        yield from _growing(fields, streams)
        for index, stream in enumerate(streams):
            for problem in _stream(stream):
                yield problem.inside(("streams", index))


def _schedule(schedule: Mapping[str, Json]) -> Iterator[Problem]:
    at = ("schedule", "cronExpression")
    expression = schedule.get("cronExpression")
    if expression is None:
        return
    if not is_cron(schedule):
        yield _no_effect(at, "a cronExpression of a schedule that is not of type cron")
    elif problem := cron_problem(str(expression)):
        detail, hint = problem
        yield Problem(
            rules.INVALID_CRON_EXPRESSION, At(at), f'"{expression}" is refused. {detail}', hint
        )


def _namespace(fields: Mapping[str, Json]) -> Iterator[Problem]:
    definition, form = fields.get("namespaceDefinition"), fields.get("namespaceFormat")
    if form not in (None, _USUAL_FORMAT) and definition in ("source", "destination"):
        yield _no_effect(("namespaceFormat",), f"a namespaceFormat beside `{definition}`")
    if form is None and definition == "custom_format":
        yield Problem(
            rules.NAMESPACE_FORMAT_MISSING,
            At(("namespaceDefinition",)),
            "`custom_format` names its namespace in `namespaceFormat`, which is not there.",
            'Add `namespaceFormat`, such as "${SOURCE_NAMESPACE}".',
        )


def _no_effect(at: tuple[str, ...], what: str) -> Problem:
    return Problem(rules.NO_EFFECT, At(at), f"Airbyte does not use {what}.")


def _growing(fields: Mapping[str, Json], streams: Sequence[Json]) -> Iterator[Problem]:
    """Lists that Airbyte adds to by itself, so that they say the least that is synced."""
    behaviour = fields.get("nonBreakingSchemaUpdatesBehavior")
    if behaviour in ("propagate_columns", "propagate_fully"):
        for index, stream in enumerate(streams):
            if "selectedFields" in stream:
                yield _grows(("streams", index, "selectedFields"), behaviour, "new columns")
    if behaviour == "propagate_fully":
        yield _grows(("streams",), behaviour, "new streams")


def _grows(at: tuple[str | int, ...], behaviour: str, what: str) -> Problem:
    return Problem(
        rules.LIST_THAT_AIRBYTE_ADDS_TO,
        At(at),
        f"With `{behaviour}` Airbyte adds {what} by itself: they are synced and stay, although the "
        "manifest does not list them.",
        "Choose another `nonBreakingSchemaUpdatesBehavior` where only these are to be synced.",
    )


def _stream(stream: Mapping[str, Json]) -> Iterator[Problem]:
    cursor, keys = (
        _path(stream.get("cursorField")),
        [_path(k) for k in stream.get("primaryKey", ())],
    )
    for repeated, count in Counter(map(tuple, keys)).items():
        if count > 1:
            yield _repeated("primaryKey", ".".join(repeated))
    for index, mapper in enumerate(stream.get("mappers", ())):
        key = (mapper.get("mapperConfiguration") or {}).get("key")
        yield from mask_at(("mappers", index, "mapperConfiguration", "key"), key)
    if "selectedFields" not in stream:
        return
    selected = [_path(each)[0] for each in stream["selectedFields"]]
    for field, count in Counter(selected).items():
        if count > 1:
            yield _repeated("selectedFields", field)
    mode = str(stream.get("syncMode"))
    if cursor and mode in _CURSOR_MODES and cursor[0] not in selected:
        yield _unselected("cursorField", cursor[0], mode)
    for key in keys if mode in _KEY_MODES else ():
        if key[0] not in selected:
            yield _unselected("primaryKey", key[0], mode)


def _path(written: Json) -> list[str]:
    """A field as a path, whichever way it is written."""
    if isinstance(written, Mapping):
        return list(written["fieldPath"])
    return [written] if isinstance(written, str) else list(written or ())


def _repeated(field: str, name: str) -> Problem:
    return Problem(
        rules.FIELD_LISTED_TWICE,
        At((field,)),
        f'{field} lists "{name}" twice.',
        "Remove one of them.",
    )


def _unselected(field: str, name: str, mode: str) -> Problem:
    return Problem(
        rules.FIELD_NOT_SELECTED,
        At((field,)),
        f'{field} "{name}" is not among the selectedFields, and `{mode}` needs it.',
        f'Add "{name}" to `selectedFields`.',
    )
