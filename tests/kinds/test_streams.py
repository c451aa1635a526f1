"""Streams held against live ones, and what is sent of them, option by option."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from reconciler.kinds.connection.stream_changes import against, notes
from reconciler.kinds.connection.stream_fit import require_fit
from reconciler.kinds.connection.stream_writes import kept, to_api, tried_first
from reconciler.kinds.connection.streams import declare
from reconciler.model import Secret, SecretName, StreamKey
from reconciler.problems.errors import StreamsUnfit
from reconciler.problems.problem import At

APPEND, DEDUPED, OVERWRITE = (
    "incremental_append",
    "incremental_deduped_history",
    "full_refresh_overwrite",
)
SECRET = Secret((SecretName("KEY"),))


def keyed(streams: Mapping[str, Any]) -> dict[StreamKey, Any]:
    """*streams* by what tells them apart: their name, and the namespace inside each."""
    return {StreamKey(each.get("namespace"), name, name): each for name, each in streams.items()}


@pytest.mark.parametrize(
    ("declared", "live", "behaviour", "settled"),
    [
        ({"a": {}}, {"a": {}}, "ignore", {"a": {}}),
        ({"a": {}}, {"a": {}, "b": {}}, "ignore", {"a": {}}),
        ({"a": {}}, {"a": {}, "b": {}}, "propagate_columns", {"a": {}}),
        ({"a": {}}, {"a": {}, "b": {"x": 1}}, "propagate_fully", {"a": {}, "b": {}}),
        ({"a": {}, "b": {}}, {"a": {}}, "propagate_fully", {"a": {}, "b": {}}),
        (
            {"a": {"selectedFields": ["x"]}},
            {"a": {"selectedFields": ["x", "y"]}},
            "propagate_columns",
            {"a": {"selectedFields": ["x", "y"]}},
        ),
        (
            {"a": {"selectedFields": ["x"]}},
            {"a": {"selectedFields": ["x", "y"]}},
            "propagate_fully",
            {"a": {"selectedFields": ["x", "y"]}},
        ),
        (
            {"a": {"selectedFields": ["x"]}},
            {"a": {"selectedFields": ["x", "y"]}},
            "ignore",
            {"a": {"selectedFields": ["x"]}},
        ),
        (
            {"a": {"selectedFields": ["x", "z"]}},
            {"a": {"selectedFields": ["x", "y"]}},
            "propagate_columns",
            {"a": {"selectedFields": ["x", "z"]}},
        ),
        ({"a": {"selectedFields": ["x"]}}, {"a": {}}, "propagate_columns", None),
        ({"a": {}}, {"a": {"selectedFields": ["x"]}}, "propagate_columns", None),
        ({"a": {"namespace": "n"}}, {"a": {}}, "ignore", None),
        ({"a": {"namespace": "n"}}, {"a": {"namespace": "m"}}, "ignore", None),
        ({"a": {"namespace": "n"}}, {}, "ignore", None),
    ],
)
def test_what_airbyte_adds_by_itself_counts_as_declared(
    declared: Any, live: Any, behaviour: str, settled: Any
) -> None:
    """None is what was declared."""
    wanted = keyed(declared if settled is None else settled)
    assert against(keyed(declared), keyed(live), behaviour) == wanted


def test_streams_that_are_taken_as_declared_are_not_made_anew() -> None:
    declared = keyed({"a": {"selectedFields": ["x"]}})
    assert against(declared, keyed({"a": {"selectedFields": ["x"]}}), "propagate_fully") is declared


@pytest.mark.parametrize(
    ("behaviour", "told"),
    [
        ("ignore", []),
        ("propagate_columns", ["columns added by Airbyte"]),
        (
            "propagate_fully",
            [
                "columns added by Airbyte",
                "streams added by Airbyte",
                "streams dropped by Airbyte",
            ],
        ),
    ],
)
def test_what_airbyte_changes_by_itself_is_told(behaviour: str, told: list[str]) -> None:
    declared = keyed({"a": {"selectedFields": ["x"]}, "gone": {}})
    live = keyed({"a": {"selectedFields": ["x", "y"]}, "new": {}})
    assert [notice.rule.title for notice in notes(declared, live, behaviour)] == told
    assert list(notes(declared, {**declared}, behaviour)) == []


def _fields(*names: str) -> list[dict[str, Any]]:
    return [{"fieldPath": [name]} for name in names]


@pytest.mark.parametrize(
    ("live", "found", "options"),
    [
        ({"cursorField": ["t"], "mappers": [], "x": None}, {}, {"cursorField": ["t"]}),
        ({"cursorField": ["t"]}, {"sourceDefinedCursorField": True}, {}),
        ({"cursorField": ["t"]}, {"sourceDefinedCursorField": False}, {"cursorField": ["t"]}),
        ({"primaryKey": [["id"]]}, {"sourceDefinedPrimaryKey": [["id"]]}, {}),
        ({"primaryKey": [["id"]]}, {"sourceDefinedPrimaryKey": []}, {"primaryKey": [["id"]]}),
        (
            {"selectedFields": _fields("a", "gone")},
            {"propertyFields": [["a"], ["b", "c"]]},
            {"selectedFields": _fields("a")},
        ),
        (
            {"selectedFields": _fields("gone")},
            {"propertyFields": [["a"]]},
            {"selectedFields": _fields("gone")},
        ),
        ({}, {"propertyFields": [["a"]]}, {}),
    ],
)
def test_options_of_a_live_stream_are_sent_again_as_far_as_the_source_lets_them(
    live: Any, found: Any, options: Any
) -> None:
    told = kept({"name": "s", **live}, [{"streamName": "s", **found}])
    assert told == {"name": "s", **options}


def test_of_two_streams_of_a_name_the_one_of_the_namespace_decides() -> None:
    discovered: list[Mapping[str, Any]] = [
        {"streamName": "s", "streamnamespace": "a", "sourceDefinedCursorField": True},
        {"streamName": "s", "streamnamespace": "b"},
    ]
    live = {"name": "s", "cursorField": ["t"]}
    for namespace, is_kept in (("a", False), ("b", True), ("c", True)):
        told = kept({**live, "namespace": namespace}, discovered)
        assert ("cursorField" in told) is is_kept
    assert "cursorField" not in kept({**live, "namespace": "x"}, discovered[:1])


def stream(mode: str | None = APPEND, **options: Any) -> dict[str, Any]:
    return {"name": "s", **({"syncMode": mode} if mode else {}), **options}


HASHED: Mapping[str, Any] = {"mappers": [{"type": "hashing", "mapperConfiguration": {}}]}


@pytest.mark.parametrize(
    ("sent", "live", "tried"),
    [
        # Nothing to lose, or nothing that may be refused.
        ([stream()], [stream()], []),
        ([stream(DEDUPED, **HASHED)], [stream()], []),
        ([stream(OVERWRITE)], [stream()], []),
        ([stream(OVERWRITE, **HASHED)], [stream(None)], []),
        ([stream(OVERWRITE, **HASHED)], [], []),
        ([stream(OVERWRITE, **HASHED)], [{**stream(), "namespace": "other"}], []),
        # The old mode with the new mappers, cursor and key as they were.
        ([stream(OVERWRITE, **HASHED)], [stream()], [stream(**HASHED)]),
        (
            [stream(OVERWRITE, **HASHED)],
            [stream(cursorField=["t"])],
            [stream(cursorField=["t"], **HASHED)],
        ),
        ([stream(APPEND, **HASHED)], [stream(OVERWRITE)], [stream(OVERWRITE, **HASHED)]),
        (
            [stream(OVERWRITE, selectedFields=_fields("a"))],
            [stream(cursorField=["t"])],
            [stream(cursorField=["t"], selectedFields=_fields("t", "a"))],
        ),
        (
            [stream(OVERWRITE, destinationObjectName="x")],
            [stream()],
            [stream(destinationObjectName="x")],
        ),
        (
            [stream(OVERWRITE), {**stream(), "name": "t", **HASHED}],
            [stream()],
            [stream(), {**stream(), "name": "t", **HASHED}],
        ),
    ],
)
def test_what_may_be_refused_is_tried_in_the_old_mode_first(
    sent: Sequence[Any], live: Sequence[Any], tried: Sequence[Any]
) -> None:
    assert tried_first(sent, live, ()) == tried


def _sent(wanted: Mapping[str, Any], live: Sequence[Any], rotated: Sequence[Any] = ()) -> list[Any]:
    paths = [(StreamKey(None, name, name), *rest) for name, *rest in rotated]
    return to_api(
        keyed(wanted),
        live=live,
        discovered=(),
        resolve=lambda secret: f"<{secret}>",
        rotated=paths,
    )


def _mapper(**configuration: Any) -> dict[str, Any]:
    return {"type": "encryption", "mapperConfiguration": configuration}


def test_a_mapper_keeps_its_id_as_long_as_it_is_the_same() -> None:
    there = {**_mapper(field="a", key="**********"), "id": "m"}
    live = [{"name": "s", "mappers": [there]}]
    same = _mapper(field="a", key=SECRET)
    assert _sent({"s": {"mappers": [same]}}, live)[0]["mappers"] == [there]
    for other in (
        _mapper(field="b", key=SECRET),
        _mapper(field="a"),
        _mapper(field="a", key=SECRET, more=1),
        {**same, "type": "hashing"},
    ):
        (told,) = _sent({"s": {"mappers": [other]}}, live)[0]["mappers"]
        assert "id" not in told
        assert told["type"] == other["type"]
    first, second = _sent({"s": {"mappers": [same, same]}}, live)[0]["mappers"]
    assert (first, "id" in second) == (there, False)


def test_a_rotated_secret_is_sent_in_its_own_stream_alone() -> None:
    there = {**_mapper(field="a", key="**********"), "id": "m"}
    live = [{"name": name, "mappers": [there]} for name in ("s", "t")]
    declared = {name: {"mappers": [_mapper(field="a", key=SECRET)]} for name in ("s", "t")}
    s, t = _sent(declared, live, [("s", "mappers", 0)])
    assert s["mappers"] == [_mapper(field="a", key=f"<{SECRET}>")]
    assert t["mappers"] == [there]


def test_a_stream_is_sent_by_its_own_name_whatever_its_key() -> None:
    live = [{"name": "s", "namespace": namespace} for namespace in ("a", "b")]
    keys = [StreamKey(namespace, "s", "shown somehow") for namespace in ("a", "b")]
    wanted: dict[StreamKey, Any] = {keys[0]: {}, keys[1]: {"includeFiles": True}}
    sent = to_api(wanted, live=live, discovered=(), resolve=str)
    assert sent == [live[0], {**live[1], "includeFiles": True}]


def test_what_a_manifest_leaves_out_stays_and_what_it_unsets_goes() -> None:
    live = [{"name": "s", "syncMode": APPEND, "cursorField": ["t"], "destinationObjectName": "x"}]
    (told,) = _sent({"s": {"destinationObjectName": None, "selectedFields": ["a"]}}, live)
    assert told == {
        "name": "s",
        "syncMode": APPEND,
        "cursorField": ["t"],
        "selectedFields": _fields("a"),
    }


DISCOVERED = {
    "streamName": "s",
    "streamnamespace": "n",
    "sourceDefinedCursorField": True,
    "defaultCursorField": ["t"],
    "sourceDefinedPrimaryKey": [["id"]],
    "propertyFields": [["id"], ["t"]],
}
TWIN = {"streamName": "s", "streamnamespace": "m", "propertyFields": [["id"]]}
NOWHERE = {"streamName": "s", "propertyFields": [["id"]]}


@pytest.mark.parametrize(
    ("declared", "discovered", "is_fit"),
    [
        ({}, [DISCOVERED], True),
        ({"name": "x"}, [DISCOVERED], False),
        ({"namespace": "n"}, [DISCOVERED], True),
        ({"namespace": "m"}, [DISCOVERED], False),
        ({"namespace": "m"}, [NOWHERE], False),
        ({}, [DISCOVERED, TWIN], False),
        ({"namespace": "m", "selectedFields": ["t"]}, [DISCOVERED, TWIN], False),
        ({"namespace": "n", "selectedFields": ["t"]}, [TWIN, DISCOVERED], True),
        ({"cursorField": ["t"], "syncMode": APPEND}, [DISCOVERED], True),
        ({"cursorField": ["id"], "syncMode": APPEND}, [DISCOVERED], False),
        ({"cursorField": ["id"], "syncMode": OVERWRITE}, [DISCOVERED], True),
        ({"primaryKey": [["id"]], "syncMode": DEDUPED}, [DISCOVERED], True),
        ({"primaryKey": [["t"]], "syncMode": DEDUPED}, [DISCOVERED], False),
        ({"primaryKey": [["t"]], "syncMode": DEDUPED}, [NOWHERE], True),
        ({"selectedFields": ["id", "x"]}, [DISCOVERED], False),
        ({"selectedFields": ["x"]}, [{"streamName": "s"}], True),
    ],
)
def test_what_the_source_has_otherwise_is_refused(
    declared: Any, discovered: Any, is_fit: bool
) -> None:
    try:
        require_fit(keyed({"s": {"name": "s", **declared}}), discovered)
    except StreamsUnfit:
        assert not is_fit
    else:
        assert is_fit


@pytest.mark.parametrize(
    ("mode", "kept"),
    [
        (OVERWRITE, []),
        ("full_refresh_append", []),
        ("full_refresh_overwrite_deduped", ["primaryKey"]),
        (APPEND, ["cursorField", "primaryKey"]),
        (DEDUPED, ["cursorField", "primaryKey"]),
    ],
)
def test_what_a_mode_discards_is_told_and_not_compared(mode: str, kept: list[str]) -> None:
    written = {"name": "s", "syncMode": mode, "cursorField": "t", "primaryKey": ["id", ["a", "b"]]}
    declared, mistakes = declare([written])
    options = {"cursorField": ["t"], "primaryKey": [["id"], ["a", "b"]]}
    stream = {"name": "s", "syncMode": mode, **{o: options[o] for o in kept}}
    assert declared == keyed({"s": stream})
    assert sorted(str(m.where.path[1]) for m in mistakes if isinstance(m.where, At)) == sorted(
        set(options) - set(kept)
    )


@pytest.mark.parametrize(
    ("namespaces", "repeated"),
    [(("a", "b"), []), (("a", "a"), [1]), ((None, "a"), []), ((None, None), [1])],
)
def test_a_stream_is_its_namespace_and_its_name(
    namespaces: Sequence[str | None], repeated: list[int]
) -> None:
    written = [{"name": "s", **({"namespace": each} if each else {})} for each in namespaces]
    declared, mistakes = declare(written)
    assert [mistake.where.path for mistake in mistakes if isinstance(mistake.where, At)] == [
        (index, "name") for index in repeated
    ]
    assert len(declared) == 2 - len(repeated)
