"""Values that JSON does not have, as JSON and back: in plan files and in the ledger."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.model import ALL, MISSING, UNREADABLE, Fingerprint, Ref, Secret, SecretName
from reconciler.model.tagged import keep_fingerprints, tag_value, untag_value

PRINT = Fingerprint("0a1b", "c0ffee")
PASSWORD = Secret((SecretName("PW"),))

plain_leaves = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(max_size=5),
    st.sampled_from([UNREADABLE, ALL, MISSING, Ref("source", "a/b"), Ref("workspace", "")]),
)
KEYS = ["a", "$a", "$$", "", "$secret", "$resource", "$ref", "$marker", "$masked", "$fingerprint"]


def nested(leaves: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.recursive(
        leaves,
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(st.sampled_from(KEYS) | st.text(max_size=3), inner, max_size=3)
        ),
        max_leaves=8,
    )


@given(value=nested(plain_leaves | st.just(PASSWORD)))
def test_a_value_survives_a_plan_file(value: Any) -> None:
    assert untag_value(json.loads(json.dumps(tag_value(value)))) == value


@given(value=nested(plain_leaves | st.just(PRINT)))
def test_a_value_survives_the_ledger(value: Any) -> None:
    kept = json.loads(json.dumps(tag_value(value, keep_fingerprints)))
    assert untag_value(kept) == value


def test_a_plan_file_has_secrets_by_name_and_no_fingerprints() -> None:
    value = {"pw": Secret(("user:", SecretName("PW"), "@host")), "old": PRINT}
    assert tag_value(value) == {"pw": {"$secret": ["PW"]}, "old": {"$masked": True}}


def test_the_ledger_never_gets_a_secret() -> None:
    with pytest.raises(TypeError):
        tag_value({"pw": [PASSWORD]}, keep_fingerprints)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        # A ledger of before.
        ('{"workspace":{"$ref":["workspace",""]}}', {"workspace": Ref("workspace", "")}),
        ('{"source":{"$ref":["source","a/b"]}}', {"source": Ref("source", "a/b")}),
        ('{"streams":{"$marker":"ALL"}}', {"streams": ALL}),
        ('{"x":[{"$marker":"UNREADABLE"},{"$marker":"MISSING"}]}', {"x": [UNREADABLE, MISSING]}),
        ('{"pw":{"$fingerprint":["0a1b","c0ffee"]}}', {"pw": PRINT}),
        ('{"$$ref":{"$$$":1},"$$secret":2}', {"$ref": {"$$": 1}, "$secret": 2}),
        # Plan files, and ledgers of today.
        ('{"source":{"$resource":"source/a/b"}}', {"source": Ref("source", "a/b")}),
        ('{"pw":{"$secret":["PW"]},"n":{"$$a":1}}', {"pw": PASSWORD, "n": {"$a": 1}}),
        ('[{"$masked":true},{"$all":true},{"$missing":true}]', [UNREADABLE, ALL, MISSING]),
    ],
)
def test_what_was_written_before_is_read(text: str, value: Any) -> None:
    assert untag_value(json.loads(text)) == value
