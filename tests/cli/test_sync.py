"""Jobs through the command line: started, waited for, left alone, and refused."""

from __future__ import annotations

from typing import Any

import pytest
import requests

from tests.cli.manifests import ENVIRON, acme
from tests.support import Api, Project


@pytest.fixture
def applied(project: Project) -> Project:
    """The project with tenant acme, applied."""
    project.environ |= ENVIRON
    project.tenant(acme())
    project.apply()
    return project


def _control(api: Api, path: str, **body: Any) -> None:
    requests.post(f"{api.control}/{path}", json=body, timeout=10).raise_for_status()


def _jobs(api: Api) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = api.call("GET", "/jobs")["data"]
    return found


def _at_once(api: Api) -> None:
    """Makes jobs end in the moment that they start."""
    _control(api, "behaviour", job_pending_s=0, job_running_s=0)


def test_sync_starts_a_job_and_leaves_one_that_runs_alone(applied: Project, api: Api) -> None:
    first = applied.run("sync")
    assert first.exit_code == 0, first.output
    assert "1 connection: 1 started." in first.stdout
    second = applied.run("sync", "acme", "--wait")
    assert second.exit_code == 0, second.output
    assert "1 already running" in second.stdout
    assert len(_jobs(api)) == 1


def test_sync_waits_for_the_end_and_tells_rows(applied: Project, api: Api) -> None:
    _at_once(api)
    result = applied.run("sync", "--wait", "--poll", "10ms")
    assert result.exit_code == 0, result.output
    rows = _jobs(api)[0]["rowsSynced"]
    assert f"{rows:,}" in result.stdout
    assert "1 connection: 1 succeeded." in result.stdout
    assert "acme stripe: succeeded" in result.stderr


def test_a_failed_sync_is_exit_1(applied: Project, api: Api) -> None:
    _at_once(api)
    _control(api, "fail-sync", connectionId=api.row("connections", "stripe")["connectionId"])
    result = applied.run("sync", "--wait")
    assert result.exit_code == 1
    assert "1 failed" in result.stdout


def test_a_job_that_vanishes_while_waiting_is_told(applied: Project, api: Api) -> None:
    # What the API answers for an unknown job: no 404.
    api.fault(method="GET", path="*/jobs/*", status=409)
    result = applied.run("sync", "--wait", "--poll", "10ms")
    assert result.exit_code == 1
    assert "1 vanished" in result.stdout, result.output


def test_a_lost_answer_is_looked_up_and_starts_no_second_job(applied: Project, api: Api) -> None:
    api.fault(method="POST", path="*/jobs", close="after")
    result = applied.run("sync")
    assert "1 started" in result.stdout, result.output
    assert len(_jobs(api)) == 1


def test_an_inactive_connection_is_told_and_no_failure(applied: Project, api: Api) -> None:
    id_ = api.row("connections", "stripe")["connectionId"]
    api.call("PATCH", f"/connections/{id_}", {"status": "inactive"})
    result = applied.run("sync")
    assert result.exit_code == 0, result.output
    assert "1 inactive" in result.stdout
    assert not _jobs(api)


def test_only_new_takes_connections_without_any_job(applied: Project, api: Api) -> None:
    _at_once(api)
    assert "1 started" in applied.run("sync", "--only-new").stdout
    assert "No connection." in applied.run("sync", "--only-new").stdout
    assert len(_jobs(api)) == 1


def test_a_reset_says_what_it_deletes_and_asks(applied: Project, api: Api) -> None:
    refused = applied.run("sync", "--job-type", "reset")
    assert refused.exit_code == 2
    assert "A reset deletes the data of 1 connection of acme" in refused.stderr
    assert not _jobs(api)
    approved = applied.run("sync", "--job-type", "reset", "--auto-approve")
    assert approved.exit_code == 0, approved.output
    assert [job["jobType"] for job in _jobs(api)] == ["reset"]


def test_a_connection_that_was_never_applied_is_a_failure(project: Project) -> None:
    project.environ |= ENVIRON
    project.tenant(acme())
    result = project.run("sync")
    assert result.exit_code == 1
    assert "1 not in Airbyte yet" in result.stdout


def test_a_connection_that_nobody_declares_is_a_usage_error(applied: Project) -> None:
    result = applied.run("sync", "--connection", "strpe")
    assert result.exit_code == 1
    assert 'Did you mean "stripe"?' in result.stderr
