"""`apply --sync`: what is new is loaded at once, and only that."""

from __future__ import annotations

from typing import Any

from reconciler.operations.exit_codes import ExitCode
from tests.journeys.manifests import tenant
from tests.support import Api, Project
from tests.support.terminal import on_terminal


def syncs(api: Api) -> list[str]:
    """The names of the connections that had a sync, in order of name."""
    names = {row["connectionId"]: row["name"] for row in api.rows("connections")}
    jobs = api.call("GET", "/jobs?jobType=sync")["data"]
    return sorted(names[job["connectionId"]] for job in jobs)


def at_once(api: Api) -> None:
    api.control_call("/behaviour", {"job_pending_s": 0, "job_running_s": 0})


def with_inactive(content: dict[str, Any], key: str) -> dict[str, Any]:
    content["connections"][key]["status"] = "inactive"
    return content


def test_new_connections_are_synced_and_inactive_ones_never(project: Project, api: Api) -> None:
    project.tenant(with_inactive(tenant("acme", "off", "on"), "off"))
    result = project.run("apply", "--auto-approve", "--sync")
    assert result.exit_code == 0, result.output
    assert syncs(api) == ["on"]
    assert result.stdout.endswith("2 connections: 1 started, 1 inactive.\n")


def test_what_was_there_before_is_left_alone(project: Project, api: Api) -> None:
    project.tenant(tenant("acme", "old"))
    project.apply()
    changed = tenant("acme", "new", "old")
    changed["connections"]["old"]["prefix"] = "x_"
    project.tenant(changed)
    project.apply("--sync")
    assert syncs(api) == ["new"]
    result = project.apply("--sync")
    assert "First syncs" not in result.stdout
    assert syncs(api) == ["new"]


def test_without_the_option_nothing_is_synced(project: Project, api: Api) -> None:
    project.tenant(tenant("acme", "one"))
    project.apply()
    assert syncs(api) == []


def test_one_that_runs_already_is_fine(project: Project, api: Api) -> None:
    project.tenant(tenant("acme", "one"))
    api.fault(
        method="POST",
        path="*/jobs",
        status=409,
        body='{"type": "https://reference.airbyte.com/reference/errors#try-again-later"}',
    )
    result = project.run("apply", "--auto-approve", "--sync")
    assert result.exit_code == 0, result.output
    assert "1 already running" in result.stdout


def test_waiting_tells_of_failures_by_the_exit_code(project: Project, api: Api) -> None:
    project.tenant(tenant("acme", "one"))
    api.control_call("/behaviour", {"job_pending_s": 0, "job_running_s": 0})
    api.control_call("/behaviour", {"job_outcome": "failed"})
    result = project.run("apply", "--auto-approve", "--sync", "--wait", "--poll", "10ms")
    assert result.exit_code == ExitCode.PARTLY_APPLIED, result.output
    assert "1 connection: 1 failed." in result.stdout
    project.assert_no_changes()
    assert "succeeded" in project.run("history").stdout  # the apply itself


def test_what_could_not_be_created_is_not_synced_and_the_rest_is(
    project: Project, api: Api
) -> None:
    project.tenant(tenant("acme", "bad", "good"))
    at_once(api)
    api.fault(method="POST", path="*/connections", status=400)
    result = project.run("apply", "--auto-approve", "--sync", "--wait", "--poll", "10ms")
    assert result.exit_code == ExitCode.PARTLY_APPLIED, result.output
    assert len(syncs(api)) == 1
    assert "1 connection: 1 succeeded." in result.stdout


def test_waiting_needs_something_to_wait_for(project: Project) -> None:
    project.tenant(tenant("acme", "one"))
    result = project.run("apply", "--auto-approve", "--wait")
    assert result.exit_code == 2
    assert "--wait goes with --sync" in result.stderr


def test_others_may_apply_while_first_syncs_are_watched(project: Project, api: Api) -> None:
    project.tenant(tenant("acme", "one"))
    api.control_call("/behaviour", {"job_pending_s": 0, "job_running_s": 600})
    with on_terminal(project, "apply", "--auto-approve", "--sync", "--wait") as terminal:
        terminal.waits_for("1 connection: 1 running")
        project.tenant(tenant("acme", "one", "two"))
        project.apply()
        terminal.interrupts()
        assert terminal.ends() == 130
    assert "No longer watching" in terminal.text
    assert syncs(api) == ["one"]
