"""`apply --waves`: canaries first, watched, and the rest only when those do well."""

from __future__ import annotations

from typing import Any

import pytest

from reconciler.sandbox.server.serving import Sandbox
from tests.journeys.manifests import tenant
from tests.journeys.survival.chaos import Blind
from tests.journeys.survival.proxy import proxying
from tests.support import Api, Project
from tests.support.terminal import on_terminal

NAMES = [f"t{number:02}" for number in range(12)]


def declare(project: Project, **connection: Any) -> None:
    """Twelve tenants alike, each with a connection of that tenant's name; the tenth is a canary."""
    for name in NAMES:
        content = tenant(name, name)
        content["connections"][name] |= connection
        content["labels"] = {"ring": "canary" if name == "t10" else "usual"}
        project.tenant(content, name)


@pytest.fixture
def fleet(project: Project, api: Api) -> Project:
    """All are live; their manifests ask for another prefix. Jobs end in the moment they start."""
    declare(project)
    project.apply()
    declare(project, prefix="new_")
    api.control_call("/behaviour", {"job_pending_s": 0, "job_running_s": 0})
    return project


def changed(api: Api) -> list[str]:
    """The connections that the roll-out has reached."""
    return [row["name"] for row in api.rows("connections") if row["prefix"] == "new_"]


def synced(api: Api) -> set[str]:
    names = {row["connectionId"]: row["name"] for row in api.rows("connections")}
    return {names[job["connectionId"]] for job in api.call("GET", "/jobs?limit=100")["data"]}


def roll_out(project: Project, *options: str, waves: str = "1,25%,100%") -> Any:
    return project.run("apply", "--auto-approve", "--poll", "10ms", "--waves", waves, *options)


def let_fail(api: Api, name: str) -> None:
    id_ = api.row("connections", name)["connectionId"]
    api.control_call("/fail-sync", {"connectionId": id_, "count": 9})


def test_every_wave_is_synced_and_then_the_next_one_goes(fleet: Project, api: Api) -> None:
    result = roll_out(fleet, "--canary", "ring=canary", "--verify-first-sync")
    assert result.exit_code == 0, result.output
    assert "In 3 waves: 1 tenant (t10), then 2 more, then 9 more." in result.stdout
    heads = [line for line in result.stdout.splitlines() if line.startswith("Wave")]
    assert heads[0] == "Wave 1 of 3: 1 tenant (t10)"
    assert heads[1].startswith("Wave 2 of 3: 2 tenants (")
    assert heads[2].startswith("Wave 3 of 3: 9 tenants (")
    assert changed(api) == NAMES
    assert synced(api) == set(NAMES)
    fleet.assert_no_changes()


def test_a_canary_that_fails_stops_the_roll_out_and_the_next_run_goes_on(
    fleet: Project, api: Api
) -> None:
    let_fail(api, "t10")
    result = roll_out(fleet, "--canary", "ring=canary", "--verify-first-sync")
    assert result.exit_code == 4, result.output
    assert changed(api) == ["t10"]
    assert "Stopped after wave 1 of 3: 1 tenant failed. Failed: t10." in result.stdout
    assert "Not touched: 11 tenants (" in result.stdout
    assert "partly applied" in fleet.run("history").stdout

    plan = fleet.run("plan").stdout
    assert "11 to update" in plan
    again = roll_out(fleet, "--canary", "ring=canary", "--verify-first-sync")
    assert again.exit_code == 0, again.output
    assert "t10" not in again.stdout
    assert changed(api) == NAMES


def test_some_failures_may_be_allowed(fleet: Project, api: Api) -> None:
    let_fail(api, "t10")
    options = ("--canary", "ring=canary", "--verify-first-sync", "--max-failures", "1")
    result = roll_out(fleet, *options)
    assert changed(api) == NAMES
    assert "1 tenant failed so far (t10), of 1 allowed." in result.stdout
    assert result.exit_code == 4, result.output  # all was applied; not all went well


