"""What surprises about streams: files, what is taken by itself, odd modes, discovery, state."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest

from tests.sandbox.own import own_connectors, own_ends
from tests.sandbox.plain import Plain

FILES = {"supportsFileTransfer": True}
PROPERTIES: dict[str, Any] = {"id": {}, "name": {}, "at": {}}


def stream(name: str = "rows", **more: Any) -> dict[str, Any]:
    """A stream of a source, as `/_sandbox/schemas` takes it."""
    return {"name": name, "jsonSchema": {"properties": PROPERTIES}, **more}


INCREMENTAL = stream(supportedSyncModes=["full_refresh", "incremental"])


def with_schema(plain: Plain, *rows: dict[str, Any]) -> dict[str, str]:
    ends = own_ends(plain)
    plain.control(f"/schemas/{ends['sourceId']}", list(rows))
    return ends


def created(plain: Plain, ends: dict[str, str], *streams: dict[str, Any]) -> dict[str, Any]:
    body = {**ends, "configurations": {"streams": list(streams)}}
    return dict(plain.ok("POST", "/connections", body))


def refused(plain: Plain, ends: dict[str, str], *streams: dict[str, Any]) -> str:
    """The message of the 400 that a create with those streams is."""
    body = {**ends, "configurations": {"streams": list(streams)}}
    status, problem = plain.refused("POST", "/connections", body)
    assert status == 400
    return str((problem["data"] or {}).get("message", problem["type"]))


@pytest.mark.parametrize(
    ("takes_files", "is_file_based", "sent", "reads"),
    [
        (True, True, None, True),
        (True, False, None, False),
        (False, True, None, False),
        (True, True, False, False),
        (True, True, True, True),
        (False, True, True, "error:connection-validation/file-transfer/connection-unsupported"),
        (True, False, True, "error:connection-validation/file-transfer/stream-unsupported"),
    ],
)
def test_files_are_included_by_themselves_where_all_three_can_and_refused_where_one_cannot(
    tmp_path: Path, takes_files: bool, is_file_based: bool, sent: bool | None, reads: Any
) -> None:
    row = FILES if takes_files else {}
    with own_connectors(tmp_path, source=row, destination=row) as plain:
        ends = with_schema(plain, stream(isFileBased=is_file_based))
        wanted = {"name": "rows", **({} if sent is None else {"includeFiles": sent})}
        if isinstance(reads, str):
            body = {**ends, "configurations": {"streams": [wanted]}}
            status, problem = plain.refused("POST", "/connections", body)
            assert (status, problem["type"]) == (400, reads)
        else:
            (made,) = created(plain, ends, wanted)["configurations"]["streams"]
            assert made["includeFiles"] is reads


@pytest.mark.parametrize(
    ("suggested", "taken"), [([], []), (["b"], ["b"]), (["b", "nix"], ["b"]), (["a", "b"], None)]
)
def test_without_streams_a_create_takes_the_suggested_ones_or_none(
    tmp_path: Path, suggested: list[str], taken: list[str] | None
) -> None:
    with own_connectors(tmp_path, source={"suggestedStreams": {"streams": suggested}}) as plain:
        keyed = stream("a", sourceDefinedPrimaryKey=[["id"]])
        ends = with_schema(plain, keyed, {**INCREMENTAL, "name": "b"})
        made = plain.ok("POST", "/connections", ends)["configurations"]["streams"]
        assert [one["name"] for one in made] == (["a", "b"] if taken is None else taken)
        assert {one["syncMode"] for one in made} <= {"full_refresh_overwrite"}
        # A key is not copied on this path, be it the source's own.
        assert all(one["primaryKey"] == [] for one in made)


def test_an_empty_configurations_object_is_as_good_as_none(plain: Plain) -> None:
    assert plain.connection(configurations={})["configurations"] == {"streams": []}


def test_a_namespace_counts_only_where_a_name_is_not_unique(tmp_path: Path) -> None:
    with own_connectors(tmp_path) as plain:
        ends = with_schema(plain, stream(namespace="a"), stream(namespace="b"))
        (made,) = created(plain, ends, {"name": "rows", "namespace": "b"})["configurations"][
            "streams"
        ]
        assert made["namespace"] == "b"
        assert refused(plain, ends, {"name": "rows"}) == (
            "Multiple streams found with name [rows] and namespace []."
        )


@pytest.mark.parametrize(
    ("sent", "begins"),
    [
        ({"syncMode": "incremental_append"}, "No default cursor field for stream: rows."),
        (
            {"syncMode": "incremental_append", "cursorField": ["nix"]},
            "Invalid cursor field for stream: rows. The list of valid cursor fields include: ",
        ),
        (
            {"syncMode": "incremental_deduped_history", "cursorField": ["at"]},
            "No default primary key for stream: rows.",
        ),
        (
            {
                "syncMode": "incremental_deduped_history",
                "cursorField": ["at"],
                "primaryKey": [["nix"]],
            },
            "Invalid primary key for stream: rows.",
        ),
        (
            {
                "syncMode": "incremental_deduped_history",
                "cursorField": ["at"],
                "primaryKey": [["id", "id"]],
            },
            "Duplicate primary key detected for stream: rows,",
        ),
        (
            {
                "syncMode": "incremental_append",
                "cursorField": ["at"],
                "selectedFields": [{"fieldPath": ["id"]}],
            },
            "Cursor field is not selected properly for stream: rows.",
        ),
        # The first failure ends the request: fields come before the mode, the mode before the key.
        (
            {"syncMode": "full_refresh_update", "selectedFields": [{"fieldPath": ["nix"]}]},
            "Invalid fields selected for stream rows.",
        ),
        ({"syncMode": "full_refresh_update"}, "Cannot set sync mode to full_refresh_update "),
    ],
)
def test_a_stream_without_anything_defined_by_its_source_needs_it_said(
    tmp_path: Path, sent: dict[str, Any], begins: str
) -> None:
    with own_connectors(tmp_path) as plain:
        assert refused(plain, with_schema(plain, INCREMENTAL), {"name": "rows", **sent}).startswith(
            begins
        )


def test_an_empty_cursor_or_key_counts_as_not_given(tmp_path: Path) -> None:
    defined = {
        **INCREMENTAL,
        "sourceDefinedCursor": True,
        "defaultCursorField": ["at"],
        "sourceDefinedPrimaryKey": [["id"], ["name"]],
    }
    deduped = {"name": "rows", "syncMode": "incremental_deduped_history"}
    with own_connectors(tmp_path) as plain:
        ends = with_schema(plain, defined)
        made = created(plain, ends, {**deduped, "cursorField": [], "primaryKey": []})
        (read,) = made["configurations"]["streams"]
        assert (read["cursorField"], read["primaryKey"]) == (["at"], [["id"], ["name"]])
        turned = {**deduped, "primaryKey": [["name"], ["id"]]}
        assert "is already pre-defined" in refused(plain, ends, turned)


def test_overwrite_is_never_refused_and_soft_delete_checks_no_cursor(tmp_path: Path) -> None:
    modes = {"supportedDestinationSyncModes": ["overwrite", "soft_delete"]}
    row = {"spec": {"connectionSpecification": {"type": "object", "properties": {}}, **modes}}
    with own_connectors(tmp_path, destination=row) as plain:
        ends = with_schema(
            plain, stream("a", supportedSyncModes=["incremental"]), {**INCREMENTAL, "name": "b"}
        )
        made = created(
            plain, ends, {"name": "a"}, {"name": "b", "syncMode": "incremental_soft_delete"}
        )
        assert [one["syncMode"] for one in made["configurations"]["streams"]] == [
            "full_refresh_overwrite",
            "incremental_soft_delete",
        ]


def test_a_pair_of_modes_without_a_name_reads_as_no_mode(plain: Plain) -> None:
    made = plain.connection()
    path = f"/connections/{made['connectionId']}"
    plain.control(path, {"streams": [{"name": "customers", "sourceMode": "incremental"}]})
    assert "syncMode" not in plain.get(path)["configurations"]["streams"][0]


def test_a_patch_with_streams_resets_every_option_that_it_leaves_out(plain: Plain) -> None:
    chosen = {
        "name": "customers",
        "syncMode": "incremental_append",
        "selectedFields": [{"fieldPath": ["id"]}, {"fieldPath": ["updated"]}],
        "destinationObjectName": "people",
    }
    body = {"configurations": {"streams": [{"name": "customers"}]}}
    made = plain.connection(configurations={"streams": [chosen]})
    (read,) = plain.ok("PATCH", f"/connections/{made['connectionId']}", body)["configurations"][
        "streams"
    ]
    assert (read["syncMode"], read["selectedFields"]) == ("full_refresh_overwrite", [])
    assert "destinationObjectName" not in read


def test_streams_read_in_the_order_of_the_last_write(plain: Plain) -> None:
    names = ["invoices", "customers", "charges"]
    made = plain.connection(configurations={"streams": [{"name": name} for name in names]})
    assert [one["name"] for one in made["configurations"]["streams"]] == names


def test_an_append_that_becomes_deduped_and_a_stream_taken_out_keep_their_state(
    plain: Plain,
) -> None:
    streams = [
        {"name": name, "syncMode": "incremental_append"} for name in ("customers", "charges")
    ]
    id_ = plain.connection(configurations={"streams": streams})["connectionId"]
    plain.ok("POST", "/jobs", {"connectionId": id_, "jobType": "sync"})
    plain.control("/clock", {"seconds": 60})
    deduped = {"name": "customers", "syncMode": "incremental_deduped_history"}
    plain.ok("PATCH", f"/connections/{id_}", {"configurations": {"streams": [deduped]}})
    states = plain.control(f"/states/{id_}", method="GET")["data"]
    assert {state["stream"] for state in states} == {"customers", "charges"}


def test_only_ignoring_the_cache_discovers_again(plain: Plain) -> None:
    ends = plain.ends(plain.workspace())
    path = f"/streams?sourceId={ends['sourceId']}"
    before = plain.get(path)
    plain.control(f"/schemas/{ends['sourceId']}", [stream()])
    assert plain.get(path) == before
    assert [one["streamName"] for one in plain.get(f"{path}&ignoreCache=true")] == ["rows"]
    assert [one["streamName"] for one in plain.get(path)] == ["rows"]


def test_a_cold_discovery_keeps_its_request_waiting_and_a_warm_one_does_not(plain: Plain) -> None:
    ends = plain.ends(plain.workspace())
    plain.control("/behaviour", {"discovery_s": 0.2})

    def took_s(path: str) -> float:
        start = time.perf_counter()
        plain.get(path)
        return time.perf_counter() - start

    path = f"/streams?sourceId={ends['sourceId']}"
    cold, warm, again = (took_s(p) for p in (path, path, f"{path}&ignoreCache=true"))
    assert min(cold, again) >= 0.2 > warm


def test_a_failing_source_is_seen_by_stream_patches_and_not_by_other_ones(plain: Plain) -> None:
    made = plain.connection()
    path = f"/connections/{made['connectionId']}"
    plain.control("/fail-discovery", {"sourceId": made["sourceId"], "message": "bad key"})
    plain.ok("PATCH", path, {"name": "renamed", "prefix": "x_"})
    streams = {"configurations": {"streams": [{"name": "customers"}]}}
    status, problem = plain.refused("PATCH", path, streams)
    assert (status, problem["title"]) == (500, "unexpected-problem")
    assert plain.refused("GET", f"/streams?sourceId={made['sourceId']}")[0] == 500


def test_streams_name_combined_modes_for_a_destination_only_and_nested_fields(
    tmp_path: Path,
) -> None:
    nested = {**INCREMENTAL, "jsonSchema": {"properties": {"a": {"properties": {"b": {}}}}}}
    modes = {"supportedDestinationSyncModes": ["overwrite", "overwrite_dedup", "append"]}
    row = {"spec": {"connectionSpecification": {"type": "object", "properties": {}}, **modes}}
    with own_connectors(tmp_path, destination=row) as plain:
        ends = with_schema(plain, {**nested, "namespace": "public"})
        path = f"/streams?sourceId={ends['sourceId']}"
        (alone,) = plain.get(path)
        assert "syncModes" not in alone
        assert (alone["streamnamespace"], alone["propertyFields"]) == (
            "public",
            [["a"], ["a", "b"]],
        )
        (paired,) = plain.get(f"{path}&destinationId={ends['destinationId']}")
        assert set(paired["syncModes"]) == {
            "full_refresh_overwrite",
            "full_refresh_append",
            "incremental_append",
        }
