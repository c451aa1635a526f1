"""Secrets that stand in a manifest as plain text become Secrets."""

from __future__ import annotations

from reconciler.connectors.literals import hidden
from reconciler.model import Secret

SECRET = {"type": "string", "airbyte_secret": True}


def test_a_secret_is_hidden_at_any_depth() -> None:
    schema = {
        "properties": {
            "key": SECRET,
            "name": {"type": "string"},
            "tunnel": {"oneOf": [{"properties": {"password": SECRET}}, {"properties": {"x": {}}}]},
            "tables": {"items": {"properties": {"token": SECRET}}},
        }
    }
    given = {
        "key": "a",
        "name": "b",
        "tunnel": {"password": "c", "x": "d"},
        "tables": [{"token": "e", "other": "f"}],
        "unknown": {"key": "g"},
    }
    assert hidden(schema, given) == {
        "key": Secret(("a",)),
        "name": "b",
        "tunnel": {"password": Secret(("c",)), "x": "d"},
        "tables": [{"token": Secret(("e",)), "other": "f"}],
        "unknown": {"key": "g"},
    }


def test_what_is_no_text_and_what_is_hidden_already_stays() -> None:
    schema = {"properties": {"a": SECRET, "b": SECRET, "c": SECRET, "d": SECRET}}
    named = Secret(("x",))
    given = {"a": named, "b": None, "c": "", "d": "secret_coordinate::x"}
    assert hidden(schema, given) == given


def test_a_secret_is_hidden_in_a_variant_of_a_variant() -> None:
    inner = {"anyOf": [{"properties": {"password": SECRET}}]}
    schema = {"properties": {"way": {"oneOf": [{"allOf": [inner]}]}}}
    assert hidden(schema, {"way": {"password": "a"}}) == {"way": {"password": Secret(("a",))}}
