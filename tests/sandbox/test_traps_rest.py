"""What surprises about lists, workspaces, jobs, tags, definitions, permissions and callers."""

from __future__ import annotations

from typing import Any

import pytest
import requests

from tests.sandbox.plain import STRIPE, UNKNOWN, Plain


def test_next_is_set_on_the_last_page_and_leads_nowhere(plain: Plain) -> None:
    plain.workspace()
    page = plain.get("/workspaces")
    assert page["next"].startswith("http://localhost:8001/api/public/v1/workspaces?")
    assert page["previous"] == ""
    empty = plain.get("/workspaces?offset=20")
    assert (empty["data"], empty["next"]) == ([], "")
    assert empty["previous"].count("limit=20") == 2


def test_a_write_moves_a_row_to_another_place_in_the_list(plain: Plain) -> None:
    first, second = plain.workspace("A"), plain.workspace("B")
    plain.ok("PATCH", f"/workspaces/{first}", {"name": "C"})
    assert [w["workspaceId"] for w in plain.get("/workspaces")["data"]] == [second, first]


@pytest.mark.parametrize("limit", ["0", "-1", "101"])
def test_a_limit_out_of_range_is_a_400_with_nothing_but_a_number(plain: Plain, limit: str) -> None:
    status, body = plain.refused("GET", f"/sources?limit={limit}")
    assert (status, set(body)) == (400, {"errorId"})


def test_a_workspace_is_deleted_with_twenty_sources_and_not_with_the_others(plain: Plain) -> None:
    workspace = plain.workspace()
    ids = [plain.source(workspace, name=f"S{n}")["sourceId"] for n in range(21)]
    path = f"/workspaces/{workspace}"
    assert plain.send("DELETE", path).status_code == 204
    assert [plain.refused(method, path)[0] for method in ("GET", "DELETE")] == [404, 404]
    live = [id_ for id_ in ids if plain.get(f"/sources/{id_}")["configuration"] is not None]
    assert live == [ids[20]]
    assert plain.get("/sources")["data"] == []


def test_notifications_have_their_own_defaults_and_lose_an_address_that_is_off(
    plain: Plain,
) -> None:
    sent = {"failure": {"webhook": {"enabled": False, "url": "https://x"}}}
    workspace = plain.workspace(notifications=sent)
    read = plain.get(f"/workspaces/{workspace}")
    assert read["notifications"]["success"]["email"] == {"enabled": False}
    assert read["notifications"]["failure"] == {
        "email": {"enabled": True},
        "webhook": {"enabled": False},
    }
    body = {"notifications": {"failure": {"webhook": {"enabled": True}}}}
    status, problem = plain.refused("PATCH", f"/workspaces/{workspace}", body)
    assert (status, problem["type"]) == (400, "error:notification/config/missing-url")


def test_organization_and_region_of_a_workspace_cannot_be_read(plain: Plain) -> None:
    read = plain.get(f"/workspaces/{plain.workspace(organizationId=UNKNOWN)}")
    assert set(read) == {"workspaceId", "name", "dataResidency", "notifications"}
    body = {"name": "x", "regionId": UNKNOWN}
    assert plain.refused("POST", "/workspaces", body)[0] == 403


def test_tags_are_unique_and_limited(plain: Plain) -> None:
    workspace = plain.workspace()

    def create(name: str, color: str = "ffaa00") -> str:
        body = {"name": name, "color": color, "workspaceId": workspace}
        answer = plain.send("POST", "/tags", body)
        return str(answer.json().get("type", answer.status_code))

    assert create("gold") == "200"
    assert create("gold") == "error:tag-already-exists"
    assert create("x" * 31) == "error:tag-name-too-long"
    assert create("x", "#ffaa0") == "error:tag-invalid-hex-color"
    assert {create(f"t{number}") for number in range(99)} == {"200"}
    assert create("more") == "error:tag-limit-for-workspace-reached"
    assert "next" not in plain.get("/tags")
    assert plain.refused("GET", f"/tags/{UNKNOWN}")[1]["data"]["resourceType"] == "TAG"


