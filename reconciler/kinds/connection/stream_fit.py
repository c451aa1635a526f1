"""Declared streams held against what their source discovers: every misfit, before one is sent.

Source: the platform's AirbyteCatalogHelper. It stops at the first stream that it refuses. Worse, it
takes some without a word and does something else: a namespace that a stream of a unique name has
not, and a cursor or key other than the source's own in modes for which it does not check them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from reconciler.kinds.connection.stream_modes import uses_cursor
from reconciler.kinds.contract.exporting import listed
from reconciler.model import Json
from reconciler.problems.errors import StreamsUnfit
from reconciler.problems.wording import did_you_mean

Stream = Mapping[str, Json]

_SILENT = ("namespace", "cursorField", "primaryKey")


def may_be_taken_otherwise(wanted: Mapping[str, Stream]) -> bool:
    """Whether Airbyte might accept one of these streams and do something else."""
    return any(option in stream for stream in wanted.values() for option in _SILENT)


def require_fit(wanted: Mapping[str, Stream], discovered: Sequence[Stream]) -> None:
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
    namespaces = sorted({str(each["streamnamespace"]) for each in named if _has_namespace(each)})
    namespace = stream.get("namespace")
    if namespaces and namespace not in namespaces and (namespace or len(named) > 1):
        said = f'not in "{namespace}"' if namespace else "and the manifest does not say which"
        yield f'"{name}" is in the namespace {" or ".join(map(_quoted, namespaces))}, {said}.'
        return
    found = [each for each in named if each.get("streamnamespace") in (namespace, None)]
    yield from _fields((found or named)[0], stream)


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


def _has_namespace(stream: Stream) -> bool:
    return stream.get("streamnamespace") is not None


def _quoted(text: str) -> str:
    return f'"{text}"'
