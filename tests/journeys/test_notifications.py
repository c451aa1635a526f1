"""A workspace's notifications: what is declared is kept, addresses of webhooks are never shown."""

from __future__ import annotations

from typing import Any

import pytest
import yaml

from tests.journeys.manifests import ENVIRON, acme
from tests.support import Api, Project

HOOK = "https://hooks.example/T0/B0/planted-token"
DECLARED: dict[str, Any] = {
    "success": {"email": {"enabled": True}},
    "failure": {"webhook": {"enabled": True, "url": "${{ secrets.HOOK }}"}},
}


def _tenant(notifications: dict[str, Any] | None) -> dict[str, Any]:
    told = {} if notifications is None else {"notifications": notifications}
    return acme(workspace={"name": "Acme Inc", **told})


def _live(api: Api) -> dict[str, Any]:
    found: dict[str, Any] = api.row("workspaces", "Acme Inc")["notifications"]
    return found


def _edit(api: Api, notifications: dict[str, Any]) -> None:
    id_ = api.row("workspaces", "Acme Inc")["workspaceId"]
    api.call("PATCH", f"/workspaces/{id_}", {"notifications": notifications})


@pytest.fixture
def notified(project: Project) -> Project:
    """The project with tenant acme, two of whose notifications are declared, applied."""
    project.environ |= {**ENVIRON, "HOOK": HOOK}
    project.tenant(_tenant(DECLARED))
    project.apply()
    return project


def test_what_is_declared_is_set_and_the_rest_is_as_airbyte_has_it(
    notified: Project, api: Api
) -> None:
    live = _live(api)
    assert live["success"]["email"] == {"enabled": True}
    assert live["failure"] == {
        "email": {"enabled": True},
        "webhook": {"enabled": True, "url": HOOK},
    }
    assert live["syncDisabled"]["webhook"] == {"enabled": False}
    notified.assert_no_changes()
    notified.forget()
    notified.assert_no_changes()


def test_an_edit_of_what_is_declared_is_drift_and_is_repaired(notified: Project, api: Api) -> None:
    _edit(
        api,
        {"success": {"email": {"enabled": False}}, "syncDisabled": {"email": {"enabled": False}}},
    )
    drift = notified.run("drift")
    assert drift.exit_code == 2
    assert "notifications.success.email.enabled" in drift.stdout, drift.stdout
    assert "syncDisabled" not in drift.stdout, drift.stdout
    notified.apply()
    live = _live(api)
    assert live["success"]["email"] == {"enabled": True}
    assert live["syncDisabled"]["email"] == {"enabled": False}
    notified.assert_no_changes()


def test_an_address_changed_outside_is_told_apart_and_not_shown(
    notified: Project, api: Api
) -> None:
    _edit(api, {"failure": {"webhook": {"url": "https://elsewhere.example/stolen"}}})
    plan = notified.run("plan")
    assert "notifications.failure.webhook.url: (secret)" in plan.stdout, plan.stdout
    assert "Changed in Airbyte since the last apply" in plan.stdout
    for command in (("plan",), ("plan", "--format", "json"), ("drift",), ("plan", "--explain")):
        output = notified.run(*command).output
        assert "elsewhere" not in output
        assert "planted-token" not in output
    notified.environ.pop("HOOK")
    assert "1 to update" in notified.run("plan").stdout
    notified.environ["HOOK"] = HOOK
    notified.apply()
    assert _live(api)["failure"]["webhook"]["url"] == HOOK
    notified.assert_no_changes()


def test_a_literal_address_is_compared_without_a_ledger(notified: Project, api: Api) -> None:
    other = {"failure": {"webhook": {"enabled": True, "url": "https://other.example/hook"}}}
    notified.tenant(_tenant(other))
    notified.forget()
    plan = notified.run("plan")
    assert "1 to update" in plan.stdout
    assert "other.example" not in plan.output
    notified.apply()
    assert _live(api)["failure"]["webhook"]["url"] == "https://other.example/hook"
    notified.assert_no_changes()


def test_the_address_of_a_webhook_that_is_off_is_not_missed(project: Project, api: Api) -> None:
    """A create drops it, which would be a difference for ever."""
    project.environ |= ENVIRON
    off = {"failure": {"webhook": {"enabled": False, "url": HOOK}}}
    project.tenant(_tenant(off))
    project.apply()
    project.assert_no_changes()
    off["failure"]["webhook"]["enabled"] = True
    project.tenant(_tenant(off))
    project.apply()
    assert _live(api)["failure"]["webhook"] == {"enabled": True, "url": HOOK}
    project.assert_no_changes()


def test_what_leaves_the_manifest_becomes_what_a_new_workspace_has(
    notified: Project, api: Api
) -> None:
    notified.tenant(_tenant(None))
    notified.apply()
    live = _live(api)
    assert live["success"]["email"] == {"enabled": False}
    assert live["failure"]["webhook"]["enabled"] is False
    notified.assert_no_changes()


def test_an_export_has_what_is_not_usual_and_the_addresses_as_secrets(
    notified: Project,
) -> None:
    notified.run("export", "--all", "--out", "exported")
    text = (notified.folder / "exported" / "acme-inc.yaml").read_text(encoding="utf-8")
    assert "success:" in text
    assert "failure:" in text
    assert "syncDisabled" not in text
    assert "planted-token" not in text
    notified.write("tenants/acme.yaml", text)
    notified.forget()
    notified.assert_no_changes()


@pytest.mark.parametrize(
    ("notifications", "place", "hint"),
    [
        ({"succes": {}}, "tenants/acme.yaml:5:5", 'Did you mean "success"?'),
        ({"success": {"mail": {}}}, "tenants/acme.yaml:6:7", 'Did you mean "email"?'),
        ({"success": {"email": {"enabled": "yes"}}}, "tenants/acme.yaml:7:18", "true or false"),
        ({"failure": {"webhook": {"enabled": True}}}, "tenants/acme.yaml:6:7", '"url"'),
    ],
)
def test_mistakes_are_told_at_their_place(
    project: Project, notifications: dict[str, Any], place: str, hint: str
) -> None:
    tenant = {"version": 1, "tenant": "acme", "workspace": {"notifications": notifications}}
    project.tenant(yaml.safe_dump(tenant, sort_keys=False))
    result = project.run("validate")
    assert result.exit_code == 1
    assert place in result.stderr, result.stderr
    assert hint in result.stderr, result.stderr
