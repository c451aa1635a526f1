"""Walking JSON by path: what stands there, putting something there, every leaf, what is lost.

A step into a mapping is its key, a step into a list the index of an element, from 0; nothing else
has anything inside, and a path that leads nowhere leads to MISSING. A *leaf* is whatever is neither
mapping nor list, or is an empty one.

What a list holds has a place and no name: it is at another index once an element is added. So
what is compared over time, or is to be read by people, goes by *named* paths, which end at the
first list and take it for one value; the functions that do so are called so.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping

from reconciler.model.resources import MISSING, Json, Path, PathStep

_PLAIN = (str, int, float, list, type(None))


def is_mapping(value: Json) -> bool:
    """Whether *value* is a mapping, told sooner of plain values than by the abstract class."""
    return isinstance(value, dict) or (not isinstance(value, _PLAIN) and isinstance(value, Mapping))


def child_at(value: Json, step: PathStep) -> Json:
    """What is one *step* inside *value*, MISSING where nothing is."""
    if is_mapping(value):
        return value.get(step, MISSING)
    if isinstance(value, list) and isinstance(step, int) and 0 <= step < len(value):
        return value[step]
    return MISSING


def value_at(value: Json, path: Path) -> Json:
    """What stands at *path* of *value*, MISSING where nothing does."""
    for step in path:
        value = child_at(value, step)
    return value


def count_steps(value: Json, path: Path) -> int:
    """How many steps of *path* lead somewhere in *value*, counted from its beginning."""
    for depth, step in enumerate(path):
        # Every place of every problem is found so: a plain mapping is told without a call.
        value = value.get(step, MISSING) if type(value) is dict else child_at(value, step)
        if value is MISSING:
            return depth
    return len(path)


def with_value_at(value: Json, path: Path, new: Json) -> Json:
    """*value* with *new* at *path*; what lies on the way is copied, never changed.

    Mappings that are missing on the way are made. Raises LookupError where the way leads through
    a list that has no such element, or through what is neither mapping nor list.
    """
    if not path:
        return new
    step, rest = path[0], path[1:]
    child = child_at(value, step)
    if is_mapping(value):
        # A mapping of a type of its own, such as an Exhaustive, stays one.
        copied: Json = type(value)(value) if isinstance(value, dict) else dict(value)
        child = {} if child is MISSING else child
    elif isinstance(value, list) and child is not MISSING:
        copied = list(value)
    else:
        raise LookupError(f"nothing has a place for {step!r} in {type(value).__name__}")
    copied[step] = with_value_at(child, rest, new)
    return copied


def walk_leaves(value: Json, at: Path = ()) -> Iterator[tuple[Path, Json]]:
    """Every leaf of *value*, which stands at *at*, with its path; in the order of *value*."""
    if is_mapping(value) and value:
        for key, inner in value.items():
            yield from walk_leaves(inner, (*at, key))
    elif isinstance(value, list) and value:
        for index, inner in enumerate(value):
            yield from walk_leaves(inner, (*at, index))
    else:
        yield at, value


def walk_named_leaves(value: Json, at: Path = ()) -> Iterator[tuple[Path, Json]]:
    """Every leaf of *value*, which stands at *at*, with its named path; a list is one leaf."""
    if is_mapping(value) and value:
        for key, inner in value.items():
            yield from walk_named_leaves(inner, (*at, key))
    else:
        yield at, value


def map_leaves(value: Json, change: Callable[[Json], Json]) -> Json:
    """*value* with *change* made of every leaf, in new dicts and lists; empty ones stay empty."""
    if is_mapping(value):
        return {key: map_leaves(inner, change) for key, inner in value.items()}
    if isinstance(value, list):
        return [map_leaves(inner, change) for inner in value]
    return change(value)


def lost_named_paths(before: Json, now: Json, at: Path = ()) -> Iterator[Path]:
    """The named paths that lead somewhere in *before* and nowhere in *now*, sorted.

    Nothing below a path already told; and where one of the two is no mapping, there is another
    value, and nothing is lost.
    """
    if not (isinstance(before, Mapping) and isinstance(now, Mapping)):
        return
    for key in sorted(before):
        if key in now:
            yield from lost_named_paths(before[key], now[key], (*at, key))
        else:
            yield (*at, key)


def named_part(path: Path) -> Path:
    """*path* as far as it is a named one."""
    first = next((depth for depth, step in enumerate(path) if isinstance(step, int)), len(path))
    return path[:first]


def is_within(path: Path, wholes: Collection[Path]) -> bool:
    """Whether *path* is one of *wholes*, or inside one of them."""
    return any(path[: len(whole)] == whole for whole in wholes)


def path_order(path: Path) -> list[tuple[bool, PathStep]]:
    """A key to sort paths by: as the keys sort, and elements of a list by their number."""
    return [(isinstance(step, str), step) for step in path]
