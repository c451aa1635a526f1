"""Declared streams held against what their source discovers: every misfit, before one is sent.

Source: the platform's AirbyteCatalogHelper. It stops at the first stream that it refuses. Worse, it
takes some without a word and does something else: a namespace that a stream of a unique name has
not, and a cursor or key other than the source's own in modes for which it does not check them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from reconciler.kinds.connection.stream_modes import uses_cursor
from reconciler.kinds.contract.exporting import listed
from reconciler.model import Json, StreamKey
from reconciler.problems.errors import StreamsUnfit
from reconciler.problems.wording import did_you_mean

Stream = Mapping[str, Json]

_SILENT = ("namespace", "cursorField", "primaryKey")


def may_be_taken_otherwise(wanted: Mapping[StreamKey, Stream]) -> bool:
    """Whether Airbyte might accept one of these streams and do something else."""
    return any(option in stream for stream in wanted.values() for option in _SILENT)


def require_fit(wanted: Mapping[StreamKey, Stream], discovered: Sequence[Stream]) -> None:
    """Raises StreamsUnfit with all that the source has otherwise."""
    problems = [
        problem
        for stream in wanted.values()
        if "name" in stream  # one that Airbyte has added is there as it is
        for problem in _misfits(stream, discovered)
    ]
    if problems:
        raise StreamsUnfit(problems)


def _misfits(stream: Stream, discovered: Sequence[Stream]) -> Iterator[str]:
    name = stream["name"]
    named = [each for each in discovered if each.get("streamName") == name]
    if not named:
        near = did_you_mean(name, {str(each.get("streamName")) for each in discovered})
        yield f'The source has no stream "{name}". {near}'.rstrip()
        return
    namespace = stream.get("namespace") or None
    found = [each for each in named if (each.get("streamnamespace") or None) == namespace]
    if not found and (namespace or len(named) > 1):
        yield _misplaced(name, namespace, [each.get("streamnamespace") for each in named])
        return
    yield from _fields((found or named)[0], stream)


def _misplaced(name: str, namespace: str | None, others: Sequence[Json]) -> str:
    """Where the source has the stream, which is not where the manifest has it."""
    places = " or ".join(_quoted(other) for other in sorted(filter(None, others)))
    if not places:
        return f'"{name}" has no namespace, not "{namespace}" either. Leave `namespace` out.'
    said = f'not in "{namespace}"' if namespace else "and the manifest does not say which"
    return f'"{name}" is in the namespace {places}, {said}.'


def _fields(found: Stream, stream: Stream) -> Iterator[str]:
    """What the source defines by itself, and fields that it has not."""
    name, cursor, key = stream["name"], stream.get("cursorField"), stream.get("primaryKey")
    default, own = found.get("defaultCursorField") or [], found.get("sourceDefinedPrimaryKey") or []
    is_fixed = found.get("sourceDefinedCursorField") and uses_cursor(str(stream.get("syncMode")))
    if cursor and is_fixed and set(cursor) != set(default):
        told = ".".join(default)
        yield f'The source sets the cursor of "{name}" itself: {told}. Leave cursorField out.'
    if key and own and key != own:
        told = ", ".join(".".join(part) for part in own)
        yield f'The source sets the key of "{name}" itself: {told}. Leave primaryKey out.'
    known = {str(path[0]) for path in found.get("propertyFields") or () if path}
    if known and (unknown := [f for f in stream.get("selectedFields") or () if f not in known]):
        near = did_you_mean(unknown[0], known) if len(unknown) == 1 else ""
        yield f'"{name}" has no field {listed(unknown)}. {near}'.rstrip()


def _quoted(text: str) -> str:
    return f'"{text}"'
