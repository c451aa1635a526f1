"""`status`: the last job of each connection, worst first, in few requests."""

from __future__ import annotations

import json
from typing import Any

import jsonschema
import pytest

from reconciler.sandbox.server.serving import Sandbox
from tests.journeys.manifests import ENVIRON, acme, tenant
from tests.support import ROOT, Api, Project
from tests.support.terminal import on_terminal


@pytest.fixture
def applied(project: Project, api: Api) -> Project:
    """Tenant acme is live, and jobs end in the moment that they start."""
    project.environ |= ENVIRON
    project.tenant(acme())
    project.apply()
    api.control_call("/behaviour", {"job_pending_s": 0, "job_running_s": 0})
    return project


def run_jobs(api: Api, name: str, *, failing: int = 0, good: int = 0) -> None:
    """Good jobs of the connection of that name, then failing ones."""
    id_ = api.row("connections", name)["connectionId"]
    body = {"connectionId": id_, "jobType": "sync"}
    for _ in range(good):
        api.call("POST", "/jobs", body)
    api.control_call("/fail-sync", {"connectionId": id_, "count": failing})
    for _ in range(failing):
        api.call("POST", "/jobs", body)


def status(project: Project, *arguments: str) -> Any:
    """What the JSON says, which is as the schema has it."""
    result = project.run("status", "--format", "json", *arguments)
    value = json.loads(result.stdout)
    schema = json.loads((ROOT / "schemas" / "status.schema.json").read_text(encoding="utf-8"))
    jsonschema.validate(value, schema, format_checker=jsonschema.FormatChecker())
    return value


def job_lists(api: Api) -> int:
    return sum(path.endswith("/jobs") for method, path in api.requests() if method == "GET")


def test_the_worst_comes_first(project: Project, api: Api) -> None:
    project.tenant(tenant("acme", "bad", "good", "idle", "now", "once"))
    project.apply()
    api.control_call("/behaviour", {"job_pending_s": 0, "job_running_s": 0})
    run_jobs(api, "good", good=2)
    run_jobs(api, "bad", good=1, failing=3)
    run_jobs(api, "once", failing=1)
    api.control_call("/behaviour", {"job_running_s": 600})
    run_jobs(api, "now", good=1)
    content = tenant("acme", "bad", "good", "idle", "now", "once")
    content["connections"]["planned"] = {"source": "good", "streams": [{"name": "users"}]}
    project.tenant(content)

    result = project.run("status")

    assert result.exit_code == 0, result.output
    table = [line.split("  ") for line in result.stdout.splitlines()[1:7]]
    rows = [tuple(cell.strip() for cell in row if cell.strip())[1:3] for row in table]
    assert rows == [
        ("bad", "failed 3x"),
        ("once", "failed"),
        ("planned", "not in Airbyte yet"),
        ("idle", "never ran"),
        ("now", "never ran"),
        ("good", "succeeded"),
    ]
    assert result.stdout.splitlines()[5].endswith("running")
    assert result.stdout.splitlines()[-1] == (
        "6 connections: 2 failed, 1 not in Airbyte yet, 2 never ran, 1 succeeded; 1 running now."
    )
    assert max(map(len, result.stdout.splitlines()[:7])) <= 80


def test_json_has_the_last_job_the_running_one_and_the_next(applied: Project, api: Api) -> None:
    run_jobs(api, "stripe", good=1)
    (found,) = status(applied)["connections"]
    assert (found["health"], found["failuresInARow"], found["runningJob"]) == ("succeeded", 0, None)
    assert found["lastJob"]["rows"] > 0
    assert found["nextRun"].endswith("T02:00:00Z")
    api.control_call("/behaviour", {"job_running_s": 600})
    run_jobs(api, "stripe", failing=1)
    (found,) = status(applied)["connections"]
    assert found["runningJob"]["status"] in ("pending", "running")
    assert found["nextRun"] is None


def test_the_next_run_is_in_the_time_zone_of_the_schedule(applied: Project, api: Api) -> None:
    id_ = api.row("connections", "stripe")["connectionId"]
    schedule = {"scheduleType": "cron", "cronExpression": "0 0 2 * * ?", "zone": "Asia/Tokyo"}
    api.control_call(f"/connections/{id_}", {"schedule": schedule})
    (found,) = status(applied)["connections"]
    assert found["schedule"]["cronExpression"] == "0 0 2 * * ? Asia/Tokyo"
    assert found["nextRun"].endswith("T17:00:00Z")


def test_what_does_not_run_by_itself_says_why(applied: Project, api: Api) -> None:
    id_ = api.row("connections", "stripe")["connectionId"]
    basic = {"scheduleType": "basic", "basicTiming": "Every 24 HOURS"}
    for change, words in (
        ({"schedule": basic}, "every 24 hours"),
        ({"schedule": {"scheduleType": "manual"}}, "manual"),
        ({"status": "inactive"}, "inactive"),
        ({"status": "locked"}, "locked"),
    ):
        api.control_call(f"/connections/{id_}", change)
        assert applied.run("status").stdout.splitlines()[1].endswith(words)


def test_failures_are_told_by_the_exit_code_when_asked_for(applied: Project, api: Api) -> None:
    run_jobs(api, "stripe", failing=1)
    assert applied.run("status").exit_code == 0
    assert applied.run("status", "--detailed-exitcode").exit_code == 2
    run_jobs(api, "stripe", good=1)
    assert applied.run("status", "--detailed-exitcode").exit_code == 0


