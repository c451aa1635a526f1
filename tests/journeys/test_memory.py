"""What the ledger adds to a plan: edits made in Airbyte, fields gone from a manifest, secrets."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from typing import Any

import pytest

from tests.journeys.manifests import ENVIRON, acme, bigquery, stripe
from tests.support import Api, Project


@pytest.fixture
def applied(project: Project) -> Project:
    """The project with tenant acme, applied."""
    project.environ |= ENVIRON
    project.tenant(acme())
    project.apply()
    return project


def _as_of_before(value: dict[str, Any]) -> Any:
    """A tagged value of a ledger's row as versions before this one wrote it."""
    match value:
        case {"$resource": str() as name}:
            return {"$ref": [*name.partition("/")[::2]]}
        case {"$all": True}:
            return {"$marker": "ALL"}
    return value


def _age_ledger(project: Project) -> None:
    """Puts the ledger into the form of before."""
    file = project.folder / ".reconciler" / "ledger-test.db"
    with closing(sqlite3.connect(file)) as raw, raw:
        now = dict(raw.execute("SELECT key, spec FROM resource"))
        for key, spec in now.items():
            old = json.dumps(json.loads(spec, object_hook=_as_of_before))
            assert old != spec
            raw.execute("UPDATE resource SET spec = ? WHERE key = ?", (old, key))


def test_a_ledger_of_before_is_read_without_a_change(applied: Project, api: Api) -> None:
    _age_ledger(applied)
    applied.assert_no_changes()
    assert applied.run("drift").exit_code == 0
    path = f"/connections/{api.row('connections', 'stripe')['connectionId']}"
    api.call("PATCH", path, {"schedule": {"scheduleType": "manual"}})
    assert "Changed in Airbyte since the last apply" in applied.run("plan").stdout
    applied.apply()
    applied.assert_no_changes()
    assert applied.run("drift").exit_code == 0


def _connection(**fields: Any) -> dict[str, Any]:
    return acme(connections={"stripe": {**acme()["connections"]["stripe"], **fields}})


def test_an_edit_made_in_airbyte_is_marked_and_an_edit_of_the_manifest_is_not(
    applied: Project, api: Api
) -> None:
    path = f"/connections/{api.row('connections', 'stripe')['connectionId']}"
    api.call("PATCH", path, {"schedule": {"scheduleType": "manual"}})
    assert "Changed in Airbyte since the last apply" in applied.run("plan").stdout
    applied.forget()
    assert "Changed in Airbyte since the last apply" not in applied.run("plan").stdout
    applied.apply()
    applied.tenant(_connection(schedule={"scheduleType": "manual"}))
    assert "Changed in Airbyte since the last apply" not in applied.run("plan").stdout


def test_a_configuration_key_removed_from_the_manifest_is_removed_from_airbyte(
    applied: Project, api: Api
) -> None:
    applied.tenant(acme(sources={"stripe": stripe(num_workers=3)}))
    applied.apply()
    applied.tenant(acme())
    assert "removed from manifest" in " ".join(applied.run("plan").stdout.split())
    applied.apply()
    assert "num_workers" not in api.row("sources", "stripe")["configuration"]
    applied.assert_no_changes()


def test_a_secret_removed_from_the_manifest_is_removed_from_airbyte(
    applied: Project, api: Api
) -> None:
    base = {"host": "db", "port": 5432, "database": "d", "username": "u", "schema": "public"}
    for configuration in ({**base, "password": "${{ secrets.BQ_KEY }}"}, base):
        lake = {"type": "postgres", "configuration": configuration}
        content = acme(destinations={"destination": bigquery(), "lake": lake})
        del content["destination"]
        content["connections"]["stripe"]["destination"] = "destination"
        applied.tenant(content)
        applied.apply()
        live = api.row("destinations", "lake")["configuration"]
        assert ("password" in live) is ("password" in configuration)
        applied.assert_no_changes()


def test_a_field_removed_from_the_manifest_goes_back_to_the_default_and_is_free_then(
    applied: Project, api: Api
) -> None:
    applied.tenant(_connection(prefix="p_", status="inactive"))
    applied.apply()
    applied.tenant(_connection())
    applied.apply()
    connection = api.row("connections", "stripe")
    assert (connection["prefix"], connection["status"]) == ("", "active")
    applied.assert_no_changes()
    api.call("PATCH", f"/connections/{connection['connectionId']}", {"prefix": "by_hand_"})
    applied.assert_no_changes()


