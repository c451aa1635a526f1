"""What surprises about sources and destinations, kept as it is."""

from __future__ import annotations

from typing import Any

import pytest

from tests.sandbox.plain import MASK, POSTGRES, STRIPE, UNKNOWN, Plain


def shown_coordinate(plain: Plain, source_id: str) -> str:
    read = plain.get(f"/sources/{source_id}?includeSecretCoordinates=true")
    return str(read["configuration"]["client_secret"])


def test_patching_the_mask_makes_ten_asterisks_the_secret(plain: Plain) -> None:
    id_ = plain.source(plain.workspace())["sourceId"]
    before = shown_coordinate(plain, id_)
    plain.ok("PATCH", f"/sources/{id_}", {"configuration": {"client_secret": MASK}})
    assert shown_coordinate(plain, id_) == before.replace("_v1", "_v2")


def test_putting_the_mask_keeps_the_secret(plain: Plain) -> None:
    id_ = plain.source(plain.workspace())["sourceId"]
    before = shown_coordinate(plain, id_)
    body = {"name": "Stripe", "configuration": {**STRIPE, "client_secret": MASK}}
    plain.ok("PUT", f"/sources/{id_}", body)
    assert shown_coordinate(plain, id_) == before


def test_a_coordinate_sent_back_keeps_the_secret_and_a_raw_value_makes_a_version(
    plain: Plain,
) -> None:
    id_ = plain.source(plain.workspace())["sourceId"]
    before = shown_coordinate(plain, id_)
    plain.ok("PATCH", f"/sources/{id_}", {"configuration": {"client_secret": before}})
    assert shown_coordinate(plain, id_) == before
    plain.ok("PATCH", f"/sources/{id_}", {"configuration": {"client_secret": "sk_1"}})
    assert shown_coordinate(plain, id_) != before


def test_a_patch_merges_and_removes_nothing(plain: Plain) -> None:
    id_ = plain.source(plain.workspace())["sourceId"]
    plain.ok("PATCH", f"/sources/{id_}", {"configuration": {"slice_range": 30}})
    read = plain.ok("PATCH", f"/sources/{id_}", {"configuration": {}})
    assert read["configuration"] == {
        "account_id": "acct_1",
        "client_secret": MASK,
        "slice_range": 30,
    }


def test_a_put_drops_what_it_does_not_send(plain: Plain) -> None:
    id_ = plain.source(plain.workspace(), configuration={**STRIPE, "slice_range": 9})["sourceId"]
    read = plain.ok("PUT", f"/sources/{id_}", {"name": "Stripe", "configuration": STRIPE})
    assert "slice_range" not in read["configuration"]


def test_any_write_without_resource_allocation_erases_it(plain: Plain) -> None:
    allocation = {"default": {"cpu_limit": "1", "ephemeral_storage_limit": "1Gi"}}
    made = plain.source(plain.workspace(), resourceAllocation=allocation)
    assert made["resourceAllocation"] == {"default": {"cpu_limit": "1"}, "jobSpecific": []}
    assert "resourceAllocation" not in plain.ok(
        "PATCH", f"/sources/{made['sourceId']}", {"name": "Renamed"}
    )


def test_job_specific_resources_without_a_default_break_every_list_they_are_on(
    plain: Plain,
) -> None:
    workspace = plain.workspace()
    plain.source(workspace)
    allocation = {"jobSpecific": [{"jobType": "sync", "resourceRequirements": {"cpu_limit": "1"}}]}
    body = {
        "name": "Bad",
        "workspaceId": workspace,
        "configuration": STRIPE,
        "resourceAllocation": allocation,
    }
    assert plain.send("POST", "/sources", body).status_code == 500
    status, answer = plain.refused("GET", f"/sources?workspaceIds={workspace}")
    assert (status, set(answer)) == (500, {"errorId"})


