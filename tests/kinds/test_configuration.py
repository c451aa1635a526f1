"""What an update of a configuration sends: nothing lost, no mask where it would be a password."""

from __future__ import annotations

from typing import Any

import pytest

from reconciler.kinds.contract.configuration import (
    coordinates,
    for_create,
    for_update,
    unmask,
)
from reconciler.model import MASK, UNREADABLE, Secret, SecretName
from reconciler.problems.errors import SecretNotCarried

COORDINATE = "secret_coordinate::airbyte_workspace_1_secret_2_v1"
SECRET = Secret((SecretName("KEY"),))
SECRET_FIELD = {"type": "string", "airbyte_secret": True}

SCHEMA: dict[str, Any] = {
    "properties": {
        "host": {"type": "string"},
        "password": SECRET_FIELD,
        "patterned": {**SECRET_FIELD, "pattern": "^sk_"},
        "keys": {"items": {"properties": {"key": SECRET_FIELD}}},
        "tunnel": {
            "oneOf": [
                {"properties": {"method": {"const": "NONE"}}},
                {
                    "properties": {
                        "method": {"const": "PASSWORD"},
                        "user": {"type": "string"},
                        "secret": SECRET_FIELD,
                    }
                },
            ]
        },
    }
}


def resolve(secret: Secret) -> str:
    return "raw " + ", ".join(part.name for part in secret.names)


def update(live: Any, desired: Any, schema: dict[str, Any] | None = SCHEMA) -> Any:
    return for_update(live, desired, schema=schema, resolve=resolve)


def test_a_read_shows_masks_as_unreadable_anywhere() -> None:
    read = {"a": MASK, "b": [{"c": MASK, "d": "******"}], "e": "*****"}
    assert unmask(read) == {
        "a": UNREADABLE,
        "b": [{"c": UNREADABLE, "d": UNREADABLE}],
        "e": "*****",
    }


def test_a_create_puts_secrets_in_and_leaves_nulls_out() -> None:
    desired = {"host": "h", "password": SECRET, "gone": None, "keys": [{"key": SECRET, "x": None}]}
    assert for_create(desired, resolve) == {
        "host": "h",
        "password": "raw KEY",
        "keys": [{"key": "raw KEY"}],
    }


def test_a_whole_number_is_sent_without_a_fraction() -> None:
    for sent in (for_create({"n": 15.0, "f": 1.5}, resolve), update({}, {"n": 15.0, "f": 1.5})):
        assert repr(sent) == "{'n': 15, 'f': 1.5}"


def test_an_update_keeps_live_keys_that_no_manifest_mentions() -> None:
    assert update({"host": "a", "port": 1}, {"host": "b"}) == {"host": "b", "port": 1}


def test_a_key_set_to_null_goes() -> None:
    assert update({"host": "a", "port": 1}, {"host": "a", "port": None}) == {"host": "a"}


@pytest.mark.parametrize("carrier", [MASK, COORDINATE])
def test_an_unchanged_secret_is_carried_and_not_sent_again(carrier: str) -> None:
    assert update({"password": carrier}, {"password": SECRET}) == {"password": carrier}


@pytest.mark.parametrize("carrier", [MASK, COORDINATE])
def test_a_secret_with_a_pattern_is_sent_raw(carrier: str) -> None:
    assert update({"patterned": carrier}, {"patterned": SECRET}) == {"patterned": "raw KEY"}


def test_a_secret_that_was_not_there_is_sent_raw() -> None:
    assert update({"host": "h"}, {"password": SECRET}) == {"host": "h", "password": "raw KEY"}


def test_a_mask_inside_a_list_is_never_sent() -> None:
    live = {"keys": [{"key": MASK}]}
    assert update(live, {"keys": [{"key": SECRET}]}) == {"keys": [{"key": "raw KEY"}]}
    with pytest.raises(SecretNotCarried, match=r"keys\.0\.key"):
        update(live, {"host": "x"})


def test_a_coordinate_inside_a_list_carries_an_unmanaged_secret() -> None:
    live = {"keys": [{"key": COORDINATE}]}
    assert update(live, {"host": "x"}) == {"host": "x", **live}


