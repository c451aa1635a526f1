"""Who may what: ordinary callers, permissions and what makes them redundant, users, credentials."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import requests

from reconciler.sandbox.server.serving import Settings, running
from tests.sandbox.plain import STRIPE, UNKNOWN, Plain

ORGANIZATION = "00000000-0000-0000-0000-000000000000"


def user(plain: Plain, name: str = "Eve") -> str:
    body = {"name": name, "email": f"{name.lower()}@example.com"}
    return str(plain.control("/users", body)["id"])


def permission(plain: Plain, person: str, type_: str, workspace: str | None = None) -> Any:
    scope = {"workspaceId": workspace} if workspace else {"organizationId": ORGANIZATION}
    body = {"permissionType": type_, "userId": person, **scope}
    return plain.ok("POST", "/permissions", body)


def ordinary(plain: Plain) -> Plain:
    plain.token = plain.control("/tokens", {"caller": "ordinary"})["access_token"]
    return plain


def test_a_patch_that_makes_a_permission_redundant_deletes_it_and_answers_404(
    plain: Plain,
) -> None:
    eve, workspace = user(plain), plain.workspace()
    permission(plain, eve, "organization_editor")
    made = permission(plain, eve, "workspace_admin", workspace)
    path = f"/permissions/{made['permissionId']}"
    assert plain.refused("PATCH", path, {"permissionType": "workspace_reader"})[0] == 404
    assert plain.refused("GET", path)[0] == 404


def test_a_wider_organization_permission_takes_the_workspaces_along_by_patch_too(
    plain: Plain,
) -> None:
    eve, workspace = user(plain), plain.workspace()
    made = permission(plain, eve, "organization_member")
    inner = permission(plain, eve, "workspace_reader", workspace)
    path = f"/permissions/{made['permissionId']}"
    wide = plain.ok("PATCH", path, {"permissionType": "organization_reader"})
    assert wide["permissionType"] == "organization_reader"
    assert plain.refused("GET", f"/permissions/{inner['permissionId']}")[0] == 404


@pytest.mark.parametrize("type_", ["workspace_source_editor", "workspace_destination_editor"])
def test_there_are_editors_of_sources_and_of_destinations_alone(plain: Plain, type_: str) -> None:
    made = permission(plain, user(plain), type_, plain.workspace())
    assert plain.get(f"/permissions/{made['permissionId']}") == made


def test_a_type_must_fit_its_scope(plain: Plain) -> None:
    eve = user(plain)
    body = {"permissionType": "workspace_reader", "userId": eve, "organizationId": ORGANIZATION}
    assert plain.refused("POST", "/permissions", body)[0] == 400
    made = permission(plain, eve, "organization_reader")
    path = f"/permissions/{made['permissionId']}"
    assert plain.refused("PATCH", path, {"permissionType": "workspace_reader"})[0] == 400
    neither = {"permissionType": "workspace_reader", "userId": eve}
    assert plain.refused("POST", "/permissions", neither)[0] == 400


def test_the_last_administrator_stays_one_and_another_may_go(plain: Plain) -> None:
    (own,) = plain.get("/permissions")["data"]
    path = f"/permissions/{own['permissionId']}"
    editor = {"permissionType": "organization_editor"}
    assert plain.refused("PATCH", path, editor)[0] == 409
    permission(plain, user(plain), "organization_admin")
    assert plain.ok("PATCH", path, editor)["permissionType"] == "organization_editor"


def test_permissions_are_listed_in_another_shape_and_others_only_by_their_organization(
    plain: Plain,
) -> None:
    eve, workspace = user(plain), plain.workspace()
    made = permission(plain, eve, "workspace_reader", workspace)
    status, problem = plain.refused("GET", f"/permissions?userId={eve}")
    assert (status, problem["title"]) == (400, "bad-request")
    query = f"userId={eve}&organizationId={ORGANIZATION}"
    (row,) = plain.get(f"/permissions?{query}")["data"]
    assert row == {
        "permissionId": made["permissionId"],
        "permissionType": "workspace_reader",
        "userId": eve,
        "scope": "workspace",
        "scopeId": workspace,
    }
    assert ordinary(plain).refused("GET", f"/permissions?{query}")[0] == 403


def test_a_permission_for_nobody_is_a_500(plain: Plain) -> None:
    body = {"permissionType": "organization_reader", "userId": UNKNOWN}
    status, problem = plain.refused(
        "POST", "/permissions", {**body, "organizationId": ORGANIZATION}
    )
    assert (status, problem["title"]) == (500, "unexpected-problem")


def test_a_permission_outlives_its_workspace(plain: Plain) -> None:
    workspace = plain.workspace()
    made = permission(plain, user(plain), "workspace_reader", workspace)
    plain.ok("DELETE", f"/workspaces/{workspace}")
    assert plain.get(f"/permissions/{made['permissionId']}") == made


def test_a_workspace_is_no_question_to_the_list_of_permissions(plain: Plain) -> None:
    own = plain.get("/permissions")
    assert own["data"]
    assert plain.get(f"/permissions?workspaceId={plain.workspace()}") == own


def test_an_ordinary_caller_hears_404_of_an_unknown_tag_or_definition(plain: Plain) -> None:
    workspace = plain.workspace()
    ordinary(plain)
    assert plain.refused("GET", f"/tags/{UNKNOWN}")[0] == 404
    assert plain.refused("GET", f"/workspaces/{workspace}/definitions/sources/{UNKNOWN}")[0] == 404


def test_users_are_found_in_their_organization_only(plain: Plain) -> None:
    eve, bob = user(plain), user(plain, "Bob")
    assert plain.refused("GET", "/users")[0] == 400
    query = f"/users?organizationId={ORGANIZATION}"
    assert {row["id"] for row in plain.get(query)["data"]} >= {eve, bob}
    (found,) = plain.get(f"{query}&ids={bob}")["data"]
    assert found == {"id": bob, "name": "Bob", "email": "bob@example.com"}
    assert plain.refused("GET", f"/users?organizationId={UNKNOWN}")[0] == 404
    assert ordinary(plain).refused("GET", f"/users?organizationId={UNKNOWN}")[0] == 403


@pytest.mark.parametrize("collection", ["workspaces", "sources", "connections", "tags", "jobs"])
def test_an_ordinary_caller_lists_what_it_has_a_role_in(plain: Plain, collection: str) -> None:
    seen, hidden = plain.workspace("Seen"), plain.workspace("Hidden")
    for workspace in (seen, hidden):
        made = plain.connection(workspace)["connectionId"]
        plain.ok("POST", "/jobs", {"connectionId": made, "jobType": "sync"})
        body = {"name": "gold", "color": "ffaa00", "workspaceId": workspace}
        plain.ok("POST", "/tags", body)
    plain.control("/hide-workspace", {"workspaceId": hidden})
    assert len(plain.get(f"/{collection}")["data"]) == 2
    assert len(ordinary(plain).get(f"/{collection}")["data"]) == 1
    for ids in (hidden, f"{seen},{hidden}", f"{seen},{UNKNOWN}"):
        status, problem = plain.refused("GET", f"/{collection}?workspaceIds={ids}")
        assert (status, problem["title"]) == (403, "forbidden")
    assert len(plain.get(f"/{collection}?workspaceIds={seen}")["data"]) == 1


def test_a_malformed_id_is_a_403_for_an_ordinary_caller(plain: Plain) -> None:
    assert ordinary(plain).refused("GET", "/sources/nonsense")[0] == 403


def test_an_ordinary_caller_needs_a_role_for_what_is_not_implemented_too(plain: Plain) -> None:
    path = f"/workspaces/{UNKNOWN}/oauthCredentials/source/hubspot"
    assert ordinary(plain).refused("DELETE", path)[0] == 403


def test_what_is_deleted_still_resolves_for_an_ordinary_caller(plain: Plain) -> None:
    made = plain.connection()
    plain.ok("DELETE", f"/sources/{made['sourceId']}")
    ordinary(plain)
    assert plain.get(f"/sources/{made['sourceId']}")["configuration"] is None
    assert plain.get(f"/connections/{made['connectionId']}")["status"] == "deprecated"


def test_an_organizations_overrides_need_an_administrator_a_licence_and_the_organization(
    plain: Plain,
) -> None:
    body = {"actorType": "source", "name": "hubspot", "configuration": {}}
    path = f"/organizations/{ORGANIZATION}/oauthCredentials"
    assert plain.refused("PUT", f"/organizations/{UNKNOWN}/oauthCredentials", body)[0] == 404
    assert plain.refused("DELETE", f"{path}/nonsense/hubspot")[0] == 400
    plain.control("/behaviour", {"is_entitled": False})
    assert plain.refused("PUT", path, body)[1]["type"] == "error:license/entitlement"
    assert ordinary(plain).refused("PUT", path, body)[1]["title"] == "forbidden"


def test_wrong_credentials_get_no_token_and_nothing_but_a_number(plain: Plain) -> None:
    url = f"{plain.url}/applications/token"
    wrong = {"client_id": "sandbox-client", "client_secret": "wrong"}
    answer = requests.post(url, json=wrong, timeout=10)
    assert (answer.status_code, set(answer.json())) == (401, {"errorId"})
    missing: tuple[Any, ...] = ({"client_id": "sandbox-client"}, [], "x")
    for body in missing:
        assert requests.post(url, json=body, timeout=10).status_code == 400
    grant = {"client_id": "sandbox-client", "client_secret": "sandbox-secret"}
    for extra in ({"grant-type": "client_credentials"}, {"grant_type": "anything"}):
        answer = requests.post(url, json={**grant, **extra}, timeout=10)
        assert (answer.status_code, answer.json()["token_type"]) == (200, "Bearer")


def test_the_one_application_has_another_id_at_each_call_and_no_other_can_be_made(
    tmp_path: Path,
) -> None:
    client = {"client_id": "mine", "client_secret": "my-secret"}
    settings = Settings(tmp_path / "own.db", client_id="mine", client_secret="my-secret")
    with running(settings) as server:

        def send(method: str, path: str, body: Any = None) -> requests.Response:
            return requests.request(method, server.url + path, json=body, headers=token, timeout=10)

        token = {"Authorization": ""}
        given = send("POST", "/applications/token", client).json()["access_token"]
        token["Authorization"] = f"Bearer {given}"
        (one,), (again,) = (send("GET", "/applications").json()["applications"] for _ in range(2))
        assert one["id"] != again["id"]
        assert one["clientId"] == "mine"
        assert send("GET", f"/applications/{one['id']}").json()["id"] == one["id"]
        assert send("POST", "/applications", {"name": "x"}).status_code == 501
        assert send("DELETE", f"/applications/{one['id']}").status_code == 501


def test_identity_headers_of_a_client_count_for_nothing(plain: Plain) -> None:
    headers = {"X-Airbyte-User-Id": UNKNOWN, "X-Airbyte-Workspace-Id": UNKNOWN}
    assert plain.send("GET", "/workspaces", None, **headers).status_code == 200


def test_a_workspace_can_move_to_another_region_of_its_organization(plain: Plain) -> None:
    body = {"name": "US", "organizationId": ORGANIZATION}
    region = plain.ok("POST", "/regions", body)["regionId"]
    path = f"/workspaces/{plain.workspace()}"
    assert plain.ok("PATCH", path, {"regionId": region})["dataResidency"] == "us"
    status, problem = plain.refused("PATCH", path, {"regionId": UNKNOWN})
    assert (status, problem["title"]) == (403, "forbidden")
    other = plain.ok("POST", "/regions", {**body, "name": "EU"})["regionId"]
    assert plain.get(f"/regions/{other}")["name"] == "EU"
    assert plain.refused("PATCH", f"/regions/{other}", {"name": "US"})[0] == 409
    assert plain.refused("GET", f"/regions/{UNKNOWN}")[0] == 404


def test_a_source_in_a_workspace_that_is_not_there_is_a_404_for_an_admin(plain: Plain) -> None:
    body = {"name": "x", "workspaceId": UNKNOWN, "configuration": STRIPE}
    status, problem = plain.refused("POST", "/sources", body)
    assert (status, problem["data"]["resourceType"]) == (404, "STANDARD_WORKSPACE")
