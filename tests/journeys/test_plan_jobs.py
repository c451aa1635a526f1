"""`plan --job-info`: what the connections of a plan have synced, in few calls."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.journeys.manifests import ENVIRON, acme
from tests.support import Api, Project

HOURLY = {"scheduleType": "cron", "cronExpression": "0 0 * * * ?"}
STREAMS = [{"name": "customers", "syncMode": "full_refresh_append"}]


def scheduled(tenant: str, *connections: str, **fields: Any) -> dict[str, Any]:
    """A tenant with connections of these keys, all of them alike."""
    alike = {"source": "stripe", "streams": STREAMS, **fields}
    return acme(
        tenant=tenant,
        workspace={"name": tenant.title()},
        connections={key: {"name": key, **alike} for key in connections},
    )


@pytest.fixture
def applied(project: Project, api: Api) -> Project:
    """A tenant with two connections; jobs end in the moment that they start."""
    project.environ |= ENVIRON
    project.tenant(scheduled("acme", "busy", "idle"))
    project.apply()
    api.control_call("/behaviour", {"job_pending_s": 0, "job_running_s": 0})
    return project


def sync(api: Api, name: str) -> dict[str, Any]:
    id_ = api.row("connections", name)["connectionId"]
    job: dict[str, Any] = api.call("POST", "/jobs", {"connectionId": id_, "jobType": "sync"})
    return job


def plan_json(project: Project) -> Any:
    (tenant,) = json.loads(project.run("plan", "--job-info", "--format", "json").stdout)["tenants"]
    return tenant["jobs"]


def test_a_row_says_what_its_connection_has_synced(applied: Project, api: Api) -> None:
    sync(api, "busy")
    applied.tenant(scheduled("acme", "busy", "idle", schedule=HOURLY))
    job = api.call("GET", "/jobs")["data"][0]
    result = applied.run("plan", "--job-info")
    assert f"last sync succeeded just now ({job['rowsSynced']:,} rows, " in result.stdout
    assert "never synced" in result.stdout
    assert result.stderr == ""
    busy, idle = plan_json(applied)
    assert (busy["name"], busy["last"]["rows"]) == ("busy", job["rowsSynced"])
    assert busy["last"]["ended"] == job["lastUpdatedAt"]
    assert idle == {"kind": "connection", "name": "idle"}
    for format_ in ("markdown", "html"):
        assert (
            "last sync succeeded" in applied.run("plan", "--job-info", "--format", format_).stdout
        )
    assert "last sync" not in applied.run("plan").stdout


def test_a_sync_that_runs_is_told_beside_the_last_that_ended(applied: Project, api: Api) -> None:
    sync(api, "busy")
    api.control_call("/behaviour", {"job_pending_s": 0, "job_running_s": 3600})
    sync(api, "busy")
    sync(api, "idle")
    applied.tenant(scheduled("acme", "busy", "idle", schedule=HOURLY))
    busy, idle = plan_json(applied)
    assert (busy["running"], busy["last"]["status"]) == ("sync", "succeeded")
    assert (idle["running"], "last" in idle) == ("sync", False)
    text = applied.run("plan", "--job-info").stdout
    assert "a sync runs now; last sync succeeded" in text


def test_a_connection_that_goes_says_what_it_had(applied: Project, api: Api) -> None:
    sync(api, "idle")
    applied.tenant(scheduled("acme", "busy"))
    text = applied.run("plan", "--prune", "--job-info").stdout
    assert '- connection "idle"' in text
    assert "last sync succeeded" in text


def test_a_fleet_is_asked_for_by_workspaces_and_unchanged_tenants_are_not(
    applied: Project, api: Api
) -> None:
    names = [f"shop-{number}" for number in range(4)]
    for name in names:
        applied.tenant(scheduled(name, "main"), name)
    applied.apply()
    for name in names[:3]:
        applied.tenant(scheduled(name, "main", schedule=HOURLY), name)
    api.clear_log()
    text = applied.run("plan", "--job-info").stdout
    calls = [path for _, path in api.requests() if path.endswith("/jobs")]
    assert len(calls) == 1
    assert "last syncs 0 rows, 0 B in all; 3 never synced" in text


def test_a_connection_behind_a_hundred_jobs_of_others_is_found(applied: Project, api: Api) -> None:
    last = sync(api, "idle")
    for _ in range(100):
        sync(api, "busy")
    applied.tenant(scheduled("acme", "busy", "idle", schedule=HOURLY))
    _, idle = plan_json(applied)
    assert idle["last"]["started"] == last["startTime"]


def test_jobs_that_cannot_be_read_leave_the_plan_whole(applied: Project, api: Api) -> None:
    applied.tenant(scheduled("acme", "busy", "idle", schedule=HOURLY))
    api.fault(method="GET", path="*/jobs", status=403)
    result = applied.run("plan", "--job-info", "--detailed-exitcode")
    assert result.exit_code == 2
    assert "The jobs cannot be read" in result.stderr
    assert "2 to update" in result.stdout
