"""Digests of a plan's values."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from reconciler.model import UNREADABLE, Ref, Secret, SecretName, StreamKey
from reconciler.model.changes import FieldChange
from reconciler.model.tagged import tag_value
from reconciler.plan.model import Attribution, TenantPlan, Whose
from reconciler.plan.record import digest, spec_digest, tenant_record
from tests.render.plans import KEEPS, key, update

values = st.recursive(
    st.none()
    | st.integers()
    | st.text(max_size=5)
    | st.sampled_from([UNREADABLE, Ref("tag", "a")]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=2), inner),
    max_leaves=8,
)


@given(value=values)
def test_a_digest_is_of_the_value_and_not_of_its_order(value: Any) -> None:
    one, other = ({"a": 1, "b": value}, {"b": value, "a": 1})
    assert spec_digest(one) == digest(json.loads(json.dumps(tag_value(other))))


def test_a_digest_tells_secrets_apart_that_json_does_not() -> None:
    one, other = ({"k": Secret((text, SecretName("A")))} for text in ("x", "y"))
    assert tag_value(one) == tag_value(other)
    assert spec_digest(one) != spec_digest(other)


def test_a_digest_is_that_of_yesterday() -> None:
    spec = {
        "n": {"$k": [1, None]},
        "pw": Secret(("u:", SecretName("A", "d"))),
        "r": Ref("tag", "a"),
    }
    written = '{"n":{"$$k":[1,null]},"pw":{"$secret":["u:",["A","d"]]},"r":{"$resource":"tag/a"}}'
    assert spec_digest(spec) == digest(json.loads(written))


def test_a_field_of_a_stream_that_was_to_change_already_has_a_path_of_texts() -> None:
    at = key("connection", "acme", "a")
    path = ("streams", StreamKey("public", "users", "public.users"), "syncMode")
    step = update(at, (FieldChange(path, "then", "now"),), KEEPS)
    both = Attribution(Whose.BOTH, already=frozenset({path}))
    record = tenant_record(TenantPlan("acme", (step,), attributions={at: both}))
    (operation,) = json.loads(json.dumps(record))["operations"]
    assert operation["alreadyThere"] == [["streams", "public.users", "syncMode"]]
    assert operation["changes"][0]["path"] == ["streams", "public.users", "syncMode"]