def test_a_new_name_alone_cures_resources_that_break_a_list(plain: Plain) -> None:
    workspace = plain.workspace()
    path = f"/sources/{plain.source(workspace)['sourceId']}"
    assert plain.refused("PATCH", path, {"resourceAllocation": {"jobSpecific": []}})[0] == 500
    assert plain.refused("GET", path)[0] == 500
    assert plain.ok("PATCH", path, {"name": "Cured"})["name"] == "Cured"
    assert len(plain.get(f"/sources?workspaceIds={workspace}")["data"]) == 1


def test_a_deleted_source_is_a_422_for_a_patch_and_a_500_for_a_put(plain: Plain) -> None:
    path = f"/sources/{plain.source(plain.workspace())['sourceId']}"
    plain.ok("DELETE", path)
    assert plain.refused("PATCH", path, {"name": "x"})[0] == 422
    assert plain.refused("PUT", path, {"name": "x", "configuration": STRIPE})[0] == 500


def test_workspace_sent_to_a_patch_is_ignored_and_unknown_fields_are_too(plain: Plain) -> None:
    made = plain.source(plain.workspace())
    body = {"workspaceId": plain.workspace("Other"), "nmae": "typo"}
    assert plain.ok("PATCH", f"/sources/{made['sourceId']}", body) == made


def test_the_type_is_looked_up_by_name_and_missing_or_unknown_ones_are_told(plain: Plain) -> None:
    workspace = plain.workspace()

    def create(configuration: Any) -> tuple[int, Any]:
        body = {"name": "x", "workspaceId": workspace, "configuration": configuration}
        return plain.refused("POST", "/sources", body)

    for without_a_type in ({}, {"a": 1, "b": [{"c": "d"}]}):
        assert create(without_a_type)[1]["title"] == "unprocessable-entity"
    status, problem = create({"sourceType": "stirpe"})
    assert (status, problem["title"], problem["data"]) == (
        400,
        "value-not-found",
        {"value": "stirpe"},
    )
    assert create([])[0] == 500


def test_an_unknown_definition_is_a_404_of_its_type(plain: Plain) -> None:
    body = {
        "name": "x",
        "workspaceId": plain.workspace(),
        "definitionId": UNKNOWN,
        "configuration": {},
    }
    status, problem = plain.refused("POST", "/destinations", body)
    assert (status, problem["data"]["resourceType"]) == (404, "STANDARD_DESTINATION_DEFINITION")


def test_a_bad_configuration_is_a_422_with_every_error_in_one_text(plain: Plain) -> None:
    body = {
        "name": "x",
        "workspaceId": plain.workspace(),
        "configuration": {**POSTGRES, "port": "x", "host": 1},
    }
    status, problem = plain.refused("POST", "/destinations", body)
    message = problem["data"]["message"]
    assert status == 422
    assert "$.port: string found, integer expected" in message
    assert "$.host: integer found, string expected" in message


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("ssl_mode", {"mode": "nonsense"}, "$.ssl_mode: "),
        ("port", 70_000, "$.port: does not satisfy maximum"),
        ("schema", None, "$.schema: null found, string expected"),
        ("ssl", [1], "$.ssl: array found, boolean expected"),
    ],
)
def test_an_error_of_a_configuration_names_its_place(
    plain: Plain, field: str, value: Any, words: str
) -> None:
    configuration = {**POSTGRES, field: value}
    body = {"name": "x", "workspaceId": plain.workspace(), "configuration": configuration}
    status, problem = plain.refused("POST", "/destinations", body)
    assert (status, words in problem["data"]["message"]) == (422, True), problem["data"]


@pytest.mark.parametrize("sent", ["text", [], 5])
def test_a_configuration_that_is_no_object_is_ignored_by_a_patch_and_refused_by_a_put(
    plain: Plain, sent: Any
) -> None:
    made = plain.source(plain.workspace())
    path = f"/sources/{made['sourceId']}"
    assert plain.ok("PATCH", path, {"configuration": sent}) == made
    assert plain.refused("PUT", path, {"name": "x", "configuration": sent})[0] == 422


