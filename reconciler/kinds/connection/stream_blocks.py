"""Live streams as a manifest lists them: the options that matter, in their shortest form."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from reconciler.kinds.connection.stream_modes import KEYLESS_MODES, uses_cursor
from reconciler.kinds.contract.exporting import Found, Remark, written
from reconciler.model import MISSING, Json, StreamKey

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
    listed = [_stream_block(key, live[key], found, problems) for key in sorted(live)]
    if not listed:
        problems.append(Remark(("streams",), "it has none, and a manifest lists at least one"))
    remarks += problems
    is_whole = not any(remark.at == ("streams",) for remark in problems)
    return listed if is_whole else []


def _stream_block(
    key: StreamKey, stream: Mapping[str, Json], found: Found, remarks: list[Remark]
) -> Json:
    """One stream with the options that matter for its mode, in short."""
    mode = stream.get("syncMode")
    unused = _unused(mode)
    block: dict[str, Json] = {}
    for option in _ORDER:
        value = stream.get(option)
        if option in unused or value in (None, [], False):
            continue
        block[option] = _option(option, value, key, found, remarks)
    if mode is None:
        text = f'the sync mode of "{key}" is one that only Airbyte\'s own UI can set'
        remarks.append(Remark(("streams", "syncMode"), text))
    return {option: value for option, value in block.items() if value is not MISSING}


def _option(
    option: str, value: Json, stream: StreamKey, found: Found, remarks: list[Remark]
) -> Json:
    if option == "mappers":
        return _mapper_blocks(value, stream, found, remarks)
    problems: list[Remark] = []
    told = written(_SHORT.get(option, _as_it_is)(value), found, ("streams", stream), problems)
    if problems:
        # Of a list that is complete nothing can be left out.
        remarks.append(Remark(("streams",), f'"{stream}" {problems[0].text}'))
    return told


def _mapper_blocks(value: Json, stream: StreamKey, found: Found, remarks: list[Remark]) -> Json:
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
    cursor = () if uses_cursor(mode) else ("cursorField",)
    return (*cursor, "primaryKey") if mode in KEYLESS_MODES else cursor
