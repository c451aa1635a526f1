"""`drift`: who changed what, three ways; what is missing; what nobody manages."""

from __future__ import annotations

import json
import shutil
from typing import Any

import jsonschema
import pytest

from tests.journeys.manifests import ENVIRON, acme, stripe
from tests.support import ROOT, Api, Project


@pytest.fixture
def applied(project: Project) -> Project:
    """Tenant acme is live as declared; secrets are no longer at hand."""
    project.environ |= ENVIRON
    project.tenant(acme())
    project.apply()
    project.environ.clear()
    return project


def patch_connection(api: Api, **changes: Any) -> None:
    row = api.row("connections", "stripe")
    api.call("PATCH", f"/connections/{row['connectionId']}", changes)


def declared(**connection: Any) -> dict[str, Any]:
    content = acme()
    content["connections"]["stripe"] |= connection
    return content


def test_without_drift_the_exit_code_is_0(applied: Project, api: Api) -> None:
    api.clear_log()
    result = applied.run("drift")
    assert (result.exit_code, result.stdout) == (0, "No drift in 1 tenant.\n")
    assert {method for method, path in api.requests() if "token" not in path} == {"GET"}


def test_a_change_in_airbyte_is_changed_outside(applied: Project, api: Api) -> None:
    patch_connection(api, schedule={"scheduleType": "manual"})
    result = applied.run("drift")
    assert result.exit_code == 2
    assert 'connection/stripe "stripe" (tenants/acme.yaml:' in result.stdout
    assert 'schedule.scheduleType: live "manual", manifest "cron"  changed outside' in result.stdout
    assert result.stdout.splitlines()[-1].startswith("Drift in 1 of 1 tenant: ")


def test_a_change_in_the_manifest_is_the_manifests(applied: Project) -> None:
    applied.tenant(declared(schedule={"scheduleType": "cron", "cronExpression": "0 0 3 * * ?"}))
    result = applied.run("drift")
    assert result.exit_code == 2
    assert "manifest changed" in result.stdout


def test_changes_on_both_sides_are_told_with_what_was_applied(applied: Project, api: Api) -> None:
    patch_connection(api, schedule={"scheduleType": "cron", "cronExpression": "0 0 5 * * ?"})
    applied.tenant(declared(schedule={"scheduleType": "cron", "cronExpression": "0 0 3 * * ?"}))
    result = applied.run("drift")
    assert result.exit_code == 2
    assert (
        'live "0 0 5 * * ?", manifest "0 0 3 * * ?", applied last "0 0 2 * * ?"'
        "  changed on both sides" in result.stdout
    )


def test_without_a_ledger_it_only_differs(applied: Project, api: Api) -> None:
    patch_connection(api, status="inactive")
    shutil.rmtree(applied.folder / ".reconciler")
    applied.tenant(declared(status="active"))
    assert 'status: live "inactive", manifest "active"  differs' in applied.run("drift").stdout


def test_missing_and_unmanaged_objects_are_listed(applied: Project, api: Api) -> None:
    row = api.row("connections", "stripe")
    api.call("DELETE", f"/connections/{row['connectionId']}")
    workspace = api.row("workspaces", "Acme Inc")["workspaceId"]
    body = {"sourceType": "faker", "count": 1}
    api.call("POST", "/sources", {"workspaceId": workspace, "name": "Loose", "configuration": body})
    content = acme()
    content["sources"]["second"] = stripe()
    applied.tenant(content)

    result = applied.run("drift")

    assert result.exit_code == 2
    assert 'connection/stripe "stripe": missing, deleted outside' in result.stdout
    assert 'source/second "second": missing, not applied yet' in result.stdout
    assert 'not managed: source "Loose"' in result.stdout


def test_an_unmanaged_object_alone_is_no_drift(applied: Project, api: Api) -> None:
    workspace = api.row("workspaces", "Acme Inc")["workspaceId"]
    body = {"sourceType": "faker", "count": 1}
    api.call("POST", "/sources", {"workspaceId": workspace, "name": "Loose", "configuration": body})
    result = applied.run("drift")
    assert result.exit_code == 0
    assert "1 live object no manifest mentions" in result.stdout


def test_an_object_whose_entry_was_removed_is_known_to_have_been_managed(applied: Project) -> None:
    content = acme()
    del content["connections"]["stripe"]
    applied.tenant(content)
    assert "managed until its entry was removed" in applied.run("drift").stdout


