"""What goes wrong between the program, its ledger and Airbyte is told under a rule of its own."""

from __future__ import annotations

import fcntl
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from reconciler.sandbox.server.serving import Settings, running
from tests.journeys.manifests import ENVIRON, acme, stripe
from tests.support import ROOT, Api, Project
from tests.support.terminal import on_terminal

FOREVER = {"method": "GET", "count": 0}
FAKER = {"sourceType": "faker", "count": 1}


@pytest.fixture
def applied(project: Project) -> Project:
    """The project with tenant acme, applied."""
    project.environ |= ENVIRON
    project.tenant(acme())
    project.apply()
    return project


def stopped(project: Project, *arguments: str) -> str:
    """What a run without patience prints that comes to nothing; checks it does so cleanly."""
    result = project.run("apply", "--auto-approve", "--retry-for", "0s", *arguments)
    assert result.exit_code == 1, result.output
    assert isinstance(result.exception, SystemExit)
    return " ".join(result.output.split())


@pytest.mark.parametrize(
    ("fault", "told"),
    [
        ({"close": "before"}, "no answer [R511]"),
        ({"status": 429}, "too many requests [R518]"),
        ({"status": 409, "path": "*/sources"}, "in conflict [R517]"),
    ],
)
def test_an_api_that_stays_unwell(
    applied: Project, api: Api, fault: dict[str, Any], told: str
) -> None:
    api.fault(**FOREVER, **fault)
    assert told in stopped(applied)


def test_a_listing_of_what_nobody_asked_for_is_no_live_state(applied: Project, api: Api) -> None:
    stranger = {"sourceId": "s", "name": "Stripe", "workspaceId": "another"}
    body = json.dumps({"data": [stranger]})
    api.fault(**FOREVER, path="*/sources", status=200, body=body)
    planned = applied.run("apply", "--auto-approve")
    assert planned.exit_code == 3
    assert "listing does not add up [R408]" in planned.output
    exported = applied.run("export", "--all", "--out", "exported")
    assert exported.exit_code == 1
    assert "inconsistent listing [R504]" in exported.output
    for output in (planned.output, exported.output):
        assert "source s is of workspace another" in " ".join(output.split())


def test_a_ledger_that_is_no_database_says_how_to_go_on(applied: Project) -> None:
    (ledger,) = (applied.folder / ".reconciler").glob("ledger-*.db")
    ledger.write_bytes(b"no database at all" * 1000)
    output = stopped(applied)
    assert "ledger unusable [R507]" in output
    assert ledger.name in output
    applied.forget()
    applied.apply()


def test_an_output_that_is_full_is_told(applied: Project) -> None:
    command = [sys.executable, "-m", "reconciler", "plan", "--format", "json"]
    environ = {**os.environ, **ENVIRON, "PYTHONPATH": str(ROOT)}
    with Path("/dev/full").open("w", encoding="utf-8") as full:
        done = subprocess.run(
            command, cwd=applied.folder, env=environ, stdout=full, stderr=subprocess.PIPE, text=True
        )
    assert done.returncode == 1
    assert "The output cannot be written: No space left on device." in done.stderr
    assert "Traceback" not in done.stderr
    assert "Exception ignored" not in done.stderr


def test_a_folder_of_state_that_is_none_is_told(project: Project) -> None:
    project.tenant(acme())
    project.write(".reconciler", "")
    result = project.run("--env", "sandbox", "plan")
    assert result.exit_code == 1
    assert isinstance(result.exception, SystemExit)
    assert '.reconciler" cannot be used: File exists' in result.stderr


def test_a_plan_file_is_told_with_the_command_that_applies_it(applied: Project) -> None:
    applied.tenant(acme(sources={"stripe": stripe(account_id="acct_9")}))
    planned = applied.run("--env", "test", "plan", "--out", "a plan.json")
    assert "Plan file written: reconciler --env test apply 'a plan.json'" in planned.stderr
    assert applied.run("--env", "test", "apply", "a plan.json", "--auto-approve").exit_code == 0


def test_the_question_names_the_place(applied: Project) -> None:
    applied.tenant(acme(sources={"stripe": stripe(account_id="acct_9")}))
    with on_terminal(applied, "apply", columns=200) as terminal:
        terminal.waits_for(f"Apply these changes to test ({applied.url})?")
        terminal.types("no\n")
        assert terminal.ends() == 1
    with on_terminal(applied, "destroy", "acme", columns=200) as terminal:
        terminal.waits_for(f"All of this is deleted: 4 objects. This is test ({applied.url}).")
        terminal.types("no\n")
        assert terminal.ends() == 1


def test_a_second_apply_waits_for_nobody(applied: Project) -> None:
    (lock,) = (applied.folder / ".reconciler").glob("*.lock")
    with lock.open("r+") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        assert "environment locked [R508]" in stopped(applied)
    applied.apply()