def test_a_cancelled_job_does_not_end_a_row_of_failures(applied: Project, api: Api) -> None:
    run_jobs(api, "stripe", good=1, failing=2)
    id_ = api.row("connections", "stripe")["connectionId"]
    api.control_call("/behaviour", {"job_running_s": 600})
    job = api.call("POST", "/jobs", {"connectionId": id_, "jobType": "sync"})
    api.call("DELETE", f"/jobs/{job['jobId']}")
    (found,) = status(applied)["connections"]
    assert (found["health"], found["failuresInARow"]) == ("cancelled", 2)


def test_a_reset_is_no_sync(applied: Project, api: Api) -> None:
    run_jobs(api, "stripe", failing=2)
    id_ = api.row("connections", "stripe")["connectionId"]
    api.call("POST", "/jobs", {"connectionId": id_, "jobType": "reset"})
    assert "reset succeeded" in applied.run("status").stdout
    assert status(applied)["connections"][0]["failuresInARow"] == 2


def test_a_connection_that_no_manifest_mentions_is_shown_by_its_name(
    applied: Project, api: Api
) -> None:
    row = api.row("connections", "stripe")
    streams = {"streams": [{"name": "customers"}]}
    ids = {name: row[name] for name in ("sourceId", "destinationId")}
    api.call("POST", "/connections", {**ids, "name": "By hand", "configurations": streams})
    run_jobs(api, "By hand", failing=1)
    found = status(applied, "--failed")["connections"]
    assert [(each["key"], each["name"]) for each in found] == [(None, "By hand")]
    assert 'acme    "By hand"   failed' in applied.run("status").stdout


def test_only_gets_are_sent_and_an_ordinary_caller_may(
    applied: Project, api: Api, sandbox: Sandbox
) -> None:
    for command in (
        ["status"],
        ["drift"],
        ["drift", "--secrets"],
        ["export", "--all", "--out", "x"],
    ):
        token = api.ordinary_token()
        applied.write(
            "reconciler.yaml",
            f"version: 1\ndefaultEnvironment: test\n"
            f"environments: {{test: {{url: '{sandbox.url}', token: {token}}}}}\n",
        )
        applied.environ.clear()
        api.clear_log()
        result = applied.run(*command)
        assert result.exit_code == 0, result.output
        assert {method for method, _ in api.requests()} == {"GET"}


def test_a_fleet_takes_a_request_for_each_hundred_jobs(project: Project, api: Api) -> None:
    for number in range(30):
        project.tenant(tenant(f"t{number:02}", f"c{number:02}"), f"t{number:02}")
    project.apply()
    api.control_call("/behaviour", {"job_pending_s": 0, "job_running_s": 0})
    connections = {row["name"]: row["connectionId"] for row in api.rows("connections")}
    for _ in range(
        5
    ):  # 150 jobs: each page of 100 tells of connections that the one before did not
        for id_ in connections.values():
            api.call("POST", "/jobs", {"connectionId": id_, "jobType": "sync"})
    api.clear_log()
    assert "30 connections: 30 succeeded." in project.run("status").stdout
    assert job_lists(api) == 1
    lists = len([path for _, path in api.requests() if "token" not in path])
    assert lists == 5  # workspaces, sources, destinations, connections, jobs


def test_what_runs_rarely_is_asked_for_by_itself(project: Project, api: Api) -> None:
    project.tenant(tenant("acme", "busy", "rare", "ill"))
    project.apply()
    api.control_call("/behaviour", {"job_pending_s": 0, "job_running_s": 0})
    run_jobs(api, "rare", good=1)
    run_jobs(api, "ill", good=1, failing=2)
    run_jobs(api, "busy", good=205)
    api.clear_log()
    found = {each["key"]: each for each in status(project)["connections"]}
    assert {key: each["health"] for key, each in found.items()} == {
        "ill": "failed",
        "busy": "succeeded",
        "rare": "succeeded",
    }
    assert found["ill"]["failuresInARow"] == 2
    assert job_lists(api) == 4  # two pages, of which the second is all of one; two alone


def test_jobs_that_may_not_be_read_are_unknown_and_the_others_shown(
    project: Project, api: Api
) -> None:
    for name in ("one", "two"):
        project.tenant(tenant(name, name), name)
    project.apply()
    api.control_call("/behaviour", {"job_pending_s": 0, "job_running_s": 0})
    run_jobs(api, "two", good=1)
    api.fault(method="GET", path="*/jobs", status=403, count=2)  # both together, then the first
    result = project.run("status")
    assert result.exit_code == 1
    lines = result.stdout.splitlines()
    assert "unknown" in lines[1]
    assert "succeeded" in lines[2]
    assert "/jobs answered 403" in result.stdout


def test_a_tenant_that_cannot_be_read_is_told(applied: Project, api: Api) -> None:
    api.fault(method="GET", path="*/connections", status=403, count=9)
    result = applied.run("status")
    assert result.exit_code == 1
    assert result.stdout == "No connection. 1 tenant not read.\n"
    assert "tenant acme could not be read" in result.stderr


def test_names_are_cut_where_a_narrow_terminal_has_no_room(project: Project) -> None:
    long = "a-connection-with-quite-a-long-name-indeed"
    project.tenant(tenant("a-tenant-with-a-long-name", long))
    project.apply()
    assert long in project.run("status").stdout
    with on_terminal(project, "status", columns=60) as terminal:
        assert terminal.ends() == 0
    lines = terminal.text.splitlines()
    assert max(map(len, lines[:2])) <= 60
    assert "a-tenant-w" in terminal.text
    assert "…" in terminal.text
