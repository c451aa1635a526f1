"""What surprises about single fields: nulls, case, ignored and invisible ones, regions, links."""

from __future__ import annotations

import pytest

from tests.sandbox.plain import MASK, STRIPE, UNKNOWN, Plain


def test_nulls_are_omitted_and_empty_lists_and_texts_are_kept(plain: Plain) -> None:
    read = plain.connection(prefix="")
    assert (read["prefix"], read["tags"]) == ("", [])
    assert None not in read.values()


def test_times_of_creation_are_whole_seconds_and_there_is_no_time_of_change(plain: Plain) -> None:
    made = plain.connection()
    now = plain.control("/clock", {"seconds": 0})["now"]
    assert isinstance(made["createdAt"], int)
    assert abs(made["createdAt"] - now) < 60
    assert not {"updatedAt", "version", "author"} & set(made)


def test_enums_are_read_in_any_case_and_answered_in_lower_case(plain: Plain) -> None:
    made = plain.connection(status="INACTIVE", namespaceDefinition="Custom_Format")
    assert (made["status"], made["namespaceDefinition"]) == ("inactive", "custom_format")


def test_a_namespace_format_is_never_checked_and_never_taken_away(plain: Plain) -> None:
    made = plain.connection(namespaceDefinition="custom_format")
    assert "namespaceFormat" not in made
    path = f"/connections/{made['connectionId']}"
    assert plain.ok("PATCH", path, {"namespaceFormat": "x"})["namespaceFormat"] == "x"
    assert plain.ok("PATCH", path, {"namespaceFormat": None})["namespaceFormat"] == "x"
    assert plain.ok("PATCH", path, {"namespaceFormat": ""})["namespaceFormat"] == ""


def test_data_residency_of_a_connection_is_ignored(plain: Plain) -> None:
    assert "dataResidency" not in plain.connection(dataResidency="eu")


def test_a_name_longer_than_its_column_is_a_500(plain: Plain) -> None:
    plain.workspace("x" * 256)
    assert plain.refused("POST", "/workspaces", {"name": "x" * 257})[0] == 500


def test_an_empty_name_is_a_name_and_nothing_is_trimmed(plain: Plain) -> None:
    workspace = plain.workspace("")
    made = plain.connection(workspace, name="")
    assert made["name"] == ""
    for path in (
        f"/workspaces/{workspace}",
        f"/sources/{made['sourceId']}",
        f"/destinations/{made['destinationId']}",
        f"/connections/{made['connectionId']}",
    ):
        for name in ("  a  ", ""):
            assert plain.ok("PATCH", path, {"name": name})["name"] == name
            assert plain.ok("PATCH", path, {})["name"] == name


def test_a_deprecated_connection_can_still_be_patched(plain: Plain) -> None:
    path = f"/connections/{plain.connection()['connectionId']}"
    assert plain.ok("PATCH", path, {"status": "deprecated"})["status"] == "deprecated"
    assert plain.get("/connections")["data"] == []
    assert plain.ok("PATCH", path, {"name": "again"})["name"] == "again"


def test_a_patch_brings_a_deprecated_connection_back(plain: Plain) -> None:
    made = plain.connection()["connectionId"]
    plain.ok("DELETE", f"/connections/{made}")
    assert plain.ok("PATCH", f"/connections/{made}", {"status": "active"})["status"] == "active"
    assert [row["connectionId"] for row in plain.get("/connections")["data"]] == [made]


@pytest.mark.parametrize("status", ["deprecated", "locked"])
def test_a_connection_can_be_made_deprecated_or_locked(plain: Plain, status: str) -> None:
    assert plain.connection(status=status)["status"] == status


def test_two_equal_connections_between_the_same_ends_are_two(plain: Plain) -> None:
    ends = plain.ends(plain.workspace())
    made = [plain.ok("POST", "/connections", ends)["connectionId"] for _ in range(2)]
    assert made[0] != made[1]


def test_a_tag_on_a_connection_must_be_complete(plain: Plain) -> None:
    body = {**plain.ends(plain.workspace()), "tags": [{"tagId": UNKNOWN}]}
    assert plain.refused("POST", "/connections", body)[0] == 400


def test_a_tag_of_another_workspace_vanishes(plain: Plain) -> None:
    other = plain.workspace("Other")
    tag = plain.ok("POST", "/tags", {"name": "gold", "color": "ffaa00", "workspaceId": other})
    assert plain.connection(tags=[tag])["tags"] == []


def test_a_deleted_tag_is_gone_from_connections(plain: Plain) -> None:
    workspace = plain.workspace()
    tag = plain.ok("POST", "/tags", {"name": "gold", "color": "ffaa00", "workspaceId": workspace})
    made = plain.connection(workspace, tags=[tag])
    assert plain.send("DELETE", f"/tags/{tag['tagId']}").status_code == 204
    assert plain.get(f"/connections/{made['connectionId']}")["tags"] == []


def test_a_deleted_destination_answers_200_and_takes_its_connections_along(plain: Plain) -> None:
    made = plain.connection()
    path = f"/destinations/{made['destinationId']}"
    assert [plain.send("DELETE", path).status_code for _ in range(2)] == [204, 204]
    assert plain.get(path)["configuration"] is None
    assert plain.get(f"/connections/{made['connectionId']}")["status"] == "deprecated"
    assert len(plain.get("/connections?includeDeleted=true")["data"]) == 1


def test_deleted_workspaces_are_listed_only_by_their_ids(plain: Plain) -> None:
    gone = plain.workspace()
    plain.send("DELETE", f"/workspaces/{gone}")
    assert plain.get("/workspaces?includeDeleted=true")["data"] == []
    (row,) = plain.get(f"/workspaces?includeDeleted=true&workspaceIds={gone}")["data"]
    assert row["workspaceId"] == gone