def test_an_operation_that_fails_counts_as_well(fleet: Project, api: Api) -> None:
    api.fault(method="PATCH", path="*/connections/*", status=400)
    result = roll_out(fleet, waves="1,100%")
    assert result.exit_code == 1, result.output  # nothing was changed at all
    assert "Stopped after wave 1 of 2: 1 tenant failed." in result.stdout
    assert changed(api) == []


def test_without_canaries_the_order_is_the_same_every_time(fleet: Project, api: Api) -> None:
    for name in NAMES:
        let_fail(api, name)
    first = roll_out(fleet, "--verify-first-sync", waves="2,100%")
    assert first.exit_code == 4
    reached = changed(api)
    assert len(reached) == 2
    declare(fleet)
    fleet.apply()
    declare(fleet, prefix="new_")
    roll_out(fleet, "--verify-first-sync", waves="2,100%")
    assert changed(api) == reached


def test_a_changed_source_has_its_connections_synced(fleet: Project, api: Api) -> None:
    for name in NAMES:
        content = tenant(name, name, "other")
        content["connections"]["other"]["status"] = "inactive"
        content["sources"][name] = {"type": "faker", "configuration": {"count": 7}}
        fleet.tenant(content, name)
    fleet.apply(*NAMES[2:])
    api.clear_log()
    result = roll_out(fleet, "--verify-first-sync", *NAMES[:2])
    assert result.exit_code == 0, result.output
    assert synced(api) == set(NAMES[:2])  # not those that are inactive


def test_no_more_syncs_are_started_once_too_many_have_failed(fleet: Project, api: Api) -> None:
    for name in NAMES:
        let_fail(api, name)
    result = roll_out(fleet, "--verify-first-sync", "--at-once", "1", waves="100%")
    assert result.exit_code == 4, result.output
    assert changed(api) == NAMES
    assert len(synced(api)) == 1
    assert "12 connections: 1 failed, 11 skipped." in result.stdout
    assert "Stopped after wave 1 of 1: 1 tenant failed." in result.stdout


def test_a_sync_from_before_the_change_is_waited_for(fleet: Project, api: Api) -> None:
    api.control_call("/behaviour", {"job_running_s": 100})
    id_ = api.row("connections", "t10")["connectionId"]
    api.call("POST", "/jobs", {"connectionId": id_, "jobType": "sync"})
    api.control_call("/behaviour", {"job_running_s": 0})
    options = ("--waves", "100%", "--verify-first-sync", "--poll", "10ms", "t10")
    with on_terminal(fleet, "apply", "--auto-approve", *options) as terminal:
        terminal.waits_for("1 already running")
        api.control_call("/clock", {"seconds": 101})
        assert terminal.ends() == 0
    assert "1 connection: 1 succeeded." in terminal.text
    assert len(api.call("GET", f"/jobs?connectionId={id_}")["data"]) == 2


def test_soaking_watches_what_starts_by_itself_and_ends_early_on_failure(
    fleet: Project, api: Api
) -> None:
    let_fail(api, "t10")
    options = ("--soak", "1h", "--canary", "ring=canary", "--poll", "10ms", "--waves", "1,100%")
    with on_terminal(fleet, "apply", "--auto-approve", *options, columns=120) as terminal:
        terminal.waits_for("Watching 1 connection for 3,600 s.")
        id_ = api.row("connections", "t10")["connectionId"]
        while "1 failed" not in terminal.text:
            api.call("POST", "/jobs", {"connectionId": id_, "jobType": "sync"})
            terminal.reads()
        assert terminal.ends() == 4
    assert "Stopped after wave 1 of 2: 1 tenant failed. Failed: t10." in terminal.text
    assert changed(api) == ["t10"]


def test_a_quiet_soak_goes_on_to_the_next_wave(fleet: Project, api: Api) -> None:
    result = roll_out(fleet, "--soak", "50ms", waves="1,50%,100%")
    assert result.exit_code == 0, result.output
    assert result.stderr.count("Watching") == 2  # not after the last
    assert changed(api) == NAMES


