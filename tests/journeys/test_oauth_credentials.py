"""OAuth applications of a workspace: written and never read, so the ledger tells what changed."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.journeys.manifests import ENVIRON, acme
from tests.support import Api, Project

PATH = "oauthCredentials"


def _tenant(secret: str = "${{ secrets.APP }}", **changes: Any) -> dict[str, Any]:
    application = {"credentials": {"client_id": "acme", "client_secret": secret}}
    sources = {
        "crm": {"type": "hubspot", "configuration": hubspot()},
        "stripe": acme()["sources"]["stripe"],
    }
    declared = {"source-hubspot": {"configuration": application}}
    return acme(**{"oauthCredentials": declared, "sources": sources, **changes})


def hubspot() -> dict[str, Any]:
    """A source that authenticates by OAuth."""
    return {
        "credentials": {
            "credentials_title": "OAuth Credentials",
            "client_id": "acme",
            "client_secret": "${{ secrets.APP }}",
            "refresh_token": "${{ secrets.TOKEN }}",
        }
    }


@pytest.fixture
def cloud(project: Project, api: Api) -> Project:
    """The project with tenant acme and its OAuth application on Cloud, applied."""
    api.control_call("/behaviour", {"is_cloud": True})
    project.environ |= {**ENVIRON, "APP": "planted-app-secret", "TOKEN": "planted-token"}
    project.tenant(_tenant())
    api.clear_log()
    project.apply()
    return project


def _sent(api: Api) -> list[tuple[str, str]]:
    return [(method, path) for method, path in api.requests() if PATH in path]


def _writes(api: Api) -> list[str]:
    return [path for method, path in api.requests() if method in ("PUT", "POST", "DELETE")]


def test_they_are_set_first_and_sent_again_only_without_a_ledger(cloud: Project, api: Api) -> None:
    assert [method for method, _ in _sent(api)] == ["PUT"]
    order = [path.rpartition("/")[2] for path in _writes(api)]
    last_source = len(order) - 1 - order[::-1].index("sources")  # the other one waits for nothing
    assert order.index(PATH) < last_source
    cloud.assert_no_changes()
    cloud.forget()
    assert [op["name"] for op in _operations(cloud)] == ["source-hubspot"]


def test_what_waits_for_them_is_what_is_made_of_that_connector(project: Project) -> None:
    project.environ |= {**ENVIRON, "APP": "a", "TOKEN": "b"}
    project.tenant(_tenant())
    waits = {op["name"]: op["waitsFor"] for op in _operations(project) if op["kind"] == "source"}
    assert "create oauthCredentials/acme/source-hubspot" in waits["crm"]
    assert "create oauthCredentials/acme/source-hubspot" not in waits["stripe"]


def _operations(project: Project) -> list[dict[str, Any]]:
    plan = json.loads(project.run("plan", "--format", "json").stdout)
    found: list[dict[str, Any]] = [op for t in plan["tenants"] for op in t["operations"]]
    return found


def test_a_rotated_secret_is_sent_again_and_nothing_else_is(cloud: Project, api: Api) -> None:
    cloud.assert_no_changes()
    cloud.environ["APP"] = "planted-new-secret"
    plan = cloud.run("plan")
    assert "~ oauthCredentials source-hubspot" in plan.stdout, plan.stdout
    assert "configuration.credentials.client_secret: (secret rotated)" in plan.stdout, plan.stdout
    assert "planted" not in plan.output
    api.clear_log()
    cloud.apply()
    assert [method for method, _ in _sent(api)] == ["PUT"]
    cloud.assert_no_changes()


def test_a_plain_field_is_compared_with_what_was_sent_last(cloud: Project, api: Api) -> None:
    tenant = _tenant()
    tenant["oauthCredentials"]["source-hubspot"]["configuration"]["credentials"]["client_id"] = "b"
    cloud.tenant(tenant)
    plan = cloud.run("plan")
    assert 'configuration.credentials.client_id: "acme" → "b"' in plan.stdout, plan.stdout
    api.clear_log()
    cloud.apply()
    assert len(_sent(api)) == 1
    cloud.assert_no_changes()


def test_they_are_deleted_when_pruned_or_retired(cloud: Project, api: Api) -> None:
    cloud.tenant(_tenant(oauthCredentials={}))
    cloud.assert_no_changes()
    api.clear_log()
    cloud.apply("--prune")
    ((method, path),) = _sent(api)
    assert method == "DELETE"
    assert path.endswith("/oauthCredentials/source/hubspot")
    cloud.assert_no_changes()
    cloud.tenant(_tenant())
    cloud.apply()
    cloud.tenant(_tenant(oauthCredentials={"source-hubspot": {"state": "absent", "reason": "x"}}))
    api.clear_log()
    cloud.apply()
    assert [method for method, _ in _sent(api)] == ["DELETE"]
    cloud.assert_no_changes()


def test_another_workspace_gets_its_own(cloud: Project, api: Api) -> None:
    """What was sent to a workspace that is gone is not what the new one has."""
    api.call("DELETE", f"/workspaces/{api.row('workspaces', 'Acme Inc')['workspaceId']}")
    api.clear_log()
    cloud.apply()
    assert [method for method, _ in _sent(api)] == ["PUT"]
    cloud.assert_no_changes()


def test_self_managed_airbyte_has_none_and_the_row_says_so(project: Project, api: Api) -> None:
    project.environ |= {**ENVIRON, "APP": "planted-app-secret", "TOKEN": "t"}
    project.tenant(_tenant())
    result = project.run("apply", "--auto-approve")
    assert result.exit_code == 4, result.output
    assert "not offered by this Airbyte" in result.output, result.output
    assert "Airbyte Cloud has it, and a self-managed one has not" in result.output
    assert [row["name"] for row in api.rows("sources")] == ["stripe"]
    assert "planted" not in result.output


@pytest.mark.parametrize(
    ("entry", "said"),
    [
        ({"source-hubspto": {"configuration": {}}}, 'Did you mean "source-hubspot"?'),
        ({"hubspot": {"configuration": {}}}, "The connector's image, such as"),
        ({"source-hubspot": {}}, 'needs the key "configuration"'),
    ],
)
def test_mistakes_are_told_at_their_place(
    project: Project, entry: dict[str, Any], said: str
) -> None:
    project.tenant({"version": 1, "tenant": "acme", "oauthCredentials": entry})
    result = project.run("validate")
    assert result.exit_code == 1
    assert "tenants/acme.yaml:" in result.stderr
    assert said in result.stderr, result.stderr


def test_a_literal_secret_is_warned_of_and_never_shown(project: Project) -> None:
    project.environ |= {**ENVIRON, "APP": "a", "TOKEN": "b"}
    project.tenant(_tenant(secret="planted in the file"))
    assert "secret in plain text" in project.run("validate").stderr
    assert "planted in" not in project.run("plan", "--format", "json", "--details").output
