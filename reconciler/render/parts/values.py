"""Values as one line of text that no terminal can be harmed by, and that shows no secret."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

from reconciler.model import MISSING, UNREADABLE, Json, Marker, Path, Ref, Secret
from reconciler.model.paths import path_order, walk_named_leaves
from reconciler.problems.wording import safe as safe

HIDDEN = "(secret)"


def shortened(text: str, width: int) -> str:
    """*text*, cut to *width* characters with an ellipsis where it is longer."""
    return text if len(text) <= width else text[: max(width - 1, 0)] + "…"


def show(value: Json, width: int = 60) -> str:
    """*value* in at most *width* characters: JSON, with secrets hidden and references by name."""
    if isinstance(value, Secret) or value is UNREADABLE:
        return HIDDEN
    if isinstance(value, Marker):
        return value.value
    if isinstance(value, Ref):
        return shortened(safe(value.name), width)
    return shortened(safe(json.dumps(_plain(value), ensure_ascii=False)), width)


def sorted_leaves(value: Json, at: Path = ()) -> list[tuple[Path, Json]]:
    """Every leaf of *value* with its named path, sorted: a list is shown as one value."""
    return sorted(walk_named_leaves(value, at), key=lambda leaf: path_order(leaf[0]))


def counted(number: int, noun: str) -> str:
    """`1 tenant`, `2 tenants`."""
    return f"{number:,} {noun}" + ("" if number == 1 else "s")


def listed(names: Sequence[str], most: int = 4) -> str:
    """The first of *names*, and how many more there are."""
    shown = ", ".join(names[:most])
    return f"{shown}, … {len(names) - most} more" if len(names) > most else shown


def _plain(value: Json) -> Json:
    if isinstance(value, Secret) or value is UNREADABLE:
        return HIDDEN
    if value is MISSING or isinstance(value, Marker | Ref):
        return str(value.value if isinstance(value, Marker) else value)
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    return [_plain(item) for item in value] if isinstance(value, list | tuple) else value