@pytest.mark.parametrize("called", [False, "true", 1, None])
def test_a_mask_of_what_is_not_called_secret_by_a_plain_true_is_never_sent(called: Any) -> None:
    schema = {"properties": {"id": {"type": "string", "airbyte_secret": called}}}
    with pytest.raises(SecretNotCarried):
        update({"id": MASK}, {"host": "x"}, schema)
    assert update({"id": COORDINATE}, {"host": "x"}, schema)["id"] == COORDINATE


def test_a_mask_inside_a_branch_is_not_trusted() -> None:
    live = {"tunnel": {"method": "PASSWORD", "secret": MASK}}
    desired = {"tunnel": {"method": "PASSWORD", "secret": SECRET}}
    assert update(live, desired)["tunnel"]["secret"] == "raw KEY"
    with pytest.raises(SecretNotCarried):
        update(live, {"tunnel": {"user": "u"}})


def test_another_branch_leaves_nothing_of_the_old_one_behind() -> None:
    live = {"tunnel": {"method": "PASSWORD", "user": "u", "secret": COORDINATE}}
    assert update(live, {"tunnel": {"method": "NONE"}}) == {"tunnel": {"method": "NONE"}}


def test_an_element_of_a_list_that_is_not_what_was_there_has_none_of_its_keys_and_secrets() -> None:
    live = {"keys": [{"name": "a", "key": COORDINATE, "note": "old"}, {"name": "b"}]}
    desired = {"keys": [{"name": "c", "key": SECRET}, {"name": "b"}]}
    assert update(live, desired)["keys"] == [{"name": "c", "key": "raw KEY"}, {"name": "b"}]


def test_the_mask_of_oauth_is_not_sent_where_put_does_not_look_for_masks() -> None:
    live = {"keys": ["******"], "token": "******"}
    sent = update(live, {"keys": [SECRET], "token": SECRET})
    assert sent == {"keys": ["raw KEY"], "token": "raw KEY"}


def test_an_unknown_connector_keeps_masks_outside_lists() -> None:
    live = {"a": {"b": MASK}, "c": 1}
    assert update(live, {"c": 2}, None) == {"a": {"b": MASK}, "c": 2}


def test_only_a_coordinate_says_where_a_secret_is_kept() -> None:
    live = {"a": COORDINATE, "b": MASK, "c": "plain", "d": [COORDINATE], "e": COORDINATE}
    desired = {"a": SECRET, "b": SECRET, "c": SECRET, "d": [SECRET], "e": "no secret"}
    assert list(coordinates(live, desired)) == [(("a",), COORDINATE), (("d", 0), COORDINATE)]


@pytest.mark.parametrize("constant", [{"const": "B"}, {"enum": ["B"]}])
def test_a_branch_is_known_by_a_constant_or_by_the_only_choice(constant: dict[str, Any]) -> None:
    branches = [
        {"properties": {"type": {"enum": ["A"]}, "old": {}}},
        {"properties": {"type": constant}},
    ]
    schema = {"properties": {"way": {"oneOf": branches}}}
    live = {"way": {"type": "A", "old": 1}}
    assert update(live, {"way": {"type": "B"}}, schema) == {"way": {"type": "B"}}


def test_a_choice_of_several_is_no_branch() -> None:
    branches = [{"properties": {"size": {"enum": ["S", "M"]}, "old": {}}}]
    schema = {"properties": {"way": {"oneOf": branches}}}
    live = {"way": {"size": "S", "old": 1}}
    assert update(live, {"way": {"size": "M"}}, schema) == {"way": {"size": "M", "old": 1}}


@pytest.mark.parametrize(
    "live",
    [
        {"key": COORDINATE, "more": [COORDINATE, COORDINATE]},
        {"key": COORDINATE, "more": [COORDINATE], "extra": 1},
    ],
)
def test_an_element_with_more_in_it_than_declared_is_not_the_one_that_was_there(live: Any) -> None:
    desired = {"keys": [{"key": SECRET, "more": [SECRET]}]}
    sent = {"keys": [{"key": "raw KEY", "more": ["raw KEY"]}]}
    assert update({"keys": [live]}, desired) == sent
