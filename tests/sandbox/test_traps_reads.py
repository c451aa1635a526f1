"""What reads show that nobody sent: filled-in fields, empty lists, links, defaults of lists."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import requests

from tests.sandbox.own import own_connectors
from tests.sandbox.plain import STRIPE, UNKNOWN, Plain
from tests.sandbox.test_traps_streams import INCREMENTAL, created, stream, with_schema

DEFINED = {
    **INCREMENTAL,
    "sourceDefinedCursor": True,
    "defaultCursorField": ["at"],
    "sourceDefinedPrimaryKey": [["id"]],
}
ANY_MODE = {
    "spec": {
        "connectionSpecification": {"type": "object", "properties": {}},
        "supportedDestinationSyncModes": [
            *("overwrite", "append", "append_dedup", "overwrite_dedup", "update", "soft_delete")
        ],
    }
}


def one(made: dict[str, Any]) -> dict[str, Any]:
    (read,) = made["configurations"]["streams"]
    return dict(read)


def test_empty_lists_of_a_stream_are_as_good_as_absent_ones(tmp_path: Path) -> None:
    empty: dict[str, Any] = {"cursorField": [], "primaryKey": [], "mappers": []}
    with own_connectors(tmp_path) as plain:
        ends = with_schema(plain, stream())
        absent, sent = (one(created(plain, ends, {"name": "rows", **more})) for more in ({}, empty))
        assert absent == sent
        assert {name: absent[name] for name in empty} == empty
        assert absent["selectedFields"] == []
        assert absent["includeFiles"] is False
        assert not {"namespace", "destinationObjectName"} & set(absent)


@pytest.mark.parametrize(
    ("mode", "cursor", "key"),
    [
        ("full_refresh_overwrite", [], []),
        ("full_refresh_append", [], []),
        ("full_refresh_overwrite_deduped", [], [["name"]]),
        ("full_refresh_update", [], [["name"]]),
        ("full_refresh_soft_delete", [], [["name"]]),
        ("incremental_append", ["at"], [["name"]]),
        ("incremental_deduped_history", ["at"], [["name"]]),
        ("incremental_update", ["at"], [["name"]]),
        ("incremental_soft_delete", ["at"], [["name"]]),
    ],
)
def test_what_a_mode_keeps_of_a_cursor_and_a_key_that_no_source_defines(
    tmp_path: Path, mode: str, cursor: list[str], key: list[list[str]]
) -> None:
    with own_connectors(tmp_path, destination=ANY_MODE) as plain:
        sent = {"name": "rows", "syncMode": mode, "cursorField": ["at"], "primaryKey": [["name"]]}
        read = one(created(plain, with_schema(plain, INCREMENTAL), sent))
        assert (read["syncMode"], read["cursorField"], read["primaryKey"]) == (mode, cursor, key)


@pytest.mark.parametrize(
    "mode", ["full_refresh_append", "full_refresh_soft_delete", "incremental_soft_delete"]
)
def test_what_the_source_defines_wins_over_what_is_sent(tmp_path: Path, mode: str) -> None:
    with own_connectors(tmp_path, destination=ANY_MODE) as plain:
        sent = {"name": "rows", "syncMode": mode, "cursorField": ["x"], "primaryKey": [["x"]]}
        read = one(created(plain, with_schema(plain, DEFINED), sent))
        assert (read["cursorField"], read["primaryKey"]) == (["at"], [["id"]])


def test_a_cursor_that_is_the_sources_own_may_be_sent_along(tmp_path: Path) -> None:
    sent = {"name": "rows", "syncMode": "incremental_deduped_history", "cursorField": ["at"]}
    with own_connectors(tmp_path) as plain:
        ends = with_schema(plain, DEFINED)
        read = one(created(plain, ends, {**sent, "primaryKey": [["id"]]}))
        assert (read["cursorField"], read["primaryKey"]) == (["at"], [["id"]])


def test_a_namespace_is_filled_in_from_the_catalogue_over_an_absent_and_a_wrong_one(
    tmp_path: Path,
) -> None:
    with own_connectors(tmp_path) as plain:
        ends = with_schema(plain, stream(namespace="public"))
        for sent in ({}, {"namespace": "wrong"}, {"namespace": "public"}):
            assert one(created(plain, ends, {"name": "rows", **sent}))["namespace"] == "public"


def test_no_mode_is_a_full_refresh_that_overwrites(plain: Plain) -> None:
    assert plain.stream()["syncMode"] == "full_refresh_overwrite"
    assert plain.stream(syncMode="INCREMENTAL_APPEND")["syncMode"] == "incremental_append"


@pytest.mark.parametrize("collection", ["workspaces", "sources", "destinations", "connections"])
def test_a_page_has_twenty_rows_unless_it_is_told(plain: Plain, collection: str) -> None:
    workspace = plain.workspace()
    ends = plain.ends(workspace)
    for number in range(21):
        match collection:
            case "workspaces":
                plain.workspace(f"W{number}")
            case "sources":
                plain.source(workspace)
            case "destinations":
                plain.destination(workspace)
            case _:
                plain.ok("POST", "/connections", ends)
    assert len(plain.get(f"/{collection}")["data"]) == 20
    assert len(plain.get(f"/{collection}?limit=100")["data"]) >= 21
    path = f"/{collection}?limit=20&offset=20&workspaceIds={workspace}"
    page = plain.get(path)
    ids = f"includeDeleted=false&workspaceIds={workspace}"
    host = f"http://localhost:8001/api/public/v1/{collection}?{ids}"
    assert page["previous"] == f"{host}&limit=20&limit=20&offset=0"
    assert page["next"] in (f"{host}&limit=20&offset=40", "")
    assert bool(page["next"]) == bool(page["data"])


@pytest.mark.parametrize(
    "path",
    ["/workspaces", "/sources", "/connections", "/jobs", "/tags", "/organizations", "/permissions"],
)
def test_the_api_stands_under_the_paths_of_self_managed_and_of_cloud(
    plain: Plain, path: str
) -> None:
    plain.connection()
    headers = {"Authorization": f"Bearer {plain.token}"}
    answers = [
        requests.get(f"{plain.root}{prefix}{path}", headers=headers, timeout=10).json()
        for prefix in ("/api/public/v1", "/v1")
    ]
    assert answers[0] == answers[1]
    assert (
        requests.get(f"{plain.root}/api/v1{path}", headers=headers, timeout=10).status_code == 404
    )


def test_the_root_leads_to_the_documentation_and_health_is_plain_text(plain: Plain) -> None:
    root = requests.get(f"{plain.url}/", allow_redirects=False, timeout=10)
    assert (root.status_code, root.headers["Location"][:8]) == (302, "https://")
    health = requests.get(f"{plain.url}/health", timeout=10)
    assert health.headers["Content-Type"].startswith("text/plain")
    assert "server" not in health.headers


@pytest.mark.parametrize(
    "path", ["/tags", "/permissions", "/organizations", "/applications", "/users"]
)
def test_lists_without_pages_know_no_limit_and_no_offset(plain: Plain, path: str) -> None:
    organization = plain.get("/organizations")["data"][0]["organizationId"]
    query = f"organizationId={organization}"
    paged = plain.get(f"{path}?{query}&limit=0&offset=-1")
    assert set(paged) <= {"data", "applications"}


def test_a_list_row_is_the_whole_object(plain: Plain) -> None:
    made = plain.connection()
    for collection in ("workspaces", "sources", "destinations", "connections"):
        (row,) = plain.get(f"/{collection}")["data"]
        assert row == plain.get(f"/{collection}/{made[f'{collection[:-1]}Id']}")


def test_an_explicit_null_is_as_good_as_nothing_and_not_for_what_is_required(plain: Plain) -> None:
    made = plain.source(plain.workspace(), resourceAllocation=None, definitionId=None)
    path = f"/sources/{made['sourceId']}"
    assert plain.ok("PATCH", path, {"name": None, "configuration": None}) == made
    assert plain.refused("PUT", path, {"name": None, "configuration": STRIPE})[0] == 400
    workspace = f"/workspaces/{made['workspaceId']}"
    before = plain.get(workspace)
    assert plain.ok("PATCH", workspace, {"name": None, "notifications": None}) == before


def test_a_definition_id_goes_before_the_type_in_the_configuration(
    plain: Plain,
) -> None:
    workspace = plain.workspace()
    stripe = plain.source(workspace)["definitionId"]
    both = {**STRIPE, "sourceType": "faker"}
    made = plain.source(workspace, definitionId=stripe, configuration=both)
    assert (made["sourceType"], made["definitionId"]) == ("stripe", stripe)
    assert "sourceType" not in made["configuration"]


def test_a_missing_thing_is_named_by_its_kind_and_its_id(plain: Plain) -> None:
    status, problem = plain.refused("GET", f"/sources/{UNKNOWN}")
    assert (status, problem["detail"]) == (404, "The requested resource could not be found.")
    assert problem["data"] == {"resourceType": "SOURCE_CONNECTION", "resourceId": UNKNOWN}
