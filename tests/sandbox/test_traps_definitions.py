"""Custom connectors: who sees them, what a new version changes, what goes along with them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from reconciler.sandbox.server.serving import Settings, running
from tests.sandbox.own import own_connectors
from tests.sandbox.plain import MASK, STRIPE, UNKNOWN, Plain

KEY = {"type": "object", "properties": {"key": {"type": "string"}}}
SECRET_KEY = {"type": "object", "properties": {"key": {"type": "string", "airbyte_secret": True}}}
CRM = {"name": "CRM", "dockerRepository": "acme/source-crm", "dockerImageTag": "1.0.0"}


def manifest(schema: Any, version: str = "4.6.2") -> dict[str, Any]:
    return {"version": version, "spec": {"connection_specification": schema}}


def declared(plain: Plain, workspace: str, schema: Any) -> tuple[str, str]:
    """The path of a new declarative definition, and its id."""
    path = f"/workspaces/{workspace}/definitions/declarative_sources"
    made = plain.ok("POST", path, {"name": "CRM", "manifest": manifest(schema)})
    return f"{path}/{made['id']}", str(made["id"])


@pytest.mark.parametrize("role", ["source", "destination"])
def test_airbytes_own_definitions_are_read_like_custom_ones_and_never_changed(
    plain: Plain, role: str
) -> None:
    path = f"/workspaces/{plain.workspace()}/definitions/{role}s"
    custom = plain.ok("POST", path, {**CRM, "name": "Stripe"})
    public = next(row for row in plain.get(path)["data"] if row["id"] != custom["id"])
    assert set(public) == set(custom)
    assert plain.get(f"{path}/{public['id']}") == public
    body = {"name": "Mine", "dockerImageTag": "9.9.9"}
    for method, sent in (("PUT", body), ("DELETE", None)):
        status, problem = plain.refused(method, f"{path}/{public['id']}", sent)
        assert (status, problem["title"]) == (400, "bad-request")


def test_definitions_come_without_pages_and_without_links(plain: Plain) -> None:
    workspace = plain.workspace()
    path = f"/workspaces/{workspace}/definitions/sources"
    for _ in range(25):
        plain.ok("POST", path, CRM)
    page = plain.get(f"{path}?limit=1")
    assert set(page) == {"data"}
    assert sum(row["name"] == "CRM" for row in page["data"]) == 25


def test_docker_definitions_leave_declarative_ones_out_and_connector_definitions_have_both(
    plain: Plain,
) -> None:
    workspace = plain.workspace()
    _, declarative = declared(plain, workspace, KEY)
    docker = plain.ok("POST", f"/workspaces/{workspace}/definitions/sources", CRM)["id"]
    listed = {
        row["id"] for row in plain.get(f"/workspaces/{workspace}/definitions/sources")["data"]
    }
    assert (docker in listed, declarative in listed) == (True, False)
    query = f"/connector_definitions?workspaceId={workspace}"
    usable = {row["id"]: row for row in plain.get(f"{query}&type=source")["data"]}
    assert usable[docker]["version"] == "1.0.0"
    assert usable[docker]["connectorDefinitionType"] == "source"
    assert usable[declarative]["version"] == "1"
    assert plain.refused("GET", query)[0] == 400
    assert plain.refused("GET", f"{query}&type=nonsense")[0] == 400


def test_a_source_may_have_a_definition_of_another_workspace(plain: Plain) -> None:
    made = plain.ok("POST", f"/workspaces/{plain.workspace()}/definitions/sources", CRM)
    other = plain.workspace("Other")
    source = plain.source(other, definitionId=made["id"], configuration={})
    assert (source["workspaceId"], source["definitionId"]) == (other, made["id"])


def test_repository_and_address_of_a_docker_definition_cannot_be_changed(plain: Plain) -> None:
    path = f"/workspaces/{plain.workspace()}/definitions/destinations"
    made = plain.ok("POST", path, {**CRM, "documentationUrl": "https://example.com"})
    body = {**CRM, "name": "New", "dockerRepository": "other/x", "documentationUrl": "https://x"}
    assert plain.ok("PUT", f"{path}/{made['id']}", body) == {**made, "name": "New"}


def test_a_new_tag_is_pulled_and_the_same_one_is_not(plain: Plain) -> None:
    path = f"/workspaces/{plain.workspace()}/definitions/sources"
    one = f"{path}/{plain.ok('POST', path, CRM)['id']}"
    plain.control("/fail-image", {"image": "acme/source-crm"})
    plain.ok("PUT", one, {"name": "Renamed", "dockerImageTag": "1.0.0"})
    status, problem = plain.refused("PUT", one, {"name": "x", "dockerImageTag": "2.0.0"})
    assert (status, problem["data"]["message"]) == (409, "Could not fulfill request")
    assert plain.get(one)["name"] == "Renamed"


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
def test_a_declarative_definition_that_is_gone_is_missing(plain: Plain, method: str) -> None:
    path, _ = declared(plain, plain.workspace(), KEY)
    plain.ok("DELETE", path)
    body = {"manifest": manifest(KEY)} if method == "PUT" else None
    status, problem = plain.refused(method, path, body)
    assert (status, problem["title"]) == (404, "resource-not-found")


def test_a_declarative_definition_is_found_under_any_workspaces_path(plain: Plain) -> None:
    path, id_ = declared(plain, plain.workspace(), KEY)
    elsewhere = f"/workspaces/{UNKNOWN}/definitions/declarative_sources/{id_}"
    assert plain.get(elsewhere) == plain.get(path)
    assert plain.ok("DELETE", elsewhere)["id"] == id_


def test_a_name_sent_with_a_new_manifest_changes_nothing(plain: Plain) -> None:
    path, _ = declared(plain, plain.workspace(), KEY)
    body = {"name": "Other", "manifest": manifest(KEY)}
    assert plain.ok("PUT", path, body)["name"] == "CRM"


def test_a_manifest_of_a_version_that_nothing_can_run_is_a_conflict(plain: Plain) -> None:
    path = f"/workspaces/{plain.workspace()}/definitions/declarative_sources"
    body = {"name": "CRM", "manifest": manifest(KEY, "99.0.0")}
    assert plain.refused("POST", path, body)[1]["title"] == "state-conflict"


@pytest.mark.parametrize("schema", [None, [], {"type": "nonsense"}, {"pattern": "("}])
def test_a_manifest_needs_a_schema_that_is_one(plain: Plain, schema: Any) -> None:
    path = f"/workspaces/{plain.workspace()}/definitions/declarative_sources"
    assert plain.refused("POST", path, {"name": "x", "manifest": manifest(schema)})[0] == 422


def test_a_schema_names_its_own_draft_and_is_draft_seven_otherwise(plain: Plain) -> None:
    workspace = plain.workspace()
    schema = {"type": "object", "properties": {"a": {"prefixItems": [{"type": "integer"}]}}}
    drafts = {"": 200, "http://json-schema.org/draft-07/schema#": 200}
    drafts["https://json-schema.org/draft/2020-12/schema"] = 422
    for draft, status in drafts.items():
        _, id_ = declared(plain, workspace, {**schema, **({"$schema": draft} if draft else {})})
        body = {"name": "x", "workspaceId": workspace, "definitionId": id_}
        answer = plain.send("POST", "/sources", {**body, "configuration": {"a": ["x"]}})
        assert answer.status_code == status


@pytest.mark.parametrize("reference", ["#/nowhere", "http://127.0.0.1:9/schema.json"])
def test_a_schema_that_refers_to_nothing_is_an_unexpected_problem(
    plain: Plain, reference: str
) -> None:
    workspace = plain.workspace()
    _, id_ = declared(plain, workspace, {"type": "object", "$ref": reference})
    body = {"name": "x", "workspaceId": workspace, "definitionId": id_, "configuration": {}}
    status, problem = plain.refused("POST", "/sources", body)
    assert (status, problem["title"]) == (500, "unexpected-problem")


def test_a_value_from_before_its_field_was_secret_is_masked_and_shown_beside_coordinates(
    plain: Plain,
) -> None:
    workspace = plain.workspace()
    path, id_ = declared(plain, workspace, KEY)
    made = plain.source(workspace, definitionId=id_, configuration={"key": "plain"})
    plain.ok("PUT", path, {"manifest": manifest(SECRET_KEY)})
    one = f"/sources/{made['sourceId']}"
    assert plain.get(one)["configuration"] == {"key": MASK}
    shown = plain.get(f"{one}?includeSecretCoordinates=true")
    assert shown["configuration"] == {"key": "plain"}


def test_secrets_inside_a_manifest_are_shown(plain: Plain) -> None:
    schema = {**KEY, "default": {"key": "in-clear"}}
    path, _ = declared(plain, plain.workspace(), schema)
    assert plain.get(path)["manifest"]["spec"]["connection_specification"] == schema


def test_a_new_version_makes_the_discovery_of_its_sources_cold(plain: Plain) -> None:
    workspace = plain.workspace()
    path, id_ = declared(plain, workspace, KEY)
    made = plain.source(workspace, definitionId=id_, configuration={})
    streams = f"/streams?sourceId={made['sourceId']}"
    before = plain.get(streams)
    only = {"name": "rows", "jsonSchema": {"properties": {"id": {}}}}
    plain.control(f"/schemas/{made['sourceId']}", [only])
    assert plain.get(streams) == before
    plain.ok("PUT", path, {"manifest": manifest(KEY)})
    assert [row["streamName"] for row in plain.get(streams)] == ["rows"]


def test_a_definition_takes_the_sources_of_every_workspace_and_their_connections_along(
    plain: Plain,
) -> None:
    path, id_ = declared(plain, plain.workspace(), KEY)
    other = plain.workspace("Other")
    source = plain.source(other, definitionId=id_, configuration={})["sourceId"]
    lake = plain.destination(other)["destinationId"]
    body = {"sourceId": source, "destinationId": lake}
    made = plain.ok("POST", "/connections", body)["connectionId"]
    plain.ok("DELETE", path)
    assert plain.get(f"/sources/{source}")["configuration"] is None
    assert plain.get(f"/connections/{made}")["status"] == "deprecated"
    assert plain.get(f"/destinations/{lake}")["configuration"] is not None


def test_a_deleted_source_has_nothing_to_discover(plain: Plain) -> None:
    source = plain.source(plain.workspace())["sourceId"]
    plain.ok("DELETE", f"/sources/{source}")
    status, problem = plain.refused("GET", f"/streams?sourceId={source}")
    assert (status, problem["title"]) == (500, "unexpected-problem")


def test_a_deleted_end_is_missing_for_a_new_connection(plain: Plain) -> None:
    ends = plain.ends(plain.workspace())
    for role in ("source", "destination"):
        plain.ok("DELETE", f"/{role}s/{ends[f'{role}Id']}")
        status, problem = plain.refused("POST", "/connections", ends)
        assert (status, problem["data"]["resourceType"]) == (404, role)
        ends = plain.ends(plain.workspace())


def test_sources_of_a_connector_that_the_registry_no_longer_has_are_still_read(
    tmp_path: Path,
) -> None:
    with own_connectors(tmp_path) as plain:
        configuration = {"sourceType": "shop", "token": "t"}
        made = plain.source(plain.workspace(), configuration=configuration)
    registry = tmp_path / "registry.json"
    registry.write_text(json.dumps({"sources": [], "destinations": []}), encoding="utf-8")
    with running(Settings(database=tmp_path / "own.db", registry=registry)) as server:
        read = Plain(server).get(f"/sources/{made['sourceId']}")
    assert read == {**made, "sourceType": ""}
    assert STRIPE["client_secret"] not in str(read)
