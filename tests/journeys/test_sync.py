"""Jobs through the command line: started, waited for, left alone, and refused."""

from __future__ import annotations

from typing import Any

import pytest
import requests

from tests.journeys.manifests import ENVIRON, acme, tenant
from tests.support import Api, Project
from tests.support.terminal import on_terminal


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


def test_a_job_that_nobody_can_tell_of_has_not_failed(applied: Project, api: Api) -> None:
    api.fault(method="GET", path="*/jobs/*", status=500, count=99)
    result = applied.run("sync", "--wait", "--poll", "10ms")
    assert result.exit_code == 1
    assert "1 connection: 1 unknown." in result.stdout, result.output
    assert "answered 500" in result.stdout


def test_no_more_run_at_once_than_asked_for(project: Project, api: Api) -> None:
    project.tenant(tenant("acme", *"abcdef"))
    project.apply()
    api.control_call("/behaviour", {"job_pending_s": 0, "job_running_s": 100})
    api.clear_log()
    with on_terminal(project, "sync", "--wait", "--at-once", "2", "--poll", "10ms") as terminal:
        for begun in (2, 4, 6):
            waiting = f", {6 - begun} waiting" if begun < 6 else ""
            ended = f", {begun - 2} succeeded" if begun > 2 else ""
            terminal.waits_for(f"6 connections: 2 running{ended}{waiting}")
            asked = polls(api)
            while polls(api) < asked + 6:  # a third one would have had the time to start
                pass
            assert len(_jobs(api)) == begun
            api.control_call("/clock", {"seconds": 101})
        assert terminal.ends() == 0
    assert "6 connections: 6 succeeded." in terminal.text


def polls(api: Api) -> int:
    return sum("/jobs/" in path for _, path in api.requests())


def test_ctrl_c_stops_watching_and_starting_and_the_jobs_go_on(project: Project, api: Api) -> None:
    project.tenant(tenant("acme", "one", "three", "two"))
    project.apply()
    api.control_call("/behaviour", {"job_pending_s": 0, "job_running_s": 3600})
    with on_terminal(project, "sync", "--wait", "--at-once", "2") as terminal:
        terminal.waits_for("3 connections: 2 running, 1 waiting")
        terminal.interrupts()
        terminal.waits_for("No longer watching: the jobs that were started go on.")
        assert terminal.ends() == 130
    assert "3 connections: 2 running, 1 skipped." in terminal.text
    assert [job["status"] for job in _jobs(api)] == ["running", "running"]


def test_a_narrow_terminal_shows_every_column(project: Project, api: Api) -> None:
    long = "a-connection-with-quite-a-long-name-indeed"
    project.tenant(tenant("a-tenant-with-a-long-name", long))
    project.apply()
    api.control_call("/behaviour", {"job_pending_s": 0, "job_running_s": 3600})
    with on_terminal(project, "sync", "--wait", "--poll", "10ms", columns=60) as terminal:
        terminal.waits_for("1 running")
        api.control_call("/clock", {"seconds": 3601})
        assert terminal.ends() == 0
    table = terminal.text[terminal.text.rindex("tenant  ") :].splitlines()
    assert max(map(len, table)) <= 60
    assert table[0].endswith("duration")
    assert "succeeded" in table[1]


@pytest.mark.parametrize(("answer", "code", "jobs"), [("yes", 0, ["reset"]), ("y", 1, [])])
def test_a_person_is_asked_before_a_reset(
    applied: Project, api: Api, answer: str, code: int, jobs: list[str]
) -> None:
    with on_terminal(applied, "sync", "--job-type", "reset") as terminal:
        terminal.waits_for("A reset deletes the data of 1 connection of acme")
        terminal.waits_for("acme stripe: all streams at destination")
        terminal.waits_for('Only "yes" is taken for yes')
        terminal.types(f"{answer}\n")
        assert terminal.ends() == code
    assert ("Nothing was started." in terminal.text) == (not jobs)
    assert [job["jobType"] for job in _jobs(api)] == jobs


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
    api.clear_log()
    assert "No connection." in applied.run("sync", "--only-new").stdout
    assert sum(path.endswith("/jobs") for _, path in api.requests()) == 1
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


def test_nobody_is_asked_about_a_reset_of_nothing(applied: Project, api: Api) -> None:
    _at_once(api)
    applied.run("sync")
    result = applied.run("sync", "--only-new", "--job-type", "reset")
    assert result.exit_code == 0, result.output
    assert "No connection." in result.stdout
