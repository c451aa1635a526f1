"""Specs and coordinates ↔ the texts of the ledger's rows, the same for what is equal."""

from __future__ import annotations

import json
from collections.abc import Mapping

from reconciler.model import Path, Spec
from reconciler.model.tagged import keep_fingerprints, tag_value, untag_value


def dump_spec(spec: Spec) -> str:
    """*spec* as text, the same for equal specs. Raises TypeError when it holds a Secret."""
    value = tag_value(spec, keep_fingerprints)
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def load_spec(text: str) -> Spec:
    """The spec that `dump_spec` wrote, now or in its format of before."""
    spec: Spec = untag_value(json.loads(text))
    return spec


def dump_coordinates(coordinates: Mapping[Path, str]) -> str:
    """Coordinates by path, as text."""
    return json.dumps([[list(path), text] for path, text in sorted(coordinates.items(), key=str)])


def load_coordinates(text: str) -> dict[Path, str]:
    """What `dump_coordinates` wrote."""
    return {tuple(path): coordinate for path, coordinate in json.loads(text)}
