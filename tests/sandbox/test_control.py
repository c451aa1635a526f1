"""The control endpoints under /_sandbox: what they cannot do is told, and nothing is half done."""

from __future__ import annotations

from typing import Any

import pytest

from tests.sandbox.plain import UNKNOWN, Plain


def asked(plain: Plain, path: str, body: Any, method: str = "POST") -> Any:
    return plain.session.request(method, f"{plain.root}/_sandbox{path}", json=body, timeout=10)


@pytest.mark.parametrize(
    ("path", "body", "words"),
    [
        ("/behaviour", {"job_running_s": "long"}, "job_running_s is a number"),
        ("/behaviour", {"job_pending_s": -1}, "job_pending_s is a number from 0 on"),
        ("/behaviour", {"job_running_s": 10**400}, "job_running_s is a number"),
        ("/behaviour", {"job_outcome": "lost"}, "job_outcome is one of succeeded, failed"),
        ("/behaviour", {"is_entitled": "no"}, "is_entitled is a bool"),
        ("/behaviour", {"nonsense": 1}, "there is no nonsense here; there is discovery_s"),
        ("/behaviour", {"failing_images": []}, "there is no failing_images here"),
        ("/clock", {"seconds": "later"}, "seconds is a number"),
        ("/clock", {"seconds": True}, "seconds is a number"),
        ("/clock", {"second": 1}, "there is no second here"),
        ("/clock", {"speed": 0.5}, "speed is a number from 1 to 1,000,000"),
        ("/clock", {"speed": 1e9}, "speed is a number from 1 to 1,000,000"),
        ("/tokens", {"caller": "nobody"}, "caller is one of admin, ordinary"),
        ("/tokens", {}, "caller is one of admin, ordinary"),
        ("/rate-limit", {"perSecond": "x"}, "perSecond is a number"),
        ("/rate-limit", {}, "perSecond is a number"),
        ("/rate-limit", {"perSecond": 1, "retryAfterS": "x"}, "retryAfterS is a number"),
        ("/fail-sync", {"connectionId": UNKNOWN}, "there is no connection"),
        ("/fail-discovery", {"sourceId": UNKNOWN}, "there is no source"),
        ("/fail-discovery", {}, "sourceId is missing"),
        ("/fail-image", {}, "image is missing"),
        ("/hide-workspace", {"workspaceId": UNKNOWN}, "there is no workspace"),
        ("/users", {"name": "Eve"}, "email is missing"),
        (f"/sources/{UNKNOWN}/schema", {}, "there is no source"),
        (f"/schemas/{UNKNOWN}", [], "there is no source"),
        (f"/connections/{UNKNOWN}", {}, "there is no connection"),
        ("/secrets", [], "Failed to convert argument [body]"),
        ("/nonsense", {}, "Page Not Found"),
    ],
)
def test_what_no_control_endpoint_can_do_is_told(
    plain: Plain, path: str, body: Any, words: str
) -> None:
    answer = asked(plain, path, body)
    assert answer.status_code in (400, 404)
    assert words in answer.json()["message"]


def test_states_of_no_connection_are_told(plain: Plain) -> None:
    assert asked(plain, f"/states/{UNKNOWN}", None, "GET").status_code == 404


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        ({"status": 42}, "status is one that ends"),
        ({"status": 100}, "status is one that ends"),
        ({"status": True}, "status is not a int"),
        ({"status": 500, "method": "get"}, "method is one of *, GET"),
        ({"status": 500, "path": "tags"}, "path is below the API's prefix"),
        ({"status": 500, "path": "/v1/tags"}, "path is below the API's prefix"),
        ({"status": 500, "path": "/api/public/v1/tags"}, "path is below the API's prefix"),
        ({"status": 500, "count": -1}, "count is from 0"),
        ({"status": 500, "probability": 3}, "probability is from 0 to 1"),
        ({"delay_s": -1}, "delay_s is from 0"),
        ({"status": 500, "headers": "x"}, "headers is no object of texts"),
        ({"status": 500, "headers": {"Retry-After": 3}}, "headers is no object of texts"),
        ({"status": 500, "pth": "/x"}, "a fault has no pth"),
        ({"path": "/tags"}, "nothing goes wrong"),
    ],
)
def test_what_is_no_fault_is_told_and_spoils_nothing(
    plain: Plain, fault: dict[str, Any], words: str
) -> None:
    answer = asked(plain, "/faults", fault)
    assert (answer.status_code, words in answer.json()["message"]) == (400, True)
    assert plain.send("GET", "/tags").status_code == 200


