"""Permissions by e-mail address: given, changed, taken away; what Airbyte refuses is told."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.journeys.manifests import ENVIRON, acme
from tests.support import Api, Project

ADA, BOB = "ada@acme.example", "bob@acme.example"


@pytest.fixture
def people(api: Api) -> dict[str, str]:
    """Two users of the organization, by address."""
    return {address: api.person(address) for address in (ADA, BOB)}


@pytest.fixture
def permitted(project: Project, people: dict[str, str]) -> Project:
    """The project with tenant acme, in which Ada is an editor, applied."""
    assert ADA in people
    project.environ |= ENVIRON
    project.tenant(_tenant({ADA: "workspace_editor"}))
    project.apply()
    return project


def _tenant(permissions: dict[str, Any], **changes: Any) -> dict[str, Any]:
    return acme(permissions=permissions, **changes)


def _held(api: Api, person: str) -> list[str]:
    organization = api.call("GET", "/organizations")["data"][0]["organizationId"]
    path = f"/permissions?userId={person}&organizationId={organization}"
    return [row["permissionType"] for row in api.call("GET", path)["data"]]


def _give(api: Api, person: str, type_: str) -> None:
    workspace = api.row("workspaces", "Acme Inc")["workspaceId"]
    body = {"userId": person, "workspaceId": workspace, "permissionType": type_}
    api.call("POST", "/permissions", body)


def test_of_several_organizations_none_is_guessed(permitted: Project, api: Api) -> None:
    (ours,) = api.call("GET", "/organizations")["data"]
    several = {"data": [ours, {**ours, "organizationId": "another"}]}
    body = json.dumps(several)
    api.fault(method="GET", path="*/organizations", count=0, status=200, body=body)
    result = permitted.run("plan")
    assert result.exit_code == 1
    assert "organization unclear [R523]" in result.output
    assert f"2 organizations: {ours['organizationId']}, another" in " ".join(result.output.split())
    project_file = (permitted.folder / "reconciler.yaml").read_text(encoding="utf-8")
    chosen = f'{{organizationId: "{ours["organizationId"]}", url:'
    permitted.write("reconciler.yaml", project_file.replace("{url:", chosen))
    permitted.assert_no_changes()


def test_a_permission_is_given_and_then_there_is_nothing_to_do(
    permitted: Project, api: Api, people: dict[str, str]
) -> None:
    assert _held(api, people[ADA]) == ["workspace_editor"]
    permitted.assert_no_changes()
    permitted.forget()
    permitted.assert_no_changes()


def test_another_type_is_an_update_in_place(
    permitted: Project, api: Api, people: dict[str, str]
) -> None:
    permitted.tenant(_tenant({ADA: "workspace_reader"}))
    plan = permitted.run("plan")
    assert "~ permission ada@acme.example" in plan.stdout, plan.stdout
    assert 'permissionType: "workspace_editor" → "workspace_reader"' in plan.stdout
    assert "[access changes]" in plan.stdout
    permitted.apply()
    assert _held(api, people[ADA]) == ["workspace_reader"]
    permitted.assert_no_changes()


def test_a_permission_changed_outside_is_drift_and_is_repaired(
    permitted: Project, api: Api, people: dict[str, str]
) -> None:
    (row,) = [row for row in _rows(api, people[ADA]) if row["scope"] == "workspace"]
    path = f"/permissions/{row['permissionId']}"
    api.call("PATCH", path, {"permissionType": "workspace_admin"})
    drift = permitted.run("drift")
    assert drift.exit_code == 2
    assert "changed outside" in drift.stdout, drift.stdout
    permitted.apply()
    assert _held(api, people[ADA]) == ["workspace_editor"]
    api.call("DELETE", path)
    assert permitted.run("drift").exit_code == 2
    permitted.apply()
    assert _held(api, people[ADA]) == ["workspace_editor"]


def _rows(api: Api, person: str) -> list[dict[str, Any]]:
    organization = api.call("GET", "/organizations")["data"][0]["organizationId"]
    path = f"/permissions?userId={person}&organizationId={organization}"
    found: list[dict[str, Any]] = api.call("GET", path)["data"]
    return found


def test_people_who_may_not_be_listed_fail_their_tenants_alone(
    permitted: Project, api: Api
) -> None:
    for name in ("six", "two"):
        permitted.tenant(
            {"version": 1, "tenant": name, "permissions": {ADA: "workspace_reader"}}, name
        )
    permitted.apply()
    permitted.tenant({"version": 1, "tenant": "ten"}, "ten")
    api.fault(method="GET", path="/users", count=0, status=403)
    result = permitted.run("plan")
    assert result.exit_code == 1
    assert "1 to create" in result.stdout, result.output
    for name in ("acme", "six", "two"):
        assert name in result.output


def test_who_is_not_declared_is_left_alone_until_pruning(
    permitted: Project, api: Api, people: dict[str, str]
) -> None:
    _give(api, people[BOB], "workspace_reader")
    permitted.assert_no_changes()
    plan = permitted.run("plan", "--prune")
    assert "- permission" in plan.stdout, plan.stdout
    assert BOB in plan.stdout
    permitted.apply("--prune")
    assert _held(api, people[BOB]) == []
    assert _held(api, people[ADA]) == ["workspace_editor"]


def test_an_empty_section_with_pruning_takes_every_permission_away(
    permitted: Project, api: Api, people: dict[str, str]
) -> None:
    permitted.tenant(_tenant({}))
    permitted.apply("--prune")
    assert _held(api, people[ADA]) == []
    permitted.assert_no_changes()


def test_a_retired_permission_is_taken_away_without_pruning(
    permitted: Project, api: Api, people: dict[str, str]
) -> None:
    permitted.tenant(_tenant({ADA: {"state": "absent", "reason": "has left"}}))
    plan = permitted.run("plan")
    assert "has left" in plan.stdout
    permitted.apply()
    assert _held(api, people[ADA]) == []
    permitted.assert_no_changes()


def test_the_address_may_stand_beside_a_key_so_that_a_template_can_fill_it_in(
    project: Project, api: Api, people: dict[str, str]
) -> None:
    template = {
        "version": 1,
        "template": "team",
        "params": {"required": ["owner"], "properties": {"owner": {"type": "string"}}},
        "permissions": {
            "owner": {"email": "${{ params.owner }}", "permissionType": "workspace_admin"}
        },
    }
    project.write("templates/team.yaml", template)
    project.tenant({"version": 1, "tenant": "acme", "template": "team", "params": {"owner": BOB}})
    project.apply()
    assert _held(api, people[BOB]) == ["workspace_admin"]
    project.assert_no_changes()


def test_an_address_that_nobody_has_is_refused_at_its_place(permitted: Project, api: Api) -> None:
    file = permitted.folder / "tenants" / "acme.yaml"
    file.write_text(file.read_text().replace("ada@acme", "ad@acme"), encoding="utf-8")
    api.clear_log()
    result = permitted.run("apply", "--auto-approve")
    assert result.exit_code == 3
    assert "error: unknown person [R410]" in result.output, result.output
    assert "tenants/acme.yaml:22:3" in result.output, result.output
    assert f'Did you mean "{ADA}"?' in result.output
    assert {method for method, path in api.requests() if "token" not in path} == {"GET"}


def test_what_a_role_in_the_organization_implies_need_not_be_given(
    project: Project, api: Api
) -> None:
    """Airbyte answers 500 to such a permission, and takes the ones away that are there."""
    eve = api.person("eve@acme.example", role="organization_editor")
    project.environ |= ENVIRON
    project.tenant(_tenant({"eve@acme.example": "workspace_reader"}))
    plan = project.run("plan")
    assert "+ permission" not in plan.stdout, plan.stdout
    assert "organization_editor, which implies workspace_reader" in plan.stdout, plan.stdout
    project.apply()
    assert _held(api, eve) == ["organization_editor"]
    project.assert_no_changes()
    project.tenant(_tenant({"eve@acme.example": "workspace_admin"}))
    project.apply()
    assert sorted(_held(api, eve)) == ["organization_editor", "workspace_admin"]
    project.tenant(_tenant({"eve@acme.example": "workspace_runner"}))
    project.apply()
    assert _held(api, eve) == ["organization_editor"]
    project.assert_no_changes()


def test_with_its_workspace_a_permission_needs_no_delete(
    permitted: Project, api: Api, people: dict[str, str]
) -> None:
    destroyed = permitted.run("destroy", "acme", "--auto-approve", "--allow-deletes", "9")
    assert destroyed.exit_code == 0, destroyed.output
    assert "permission" not in destroyed.stdout, destroyed.stdout
    assert api.rows("workspaces") == []
    assert _held(api, people[ADA]) == ["workspace_editor"]  # of a workspace that is dead


def test_permissions_are_exported_when_they_are_asked_for(permitted: Project) -> None:
    permitted.run("export", "--all", "--out", "plain")
    text = (permitted.folder / "plain" / "acme-inc.yaml").read_text(encoding="utf-8")
    assert "permissions" not in text
    assert permitted.run("export", "--all", "--out", "full", "--also", "permissions").exit_code == 0
    text = (permitted.folder / "full" / "acme-inc.yaml").read_text(encoding="utf-8")
    assert f"permissions:\n  {ADA}: workspace_editor\n" in text
    permitted.write("tenants/acme.yaml", text)
    permitted.forget()
    permitted.assert_no_changes()


def test_the_cost_of_reading_follows_the_people_and_not_the_tenants(
    permitted: Project, api: Api
) -> None:
    for name in ("globex", "initech"):
        tenant = {"version": 1, "tenant": name, "permissions": {ADA: "workspace_reader"}}
        permitted.tenant(tenant, name)
    permitted.apply()
    api.clear_log()
    permitted.assert_no_changes()
    asked = [path for _, path in api.requests() if "permissions" in path]
    assert len(asked) == 2, asked  # the caller's own, and Ada's


def test_who_only_starts_and_watches_jobs_needs_to_know_of_nobody(
    permitted: Project, api: Api
) -> None:
    """Reading other people's permissions takes an administrator; a runner may start syncs."""
    api.clear_log()
    assert permitted.run("status").exit_code == 0
    assert permitted.run("sync", "--wait").exit_code in (0, 1)
    asked = {path.rpartition("/")[2] for _, path in api.requests()}
    assert "connections" in asked
    assert asked.isdisjoint({"permissions", "users", "organizations"}), asked


@pytest.mark.parametrize(
    ("permissions", "said"),
    [
        ({ADA: "workspace_amdin"}, 'Did you mean "workspace_admin"?'),
        ({ADA: "organization_admin"}, "cannot be"),
        ({"owner": "workspace_admin"}, "needs the key `email`"),
        ({"Ada@acme.example": "workspace_admin"}, "An e-mail address in lower case"),
        ({ADA: {"state": "absent"}}, 'needs the key "reason"'),
        ({ADA: {"permissionTyp": "workspace_admin"}}, 'Did you mean "permissionType"?'),
        (
            {ADA: "workspace_admin", "boss": {"email": ADA, "permissionType": "workspace_reader"}},
            "duplicate name",
        ),
    ],
)
def test_mistakes_are_told_at_their_place(
    project: Project, permissions: dict[str, Any], said: str
) -> None:
    project.tenant({"version": 1, "tenant": "acme", "permissions": permissions})
    result = project.run("validate")
    assert result.exit_code == 1
    assert "tenants/acme.yaml:" in result.stderr
    assert said in result.stderr, result.stderr
