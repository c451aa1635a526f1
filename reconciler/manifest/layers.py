"""Layers: who wrote which part of a manifest. The upper of two wins, value by value.

Maps merge, lists and scalars replace, and null takes away what lies below it. Places are worked out
only when one is asked for: by going down the layers again to whoever wrote the value.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from reconciler.model import MISSING, Json, Origin, Path
from reconciler.model.paths import child_at, count_steps, value_at


class Written(Protocol):
    """A file, or a row of one: its values and the place of each."""

    @property
    def value(self) -> Json: ...
    @property
    def text(self) -> str:
        """The text that may hold expressions; empty where none are evaluated."""

    def origin(self, at: Path, *, key: bool = False) -> Origin:
        """The place of the value at *at*, or of its key; of the nearest ancestor that exists."""


def _same(at: Path) -> Path:
    return at


@dataclass(frozen=True, slots=True)
class Layer:
    """What one file or row contributes, as it was written: `written` knows the places.

    `locate` leads from a path in the manifest to where that stands in `written`.
    """

    written: Written
    value: Json
    locate: Callable[[Path], Path] = _same

    def origin(self, at: Path, *, key: bool = False) -> Origin:
        return self.written.origin(self.locate(at), key=key)

    def raw(self, at: Path) -> Json:
        """What was written at *at*, or at its nearest ancestor."""
        return value_at(self.value, at[: count_steps(self.value, at)])


def merged(below: Json, above: Json) -> Json:
    """*above* over *below*. A null takes away what is below it; where nothing is, it stays."""
    if not (isinstance(below, dict) and isinstance(above, dict)):
        return above
    result = dict(below)
    for key, value in above.items():
        if key not in below:
            result[key] = value
        elif value is None:
            del result[key]
        else:
            result[key] = merged(below[key], value)
    return result


def owner(layers: Sequence[Layer], at: Path) -> tuple[Layer, Path]:
    """The layer that wrote the value at *at*, and the path as far as it leads there.

    An expression may have become the value of a longer path: it is where that was written.
    """
    holders = [(layer, layer.value) for layer in reversed(layers)]
    for depth, step in enumerate(at):
        visible = _visible(holders)
        below = [
            (layer, child)
            for layer, value in visible
            if (child := child_at(value, step)) is not MISSING
        ]
        if not below:
            texts = [holder for holder in visible if isinstance(holder[1], str)]
            return (texts or holders)[0][0], at[:depth]
        holders = below
    return holders[0][0], at


def _visible(holders: Sequence[tuple[Layer, Json]]) -> Sequence[tuple[Layer, Json]]:
    """Those that contribute: whatever is no mapping hides everything below it."""
    hiding = (i for i, (_, value) in enumerate(holders) if not isinstance(value, dict))
    return holders[: next(hiding, len(holders)) + 1]
