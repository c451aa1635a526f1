"""Walking JSON by path: one idea of what is inside a list, held by properties."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.model import MISSING, UNREADABLE, Exhaustive, Json, Path, Ref
from reconciler.model.paths import (
    count_steps,
    is_within,
    lost_named_paths,
    map_leaves,
    named_part,
    path_order,
    value_at,
    walk_leaves,
    walk_named_leaves,
    with_value_at,
)

leaves = st.none() | st.booleans() | st.integers() | st.text(max_size=3) | st.just(UNREADABLE)
values = st.recursive(
    leaves,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from("abc"), inner, max_size=3)
        | st.dictionaries(st.sampled_from("abc"), inner, max_size=3).map(Exhaustive)
    ),
    max_leaves=8,
)
paths = st.lists(st.sampled_from(["a", "b", "c", 0, 1, 2]), max_size=4).map(tuple)


@given(value=values)
def test_a_leaf_stands_where_its_path_leads(value: Json) -> None:
    for walk in (walk_leaves, walk_named_leaves):
        for path, leaf in walk(value):
            assert value_at(value, path) is leaf
            assert count_steps(value, path) == len(path)


@given(value=values)
def test_the_leaves_are_all_there_is(value: Json) -> None:
    def rebuilt(at: Path) -> Json:
        kind = type(value_at(value, at))
        inside = [path[: len(at) + 1] for path, _ in walk_leaves(value) if len(path) > len(at)]
        below = dict.fromkeys(path for path in inside if path[: len(at)] == at)
        if kind is list:
            return [rebuilt(path) for path in below]
        if not issubclass(kind, dict):
            return value_at(value, at)
        return kind({path[-1]: rebuilt(path) for path in below})

    assert rebuilt(()) == value


@given(value=values)
def test_a_named_path_ends_at_the_first_list(value: Json) -> None:
    named = [path for path, _ in walk_named_leaves(value)]
    assert list(dict.fromkeys(named_part(path) for path, _ in walk_leaves(value))) == named


@given(value=values, path=paths, new=leaves)
def test_what_is_put_stands_there_and_nothing_else_changes(
    value: Json, path: Path, new: Json
) -> None:
    before = repr(value)
    try:
        put = with_value_at(value, path, new)
    except LookupError:
        reached = value_at(value, path[: count_steps(value, path)])
        assert not isinstance(reached, dict)
        return
    assert repr(value) == before
    assert value_at(put, path) is new
    elsewhere = [leaf for leaf in walk_leaves(value) if not is_within(leaf[0], [path])]
    for other, leaf in elsewhere:
        assert is_within(path, [other]) or value_at(put, other) is leaf


def test_what_lies_on_the_way_keeps_its_type() -> None:
    put = with_value_at({"a": Exhaustive({"b": [1, 2]})}, ("a", "b", 1), 3)
    assert put == {"a": {"b": [1, 3]}}
    assert isinstance(put["a"], Exhaustive)
    assert with_value_at({}, ("a", "b"), 1) == {"a": {"b": 1}}


@pytest.mark.parametrize(
    ("value", "path"),
    [([], (0,)), ({"a": "text"}, ("a", 0)), ([1], (-1,)), ([1], ("a",)), (1, ("a",))],
)
def test_there_is_no_place_in_a_short_list_or_a_text(value: Json, path: Path) -> None:
    assert value_at(value, path) is MISSING
    with pytest.raises(LookupError):
        with_value_at(value, path, 1)


@given(value=values, path=paths)
def test_nothing_stands_behind_the_last_step_that_leads_somewhere(value: Json, path: Path) -> None:
    steps = count_steps(value, path)
    assert (value_at(value, path) is MISSING) == (steps < len(path))
    assert value_at(value, path[:steps]) is not MISSING


@given(value=values)
def test_leaves_map_one_by_one_and_what_holds_them_becomes_plain(value: Json) -> None:
    assert map_leaves(value, lambda leaf: leaf) == value
    seen: list[Any] = []
    map_leaves(value, seen.append)
    assert seen == [leaf for _, leaf in walk_leaves(value) if leaf not in ({}, [])]
    assert Exhaustive not in map(type, _parts(map_leaves(value, lambda leaf: leaf)))


def _parts(value: Json) -> Iterator[Json]:
    yield value
    if isinstance(value, dict | list):
        for inner in value.values() if isinstance(value, dict) else value:
            yield from _parts(inner)


@given(before=values, now=values)
def test_a_lost_path_led_somewhere_and_does_no_more(before: Json, now: Json) -> None:
    lost = list(lost_named_paths(before, now))
    assert lost == sorted(lost, key=path_order)
    for path in lost:
        assert value_at(before, path) is not MISSING
        assert value_at(now, path) is MISSING
        assert isinstance(value_at(now, path[:-1]), dict)
        assert path == named_part(path)
    for path, _ in walk_named_leaves(before):
        parents = [value_at(now, path[:depth]) for depth in range(len(path))]
        is_lost = value_at(now, path) is MISSING and all(
            isinstance(parent, dict) or parent is MISSING for parent in parents
        )
        assert is_within(path, lost) == is_lost


def test_an_element_of_a_list_is_never_lost() -> None:
    assert list(lost_named_paths({"a": [1, {"b": 2}]}, {"a": []})) == []


def test_the_tenth_element_comes_after_the_second() -> None:
    assert sorted([("a", 10), ("a", 2)], key=path_order) == [("a", 2), ("a", 10)]


def test_a_text_has_nothing_inside() -> None:
    assert value_at("text", (0,)) is MISSING
    assert value_at(Ref("source", "a"), ("kind",)) is MISSING
