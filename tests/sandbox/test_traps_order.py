"""Which of two mistakes is told: checks run in the server's order, roles before everything."""

from __future__ import annotations

from typing import Any

import pytest

from tests.sandbox.plain import STRIPE, UNKNOWN, Plain

NO_CRON = {"scheduleType": "cron", "cronExpression": "0 12 * * *"}
NO_QUARTZ = {"scheduleType": "cron", "cronExpression": "0 0 12 * * *"}
NO_FIELD = {"type": "field-filtering", "mapperConfiguration": {"targetField": "nix"}}


def kind(plain: Plain, method: str, path: str, body: Any) -> str:
    """The type of the problem that a request is, without its address."""
    _, problem = plain.refused(method, path, body)
    return str(problem["type"]).rpartition("#")[2]


def streams(*rows: dict[str, Any]) -> dict[str, Any]:
    return {"configurations": {"streams": [{"name": "customers", **row} for row in rows]}}


def test_a_cron_that_does_not_parse_is_told_before_anything_is_looked_up(plain: Plain) -> None:
    body = {"sourceId": UNKNOWN, "destinationId": UNKNOWN, "schedule": NO_CRON}
    assert kind(plain, "POST", "/connections", body) == "bad-request"
    del body["schedule"]
    assert kind(plain, "POST", "/connections", body) == "resource-not-found"


def test_the_destination_is_looked_up_before_the_source(plain: Plain) -> None:
    body = {"sourceId": UNKNOWN, "destinationId": UNKNOWN}
    problem = plain.refused("POST", "/connections", body)[1]
    assert problem["data"]["resourceType"] == "DESTINATION_CONNECTION"


def test_streams_are_told_before_the_workspaces_of_the_ends(plain: Plain) -> None:
    ends = {**plain.ends(plain.workspace()), **streams({"name": "nix"})}
    ends["destinationId"] = plain.destination(plain.workspace("Other"))["destinationId"]
    assert kind(plain, "POST", "/connections", ends) == "bad-request"


def test_on_create_mappers_are_told_before_what_only_quartz_refuses(plain: Plain) -> None:
    body = {
        **plain.ends(plain.workspace()),
        **streams({"mappers": [NO_FIELD]}),
        "schedule": NO_QUARTZ,
    }
    assert kind(plain, "POST", "/connections", body) == "error:mapper-validation"
    body |= streams({})
    assert kind(plain, "POST", "/connections", body) == "error:cron-validation/invalid-expression"


def test_in_a_patch_what_only_quartz_refuses_is_told_before_mappers(plain: Plain) -> None:
    path = f"/connections/{plain.connection()['connectionId']}"
    body = {**streams({"mappers": [NO_FIELD]}), "schedule": NO_QUARTZ}
    assert kind(plain, "PATCH", path, body) == "error:cron-validation/invalid-expression"


@pytest.mark.parametrize(
    ("rows", "begins"),
    [
        ([{"name": "nix"}, {}, {}], "No streams found with name [nix]"),
        ([{}, {}, {"name": "nix"}], "Duplicate stream found"),
        ([{"selectedFields": []}, {}, {}], "No fields selected for stream customers."),
    ],
)
def test_streams_are_checked_one_after_the_other(
    plain: Plain, rows: list[dict[str, Any]], begins: str
) -> None:
    body = {**plain.ends(plain.workspace()), **streams(*rows)}
    problem = plain.refused("POST", "/connections", body)[1]
    assert problem["data"]["message"].startswith(begins)


def test_a_missing_role_is_told_before_anything_in_the_body_is_looked_at(plain: Plain) -> None:
    plain.token = plain.control("/tokens", {"caller": "ordinary"})["access_token"]
    body = {"sourceId": UNKNOWN, "destinationId": UNKNOWN, "schedule": NO_CRON}
    assert plain.refused("POST", "/connections", body)[0] == 403


def test_a_create_without_a_role_is_refused_by_the_framework_and_a_read_by_the_handlers(
    plain: Plain,
) -> None:
    workspace = plain.workspace()
    made = plain.source(workspace)
    plain.control("/hide-workspace", {"workspaceId": workspace})
    plain.token = plain.control("/tokens", {"caller": "ordinary"})["access_token"]
    body = {"name": "x", "workspaceId": workspace, "configuration": STRIPE}
    status, answer = plain.refused("POST", "/sources", body)
    assert (status, answer["message"]) == (403, "Forbidden")
    assert answer["_links"]["self"]["href"] == "/api/public/v1/sources"
    status, problem = plain.refused("GET", f"/sources/{made['sourceId']}")
    assert (status, problem["title"]) == (403, "forbidden")
    assert "permissions" in problem["data"]["message"]


def test_a_body_that_cannot_be_read_is_told_before_what_its_path_names(plain: Plain) -> None:
    path = f"/sources/{UNKNOWN}"
    assert plain.refused("PUT", path, {"name": 1})[0] == 400
    assert plain.refused("PUT", path, {"name": "x", "configuration": {}})[0] == 404