def test_jobs_that_cannot_be_watched_stop_the_roll_out(fleet: Project, api: Api) -> None:
    api.fault(method="GET", path="*/jobs", status=400)
    result = roll_out(fleet, "--soak", "50ms", waves="1,100%")
    assert result.exit_code == 4, result.output
    assert "1 unknown" in result.stdout
    assert len(changed(api)) == 1


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--no-verify", "--verify-first-sync"], "What was touched cannot be watched:"),
        ([], "What was written could not be read again:"),
    ],
)
def test_what_cannot_be_read_again_stops_the_roll_out_and_is_noted(
    fleet: Project, sandbox: Sandbox, api: Api, options: list[str], message: str
) -> None:
    with proxying(sandbox.url) as proxy:
        text = (fleet.folder / "reconciler.yaml").read_text(encoding="utf-8")
        fleet.write("reconciler.yaml", text.replace(fleet.url, proxy.url))
        proxy.inflict(Blind())
        result = roll_out(fleet, *options, waves="1,100%")
        assert result.exit_code == 4, result.output
        assert message in result.stderr
        assert "Stopped after wave 1 of 2: 1 tenant failed." in result.stdout
        assert "partly applied" in fleet.run("history").stdout
    assert len(changed(api)) == 1


def test_a_plan_file_goes_in_waves_too(fleet: Project, api: Api) -> None:
    assert fleet.run("plan", "--out", "plan.json").exit_code == 0
    let_fail(api, "t10")
    options = ("plan.json", "--canary", "ring=canary", "--verify-first-sync")
    assert roll_out(fleet, *options).exit_code == 4
    again = roll_out(fleet, *options)
    assert again.exit_code == 0, again.output
    assert changed(api) == NAMES


def test_ctrl_c_between_waves_leaves_the_rest_untouched(fleet: Project, api: Api) -> None:
    options = ("--soak", "1h", "--canary", "ring=canary", "--waves", "1,100%")
    with on_terminal(fleet, "apply", "--auto-approve", *options, columns=120) as terminal:
        terminal.waits_for("Watching 1 connection")
        terminal.waits_for("1 waiting")
        terminal.interrupts()
        terminal.waits_for("no longer watching, and no further wave")
        assert terminal.ends() == 130
    assert "Stopped after wave 1 of 2: interrupted." in terminal.text
    assert "Not touched: 11 tenants (" in terminal.text
    assert changed(api) == ["t10"]
    assert "interrupted" in fleet.run("history").stdout


def test_a_secret_of_the_last_wave_is_missed_before_the_first(fleet: Project, api: Api) -> None:
    content = tenant("t03", "t03")
    content["connections"]["t03"]["prefix"] = "new_"
    content["destination"]["configuration"] = {
        **content["destination"]["configuration"],
        "password": "${{ secrets.NOT_THERE }}",
    }
    fleet.tenant(content, "t03")
    result = roll_out(fleet)
    assert result.exit_code == 4, result.output
    told = result.stdout.index("NOT_THERE is not provided")
    assert told < result.stdout.index("Wave 1 of")
    assert changed(api) == [f"t{n:02}" for n in range(12) if n != 3]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--waves", "10%"], "the last wave is 100%"),
        (["--waves", "5,3,100%"], "each wave goes further"),
        (["--waves", "10%,5,100%"], "numbers of tenants come before percentages"),
        (["--waves", "0,100%"], "no number of tenants"),
        (["--waves", "1,200%"], "no number of tenants"),
        (["--soak", "10m"], "go with --waves"),
        (["--canary", "a=b"], "go with --waves"),
        (["--waves", "100%", "--sync"], "--verify-first-sync in place of --sync"),
        (["--waves", "100%", "--canary", "ring"], "is not key=value"),
    ],
)
def test_wrong_options_are_told(project: Project, options: list[str], message: str) -> None:
    declare(project)
    result = project.run("apply", "--auto-approve", *options)
    assert result.exit_code == 2
    assert message in " ".join(result.stderr.split())


def test_a_canary_that_nobody_is_is_told(project: Project) -> None:
    declare(project)
    result = project.run("apply", "--auto-approve", "--waves", "100%", "--canary", "ring=test")
    assert result.exit_code == 1
    assert "No selected tenant has the labels ring=test of --canary." in result.stderr
