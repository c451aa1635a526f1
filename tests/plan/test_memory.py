"""What memory tells of a difference: whose doing it is, and which secrets are not as they were."""

from __future__ import annotations

from typing import Any

import pytest

from reconciler.kinds import get
from reconciler.model import (
    MISSING,
    UNREADABLE,
    Exhaustive,
    Fingerprint,
    Path,
    RememberedResource,
    Secret,
    SecretName,
)
from reconciler.model.changes import FieldChange, Mark
from reconciler.plan.memory import marked, removed_paths, rewritten, rotated

SECRET = Secret((SecretName("KEY"),))
SHOWN = Secret(("https://shown.example",))
OURS = "key"


def digest(text: str, key_id: str = OURS) -> Fingerprint:
    return Fingerprint(key_id, text)


@pytest.mark.parametrize(
    ("before", "now", "paths"),
    [
        ({"a": 1}, {}, [("a",)]),
        ({"a": {"b": 1, "c": 2}}, {"a": {"c": 2}}, [("a", "b")]),
        ({"a": {"b": 1}}, {}, [("a",)]),
        ({"a": None}, {}, []),
        ({"a": {"b": 1}}, {"a": Exhaustive()}, []),
        ({"a": {"b": {"c": 1}}}, {"a": Exhaustive({"b": {}})}, [("a", "b", "c")]),
        ({"a": 1}, {"a": None}, []),
        ({"a": [1, 2]}, {"a": [1]}, []),
    ],
)
def test_what_a_manifest_has_no_longer(before: Any, now: Any, paths: list[Path]) -> None:
    assert list(removed_paths(before, now)) == paths


@pytest.mark.parametrize(
    ("path", "declared", "before", "mark"),
    [
        (("a",), {"a": 1}, {"a": 1}, Mark.CHANGED_OUTSIDE),
        (("a",), {"a": 2}, {"a": 1}, None),
        (("a",), {"a": 1}, {}, None),
        (("a",), {}, {"a": 1}, Mark.REMOVED_FROM_MANIFEST),
        (("a", "b"), {}, {"a": {"b": 1}}, Mark.REMOVED_FROM_MANIFEST),
        (("a", "b"), {}, {"a": {}}, Mark.CHANGED_OUTSIDE),
        (("a", "b"), {"a": {}}, {"a": {}}, Mark.CHANGED_OUTSIDE),
        (("a", "b"), {"a": {}}, {}, None),
        (("a",), {"a": SECRET}, {"a": digest("1")}, Mark.CHANGED_OUTSIDE),
        (("a",), {"a": SECRET}, {"a": None}, Mark.CHANGED_OUTSIDE),
        (("a",), {"a": SECRET}, {"a": "literal"}, None),
        (("a",), {"a": {"b": 1}}, {"a": {"b": 1, "c": 2}}, None),
        (("a",), {"a": {"b": 1, "c": 2}}, {"a": {"b": 1}}, None),
        (("a", 0, "b"), {"a": [{"b": 1}]}, {"a": [{"b": 1}]}, Mark.CHANGED_OUTSIDE),
        (("a", 0), {"a": [1]}, {"a": [1, 2]}, None),
        (("a", 0), {"a": [1, 2]}, {"a": [1]}, None),
    ],
)
def test_whose_doing_a_difference_is(
    path: Path, declared: Any, before: Any, mark: Mark | None
) -> None:
    (told,) = marked([FieldChange(path, "x", "y")], declared, RememberedResource("id", before))
    assert told == FieldChange(path, "x", "y", mark)


def test_a_difference_that_is_explained_already_stays_so() -> None:
    change = FieldChange(("a",), UNREADABLE, SECRET, Mark.SECRET_VERSION)
    assert marked([change], {"a": SECRET}, RememberedResource("id", {"a": digest("1")})) == (
        change,
    )