@pytest.mark.parametrize(
    "change",
    [
        {"columns": []},
        {"columns": {"customers": "vip"}},
        {"column": {"customers": ["vip"]}},
        {"streams": [{"name": "x"}]},
        {"streams": [{"name": "x", "jsonSchema": {"properties": {"id": 1}}}]},
        {"streams": [{"name": "x", "jsonSchema": {}, "sourceDefinedPrimaryKey": ["id"]}]},
        {"gone": "customers"},
    ],
)
def test_what_is_no_change_of_a_schema_is_told(plain: Plain, change: dict[str, Any]) -> None:
    source = plain.source(plain.workspace())["sourceId"]
    assert asked(plain, f"/sources/{source}/schema", change).status_code == 400
    assert len(plain.get(f"/streams?sourceId={source}")) > 1


def test_a_schema_is_a_list_of_streams(plain: Plain) -> None:
    source = plain.source(plain.workspace())["sourceId"]
    bodies: tuple[Any, ...] = ({}, [1], [{"name": "x"}])
    for body in bodies:
        assert asked(plain, f"/schemas/{source}", body).status_code == 400


@pytest.mark.parametrize(
    "wish",
    [
        {"status": "broken"},
        {"status": 3},
        {"statusReason": 1},
        {"schedule": "daily"},
        {"schedule": {"scheduleType": "weekly"}},
        {"schedule": {"scheduleType": "cron"}},
        {"schedule": {"scheduleType": "cron", "cron": "0 0 * * * ?"}},
        {"streams": "all"},
        {"streams": [{}]},
        {"name": "not from here"},
    ],
)
def test_what_no_platform_does_to_a_connection_is_told(plain: Plain, wish: dict[str, Any]) -> None:
    made = plain.connection()
    assert asked(plain, f"/connections/{made['connectionId']}", wish).status_code == 400
    assert plain.get("/connections")["data"] == [made]


def test_a_behaviour_that_cannot_be_leaves_the_others_as_they_are(plain: Plain) -> None:
    assert asked(plain, "/behaviour", {"job_pending_s": 600, "is_entitled": 1}).status_code == 400
    made = plain.connection()["connectionId"]
    plain.ok("POST", "/jobs", {"connectionId": made, "jobType": "sync"})
    plain.control("/clock", {"seconds": 5})
    assert plain.get("/jobs")["data"][0]["status"] == "running"


def test_the_log_of_requests_tells_all_but_control_and_can_be_emptied(plain: Plain) -> None:
    plain.control("/requests", method="DELETE")
    plain.get("/workspaces?limit=5&workspaceIds=")
    plain.refused("GET", "/nowhere")
    plain.control("/clock", {"seconds": 1})
    found = plain.control("/requests", method="GET")["data"]
    assert [(one["method"], one["path"], one["status"]) for one in found] == [
        ("GET", "/workspaces", 200),
        ("GET", "/nowhere", 404),
    ]
    assert found[0]["query"] == [["limit", "5"]]


def test_faults_can_be_forgotten_and_every_token_ended(plain: Plain) -> None:
    plain.control("/faults", {"path": "/tags", "status": 500, "count": 0})
    assert [plain.send("GET", "/tags").status_code for _ in range(3)] == [500] * 3
    plain.control("/faults", method="DELETE")
    assert plain.send("GET", "/tags").status_code == 200
    plain.control("/expire-tokens")
    assert plain.send("GET", "/tags").status_code == 401


def test_a_rate_limit_names_the_seconds_to_wait_if_it_is_told_them(plain: Plain) -> None:
    plain.control("/rate-limit", {"perSecond": 0.001, "retryAfterS": 7})
    answer = [plain.send("GET", "/tags") for _ in range(2)][1]
    assert (answer.status_code, answer.headers["Retry-After"]) == (429, "7")
    plain.control("/rate-limit", {"perSecond": 0})
    assert plain.send("GET", "/tags").status_code == 200


def test_roles_that_cannot_be_computed_are_a_403_even_for_an_admin(plain: Plain) -> None:
    workspace = plain.workspace()
    plain.control("/faults", {"path": f"/workspaces/{workspace}", "status": 403})
    status, problem = plain.refused("GET", f"/workspaces/{workspace}")
    assert (status, problem["title"]) == (403, "forbidden")
    assert plain.get(f"/workspaces/{workspace}")["workspaceId"] == workspace