def test_a_replacement_spares_a_connection_that_no_manifest_mentions(
    applied: Project, api: Api
) -> None:
    source, connection = api.row("sources", "stripe"), api.row("connections", "stripe")
    theirs = {"sourceId": source["sourceId"], "destinationId": connection["destinationId"]}
    api.call("POST", "/connections", {"name": "By hand", **theirs})
    applied.tenant(acme(sources={"stripe": {"type": "faker", "configuration": {"count": 1}}}))
    result = applied.run("apply", "--auto-approve", "--allow-replace", "*")
    assert result.exit_code == 3
    assert "undeclared object would be deleted [R402]" in result.output
    assert 'the connection "By hand"' in " ".join(result.output.split())
    assert api.row("sources", "stripe") == source


def test_another_object_of_a_remembered_name_is_told_and_left_alone(
    applied: Project, api: Api
) -> None:
    ours = api.row("sources", "stripe")
    twin = {"name": "stripe", "workspaceId": ours["workspaceId"]}
    api.call("POST", "/sources", {**twin, "configuration": FAKER})
    result = applied.run("plan")
    assert result.exit_code == 0
    assert "another object of this name [R424]" in result.output


def test_streams_that_airbyte_may_have_dropped_are_told(applied: Project, api: Api) -> None:
    declared = acme()["connections"]["stripe"] | {
        "nonBreakingSchemaUpdatesBehavior": "propagate_fully"
    }
    applied.tenant(acme(connections={"stripe": declared}))
    applied.apply()
    live = api.row("connections", "stripe")
    streams = [s for s in live["configurations"]["streams"] if s["name"] != "invoices"]
    kept = [{k: v for k, v in s.items() if v != []} for s in streams]
    patch = {"configurations": {"streams": kept}}
    api.call("PATCH", f"/connections/{live['connectionId']}", patch)
    output = " ".join(applied.run("plan").output.split())
    assert "streams dropped by Airbyte [R423]" in output
    assert "not there: invoices" in output


def test_a_connection_that_does_not_say_what_it_syncs_is_doubted(project: Project) -> None:
    project.tenant(acme(connections={"stripe": {"status": "active"}}))
    result = project.run("validate")
    assert result.exit_code == 0
    assert "warning: streams not managed [R301]" in result.stderr


def test_a_file_without_an_end_to_its_depth_is_not_read(project: Project) -> None:
    depth = 200
    project.tenant("version: 1\ntenant: acme\nlabels: " + "[" * depth + "]" * depth + "\n")
    result = project.run("validate")
    assert result.exit_code == 1
    assert "error: file too large [R005]" in result.stderr


def registry_of(folder: Path, name: str, schema: dict[str, Any]) -> Path:
    """A registry file with one source connector of that name and schema."""
    row = {
        "sourceDefinitionId": "7c1f4b9e-0000-4000-8000-00000000000b",
        "name": name.title(),
        "dockerRepository": f"airbyte/source-{name}",
        "dockerImageTag": "1.0.0",
        "spec": {"connectionSpecification": schema},
    }
    file = folder / f"{name}.json"
    file.write_text(json.dumps({"sources": [row], "destinations": []}), encoding="utf-8")
    return file


def test_a_secret_that_airbyte_would_not_carry_over_stops_its_row(tmp_path: Path) -> None:
    secret = {"type": "string", "airbyte_secret": True, "pattern": "^k_"}
    properties = {"host": {"type": "string"}, "key": secret}
    registry = registry_of(tmp_path, "patterned", {"type": "object", "properties": properties})
    with running(Settings(database=tmp_path / "sandbox.db", registry=registry)) as server:
        project, api = Project(tmp_path, server.url), Api(server)
        source = {"type": "patterned", "configuration": {"host": "a", "key": "${{ secrets.KEY }}"}}
        tenant = {"version": 1, "tenant": "acme", "sources": {"it": source}}
        project.environ["KEY"] = "k_planted"
        project.tenant(tenant)
        project.apply("--registry", str(registry))
        before = api.row("sources", "it")
        project.forget()
        source["configuration"] = {"host": "b"}
        project.tenant(tenant)
        output = stopped(project, "--registry", str(registry))
        assert "secret would be lost [R506]" in output
        assert "key" in output
        assert api.row("sources", "it") == before


def test_a_field_that_a_strict_connector_does_not_take(project: Project) -> None:
    properties = {"host": {"type": "string"}}
    registry_of(project.folder, "strict", {"properties": properties, "additionalProperties": False})
    source = stripe() | {"type": "strict", "configuration": {"hots": "a"}}
    project.tenant({"version": 1, "tenant": "acme", "sources": {"strict": source}})
    result = project.run("validate", "--registry", "strict.json")
    assert result.exit_code == 1
    assert "error: field not allowed [R204]" in result.stderr
    assert 'Did you mean "host"?' in result.stderr