def test_defaults_of_the_schema_are_not_filled_in(plain: Plain) -> None:
    made = plain.source(plain.workspace())
    assert made["configuration"] == {"account_id": "acct_1", "client_secret": MASK}


def test_names_may_repeat(plain: Plain) -> None:
    workspace = plain.workspace()
    assert plain.source(workspace)["sourceId"] != plain.source(workspace)["sourceId"]


def test_a_deleted_source_answers_200_with_a_null_configuration_and_deletes_again(
    plain: Plain,
) -> None:
    connection = plain.connection()
    path = f"/sources/{connection['sourceId']}"
    assert [plain.send("DELETE", path).status_code for _ in range(2)] == [204, 204]
    assert plain.get(path)["configuration"] is None
    assert plain.get(f"/connections/{connection['connectionId']}")["status"] == "deprecated"
    assert plain.get("/sources")["data"] == []
    assert len(plain.get("/sources?includeDeleted=true")["data"]) == 1
    assert plain.send("PATCH", path, {"name": "x"}).status_code == 422
    assert plain.send("PUT", path, {"name": "x", "configuration": STRIPE}).status_code == 500


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/sources/nonsense", 500),
        ("DELETE", "/destinations/nonsense", 500),
        ("GET", "/connections/nonsense", 500),
        ("GET", "/workspaces/nonsense", 500),
        ("GET", "/permissions/nonsense", 500),
        ("DELETE", "/organizations/nonsense/oauthCredentials/source/stripe", 500),
        ("GET", "/tags/nonsense", 400),
        ("GET", "/regions/nonsense", 400),
        ("GET", "/jobs/nonsense", 400),
        ("GET", "/workspaces/nonsense/definitions/sources", 400),
        ("GET", f"/workspaces/{UNKNOWN}/definitions/sources/nonsense", 400),
        ("GET", "/streams?sourceId=nonsense", 400),
        ("GET", "/jobs?connectionId=nonsense", 400),
    ],
)
def test_a_malformed_id_is_an_error_or_unreadable_and_never_missing(
    plain: Plain, method: str, path: str, status: int
) -> None:
    answered, body = plain.refused(method, path)
    assert answered == status
    assert ("errorId" in body) == (status == 500)


def test_an_override_takes_the_oauth_fields_out_of_the_callers_hands(plain: Plain) -> None:
    organization = plain.get("/organizations")["data"][0]["organizationId"]
    path = f"/organizations/{organization}/oauthCredentials"
    body = {"actorType": "source", "name": "hubspot", "configuration": {}}
    answer = plain.send("PUT", path, body)
    assert (answer.status_code, answer.content) == (200, b"")
    assert plain.refused("PUT", path, {**body, "name": "nothing"})[1]["title"] == "value-not-found"
    assert plain.send("DELETE", f"{path}/source/hubspot").status_code == 204
    assert plain.send("DELETE", f"{path}/source/hubspot").status_code == 204


def test_the_consent_flow_is_not_there_on_self_managed(plain: Plain) -> None:
    workspace = plain.workspace()
    body = {"redirectUrl": "https://x", "workspaceId": workspace, "sourceType": "hubspot"}
    answer = plain.send("POST", "/sources/initiateOAuth", body)
    assert (answer.status_code, answer.content) == (501, b"")
    override = {"actorType": "source", "name": "hubspot", "configuration": {}}
    for id_ in (workspace, UNKNOWN):
        path = f"/workspaces/{id_}/oauthCredentials"
        status, problem = plain.refused("PUT", path, override)
        assert (status, problem["type"]) == (501, "error:implementation/not-implemented-in-oss")
        assert plain.refused("DELETE", f"{path}/source/hubspot")[0] == 501
        assert plain.refused("PUT", path, {**override, "configuration": None})[0] == 400
