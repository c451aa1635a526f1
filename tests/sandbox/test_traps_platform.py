"""What the platform does by itself: follows changed schemas, switches failing connections off."""

from __future__ import annotations

from typing import Any

import pytest

from tests.sandbox.plain import Plain

NEW = {
    "name": "refunds_v2",
    "jsonSchema": {"properties": {"id": {}, "at": {}}},
    "supportedSyncModes": ["full_refresh", "incremental"],
    "sourceDefinedCursor": True,
    "defaultCursorField": ["at"],
    "sourceDefinedPrimaryKey": [["id"]],
}
PICKED = {"name": "customers", "selectedFields": [{"fieldPath": ["id"]}]}


def connection(plain: Plain, behaviour: str, *streams: dict[str, Any]) -> dict[str, Any]:
    return plain.connection(
        configurations={"streams": list(streams) or [PICKED]},
        nonBreakingSchemaUpdatesBehavior=behaviour,
    )


def changed(plain: Plain, made: dict[str, Any], **change: Any) -> None:
    plain.control(f"/sources/{made['sourceId']}/schema", change)


def synced(plain: Plain, made: dict[str, Any]) -> dict[str, Any]:
    """The connection after one more sync."""
    body = {"connectionId": made["connectionId"], "jobType": "sync"}
    plain.ok("POST", "/jobs", body)
    plain.control("/clock", {"seconds": 60})
    return dict(plain.get(f"/connections/{made['connectionId']}"))


def selected(read: dict[str, Any]) -> list[str]:
    return [one["fieldPath"][0] for one in read["configurations"]["streams"][0]["selectedFields"]]


@pytest.mark.parametrize("behaviour", ["propagate_columns", "propagate_fully"])
def test_a_new_column_joins_the_selected_fields_at_the_next_sync(
    plain: Plain, behaviour: str
) -> None:
    made = connection(plain, behaviour)
    changed(plain, made, columns={"customers": ["vip"]})
    assert plain.get(f"/connections/{made['connectionId']}") == made
    assert selected(synced(plain, made)) == ["id", "vip"]


def test_a_new_column_leaves_a_stream_that_selects_nothing_and_one_that_ignores(
    plain: Plain,
) -> None:
    everything = connection(plain, "propagate_columns", {"name": "customers"})
    ignoring = connection(plain, "ignore")
    for made in (everything, ignoring):
        changed(plain, made, columns={"customers": ["vip"]})
    assert synced(plain, everything)["configurations"] == everything["configurations"]
    assert synced(plain, ignoring) == ignoring


def test_propagating_fully_adds_and_drops_streams(plain: Plain) -> None:
    made = connection(plain, "propagate_fully", {"name": "customers"}, {"name": "invoices"})
    plain_new = {"name": "notes", "jsonSchema": {"properties": {"id": {}}}}
    changed(plain, made, streams=[NEW, plain_new], gone=["invoices"])
    read = synced(plain, made)["configurations"]["streams"]
    assert [(one["name"], one["syncMode"]) for one in read] == [
        ("customers", "full_refresh_overwrite"),
        ("refunds_v2", "incremental_deduped_history"),
        ("notes", "full_refresh_overwrite"),
    ]
    names = {one["streamName"] for one in plain.get(f"/streams?sourceId={made['sourceId']}")}
    assert "refunds_v2" in names


def test_propagating_columns_adds_no_stream(plain: Plain) -> None:
    made = connection(plain, "propagate_columns")
    changed(plain, made, streams=[NEW])
    assert synced(plain, made) == made


def test_any_change_switches_a_connection_off_that_asks_for_it(plain: Plain) -> None:
    made = connection(plain, "disable_connection")
    changed(plain, made, columns={"customers": ["vip"]})
    assert synced(plain, made)["status"] == "inactive"
    assert plain.get("/jobs")["data"][0]["status"] == "cancelled"


@pytest.mark.parametrize("behaviour", ["ignore", "propagate_columns", "propagate_fully"])
def test_a_lost_key_switches_a_connection_off_whatever_it_asks_for(
    plain: Plain, behaviour: str
) -> None:
    deduped = {"name": "customers", "syncMode": "incremental_deduped_history"}
    made = connection(plain, behaviour, deduped)
    changed(plain, made, goneColumns={"customers": ["id"]})
    assert synced(plain, made)["status"] == "inactive"


@pytest.mark.parametrize(
    ("mode", "lost", "status"),
    [
        ("incremental_append", "updated", "inactive"),
        ("incremental_append", "id", "active"),
        ("full_refresh_overwrite", "updated", "active"),
        ("full_refresh_append", "id", "active"),
        ("incremental_deduped_history", "name", "active"),
    ],
)
def test_only_what_its_mode_works_by_breaks_a_connection_when_it_is_gone(
    plain: Plain, mode: str, lost: str, status: str
) -> None:
    made = connection(plain, "ignore", {"name": "customers", "syncMode": mode})
    changed(plain, made, goneColumns={"customers": [lost]})
    assert synced(plain, made)["status"] == status


def test_a_stream_that_is_gone_breaks_nothing(plain: Plain) -> None:
    deduped = {"name": "customers", "syncMode": "incremental_deduped_history"}
    made = connection(plain, "propagate_columns", deduped, {"name": "invoices"})
    changed(plain, made, gone=["customers"])
    assert synced(plain, made) == made


@pytest.mark.parametrize("behaviour", ["propagate_fully", "disable_connection"])
def test_a_discovery_alone_changes_no_connection(plain: Plain, behaviour: str) -> None:
    made = connection(plain, behaviour)
    changed(plain, made, columns={"customers": ["vip"]}, streams=[NEW])
    found = plain.get(f"/streams?sourceId={made['sourceId']}&ignoreCache=true")
    assert "refunds_v2" in {one["streamName"] for one in found}
    assert plain.get(f"/connections/{made['connectionId']}") == made


def test_a_stream_list_written_after_the_change_leaves_nothing_to_follow(plain: Plain) -> None:
    made = connection(plain, "propagate_columns")
    changed(plain, made, columns={"customers": ["vip"]})
    body = {"configurations": {"streams": [PICKED]}}
    plain.ok("PATCH", f"/connections/{made['connectionId']}", body)
    assert selected(synced(plain, made)) == ["id"]


def test_a_connection_is_switched_off_by_failures_in_a_row_and_not_by_others(plain: Plain) -> None:
    plain.control("/behaviour", {"failures_until_inactive": 3})
    made = connection(plain, "ignore")
    failing = {"connectionId": made["connectionId"], "count": 2}
    plain.control("/fail-sync", failing)
    statuses = [synced(plain, made)["status"] for _ in range(3)]
    plain.control("/fail-sync", {**failing, "count": 3})
    statuses += [synced(plain, made)["status"] for _ in range(3)]
    assert statuses == ["active"] * 5 + ["inactive"]
    body = {"connectionId": made["connectionId"], "jobType": "sync"}
    assert plain.refused("POST", "/jobs", body)[0] == 409
    listed = plain.get("/connections")["data"]
    assert [row["status"] for row in listed] == ["inactive"]
