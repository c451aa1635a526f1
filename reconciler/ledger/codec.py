"""Records ↔ the texts that a back end keeps, the same for what is equal."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping

from reconciler.model import Json, Path, RememberedResource, Spec, StreamKey
from reconciler.model.tagged import keep_fingerprints, tag_value, untag_value


def is_same(one: Json, other: Json) -> bool:
    """Whether two equal values are written as the same text: to Python true is 1, and 1.0."""
    if isinstance(one, dict):
        return all(is_same(value, other[key]) for key, value in one.items())
    if isinstance(one, list):
        return all(map(is_same, one, other))
    return type(one) is type(other)


def dump_spec(spec: Spec) -> str:
    """*spec* as text, the same for equal specs. Raises TypeError when it holds a Secret."""
    value = tag_value(spec, keep_fingerprints, pairs=True)
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def load_spec(text: str) -> Spec:
    """The spec that `dump_spec` wrote, now or in its format of before."""
    spec: Spec = untag_value(json.loads(text))
    if _is_by_text(streams := spec.get("streams")):
        return {**spec, "streams": _by_key(streams)}
    return spec


def dump_coordinates(coordinates: Mapping[Path, str]) -> str:
    """Coordinates by path, as text."""
    return json.dumps([[list(path), text] for path, text in sorted(coordinates.items(), key=str)])


def load_coordinates(text: str) -> dict[Path, str]:
    """What `dump_coordinates` wrote."""
    return {tuple(path): coordinate for path, coordinate in json.loads(text)}


def dump_record(record: RememberedResource) -> tuple[str, str, int, str]:
    """Id, spec, protection and coordinates, each as a column of a table may have it."""
    spec, coordinates = dump_spec(record.spec), dump_coordinates(record.coordinates)
    return record.id, spec, int(record.is_protected), coordinates


def load_record(id_: str, spec: str, protected: int, coordinates: str) -> RememberedResource:
    """The record that `dump_record` wrote."""
    return RememberedResource(id_, load_spec(spec), bool(protected), load_coordinates(coordinates))


def dump_ids(ids: Collection[str]) -> str:
    """Ids in their order, as text."""
    return json.dumps(list(ids))


def load_ids(text: str) -> tuple[str, ...]:
    """What `dump_ids` wrote."""
    return tuple(json.loads(text))


def dump_counts(counts: Mapping[str, int]) -> str:
    """Numbers by word, as text."""
    return json.dumps(dict(counts), sort_keys=True)


def load_counts(text: str) -> dict[str, int]:
    """What `dump_counts` wrote."""
    counts: dict[str, int] = json.loads(text)
    return counts


def _is_by_text(streams: Json) -> bool:
    return isinstance(streams, dict) and any(
        isinstance(key, str) and isinstance(stream, dict) and "name" in stream
        for key, stream in streams.items()
    )


def _by_key(streams: Json) -> Mapping[StreamKey, Json]:
    """Streams as a ledger of before has them, by the keys that they have now."""
    found = streams.values()
    return {StreamKey(s.get("namespace") or None, s["name"], s["name"]): s for s in found}