def test_a_job_runs_by_the_clock_and_one_at_a_time(plain: Plain) -> None:
    id_ = plain.connection()["connectionId"]
    body = {"connectionId": id_, "jobType": "sync"}
    job = plain.ok("POST", "/jobs", body)
    assert (job["status"], "duration" in job) == ("pending", False)
    status, problem = plain.refused("POST", "/jobs", body)
    assert (status, problem["title"], problem["data"]["message"]) == (
        409,
        "try-again-later",
        f"A sync is already running for: {id_}",
    )
    plain.control("/clock", {"seconds": 5})
    assert plain.get(f"/jobs/{job['jobId']}")["status"] == "running"
    plain.control("/clock", {"seconds": 60})
    done = plain.get(f"/jobs/{job['jobId']}")
    assert (done["status"], done["duration"]) == ("succeeded", "PT11S")
    assert done["rowsSynced"] > 0
    assert plain.refused("DELETE", f"/jobs/{job['jobId']}")[1]["title"] == "state-conflict"


def test_clear_comes_back_as_reset_cancels_and_wipes_and_refresh_is_refused(plain: Plain) -> None:
    stream = {"name": "customers", "syncMode": "incremental_append"}
    id_ = plain.connection(configurations={"streams": [stream]})["connectionId"]
    sync = plain.ok("POST", "/jobs", {"connectionId": id_, "jobType": "sync"})
    clear = plain.ok("POST", "/jobs", {"connectionId": id_, "jobType": "clear"})
    assert clear["jobType"] == "reset"
    assert plain.get(f"/jobs/{sync['jobId']}")["status"] == "cancelled"
    status, problem = plain.refused("POST", "/jobs", {"connectionId": id_, "jobType": "refresh"})
    assert (status, problem["data"]["message"]) == (
        422,
        "Refreshes are not supported in the public API",
    )
    listed = plain.get(f"/jobs?connectionId={id_}")["data"]
    assert [job["jobId"] for job in listed] == [sync["jobId"], clear["jobId"]]
    newest = plain.get(f"/jobs?connectionId={id_}&limit=1&orderBy=createdAt|DESC")["data"]
    assert newest[0]["jobId"] == clear["jobId"]
    assert plain.refused("GET", "/jobs?orderBy=size")[0] == 400
    assert plain.get("/jobs?status=cancelled&jobType=sync")["data"][0]["jobId"] == sync["jobId"]


def test_an_inactive_connection_and_an_unknown_job_are_conflicts(plain: Plain) -> None:
    id_ = plain.connection(status="inactive")["connectionId"]
    body = {"connectionId": id_, "jobType": "sync"}
    assert plain.refused("POST", "/jobs", body)[1]["title"] == "state-conflict"
    assert plain.refused("GET", "/jobs/4711")[0] == 409


def test_a_docker_definition_takes_all_that_was_made_of_it_along(plain: Plain) -> None:
    workspace = plain.workspace()
    path = f"/workspaces/{workspace}/definitions/sources"
    body = {"name": "CRM", "dockerRepository": "acme/source-crm", "dockerImageTag": "1.0.0"}
    made = plain.ok("POST", path, body)
    assert made["documentationUrl"] == ""
    source = plain.source(workspace, definitionId=made["id"], configuration={"any": 1})
    assert source["sourceType"] == ""
    one = f"{path}/{made['id']}"
    changed = plain.ok("PUT", one, {"name": "CRM 2", "dockerImageTag": "2.0.0"})
    assert (changed["name"], changed["dockerImageTag"]) == ("CRM 2", "2.0.0")
    public = plain.get(path)["data"][0]["id"]
    assert plain.refused("DELETE", f"{path}/{public}")[0] == 400
    other = f"/workspaces/{plain.workspace('Other')}/definitions/sources/{made['id']}"
    assert plain.refused("GET", other)[0] == 404
    assert plain.ok("DELETE", one)["id"] == made["id"]
    assert plain.refused("GET", one)[0] == 404
    assert plain.get(f"/sources/{source['sourceId']}")["configuration"] is None


def test_an_image_that_cannot_be_pulled_is_a_state_conflict(plain: Plain) -> None:
    plain.control("/fail-image", {"image": "acme/source-crm"})
    body = {"name": "CRM", "dockerRepository": "acme/source-crm", "dockerImageTag": "1.0.0"}
    path = f"/workspaces/{plain.workspace()}/definitions/sources"
    assert plain.refused("POST", path, body)[1]["title"] == "state-conflict"