def test_selected_fields_removed_from_the_manifest_select_all_again(
    applied: Project, api: Api
) -> None:
    streams = [
        {"name": "customers", "syncMode": "incremental_deduped_history"},
        {"name": "invoices"},
    ]
    applied.tenant(_connection(streams=streams))
    applied.apply()
    live = api.row("connections", "stripe")["configurations"]["streams"]
    assert {s["name"]: s["selectedFields"] for s in live}["invoices"] == []
    applied.assert_no_changes()


def test_without_a_ledger_a_removed_field_is_merely_unmanaged(applied: Project, api: Api) -> None:
    applied.tenant(acme(sources={"stripe": stripe(num_workers=3)}))
    applied.apply()
    applied.forget()
    applied.tenant(acme())
    applied.assert_no_changes()
    assert api.row("sources", "stripe")["configuration"]["num_workers"] == 3


def test_a_rotated_secret_is_an_update_that_sends_it(applied: Project, api: Api) -> None:
    path = f"/sources/{api.row('sources', 'stripe')['sourceId']}?includeSecretCoordinates=true"
    before = api.call("GET", path)["configuration"]["client_secret"]
    applied.environ["STRIPE_KEY"] = "sk_planted_rotated"
    plan = applied.run("plan", "--detailed-exitcode")
    assert plan.exit_code == 2
    assert "client_secret" in plan.stdout
    assert "planted" not in plan.stdout
    applied.apply()
    assert api.call("GET", path)["configuration"]["client_secret"] != before
    applied.assert_no_changes()


def test_a_plan_without_the_secret_does_not_call_it_rotated(applied: Project) -> None:
    applied.environ.clear()
    applied.assert_no_changes()


def test_a_raised_secret_version_sends_the_secrets_again(applied: Project, api: Api) -> None:
    path = f"/sources/{api.row('sources', 'stripe')['sourceId']}?includeSecretCoordinates=true"
    before = api.call("GET", path)["configuration"]["client_secret"]
    applied.tenant(acme(sources={"stripe": {**stripe(), "secretVersion": 2}}))
    applied.apply()
    assert api.call("GET", path)["configuration"]["client_secret"] != before
    applied.assert_no_changes()


def test_a_remembered_object_is_found_again_whatever_its_name(applied: Project, api: Api) -> None:
    source = api.row("sources", "stripe")
    api.call("PATCH", f"/sources/{source['sourceId']}", {"name": "renamed by hand"})
    plan = applied.run("plan")
    assert "0 to create" in plan.stdout, plan.stdout
    applied.apply()
    assert api.row("sources", "stripe")["sourceId"] == source["sourceId"]
    applied.assert_no_changes()


def test_protection_outlives_its_entry(applied: Project, api: Api) -> None:
    applied.tenant(_connection(protect=True))
    applied.apply()
    applied.tenant(acme(connections={}))
    result = applied.run("apply", "--auto-approve", "--prune")
    assert result.exit_code == 3, result.output
    assert "protected resource" in result.stdout
    assert len(api.rows("connections")) == 1


def test_what_replaced_something_is_what_is_remembered(applied: Project, api: Api) -> None:
    sources = {"stripe": {"type": "faker", "configuration": {"count": 10}}}
    applied.tenant(acme(sources=sources, connections={"stripe": {"streams": [{"name": "users"}]}}))
    applied.apply("--allow-replace", "*")
    path = f"/sources/{api.row('sources', 'stripe')['sourceId']}"
    api.call("PATCH", path, {"configuration": {"count": 11}})
    assert "Changed in Airbyte since the last apply" in applied.run("plan").stdout


def test_what_was_deleted_in_airbyte_is_told_from_what_is_new(project: Project, api: Api) -> None:
    project.environ |= ENVIRON
    project.tenant(acme())
    project.apply()
    connection = api.row("connections", "stripe")["connectionId"]
    api.call("DELETE", f"/connections/{connection}")
    assert "+ connection stripe (deleted in Airbyte)" in project.run("plan").stdout
    assert "deleted in Airbyte" in project.run("plan", "--format", "markdown").stdout
    project.forget()
    assert "deleted in Airbyte" not in project.run("plan").stdout


def test_what_was_deleted_by_an_apply_is_new_when_it_is_declared_again(applied: Project) -> None:
    applied.tenant(acme(connections={"stripe": {"state": "absent", "reason": "not used"}}))
    applied.apply("--allow-deletes", "1")
    applied.tenant(acme())
    assert "deleted in Airbyte" not in applied.run("plan").stdout
