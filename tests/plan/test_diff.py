"""Field by field: what counts as a difference, and what does not."""

from __future__ import annotations

from typing import Any

import pytest

from reconciler.model import ALL, MISSING, UNREADABLE, Exhaustive, Ref, Secret, SecretName
from reconciler.plan.diff import FieldChange, field_changes, same

SECRET = Secret((SecretName("KEY"),))
SHOWN = Secret(("https://a.example",))  # a text that Airbyte shows and nobody else should


@pytest.mark.parametrize(
    ("live", "desired"),
    [
        ({"a": 1, "b": 2}, {"a": 1}),
        ({"a": UNREADABLE}, {"a": SECRET}),
        ({"a": UNREADABLE}, {"a": "a literal password"}),
        ({"a": UNREADABLE}, {"a": {"whole": "object"}}),
        ({"a": 15.0}, {"a": 15}),
        ({}, {"a": None}),
        ({"a": None}, {"a": None}),
        ({"a": [{"k": UNREADABLE}]}, {"a": [{"k": SECRET}]}),
        ({"s": {"x": {}}}, {"s": ALL}),
        ({"r": Ref("source", "x")}, {"r": Ref("source", "x")}),
        ({"a": SHOWN}, {"a": SECRET}),
        ({"a": SHOWN}, {"a": Secret(("https://a.example",))}),
    ],
)
def test_nothing_to_change(live: dict[str, Any], desired: dict[str, Any]) -> None:
    assert field_changes(live, desired) == ()


@pytest.mark.parametrize(
    ("live", "desired", "changes"),
    [
        ({"a": 1}, {"a": 2}, [(("a",), 1, 2)]),
        ({"a": 1}, {"a": True}, [(("a",), 1, True)]),
        ({}, {"a": SECRET}, [(("a",), MISSING, SECRET)]),
        ({"a": 1}, {"a": None}, [(("a",), 1, MISSING)]),
        ({"a": {"b": 1, "c": 2}}, {"a": {"b": 2}}, [(("a", "b"), 1, 2)]),
        ({"s": {}}, {"s": ALL}, [(("s",), {}, ALL)]),
        ({"a": [1, 2]}, {"a": [1, 3]}, [(("a", 1), 2, 3)]),
        ({"a": [1]}, {"a": [1, 2]}, [(("a", 1), MISSING, 2)]),
        ({"a": [1]}, {"a": [True]}, [(("a",), [1], [True])]),
        ({"a": [{"x": 1}]}, {"a": [{}]}, [(("a", 0, "x"), 1, MISSING)]),
        (
            {"s": {"x": {"m": 1}, "y": {}}},
            {"s": Exhaustive({"x": {"m": 2}})},
            [(("s", "y"), {}, MISSING), (("s", "x", "m"), 1, 2)],
        ),
        (
            {"a": [{"k": UNREADABLE, "n": 1}]},
            {"a": [{"k": SECRET, "n": 2}]},
            [(("a", 0, "n"), 1, 2)],
        ),
        ({"a": SHOWN}, {"a": Secret(("b",))}, [(("a",), SHOWN, Secret(("b",)))]),
        (
            {"a": [{"k": UNREADABLE, "n": 1}]},
            {"a": [{"n": 2}]},
            [(("a", 0, "k"), UNREADABLE, MISSING), (("a", 0, "n"), 1, 2)],
        ),
        (
            {"a": [*range(20), {"x": 1, "y": 1}]},
            {"a": [0, 1, -2, *range(3, 11), -11, *range(12, 20), {"y": 2}]},
            [
                (("a", 2), 2, -2),
                (("a", 11), 11, -11),
                (("a", 20, "x"), 1, MISSING),
                (("a", 20, "y"), 1, 2),
            ],
        ),
    ],
)
def test_what_differs_is_told_by_path(
    live: dict[str, Any], desired: dict[str, Any], changes: list[tuple[Any, Any, Any]]
) -> None:
    assert list(field_changes(live, desired)) == [FieldChange(*change) for change in changes]


def test_inside_a_list_nothing_may_be_left_out() -> None:
    assert not same([{"a": 1, "b": 2}], [{"a": 1}])
