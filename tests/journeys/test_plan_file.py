"""plan --out and apply FILE: exactly what was shown, or nothing."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from tests.journeys.manifests import ENVIRON, acme, bigquery, stripe
from tests.support import ROOT, Api, Project

LATER = "2024-01-01T00:00:00Z"


@pytest.fixture
def applied(project: Project) -> Project:
    """The project with tenants acme and globex, applied."""
    project.environ |= ENVIRON
    for name in ("acme", "globex"):
        project.tenant(tenant(name), name)
    project.apply()
    return project


def tenant(name: str, **changes: Any) -> dict[str, Any]:
    return {**acme(**changes), "tenant": name, "workspace": {"name": name.title()}}


def reschedule(project: Project, name: str) -> None:
    """Changes the manifest of a tenant: its source starts later."""
    project.tenant(tenant(name, sources={"stripe": stripe(start_date=LATER)}), name)


def written(project: Project, *arguments: str) -> Path:
    """A plan file of what there is to do."""
    result = project.run("plan", "--out", "plan.json", *arguments)
    assert result.exit_code == 0, result.output
    return project.folder / "plan.json"


def apply(project: Project, *arguments: str) -> Any:
    return project.run("apply", "--auto-approve", "plan.json", *arguments)


def start_date(api: Api, workspace: str) -> str:
    (id_,) = [w["workspaceId"] for w in api.rows("workspaces") if w["name"] == workspace]
    (source,) = [s for s in api.rows("sources") if s["workspaceId"] == id_]
    return str(source["configuration"]["start_date"])


def test_a_plan_file_is_applied_and_then_there_is_nothing_to_do(applied: Project, api: Api) -> None:
    reschedule(applied, "acme")
    written(applied)
    result = apply(applied)
    assert result.exit_code == 0, result.output
    assert start_date(api, "Acme") == LATER
    applied.assert_no_changes()
    again = apply(applied)
    assert again.exit_code == 0, again.output
    assert "No changes" in again.stdout


def test_a_second_apply_of_a_plan_file_goes_on_where_the_first_stopped(
    project: Project, api: Api
) -> None:
    project.environ |= ENVIRON
    project.tenant(acme())
    written(project)
    api.fault(method="POST", path="/connections", status=400, count=1)
    first = apply(project)
    assert first.exit_code == 4, first.output
    assert api.rows("connections") == []
    second = apply(project)
    assert second.exit_code == 0, second.output
    assert "1 to create" in second.stdout
    project.assert_no_changes()


def test_a_delete_of_something_edited_since_is_not_approved(applied: Project, api: Api) -> None:
    applied.tenant(tenant("acme", connections={}), "acme")
    written(applied, "--prune", "--allow-deletes", "5")
    (connection,) = [
        row
        for row in api.rows("connections")
        if row["workspaceId"] == api.row("workspaces", "Acme")["workspaceId"]
    ]
    api.call("PATCH", f"/connections/{connection['connectionId']}", {"prefix": "edited_"})
    result = apply(applied)
    assert result.exit_code == 5, result.output
    assert "changed in Airbyte" in result.stdout


def test_only_what_the_file_has_is_applied(applied: Project, api: Api) -> None:
    reschedule(applied, "acme")
    written(applied)
    reschedule(applied, "globex")
    assert apply(applied).exit_code == 0
    assert start_date(api, "Acme") == LATER
    assert start_date(api, "Globex") != LATER


def test_a_tenant_that_moved_in_airbyte_is_skipped_and_shown_three_ways(
    applied: Project, api: Api
) -> None:
    for name in ("acme", "globex"):
        reschedule(applied, name)
    written(applied)
    _touch(api, "Acme", "2030-03-03T00:00:00Z")
    result = apply(applied)
    assert result.exit_code == 4, result.output
    shown = " ".join(result.stdout.split())
    assert "acme: moved since the plan was made" in shown
    assert "changed in Airbyte" in shown
    assert 'when planned: "2023-07-01T00:00:00Z" now: "2030-03-03T00:00:00Z"' in shown
    assert f'wanted: "{LATER}"' in shown
    assert start_date(api, "Acme") == "2030-03-03T00:00:00Z"
    assert start_date(api, "Globex") == LATER


def test_a_plan_file_of_which_nothing_holds_is_stale(applied: Project, api: Api) -> None:
    reschedule(applied, "acme")
    written(applied)
    _touch(api, "Acme", "2030-03-03T00:00:00Z")
    api.clear_log()
    result = apply(applied)
    assert result.exit_code == 5, result.output
    assert {method for method, path in api.requests() if "token" not in path} == {"GET"}


def test_a_manifest_that_changed_since_makes_its_tenant_moved(applied: Project) -> None:
    reschedule(applied, "acme")
    written(applied)
    later = stripe(start_date="2025-01-01T00:00:00Z")
    applied.tenant(tenant("acme", sources={"stripe": later}), "acme")
    result = apply(applied)
    assert result.exit_code == 5
    assert "the manifest has changed" in result.stdout
    assert "wanted then" in result.stdout


def test_a_tenant_whose_manifest_is_gone_is_moved(applied: Project) -> None:
    reschedule(applied, "acme")
    written(applied)
    (applied.folder / "tenants" / "acme.yaml").unlink()
    result = apply(applied)
    assert result.exit_code == 5
    assert "no manifest declares it any more" in result.stdout


def test_moving_lines_of_a_manifest_moves_nothing(applied: Project) -> None:
    reschedule(applied, "acme")
    written(applied)
    file = applied.folder / "tenants" / "acme.yaml"
    file.write_text("# a comment\n\n" + file.read_text(encoding="utf-8"), encoding="utf-8")
    assert apply(applied).exit_code == 0


def test_what_was_allowed_when_planning_is_allowed_when_applying(applied: Project) -> None:
    content = tenant(
        "acme", destinations={"destination": bigquery(), "lake": bigquery(dataset_id="l")}
    )
    del content["destination"]
    content["connections"]["stripe"]["destination"] = "lake"
    applied.tenant(content, "acme")
    written(applied, "--allow-replace", "connection/acme/stripe")
    result = apply(applied)
    assert result.exit_code == 0, result.output
    applied.assert_no_changes()


def test_a_plan_file_takes_no_tenants_and_no_options_of_planning(applied: Project) -> None:
    written(applied)
    for extra in (["acme"], ["--label", "a=b"], ["--allow-replace", "*"]):
        result = apply(applied, *extra)
        assert result.exit_code == 2
        assert "A plan file says itself" in result.stderr


def test_no_secret_and_no_credential_is_in_a_plan_file(project: Project) -> None:
    project.environ |= ENVIRON
    project.tenant(acme())
    text = written(project).read_text(encoding="utf-8")
    for value in (*ENVIRON.values(), "sandbox-client", "sandbox-secret"):
        assert value not in text
    assert "STRIPE_KEY" in text


def test_credentials_in_the_address_stay_out_of_a_plan_file(project: Project) -> None:
    text = (project.folder / "reconciler.yaml").read_text(encoding="utf-8")
    project.write("reconciler.yaml", text.replace("http://", "http://someone:planted-pw@"))
    project.tenant(acme())
    project.run("plan", "--out", "plan.json")
    file = project.folder / "plan.json"
    assert not file.exists() or "planted-pw" not in file.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("damage", "code", "message"),
    [
        (lambda text: text[: len(text) // 2], 1, "is not whole"),
        (lambda _text: "kind: plan\n", 1, "is not JSON"),
        (lambda _text: "", 1, "is not JSON"),
        (lambda _text: "[]", 1, "is JSON, and no plan"),
        (lambda _text: "{}", 1, "is JSON, and no plan"),
        (lambda _text: "[" * 100_000, 1, "is not JSON"),
        (lambda text: text.replace("2024-01-01", "2024-01-02"), 3, "has been edited"),
        (
            lambda text: text.replace('"formatVersion": 1', '"formatVersion": 2'),
            3,
            "is of format 2",
        ),
    ],
)
def test_a_damaged_plan_file_is_a_message_and_sends_nothing(
    applied: Project, api: Api, damage: Callable[[str], str], code: int, message: str
) -> None:
    reschedule(applied, "acme")
    file = written(applied)
    file.write_text(damage(file.read_text(encoding="utf-8")), encoding="utf-8")
    api.clear_log()
    result = apply(applied)
    assert result.exit_code == code, result.output
    assert message in " ".join(result.stderr.split())
    assert "Traceback" not in result.output
    assert api.requests() == []


def test_a_missing_plan_file_is_a_message(applied: Project) -> None:
    result = apply(applied)
    assert result.exit_code == 1
    assert "plan.json cannot be read" in result.stderr


def test_a_plan_for_another_environment_is_refused(applied: Project) -> None:
    reschedule(applied, "acme")
    written(applied)
    text = (applied.folder / "reconciler.yaml").read_text(encoding="utf-8")
    other = text.replace("defaultEnvironment: test", "defaultEnvironment: other")
    applied.write("reconciler.yaml", other + "  other: {url: 'https://elsewhere.test/v1'}\n")
    result = apply(applied)
    assert result.exit_code == 3
    message = " ".join(result.stderr.split())
    assert 'is for the environment "test"' in message
    assert "--env test" in message


def test_json_and_a_plan_file_are_the_same_and_follow_the_schema(applied: Project) -> None:
    reschedule(applied, "acme")
    result = applied.run("plan", "--format", "json", "--out", "plan.json")
    assert result.stdout == (applied.folder / "plan.json").read_text(encoding="utf-8")
    schema = json.loads((ROOT / "schemas" / "plan.schema.json").read_text(encoding="utf-8"))
    assert list(Draft202012Validator(schema).iter_errors(json.loads(result.stdout))) == []
    assert applied.run("plan", "--format", "json").stdout == result.stdout


def test_a_plan_file_that_cannot_be_written_is_a_message(applied: Project) -> None:
    result = applied.run("plan", "--out", "nowhere/plan.json")
    assert result.exit_code == 1
    assert "nowhere/plan.json cannot be written" in result.stderr
    assert applied.run("plan", "--out", "plan.yaml").exit_code == 2


def _touch(api: Api, workspace: str, date: str) -> None:
    """Somebody edits the source of a workspace in Airbyte."""
    (id_,) = [w["workspaceId"] for w in api.rows("workspaces") if w["name"] == workspace]
    (source,) = [s for s in api.rows("sources") if s["workspaceId"] == id_]
    api.call("PATCH", f"/sources/{source['sourceId']}", {"configuration": {"start_date": date}})
