"""Values of a plan as JSON and back."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from reconciler.model import ALL, UNREADABLE, Ref, Secret, SecretName
from reconciler.plan.record import digest, plain, rich, spec_digest

leaves = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(max_size=5),
    st.sampled_from([UNREADABLE, ALL, Ref("source", "a/b"), Secret((SecretName("KEY"),))]),
)
values = st.recursive(
    leaves,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["a", "$a", "$secret", "$$", ""]), inner, max_size=3)
    ),
    max_leaves=8,
)


@settings(max_examples=150, deadline=None)
@given(value=values)
def test_a_value_survives_json(value: Any) -> None:
    assert rich(json.loads(json.dumps(plain(value)))) == value


@settings(max_examples=50, deadline=None)
@given(value=values)
def test_a_digest_is_of_the_value_and_not_of_its_order(value: Any) -> None:
    reordered = {"b": value, "a": 1}
    assert digest(plain(reordered)) == digest(json.loads(json.dumps(plain({"a": 1, "b": value}))))


def test_a_digest_tells_secrets_apart_that_json_does_not() -> None:
    one, other = ({"k": Secret((text, SecretName("A")))} for text in ("x", "y"))
    assert plain(one) == plain(other)
    assert spec_digest(one) != spec_digest(other)
