"""What a write leaves alone and what it takes along without saying: names, ends, state, secrets."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from tests.sandbox.own import OPEN, own_connectors, own_ends, spec
from tests.sandbox.plain import MASK, POSTGRES, STRIPE, UNKNOWN, Plain
from tests.sandbox.test_traps_connections import AES, HASH
from tests.sandbox.test_traps_definitions import CRM

INCREMENTAL = {"name": "customers", "syncMode": "incremental_append"}
NO_QUARTZ = {"scheduleType": "cron", "cronExpression": "0 0 12 * * *"}
SECRET = {"type": "string", "airbyte_secret": True}


def secrets_of(database: Path) -> dict[str, str]:
    """Every raw secret that a sandbox keeps, by its coordinate."""
    with closing(sqlite3.connect(database)) as connection:
        return dict(connection.execute("SELECT coordinate, value FROM secret").fetchall())


def synced(plain: Plain, **fields: Any) -> str:
    """The id of a new connection whose first sync has ended."""
    id_ = str(plain.connection(configurations={"streams": [INCREMENTAL]}, **fields)["connectionId"])
    plain.ok("POST", "/jobs", {"connectionId": id_, "jobType": "sync"})
    plain.control("/clock", {"seconds": 60})
    return id_


def with_state(plain: Plain, connection_id: str) -> list[str]:
    rows = plain.control(f"/states/{connection_id}", method="GET")["data"]
    return [row["stream"] for row in rows]


@pytest.mark.parametrize(("method", "kept"), [("PATCH", MASK), ("PUT", "sk_1")])
def test_the_store_holds_asterisks_after_a_patch_and_the_old_secret_after_a_put_of_the_mask(
    plain: Plain, tmp_path: Path, method: str, kept: str
) -> None:
    path = f"/sources/{plain.source(plain.workspace())['sourceId']}"
    plain.ok(method, path, {"name": "S", "configuration": {**STRIPE, "client_secret": MASK}})
    assert list(secrets_of(tmp_path / "sandbox.db").values()) == [kept]


def test_a_new_version_of_a_secret_takes_the_place_of_the_old_one(
    plain: Plain, tmp_path: Path
) -> None:
    path = f"/sources/{plain.source(plain.workspace())['sourceId']}"
    (before,) = secrets_of(tmp_path / "sandbox.db")
    plain.ok("PATCH", path, {"configuration": {"client_secret": "sk_2"}})
    (after,) = secrets_of(tmp_path / "sandbox.db").items()
    assert after == (before.replace("_v1", "_v2"), "sk_2")


def test_the_secrets_of_a_deleted_source_stay_in_the_store(plain: Plain, tmp_path: Path) -> None:
    source = plain.source(plain.workspace())["sourceId"]
    plain.ok("DELETE", f"/sources/{source}")
    assert list(secrets_of(tmp_path / "sandbox.db").values()) == ["sk_1"]


def test_a_put_drops_a_secret_too_that_it_does_not_send(tmp_path: Path) -> None:
    schema = {"type": "object", "properties": {"token": SECRET, "name": {}}}
    with own_connectors(tmp_path, source=spec(schema)) as plain:
        configuration = {"sourceType": "shop", "token": "t"}
        made = plain.source(plain.workspace(), configuration=configuration)
        body = {"name": "S", "configuration": {"name": "n"}}
        read = plain.ok("PUT", f"/sources/{made['sourceId']}", body)
        assert read["configuration"] == {"name": "n"}


@pytest.mark.parametrize("method", ["PATCH", "PUT"])
def test_every_write_that_sends_no_resources_takes_them_away(plain: Plain, method: str) -> None:
    resources = {"default": {"memory_limit": "1Gi"}}
    made = plain.source(plain.workspace(), resourceAllocation=resources)
    path = f"/sources/{made['sourceId']}"
    body = {"name": "S", "configuration": STRIPE}
    kept = plain.ok(method, path, {**body, "resourceAllocation": resources})
    assert kept["resourceAllocation"] == made["resourceAllocation"]
    assert "resourceAllocation" not in plain.ok(method, path, body)


def test_definition_and_workspace_of_a_source_cannot_be_changed(plain: Plain) -> None:
    workspace = plain.workspace()
    other = plain.ok("POST", f"/workspaces/{workspace}/definitions/sources", CRM)["id"]
    made = plain.source(workspace)
    moved = {"definitionId": other, "workspaceId": plain.workspace("Other")}
    path = f"/sources/{made['sourceId']}"
    assert plain.ok("PATCH", path, moved) == made
    body = {"name": made["name"], "configuration": STRIPE}
    assert plain.ok("PUT", path, {**body, **moved}) == made


def test_everything_but_a_declarative_definition_is_renamed_in_place(plain: Plain) -> None:
    workspace = plain.workspace()
    made = plain.connection(workspace)
    tag = plain.ok("POST", "/tags", {"name": "t", "color": "ffaa00", "workspaceId": workspace})
    docker = f"/workspaces/{workspace}/definitions/sources"
    definition = plain.ok("POST", docker, CRM)["id"]
    for method, path, body in (
        ("PATCH", f"/workspaces/{workspace}", {}),
        ("PATCH", f"/sources/{made['sourceId']}", {}),
        ("PATCH", f"/destinations/{made['destinationId']}", {}),
        ("PATCH", f"/connections/{made['connectionId']}", {}),
        ("PATCH", f"/tags/{tag['tagId']}", {"color": "ffaa00"}),
        ("PUT", f"{docker}/{definition}", {"dockerImageTag": "1.0.0"}),
    ):
        plain.ok(method, path, {"name": "renamed", **body})
        assert plain.get(path)["name"] == "renamed"


def test_workspaces_may_share_a_name(plain: Plain) -> None:
    assert plain.workspace("Acme") != plain.workspace("Acme")


def test_a_workspace_takes_all_its_connections_and_twenty_of_each_end_along(plain: Plain) -> None:
    workspace = plain.workspace()
    sources = [plain.source(workspace)["sourceId"] for _ in range(2)]
    lakes = [plain.destination(workspace, name=f"L{n}")["destinationId"] for n in range(21)]
    made = [
        plain.ok("POST", "/connections", {"sourceId": sources[0], "destinationId": lake})
        for lake in lakes
    ]
    tag = plain.ok("POST", "/tags", {"name": "t", "color": "ffaa00", "workspaceId": workspace})
    plain.ok("DELETE", f"/workspaces/{workspace}")
    statuses = [plain.get(f"/connections/{c['connectionId']}")["status"] for c in made]
    assert statuses == ["deprecated"] * 21
    live = [id_ for id_ in lakes if plain.get(f"/destinations/{id_}")["configuration"] is not None]
    assert live == [lakes[20]]
    assert [plain.get(f"/sources/{id_}")["configuration"] for id_ in sources] == [None, None]
    assert plain.get(f"/tags/{tag['tagId']}") == tag
    assert plain.get("/tags")["data"] == []


@pytest.mark.parametrize(
    "fails",
    [
        {"schedule": NO_QUARTZ},
        {"mappers": [{"type": "field-filtering", "mapperConfiguration": {"targetField": "nix"}}]},
        {
            "mappers": [
                {
                    **AES,
                    "id": UNKNOWN,
                    "mapperConfiguration": {**AES["mapperConfiguration"], "key": MASK},
                }
            ]
        },
    ],
    ids=["schedule", "field", "key"],
)
def test_whatever_a_patch_fails_on_last_its_new_source_mode_has_wiped_the_state(
    plain: Plain, fails: dict[str, Any]
) -> None:
    id_ = synced(plain)
    before = plain.get(f"/connections/{id_}")
    stream = {"name": "customers", "mappers": fails.get("mappers", [])}
    body = {"configurations": {"streams": [stream]}, "schedule": fails.get("schedule")}
    assert plain.refused("PATCH", f"/connections/{id_}", body)[0] == 400
    assert with_state(plain, id_) == []
    assert plain.get(f"/connections/{id_}") == before


def test_a_patch_that_fails_before_its_streams_are_known_wipes_nothing(plain: Plain) -> None:
    id_ = synced(plain)
    body = {"configurations": {"streams": [{"name": "customers"}, {"name": "nix"}]}}
    assert plain.refused("PATCH", f"/connections/{id_}", body)[0] == 400
    assert with_state(plain, id_) == ["customers"]


@pytest.mark.parametrize(
    "change",
    [
        {"prefix": "new_"},
        {"namespaceDefinition": "custom_format", "namespaceFormat": "x"},
        {"configurations": {"streams": [{**INCREMENTAL, "mappers": [HASH]}]}},
        {"status": "inactive"},
    ],
)
def test_a_change_that_leaves_the_source_mode_keeps_the_state(
    plain: Plain, change: dict[str, Any]
) -> None:
    id_ = synced(plain)
    plain.ok("PATCH", f"/connections/{id_}", change)
    assert with_state(plain, id_) == ["customers"]


def test_a_stream_that_is_taken_out_and_put_in_again_goes_on_from_its_state(plain: Plain) -> None:
    id_ = synced(plain)
    for streams in ([{"name": "charges"}], [INCREMENTAL]):
        plain.ok("PATCH", f"/connections/{id_}", {"configurations": {"streams": streams}})
    assert with_state(plain, id_) == ["customers"]


def test_a_connection_without_streams_succeeds_for_ever(plain: Plain) -> None:
    id_ = plain.connection(configurations={"streams": []})["connectionId"]
    for number in range(2):
        plain.ok("POST", "/jobs", {"connectionId": id_, "jobType": "sync"})
        plain.control("/clock", {"seconds": 60})
        job = plain.get(f"/jobs?connectionId={id_}")["data"][number]
        assert (job["status"], job["rowsSynced"]) == ("succeeded", 0)


def test_a_write_of_a_source_checks_nothing_and_discovers_nothing(plain: Plain) -> None:
    workspace = plain.workspace()
    source = plain.source(workspace)["sourceId"]
    plain.control("/fail-discovery", {"sourceId": source, "message": "bad key"})
    plain.ok("PATCH", f"/sources/{source}", {"name": "renamed"})
    plain.ok("PUT", f"/sources/{source}", {"name": "again", "configuration": STRIPE})
    wrong = {**POSTGRES, "host": "no.such.host", "password": "wrong"}
    plain.destination(workspace, configuration=wrong)


def test_a_source_must_be_mended_before_the_streams_of_its_connection_can_be(plain: Plain) -> None:
    made = plain.connection()
    path = f"/connections/{made['connectionId']}"
    streams = {"configurations": {"streams": [{"name": "charges"}]}}
    plain.control("/fail-discovery", {"sourceId": made["sourceId"], "message": "bad key"})
    assert plain.refused("PATCH", path, streams)[0] == 500
    plain.control("/fail-discovery", {"sourceId": made["sourceId"]})
    assert plain.ok("PATCH", path, streams)["configurations"]["streams"][0]["name"] == "charges"


def test_the_last_write_wins_and_no_header_tells_of_another(plain: Plain) -> None:
    path = f"/sources/{plain.source(plain.workspace())['sourceId']}"
    for name in ("first", "second"):
        answer = plain.send("PATCH", path, {"name": name}, **{"If-Match": '"1"'})
        assert (answer.status_code, "ETag" in answer.headers) == (200, False)
    assert plain.get(path)["name"] == "second"


def test_a_stream_list_accepts_what_the_source_has_now(tmp_path: Path) -> None:
    with own_connectors(tmp_path, source=spec(OPEN)) as plain:
        ends = own_ends(plain)
        rows = {"name": "rows", "jsonSchema": {"properties": {"id": {}}}}
        plain.control(f"/schemas/{ends['sourceId']}", [rows])
        made = plain.ok("POST", "/connections", ends)
        change = {"columns": {"rows": ["vip"]}}
        plain.control(f"/sources/{ends['sourceId']}/schema", change)
        plain.get(f"/streams?sourceId={ends['sourceId']}&ignoreCache=true")
        picked = [{"name": "rows", "selectedFields": [{"fieldPath": ["vip"]}]}]
        body = {"configurations": {"streams": picked}}
        read = plain.ok("PATCH", f"/connections/{made['connectionId']}", body)
        assert read["configurations"]["streams"][0]["selectedFields"] == [{"fieldPath": ["vip"]}]