def test_secrets_that_were_stored_anew_are_found_when_asked_for(applied: Project, api: Api) -> None:
    # An update reads where Airbyte keeps the secrets.
    applied.environ |= ENVIRON
    applied.tenant({**acme(), "sources": {"stripe": stripe(lookback_window_days=7)}})
    applied.apply()
    assert applied.run("drift", "--secrets").exit_code == 0
    row = api.row("sources", "stripe")
    changed = {**row["configuration"], "client_secret": "sk_somebody_elses"}
    api.call("PUT", f"/sources/{row['sourceId']}", {"name": "stripe", "configuration": changed})
    assert applied.run("drift").exit_code == 0
    result = applied.run("drift", "--secrets")
    assert result.exit_code == 2, result.output
    assert "configuration.client_secret: (secret)  changed outside" in result.stdout


def test_secrets_of_a_create_are_watched_from_the_first_look_on(applied: Project, api: Api) -> None:
    first = applied.run("drift", "--secrets")
    assert first.stdout == "No drift in 1 tenant. 2 secrets looked at for the first time.\n"
    assert applied.run("drift", "--secrets").stdout == "No drift in 1 tenant.\n"
    row = api.row("sources", "stripe")
    changed = {**row["configuration"], "client_secret": "sk_somebody_elses"}
    api.call("PUT", f"/sources/{row['sourceId']}", {"name": "stripe", "configuration": changed})
    for _ in range(2):
        result = applied.run("drift", "--secrets")
        assert "configuration.client_secret: (secret)  changed outside" in result.stdout


def test_secrets_of_another_object_are_looked_at_anew(applied: Project, api: Api) -> None:
    applied.run("drift", "--secrets")
    api.call("DELETE", f"/sources/{api.row('sources', 'stripe')['sourceId']}")
    applied.environ |= ENVIRON
    applied.apply()
    told = "No drift in 1 tenant. 1 secret looked at for the first time.\n"
    assert applied.run("drift", "--secrets").stdout == told


def test_every_format_has_it_all(applied: Project, api: Api) -> None:
    patch_connection(api, prefix="<b>|`", schedule={"scheduleType": "manual"})
    applied.tenant(declared(prefix="x"))
    value = json.loads(applied.run("drift", "--format", "json").stdout)
    schema = json.loads((ROOT / "schemas" / "drift.schema.json").read_text(encoding="utf-8"))
    jsonschema.validate(value, schema)
    assert value["formatVersion"] == 1
    (resource,) = value["tenants"][0]["drifted"]
    assert {field["who"] for field in resource["fields"]} == {"outside", "manifest"}
    markdown = applied.run("drift", "--format", "markdown").stdout
    assert "<code>&quot;&lt;b&gt;&#124;&#96;&quot;</code>" in markdown
    page = applied.run("drift", "--format", "html").stdout
    assert page.startswith("<!doctype html>")
    assert "<b>|" not in page


def test_github_shows_drift_at_the_manifests_lines(applied: Project, api: Api) -> None:
    patch_connection(api, schedule={"scheduleType": "manual"})
    content = acme()
    content["sources"]["second"] = stripe()
    applied.tenant(content)
    result = applied.run("drift", "--format", "github")
    assert result.exit_code == 2
    first, second, sums = result.stdout.splitlines()
    assert first.startswith("::warning file=tenants/acme.yaml,line=")
    assert "title=Drift of connection/acme/stripe" in first
    assert 'live "manual", manifest "cron"  changed outside' in first
    assert second.endswith("::missing, not applied yet")
    assert sums.startswith("::notice title=Drift::Drift in 1 of 1 tenant: ")


def test_markdown_fits_a_comment_and_counts_what_it_leaves_out(applied: Project, api: Api) -> None:
    workspace = api.row("workspaces", "Acme Inc")["workspaceId"]
    for number in range(60):
        name, body = f"Loose {number} {'x' * 90}", {"sourceType": "faker", "count": 1}
        body = {"workspaceId": workspace, "name": name, "configuration": body}
        api.call("POST", "/sources", body)
    patch_connection(api, schedule={"scheduleType": "manual"})
    whole = applied.run("drift", "--format", "markdown").stdout
    assert whole.count("not managed") == 60
    cut = applied.run("drift", "--format", "markdown", "--max-chars", "8000").stdout
    assert len(cut) <= 8000
    assert "changed outside" in cut
    left_out = 60 - cut.count("not managed")
    assert cut.endswith(f"… and {left_out} rows more: `reconciler drift` shows them.\n")


def test_a_tenant_that_cannot_be_read_is_a_failure(applied: Project, api: Api) -> None:
    api.fault(method="GET", path="*/connections", status=403, count=9)
    result = applied.run("drift")
    assert result.exit_code == 1
    assert "1 tenant could not be read" in result.stdout