def test_every_put_of_a_manifest_makes_a_version_and_all_workspaces_see_it(plain: Plain) -> None:
    schema = {
        "type": "object",
        "properties": {"key": {"type": "string", "airbyte_secret": True}},
        "required": ["key"],
    }
    manifest = {"version": "4.6.2", "spec": {"connection_specification": schema}}
    path = f"/workspaces/{plain.workspace()}/definitions/declarative_sources"
    made = plain.ok("POST", path, {"name": "CRM", "manifest": manifest})
    assert made["version"] == 1
    assert plain.ok("PUT", f"{path}/{made['id']}", {"manifest": manifest})["version"] == 2
    other = plain.workspace("Other")
    seen = plain.get(f"/workspaces/{other}/definitions/declarative_sources")["data"]
    assert [row["id"] for row in seen] == [made["id"]]
    source = plain.source(other, definitionId=made["id"], configuration={"key": "k"})
    assert source["configuration"] == {"key": "*" * 10}
    usable = plain.get(f"/connector_definitions?type=source&workspaceId={other}")["data"]
    assert made["id"] in {row["id"] for row in usable}
    assert plain.refused("GET", "/connector_definitions?type=source")[0] == 500
    bad = {"name": "x", "manifest": {"spec": {}}}
    assert plain.refused("POST", path, bad)[0] == 422


def test_permissions_are_equal_redundant_or_in_conflict(plain: Plain) -> None:
    user = plain.control("/users", {"name": "Eve", "email": "eve@example.com"})["id"]
    organization = plain.get("/organizations")["data"][0]["organizationId"]
    (found,) = plain.get(f"/users?organizationId={organization}&emails=eve@example.com")["data"]
    assert found["id"] == user
    workspace = plain.workspace()
    body = {"permissionType": "workspace_reader", "userId": user, "workspaceId": workspace}
    made = plain.ok("POST", "/permissions", body)
    assert plain.ok("POST", "/permissions", body) == made
    other = {**body, "permissionType": "workspace_editor"}
    assert plain.refused("POST", "/permissions", other)[0] == 500
    wide = {
        "permissionType": "organization_editor",
        "userId": user,
        "organizationId": organization,
    }
    plain.ok("POST", "/permissions", wide)
    assert plain.refused("GET", f"/permissions/{made['permissionId']}")[0] == 404
    assert plain.refused("POST", "/permissions", body)[0] == 500
    both = {**body, "organizationId": organization}
    assert plain.refused("POST", "/permissions", both)[0] == 400
    (admin,) = plain.get("/permissions")["data"]
    assert plain.refused("DELETE", f"/permissions/{admin['permissionId']}")[0] == 409


def test_an_ordinary_caller_hears_403_of_what_is_not_there(plain: Plain) -> None:
    workspace = plain.workspace()
    paths = [f"/{name}/{UNKNOWN}" for name in ("sources", "connections", "workspaces")]
    assert {plain.refused("GET", path)[0] for path in paths} == {404}
    plain.token = plain.control("/tokens", {"caller": "ordinary"})["access_token"]
    assert {plain.refused("GET", path)[0] for path in (*paths, "/jobs/1")} == {403}
    assert plain.refused("GET", f"/tags/{UNKNOWN}")[0] == 404
    both = f"/sources?workspaceIds={workspace},{UNKNOWN}"
    assert plain.refused("GET", both)[0] == 403
    plain.control("/hide-workspace", {"workspaceId": workspace})
    assert plain.refused("GET", f"/sources?workspaceIds={workspace}")[0] == 403


def test_tokens_expire_by_the_clock_or_early_and_any_number_are_good_at_once(plain: Plain) -> None:
    other = plain.control("/tokens", {"caller": "admin"})["access_token"]
    plain.control("/faults", {"path": "/tags", "expire": True})
    assert plain.refused("GET", "/tags")[0] == 401
    plain.token = other
    assert plain.send("GET", "/tags").status_code == 200
    plain.control("/clock", {"seconds": 901})
    status, body = plain.refused("GET", "/tags")
    assert (status, body["message"]) == (401, "Unauthorized")
    assert body["_links"]["self"]["href"] == "/api/public/v1/tags"


def test_a_token_may_be_asked_for_with_a_form_and_under_the_paths_of_cloud(plain: Plain) -> None:
    form = {"client_id": "sandbox-client", "client_secret": "sandbox-secret"}
    answer = requests.post(f"{plain.root}/v1/applications/token", data=form, timeout=10)
    assert answer.json()["expires_in"] == 900
    assert requests.get(f"{plain.root}/v1/health", timeout=10).text == "Successful operation"


