"""Streams are told apart by namespace and name, whatever dots and quotes are in either."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from reconciler.kinds.connection.stream_changes import against
from reconciler.kinds.connection.streams import by_key, declare, from_api, make_keys, match_keys
from reconciler.ledger.codec import dump_spec, load_spec
from reconciler.model.tagged import tag_value
from reconciler.plan.diff import field_changes
from reconciler.problems.wording import show_path
from reconciler.sandbox.server.serving import Settings, running
from tests.journeys.manifests import bigquery
from tests.support import Api, Project

Identity = tuple[str | None, str]

parts = st.sampled_from(["a", "b", "a.b", "b.a", "a.b.a", ".", ".a", "a.", '"a"', '"a"."b"', '"'])
identities = st.tuples(st.none() | parts, parts)
sets = st.lists(identities, min_size=1, max_size=7, unique=True)


def stream(identity: Identity) -> dict[str, Any]:
    namespace, name = identity
    return {"name": name, **({"namespace": namespace} if namespace else {})}


def pairs(keys: Any) -> set[Identity]:
    return {(key.namespace, key.name) for key in keys}


@given(sets)
def test_no_two_streams_are_shown_alike(found: list[Identity]) -> None:
    keys = make_keys(found)
    assert [(key.namespace, key.name) for key in keys] == found
    assert len({key.shown for key in keys}) == len(found)
    options = [show_path(("streams", key, *rest)) for key in keys for rest in ((), ("a",), ("b",))]
    assert len(set(options)) == 3 * len(found)


@given(sets, sets)
def test_a_stream_is_matched_with_itself_and_shown_like_no_other(
    ours: list[Identity], theirs: list[Identity]
) -> None:
    live = make_keys(theirs)
    matched = match_keys(make_keys(ours), live)
    assert len(set(matched.values())) == len(ours)
    for key, other in matched.items():
        same = (key.namespace, key.name) in theirs
        assert (other == key) if same else (other not in live or other.name == key.name)
    assert len({key.shown for key in {*live, *matched.values()}}) == len({*live, *matched.values()})


@given(sets, sets)
def test_the_difference_of_two_lists_is_what_a_set_of_pairs_says(
    ours: list[Identity], theirs: list[Identity]
) -> None:
    with_namespaces = [(namespace or "x", name) for namespace, name in ours]
    wanted = sorted(set(with_namespaces))
    present = sorted({(namespace or "x", name) for namespace, name in theirs})
    desired, mistakes = declare([stream(each) for each in wanted])
    live = from_api([stream(each) for each in present])
    assert not mistakes
    changes = field_changes({"streams": live}, {"streams": against(desired, live, "ignore")})
    assert pairs({change.path[1] for change in changes}) == set(present) ^ set(wanted)


@given(sets)
def test_a_ledger_gives_back_the_streams_that_it_was_given(found: list[Identity]) -> None:
    streams = by_key([stream(each) for each in found])
    assert load_spec(dump_spec({"streams": streams})) == {"streams": streams}


@given(sets)
def test_a_plan_file_has_every_stream(found: list[Identity]) -> None:
    streams = by_key([stream(each) for each in found])
    assert len(tag_value(streams)) == len(found)


@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(sets, sets)
def test_any_names_are_applied_as_they_are_and_plan_empty(
    first: list[Identity], second: list[Identity]
) -> None:
    # A manifest that leaves a namespace out means the stream of that name, wherever it is.
    placed = {name for namespace, name in (*first, *second) if namespace}
    assume(all(namespace or name not in placed for namespace, name in (*first, *second)))
    with TemporaryDirectory() as folder, running(Settings(Path(folder) / "sandbox.db")) as sandbox:
        api, project = Api(sandbox), Project(Path(folder), sandbox.url, {"BQ_KEY": "planted"})
        faker = {"type": "faker", "configuration": {"count": 1}}
        base = {"version": 1, "tenant": "t", "sources": {"s": faker}, "destination": bigquery()}
        project.tenant(base)
        project.apply()
        there = [discovered(each) for each in dict.fromkeys([*first, *second])]
        api.control_call(f"/schemas/{api.row('sources', 's')['sourceId']}", there)
        for wanted in (first, second):
            streams = {"streams": [stream(each) for each in wanted]}
            project.tenant({**base, "connections": {"s": streams}})
            project.apply()
            found = api.row("connections", "s")["configurations"]["streams"]
            assert {(each.get("namespace"), each["name"]) for each in found} == set(wanted)
            project.assert_no_changes()


def discovered(identity: Identity) -> dict[str, Any]:
    return {**stream(identity), "jsonSchema": {}, "supportedSyncModes": ["full_refresh"]}