@pytest.mark.parametrize(
    ("live", "desired", "before", "mark"),
    [
        (UNREADABLE, SECRET, digest("old"), Mark.SECRET_ROTATED),
        (UNREADABLE, SECRET, digest("new"), None),
        (UNREADABLE, SECRET, digest("old", "another"), None),
        (UNREADABLE, SECRET, None, None),
        (MISSING, SECRET, digest("old"), None),
        (UNREADABLE, "literal", "literal", None),
        (UNREADABLE, "literal", "other", Mark.SECRET_ROTATED),
        (UNREADABLE, "literal", digest("old"), Mark.SECRET_ROTATED),
        (UNREADABLE, "literal", None, None),
        (UNREADABLE, "literal", MISSING, None),
        ("shown", "literal", "other", None),
        # One that is shown can be told apart by its own fingerprint.
        (SHOWN, SECRET, digest("shown"), Mark.SECRET_ROTATED),
        (SHOWN, SECRET, digest("new"), Mark.CHANGED_OUTSIDE),
        (SHOWN, SECRET, digest("new", "another"), Mark.SECRET_ROTATED),
        (SHOWN, SECRET, None, Mark.SECRET_ROTATED),
        (SHOWN, Secret(("https://written.example",)), digest("old"), None),
    ],
)
def test_which_secret_is_not_as_declared(
    live: Any, desired: Any, before: Any, mark: Mark | None
) -> None:
    known = {SECRET: digest("new"), SHOWN: digest("shown")}
    assert _rotated(live, desired, before, known) == mark


@pytest.mark.parametrize(
    ("before", "mark"),
    [
        (digest("shown"), None),
        (digest("applied"), Mark.CHANGED_OUTSIDE),
        (digest("applied", "another"), None),
        (None, None),
    ],
)
def test_a_secret_that_is_shown_is_told_apart_although_its_value_is_not_at_hand(
    before: Any, mark: Mark | None
) -> None:
    assert _rotated(SHOWN, SECRET, before, {SHOWN: digest("shown")}) == mark


def test_a_shown_secret_of_the_declared_value_is_equal_whatever_is_remembered() -> None:
    known = {SECRET: digest("same"), SHOWN: digest("same")}
    assert _rotated(SHOWN, SECRET, digest("old"), known) is None


def _rotated(live: Any, desired: Any, before: Any, known: dict[Secret, Fingerprint]) -> Mark | None:
    """The mark of the one secret; None when it is as declared."""
    sides = [{} if value is MISSING else {"a": [value]} for value in (live, before)]
    found = list(rotated(get("source"), {"a": [desired]}, sides[0], _knowing(sides[1]), known.get))
    assert all(change.path == ("a", 0) for change in found)
    return found[0].mark if found else None


def _knowing(spec: Any) -> RememberedResource:
    return RememberedResource("id", spec)


def test_a_raised_version_sends_every_secret_and_no_literal() -> None:
    live = {"a": UNREADABLE, "b": UNREADABLE, "c": UNREADABLE}
    desired = {"secretVersion": 2, "a": SECRET, "b": "literal"}
    before = {"secretVersion": 1, "a": digest("new"), "b": "literal"}
    known = {SECRET: digest("new")}
    (told,) = rotated(get("source"), desired, live, _knowing(before), known.get)
    assert told == FieldChange(("a",), UNREADABLE, SECRET, Mark.SECRET_VERSION)
    same = {**desired, "secretVersion": 1}
    assert list(rotated(get("source"), same, live, _knowing(before), known.get)) == []


def test_a_list_that_is_shorter_in_airbyte_has_no_secret_to_compare() -> None:
    desired, before = {"a": [SECRET, SECRET]}, {"a": [digest("old"), digest("old")]}
    live = {"a": [UNREADABLE]}
    found = rotated(get("source"), desired, live, _knowing(before), {SECRET: digest("new")}.get)
    assert [change.path for change in found] == [("a", 0)]


@pytest.mark.parametrize(
    ("value", "then", "now", "is_told"),
    [
        (SECRET, "at 1", "at 2", True),
        (SECRET, "at 1", "at 1", False),
        (SECRET, None, "at 2", False),
        (SECRET, "at 1", None, False),
        ("literal", "at 1", "at 2", False),
    ],
)
def test_a_secret_that_was_written_by_somebody_else_is_told_by_its_place(
    value: Any, then: str | None, now: str | None, is_told: bool
) -> None:
    at = ("a", "b")
    before = RememberedResource("id", {}, coordinates={at: then} if then else {})
    found = list(rewritten({"a": {"b": value}}, before, {at: now} if now else {}))
    mark = Mark.SECRET_REWRITTEN
    assert found == ([FieldChange(at, UNREADABLE, value, mark)] if is_told else [])
