"""What a write of streams sends: nothing that is refused needlessly, no mapper made anew."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import pytest

from reconciler.kinds.connection.stream_writes import kept, to_api, tried_first
from reconciler.kinds.connection.streams import declare
from reconciler.model import ALL, Secret, SecretName

DEDUPED, OVERWRITTEN = "incremental_deduped_history", "full_refresh_overwrite"
KEY = Secret((SecretName("KEY"),))
MASK = "*" * 10

Stream = dict[str, Any]


def mapper(type_: str = "encryption", **configuration: Any) -> dict[str, Any]:
    """A mapper as a manifest has it."""
    return {"type": type_, "mapperConfiguration": {"key": KEY, **configuration}}


def read(mapper: dict[str, Any], id_: str = "m1") -> dict[str, Any]:
    """It as the API shows it: with an id, its secret hidden."""
    return {**mapper, "mapperConfiguration": {**mapper["mapperConfiguration"], "key": MASK}} | {
        "id": id_
    }


def sent(
    *wanted: Stream,
    live: Collection[Stream] = (),
    discovered: Collection[Stream] = (),
    rotated: Collection[int] = (),
) -> list[Stream]:
    """What is sent for these streams; *rotated* are mappers of the first of them."""
    declared, _ = declare(list(wanted))
    first = next(iter(declared))
    return to_api(
        declared,
        live=list(live),
        discovered=list(discovered),
        resolve=lambda secret: "raw " + " ".join(name.name for name in secret.names),
        rotated=[(first, "mappers", index) for index in rotated],
    )


def mappers_sent(wanted: dict[str, Any], live: dict[str, Any], **more: Any) -> Any:
    users = {"name": "users", "mappers": [wanted]}
    (stream,) = sent(users, live=[{"name": "users", "mappers": [read(live)]}], **more)
    return stream["mappers"]


def made(type_: str = "encryption", **configuration: Any) -> dict[str, Any]:
    """It as it is sent to be made anew."""
    return {"type": type_, "mapperConfiguration": {"key": "raw KEY", **configuration}}


def test_an_equal_mapper_stays_with_its_id() -> None:
    assert mappers_sent(mapper(), mapper()) == [read(mapper())]


@pytest.mark.parametrize(
    ("wanted", "live", "expected"),
    [
        (mapper("hashing"), mapper("encryption"), made("hashing")),
        (mapper(), mapper(field="a"), made()),
        (mapper(field="a"), mapper(), made(field="a")),
        (mapper(field="a"), mapper(field="b"), made(field="a")),
    ],
)
def test_a_mapper_that_differs_anywhere_is_made_anew(wanted: Any, live: Any, expected: Any) -> None:
    assert mappers_sent(wanted, live) == [expected]


def test_a_rotated_secret_is_sent_and_the_same_mapper_of_another_stream_is_not() -> None:
    streams = [{"name": name, "mappers": [mapper()]} for name in ("users", "orders")]
    live = [{"name": name, "mappers": [read(mapper())]} for name in ("users", "orders")]
    first, second = sent(*streams, live=live, rotated=[0])
    assert first["mappers"] == [made()]
    assert second["mappers"] == [read(mapper())]


def test_an_option_of_null_is_not_sent() -> None:
    assert sent({"name": "users", "destinationObjectName": None}) == [{"name": "users"}]


def test_all_streams_are_named_with_their_namespaces() -> None:
    discovered = [{"streamName": "users", "streamnamespace": "a"}, {"streamName": "orders"}]
    streams = to_api(ALL, live=(), discovered=discovered, resolve=str)
    assert streams == [{"name": "users", "namespace": "a"}, {"name": "orders"}]


def test_a_live_mode_without_a_name_cannot_be_kept_so_nothing_is_tried_in_it() -> None:
    wanted = [{"name": "users", "syncMode": OVERWRITTEN, "mappers": [made()]}]
    assert tried_first(wanted, [{"name": "users"}], []) == []
    live = [{"name": "users", "syncMode": DEDUPED}]
    assert tried_first(wanted, live, []) == [{**wanted[0], "syncMode": DEDUPED}]


def test_a_cursor_and_a_key_that_the_source_defines_are_not_sent_back() -> None:
    live = {"name": "users", "cursorField": ["at"], "primaryKey": [["id"]]}
    found = {"streamName": "users"}
    assert kept(live, [found]) == live
    assert kept(live, [{**found, "sourceDefinedCursorField": True}]) == {
        "name": "users",
        "primaryKey": [["id"]],
    }
    assert kept(live, [{**found, "sourceDefinedPrimaryKey": [["id"]]}]) == {
        "name": "users",
        "cursorField": ["at"],
    }


def test_of_two_streams_of_one_name_the_namespace_tells_which_is_meant() -> None:
    live = {"name": "users", "namespace": "b", "cursorField": ["at"]}
    plain = {"streamName": "users", "streamnamespace": "a"}
    fixed = {"streamName": "users", "streamnamespace": "b", "sourceDefinedCursorField": True}
    assert "cursorField" not in kept(live, [plain, fixed])
    assert "cursorField" in kept({**live, "namespace": "a"}, [plain, fixed])