def test_an_unknown_id_in_a_list_of_an_admin_matches_nothing(plain: Plain) -> None:
    workspace = plain.workspace()
    plain.source(workspace)
    for ids in (f"{workspace},{UNKNOWN}", f"{workspace}&workspaceIds={UNKNOWN}"):
        assert len(plain.get(f"/sources?workspaceIds={ids}")["data"]) == 1


def test_tags_are_filtered_by_any_of_their_ids_which_no_link_carries(plain: Plain) -> None:
    workspace = plain.workspace()
    tags = [
        plain.ok("POST", "/tags", {"name": name, "color": "ffaa00", "workspaceId": workspace})
        for name in ("gold", "eu")
    ]
    for tag in tags:
        plain.connection(workspace, tags=[tag])
    page = plain.get("/connections?tagIds=" + ",".join(tag["tagId"] for tag in tags))
    assert len(page["data"]) == 2
    assert "tagIds" not in page["next"]


def test_there_is_no_reading_of_overrides_and_no_put_of_workspaces(plain: Plain) -> None:
    workspace = plain.workspace()
    organization = plain.get("/organizations")["data"][0]["organizationId"]
    assert plain.refused("GET", f"/organizations/{organization}/oauthCredentials")[0] == 405
    assert plain.refused("PUT", f"/workspaces/{workspace}", {"name": "x"})[0] == 405


def test_a_null_prefix_replaces_the_default_on_create_and_nothing_in_a_patch(plain: Plain) -> None:
    made = plain.connection(prefix=None)
    assert "prefix" not in made
    path = f"/connections/{made['connectionId']}"
    assert plain.ok("PATCH", path, {"prefix": "x_"})["prefix"] == "x_"
    assert plain.ok("PATCH", path, {"prefix": None})["prefix"] == "x_"
    assert plain.ok("PATCH", path, {"prefix": ""})["prefix"] == ""


def test_a_source_made_with_the_mask_has_asterisks_for_its_secret(plain: Plain) -> None:
    masked = {**STRIPE, "client_secret": MASK}
    id_ = plain.source(plain.workspace(), configuration=masked)["sourceId"]
    shown = plain.get(f"/sources/{id_}?includeSecretCoordinates=true")["configuration"]
    assert shown["client_secret"].endswith("_v1")


def test_a_new_name_or_a_mask_makes_no_version_and_an_equal_raw_value_does(plain: Plain) -> None:
    path = f"/sources/{plain.source(plain.workspace())['sourceId']}"

    def version() -> str:
        read = plain.get(f"{path}?includeSecretCoordinates=true")["configuration"]
        return str(read["client_secret"].rpartition("_")[2])

    plain.ok("PATCH", path, {"name": "renamed"})
    plain.ok("PUT", path, {"name": "x", "configuration": {**STRIPE, "client_secret": MASK}})
    assert version() == "v1"
    plain.ok("PUT", path, {"name": "x", "configuration": STRIPE})
    assert version() == "v2"


def test_coordinates_are_for_one_object_and_not_for_lists(plain: Plain) -> None:
    plain.source(plain.workspace())
    (row,) = plain.get("/sources?includeSecretCoordinates=true")["data"]
    assert row["configuration"]["client_secret"] == MASK


def test_regions_are_a_bare_list_and_a_workspace_shows_only_the_name(plain: Plain) -> None:
    organization = plain.get("/organizations")["data"][0]["organizationId"]
    query = f"/regions?organizationId={organization}"
    assert [region["name"] for region in plain.get(query)] == ["auto"]
    body = {"name": "EU", "organizationId": organization}
    made = plain.ok("POST", "/regions", body)
    status, problem = plain.refused("POST", "/regions", body)
    assert (status, problem["type"]) == (409, "error:dataplane-group-already-exists")
    read = plain.get(f"/workspaces/{plain.workspace(regionId=made['regionId'])}")
    assert read["dataResidency"] == "eu"
    assert "regionId" not in read
    one = f"/regions/{made['regionId']}"
    assert plain.ok("PATCH", one, {"enabled": False})["enabled"] is False
    plain.ok("DELETE", one)
    assert [region["name"] for region in plain.get(query)] == ["auto"]


@pytest.mark.parametrize("caller", ["admin", "ordinary"])
def test_regions_need_a_licence_and_an_administrator(plain: Plain, caller: str) -> None:
    organization = plain.get("/organizations")["data"][0]["organizationId"]
    plain.control("/behaviour", {"is_entitled": False})
    plain.token = plain.control("/tokens", {"caller": caller})["access_token"]
    status, problem = plain.refused("GET", f"/regions?organizationId={organization}")
    title = "License Entitlement Error" if caller == "admin" else "forbidden"
    assert (status, problem["title"]) == (403, title)


def test_a_problem_has_every_key_and_its_nulls(plain: Plain) -> None:
    status, problem = plain.refused("GET", f"/sources/{UNKNOWN}")
    assert status == 404
    assert list(problem) == ["status", "type", "title", "detail", "documentationUrl", "data"]
    answer = plain.send("GET", f"/sources/{UNKNOWN}")
    assert answer.headers["content-type"] == "application/json"


def test_a_slow_page_comes_whole(plain: Plain) -> None:
    plain.workspace()
    plain.control("/faults", {"path": "/workspaces", "delay_s": 0.05})
    answer = plain.send("GET", "/workspaces")
    assert answer.elapsed.total_seconds() >= 0.05
    assert len(answer.json()["data"]) == 1


def test_a_500_on_request_has_nothing_but_a_number(plain: Plain) -> None:
    plain.control("/faults", {"path": "/tags", "status": 500})
    assert set(plain.send("GET", "/tags").json()) == {"errorId"}
