"""Specs ↔ JSON text: references, fingerprints and markers survive the round trip.

What JSON has not is a mapping with one key behind `$`; a user's key that begins so gets another.
"""

from __future__ import annotations

import json
from collections.abc import Mapping

from reconciler.model import ALL, MISSING, UNREADABLE, Fingerprint, Json, Marker, Path, Ref, Spec

_MARKERS = {marker.name: marker for marker in (UNREADABLE, MISSING, ALL)}


def dump_spec(spec: Spec) -> str:
    """*spec* as text, the same for equal specs. It must hold no Secret: TypeError otherwise."""
    return json.dumps(_plain(dict(spec)), ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def load_spec(text: str) -> Spec:
    """The spec that `dump_spec` wrote."""
    spec: Spec = _rich(json.loads(text))
    return spec


def dump_coordinates(coordinates: Mapping[Path, str]) -> str:
    """Coordinates by path, as text."""
    return json.dumps([[list(path), text] for path, text in sorted(coordinates.items(), key=str)])


def load_coordinates(text: str) -> dict[Path, str]:
    """What `dump_coordinates` wrote."""
    return {tuple(path): coordinate for path, coordinate in json.loads(text)}


def _plain(value: Json) -> Json:
    if isinstance(value, Ref):
        return {"$ref": [value.kind, value.name]}
    if isinstance(value, Fingerprint):
        return {"$fingerprint": [value.key_id, value.digest]}
    if isinstance(value, Marker):
        return {"$marker": value.name}
    if isinstance(value, Mapping):
        return {f"${k}" if k.startswith("$") else k: _plain(v) for k, v in value.items()}
    return [_plain(item) for item in value] if isinstance(value, list) else value


def _rich(value: Json) -> Json:
    if isinstance(value, list):
        return [_rich(item) for item in value]
    if not isinstance(value, dict):
        return value
    if len(value) == 1:
        ((key, content),) = value.items()
        if key == "$ref":
            return Ref(*content)
        if key == "$fingerprint":
            return Fingerprint(*content)
        if key == "$marker":
            return _MARKERS[content]
    return {k[1:] if k.startswith("$$") else k: _rich(v) for k, v in value.items()}