@pytest.mark.parametrize(
    ("fault", "status"),
    [
        ({"status": 429}, 429),
        ({"status": 429, "headers": {"Retry-After": "3"}}, 429),
        ({"status": 500}, 500),
        ({"status": 502}, 502),
        ({"delay_s": 0.01}, 200),
    ],
)
def test_a_fault_spoils_as_many_answers_as_it_says(
    plain: Plain, fault: dict[str, Any], status: int
) -> None:
    plain.control("/faults", {"method": "GET", "path": "/tag*", **fault})
    answer = plain.send("GET", "/tags")
    assert answer.status_code == status
    assert answer.headers.get("Retry-After") == fault.get("headers", {}).get("Retry-After")
    assert ("<html>" in answer.text) == (status == 502)
    assert plain.send("GET", "/tags").status_code == 200


@pytest.mark.parametrize(("close", "made"), [("before", 0), ("after", 1)])
def test_an_answer_can_be_lost_before_or_after_the_write(
    plain: Plain, close: str, made: int
) -> None:
    plain.control("/faults", {"method": "POST", "close": close})
    with pytest.raises((requests.ConnectionError, requests.exceptions.ChunkedEncodingError)):
        plain.workspace()
    assert len(plain.get("/workspaces")["data"]) == made


def test_a_row_can_move_between_two_pages(plain: Plain) -> None:
    ids = [plain.workspace(f"W{number}") for number in range(4)]
    plain.control("/faults", {"path": "/workspaces", "shuffle": True})
    pages = [plain.get(f"/workspaces?limit=2&offset={offset}")["data"] for offset in (0, 2)]
    seen = [row["workspaceId"] for page in pages for row in page]
    assert seen == [ids[0], ids[1], ids[3], ids[0]]


def test_chance_is_the_same_for_the_same_seed(plain: Plain) -> None:
    def statuses() -> list[int]:
        plain.control("/faults", {"path": "/tags", "status": 500, "probability": 0.5, "count": 0})
        found = [plain.send("GET", "/tags").status_code for _ in range(12)]
        plain.control("/faults", method="DELETE")
        return found

    assert statuses() == statuses()
    assert set(statuses()) == {200, 500}


def test_more_requests_than_the_limit_are_429_without_retry_after(plain: Plain) -> None:
    plain.control("/rate-limit", {"perSecond": 0.001})
    answer = [plain.send("GET", "/tags") for _ in range(2)][1]
    assert (answer.status_code, answer.json()["message"]) == (429, "You are being rate limited.")
    assert "Retry-After" not in answer.headers


def test_a_patterned_secret_needs_its_raw_value_in_every_write(plain: Plain) -> None:
    schema = {
        "type": "object",
        "properties": {"key": {"type": "string", "pattern": "^sk_", "airbyte_secret": True}},
    }
    workspace = plain.workspace()
    path = f"/workspaces/{workspace}/definitions/declarative_sources"
    manifest = {"spec": {"connection_specification": schema}}
    made = plain.ok("POST", path, {"name": "CRM", "manifest": manifest})
    source = plain.source(workspace, definitionId=made["id"], configuration={"key": "sk_1"})
    one = f"/sources/{source['sourceId']}"
    assert plain.refused("PATCH", one, {"name": "x"})[0] == 422
    masked = {"name": "x", "configuration": {"key": "*" * 10}}
    assert plain.refused("PUT", one, masked)[0] == 422
    plain.ok("PATCH", one, {"name": "x", "configuration": {"key": "sk_2"}})


def test_masks_in_lists_become_the_secret_and_null_secrets_are_conflicts(plain: Plain) -> None:
    secret = {"type": ["string", "null"], "airbyte_secret": True}
    schema = {
        "type": "object",
        "properties": {
            "key": secret,
            "apps": {"type": "array", "items": {"type": "object", "properties": {"key": secret}}},
        },
    }
    workspace = plain.workspace()
    path = f"/workspaces/{workspace}/definitions/declarative_sources"
    manifest = {"spec": {"connection_specification": schema}}
    made = plain.ok("POST", path, {"name": "CRM", "manifest": manifest})
    configuration = {"apps": [{"key": "a"}]}
    source = plain.source(workspace, definitionId=made["id"], configuration=configuration)
    one = f"/sources/{source['sourceId']}"
    shown = f"{one}?includeSecretCoordinates=true"
    before = plain.get(shown)["configuration"]["apps"][0]["key"]
    plain.ok("PUT", one, {"name": "x", "configuration": {"apps": [{"key": "*" * 10}]}})
    assert plain.get(shown)["configuration"]["apps"][0]["key"] != before
    null = {"name": "x", "configuration": {"key": None}}
    assert plain.refused("PUT", one, null)[1]["title"] == "state-conflict"
    assert STRIPE["client_secret"] not in plain.send("GET", one).text
