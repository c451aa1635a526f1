"""Deletes happen only when asked for, within limits, and with all that goes along shown."""

from __future__ import annotations

import re
from typing import Any

import pytest

from tests.journeys.manifests import ENVIRON, acme, bigquery, stripe
from tests.support import Api, Project

GONE = {"state": "absent", "reason": "the customer left"}
NONE: dict[str, Any] = {"connections": {}}


@pytest.fixture
def applied(project: Project) -> Project:
    """The project with tenant acme, applied."""
    project.environ |= ENVIRON
    project.tenant(acme())
    project.apply()
    return project


def test_a_retired_connection_is_deleted_and_its_reason_shown(applied: Project, api: Api) -> None:
    applied.tenant(acme(connections={"stripe": GONE}))
    plan = applied.run("plan", "--detailed-exitcode")
    assert plan.exit_code == 2
    assert "the customer left" in plan.stdout
    assert "1 to delete" in plan.stdout
    applied.apply()
    assert api.rows("connections") == []
    assert len(api.rows("sources")) == 1
    applied.assert_no_changes()


def test_a_retired_source_takes_its_undeclared_connection_along_as_a_row(
    applied: Project, api: Api
) -> None:
    applied.tenant(acme(sources={"stripe": GONE}, connections={}))
    plan = applied.run("plan")
    assert "2 to delete" in plan.stdout, plan.stdout
    assert 'goes with source "stripe"' in plan.stdout
    api.clear_log()
    applied.apply()
    deletes = [path.split("/")[-2] for method, path in api.requests() if method == "DELETE"]
    assert deletes == ["connections", "sources"]
    applied.assert_no_changes()


def test_a_connection_of_a_retired_source_is_a_mistake(applied: Project) -> None:
    applied.tenant(acme(sources={"stripe": GONE}))
    result = applied.run("plan")
    assert result.exit_code == 1
    assert "missing source" in result.stderr


def test_a_retired_tenant_goes_with_all_that_lives_there_once_the_number_is_allowed(
    applied: Project, api: Api
) -> None:
    workspace = api.row("workspaces", "Acme Inc")["workspaceId"]
    by_hand = {
        "name": "by hand",
        "workspaceId": workspace,
        "configuration": {"sourceType": "faker", "count": 1},
    }
    api.call("POST", "/sources", by_hand)
    applied.tenant({**acme(), **GONE})
    refused = applied.run("plan")
    assert refused.exit_code == 3
    assert "delete 5 of 5 live objects" in refused.stdout
    assert "--allow-deletes 5" in refused.stdout
    assert applied.run("apply", "--auto-approve", "--allow-deletes", "4").exit_code == 3
    applied.apply("--allow-deletes", "5")
    assert [api.rows(name) for name in ("connections", "sources", "workspaces")] == [[], [], []]
    applied.assert_no_changes()


def test_pruning_deletes_what_no_manifest_mentions_and_nothing_else(
    applied: Project, api: Api
) -> None:
    applied.tenant(acme(connections={}))
    assert applied.run("plan", "--detailed-exitcode").exit_code == 0
    applied.apply("--prune")
    assert api.rows("connections") == []
    assert len(api.rows("sources")) == len(api.rows("destinations")) == 1


@pytest.mark.parametrize("where", ["tenant", "project"])
def test_pruning_can_be_declared(applied: Project, api: Api, where: str) -> None:
    applied.tenant(acme(connections={}, **({"prune": True} if where == "tenant" else {})))
    if where == "project":
        file = applied.folder / "reconciler.yaml"
        file.write_text(file.read_text() + "defaults: {prune: true}\n")
    applied.apply()
    assert api.rows("connections") == []


def test_pruning_for_a_manifest_that_declares_nothing_is_refused(
    applied: Project, api: Api
) -> None:
    applied.tenant({"version": 1, "tenant": "acme", "workspace": {"name": "Acme Inc"}})
    result = applied.run("apply", "--auto-approve", "--prune")
    assert result.exit_code == 3
    assert "nothing declared" in result.stdout
    assert len(api.rows("connections")) == 1


def test_a_manifest_that_only_says_what_is_to_go_may_prune_the_rest(
    project: Project, api: Api
) -> None:
    project.tenant({"version": 1, "tenant": "acme", "sources": {"s": faker(), "t": faker()}})
    project.apply()
    project.tenant({"version": 1, "tenant": "acme", "sources": {"s": GONE}})
    project.apply("--prune")
    assert api.rows("sources") == []


def test_pruning_for_a_manifest_that_declares_nothing_can_be_allowed(
    applied: Project, api: Api
) -> None:
    applied.tenant({"version": 1, "tenant": "acme", "workspace": {"name": "Acme Inc"}})
    applied.apply("--prune", "--allow-deletes", "3")
    assert api.rows("sources") == api.rows("destinations") == []


def test_the_project_sets_how_much_one_run_may_delete(applied: Project) -> None:
    file = applied.folder / "reconciler.yaml"
    file.write_text(file.read_text() + "limits: {maxDeletes: 0}\n")
    applied.tenant(acme(connections={"stripe": GONE}))
    result = applied.run("plan")
    assert result.exit_code == 3
    assert "limits.maxDeletes is 0" in result.stdout
    assert applied.run("plan", "--allow-deletes", "1").exit_code == 0


@pytest.mark.parametrize(
    ("sources", "gone", "limits", "refusal"),
    [
        (2, 2, "", ""),
        (3, 3, "", "maxDeletePercent is 30 (this is 75 percent)"),
        (9, 3, "", ""),
        (8, 3, "", "maxDeletePercent is 30 (this is 33 percent)"),
        (9, 3, "maxDeletes: 3", ""),
        (9, 3, "maxDeletes: 2", "maxDeletes is 2"),
        (3, 3, "maxDeletePercent: 75", ""),
    ],
)
def test_a_run_may_delete_so_many_and_no_more(
    project: Project, sources: int, gone: int, limits: str, refusal: str
) -> None:
    """The workspace counts among what lives; one or two of a few are no landslide."""
    file = project.folder / "reconciler.yaml"
    file.write_text(file.read_text() + f"limits: {{{limits}}}\n")
    content = {"version": 1, "tenant": "acme"}
    there = {f"s{number}": faker() for number in range(sources)}
    project.tenant({**content, "sources": there})
    project.apply()
    project.tenant({**content, "sources": {**there, **dict.fromkeys(list(there)[:gone], GONE)}})
    result = project.run("plan")
    assert result.exit_code == (3 if refusal else 0), result.output
    assert refusal in " ".join(result.stdout.split())
    assert project.run("plan", "--allow-deletes", str(gone)).exit_code == 0


def test_many_deletes_over_many_tenants_are_refused_as_a_whole(project: Project, api: Api) -> None:
    file = project.folder / "reconciler.yaml"
    file.write_text(file.read_text() + "limits: {maxDeletes: 2}\n")
    project.environ |= ENVIRON
    names = ("one", "two", "six")
    for name in names:
        project.tenant({"version": 1, "tenant": name, "sources": {"stripe": stripe()}}, name)
    project.apply()
    for name in names:
        content = {"version": 1, "tenant": name, "sources": {"stripe": GONE}}
        project.tenant(content, name)
    result = project.run("apply", "--auto-approve")
    assert result.exit_code == 3
    assert "delete 3 of 6 live objects in 3 tenants" in " ".join(result.stdout.split())
    assert len(api.rows("sources")) == 3
    project.apply("--allow-deletes", "3")
    assert api.rows("sources") == []


def test_what_a_refused_tenant_would_delete_does_not_count_for_the_others(
    project: Project, api: Api
) -> None:
    counts = {"few": 2, "many": 3}
    for name, count in counts.items():
        there = {f"s{number}": faker() for number in range(count)}
        project.tenant({"version": 1, "tenant": name, "sources": there}, name)
    project.apply()
    for name, count in counts.items():
        gone = {f"s{number}": GONE for number in range(count)}
        project.tenant({"version": 1, "tenant": name, "sources": gone}, name)
    result = project.run("plan")
    assert result.exit_code == 3, result.output
    assert "3 of 4 live objects of tenant" in " ".join(result.stdout.split())
    assert "Refused as a whole" not in result.stdout
    project.run("apply", "--auto-approve")
    assert len(api.rows("sources")) == counts["many"]


def test_what_nobody_declares_lives_too(project: Project) -> None:
    content = {"version": 1, "tenant": "acme"}
    project.tenant({**content, "sources": {f"s{number}": faker() for number in range(9)}})
    project.apply()
    project.tenant({**content, "sources": {f"s{number}": GONE for number in range(3)}})
    plan = project.run("plan")
    assert plan.exit_code == 0, plan.output
    assert "3 to delete" in plan.stdout


def test_what_is_replaced_is_no_loss_of_the_tenant(project: Project) -> None:
    content = {"version": 1, "tenant": "acme"}
    project.tenant({**content, "sources": {f"s{number}": faker() for number in range(3)}})
    project.apply()
    project.tenant({**content, "sources": {f"s{number}": stripe() for number in range(3)}})
    plan = project.run("plan", "--allow-replace", "source/*")
    assert plan.exit_code == 0, plan.output
    assert project.run("plan", "--allow-replace", "connection/*").exit_code == 3


def test_something_protected_is_neither_retired_nor_replaced(applied: Project, api: Api) -> None:
    applied.tenant(acme(connections={"stripe": {**GONE, "protect": True}}))
    result = applied.run("apply", "--auto-approve", "--allow-deletes", "9")
    assert result.exit_code == 3
    assert "protected resource" in result.stdout
    content = acme(destinations={"destination": bigquery(), "lake": bigquery(dataset_id="lake")})
    del content["destination"]
    content["connections"]["stripe"] |= {"destination": "lake", "protect": True}
    applied.tenant(content)
    result = applied.run("apply", "--auto-approve", "--allow-replace", "*")
    assert result.exit_code == 3
    assert "would be replaced" in " ".join(result.stdout.split())
    assert len(api.rows("connections")) == 1


def test_what_nobody_declares_is_protected_by_no_entry_of_another(
    applied: Project, api: Api
) -> None:
    protected = {"stripe": {**acme()["connections"]["stripe"], "protect": True}}
    applied.tenant(acme(connections=protected))
    applied.apply()
    workspace = api.row("workspaces", "Acme Inc")["workspaceId"]
    stray = {"workspaceId": workspace, "configuration": {"sourceType": "faker", "count": 1}}
    api.call("POST", "/sources", {"name": "stray", **stray})
    applied.apply("--prune")
    assert [row["name"] for row in api.rows("sources")] == ["stripe"]
    assert len(api.rows("connections")) == 1


def test_an_entry_that_is_to_go_is_protected_until_it_says_otherwise(
    applied: Project, api: Api
) -> None:
    applied.tenant(
        acme(connections={"stripe": {**acme()["connections"]["stripe"], "protect": True}})
    )
    applied.apply()
    applied.tenant(acme(connections={"stripe": GONE}))
    result = applied.run("apply", "--auto-approve")
    assert result.exit_code == 3, result.output
    assert "protected resource" in result.stdout
    assert len(api.rows("connections")) == 1
    applied.tenant(acme(connections={"stripe": {**GONE, "protect": False}}))
    applied.apply()
    assert api.rows("connections") == []


def test_an_entry_that_is_protected_no_longer_may_be_replaced(applied: Project, api: Api) -> None:
    content = acme(destinations={"destination": bigquery(), "lake": bigquery(dataset_id="lake")})
    del content["destination"]
    content["connections"]["stripe"] |= {"destination": "destination", "protect": True}
    applied.tenant(content)
    applied.apply()
    content["connections"]["stripe"] |= {"destination": "lake", "protect": False}
    applied.tenant(content)
    applied.apply("--allow-replace", "*")
    lake = api.row("destinations", "lake")["destinationId"]
    assert api.row("connections", "stripe")["destinationId"] == lake


@pytest.mark.parametrize("former", ["key", "name"])
def test_a_renamed_resource_is_renamed_in_place(applied: Project, api: Api, former: str) -> None:
    before = api.row("sources", "stripe")["sourceId"]
    if former == "key":
        content = acme(sources={"payments": {**stripe(), "renamedFrom": "stripe"}})
        content["connections"]["stripe"]["source"] = "payments"
    else:
        content = acme(
            sources={"stripe": {**stripe(), "name": "payments", "renamedFrom": "stripe"}}
        )
    applied.tenant(content)
    plan = applied.run("plan")
    assert "1 to update" in plan.stdout, plan.stdout
    applied.apply()
    assert api.row("sources", "payments")["sourceId"] == before
    applied.assert_no_changes()


def faker(count: int = 1, **fields: Any) -> dict[str, Any]:
    """A source of test data."""
    return {"type": "faker", "configuration": {"count": count}, **fields}


def test_an_entry_that_was_renamed_long_ago_leaves_its_former_name_alone(
    applied: Project, api: Api
) -> None:
    """Whoever has the old name now may be anybody."""
    applied.tenant(acme(sources={"shop": faker(name="Shop"), "old": faker(name="Old")}, **NONE))
    applied.apply()
    before = api.rows("sources")
    applied.forget()
    renamed = {"shop": faker(name="Shop", renamedFrom="Old")}
    applied.tenant(acme(sources=renamed, **NONE))
    applied.assert_no_changes()
    applied.apply()
    assert api.rows("sources") == before


def test_a_name_of_today_comes_before_a_former_name_of_another_entry(
    applied: Project, api: Api
) -> None:
    applied.tenant(acme(sources={"z": faker(name="Old")}, **NONE))
    applied.apply()
    before = api.row("sources", "Old")
    applied.forget()
    sources = {"a": faker(2, name="Shop", renamedFrom="Old"), "z": faker(name="Old")}
    applied.tenant(acme(sources=sources, **NONE))
    applied.apply()
    assert api.row("sources", "Old") == before
    assert api.row("sources", "Shop")["configuration"]["count"] == 2


def test_a_workspace_that_was_renamed_long_ago_leaves_its_former_name_alone(
    applied: Project, api: Api
) -> None:
    api.call("POST", "/workspaces", {"name": "Old"})
    before = api.rows("workspaces")
    applied.forget()
    applied.tenant(acme(workspace={"name": "Acme Inc", "renamedFrom": "Old"}))
    applied.apply()
    assert api.rows("workspaces") == before


def test_a_renamed_workspace_keeps_all_that_lives_there(applied: Project, api: Api) -> None:
    before = api.row("workspaces", "Acme Inc")["workspaceId"]
    applied.tenant(acme(workspace={"name": "Acme Ltd", "renamedFrom": "Acme Inc"}))
    applied.apply()
    assert api.row("workspaces", "Acme Ltd")["workspaceId"] == before
    assert len(api.rows("workspaces")) == len(api.rows("sources")) == 1
    applied.assert_no_changes()


def test_a_replacement_creates_before_it_deletes(applied: Project, api: Api) -> None:
    sources = {"stripe": {"type": "faker", "configuration": {"count": 10}}}
    applied.tenant(acme(sources=sources, connections={"stripe": {"streams": [{"name": "users"}]}}))
    api.clear_log()
    applied.apply("--allow-replace", "*/acme/stripe")
    writes = [
        (method, path.split("/")[1])
        for method, path in api.requests()
        if method in ("POST", "DELETE") and "token" not in path
    ]
    assert writes == [
        ("POST", "sources"),
        ("POST", "connections"),
        ("DELETE", "connections"),
        ("DELETE", "sources"),
    ]


def test_a_refused_create_leaves_what_it_would_have_replaced(applied: Project, api: Api) -> None:
    before = api.rows("connections")
    sources = {"stripe": {"type": "faker", "configuration": {"count": "many"}}}
    applied.tenant(acme(sources=sources, connections={"stripe": {"streams": [{"name": "users"}]}}))
    result = applied.run("apply", "--auto-approve", "--allow-replace", "*")
    assert result.exit_code in (1, 4), result.output
    assert api.rows("connections") == before
    assert len(api.rows("sources")) == 1


def test_after_a_replacement_that_was_cut_short_the_new_one_is_recognised(
    applied: Project, api: Api
) -> None:
    """As left behind by a crash after the first create, without a ledger: two of one name."""
    applied.forget()
    old = api.row("sources", "stripe")
    body = {
        "name": "stripe",
        "workspaceId": old["workspaceId"],
        "configuration": {"sourceType": "faker", "count": 10},
    }
    new = api.call("POST", "/sources", body)
    sources = {"stripe": {"type": "faker", "configuration": {"count": 10}}}
    applied.tenant(acme(sources=sources, connections={"stripe": {"streams": [{"name": "users"}]}}))
    applied.apply("--allow-replace", "*")
    applied.assert_no_changes()
    assert api.row("connections", "stripe")["sourceId"] == new["sourceId"]


def test_absent_needs_a_reason(project: Project) -> None:
    project.tenant(acme(connections={"stripe": {"state": "absent"}}))
    result = project.run("validate")
    assert result.exit_code == 1
    assert "reason" in result.stderr


def test_two_tenants_cannot_own_one_workspace_even_when_one_is_retired(project: Project) -> None:
    project.tenant(acme())
    retired: dict[str, Any] = {**acme(), "tenant": "old", **GONE}
    project.tenant(retired, "old")
    result = project.run("validate")
    assert result.exit_code == 1
    assert "workspace claimed twice" in result.stderr


def test_before_a_delete_the_tenant_is_written_so_that_it_can_be_restored(
    applied: Project, api: Api
) -> None:
    before = api.row("connections", "stripe")
    applied.tenant(acme(connections={"stripe": GONE}))
    applied.apply()
    (restored,) = (applied.folder / ".reconciler" / "restore").glob("*/acme.yaml")
    text = restored.read_text(encoding="utf-8")
    assert "the customer left" in text
    assert "planted" not in text
    applied.forget()
    names = re.findall(r"secrets\.(\w+)", text)
    applied.environ |= dict.fromkeys(names, "a-new-value")
    applied.tenant(text)
    applied.apply()
    after = api.row("connections", "stripe")
    for field in ("schedule", "sourceId", "destinationId", "prefix"):
        assert after[field] == before[field]
    assert len(after["configurations"]["streams"]) == 2


def test_an_apply_that_deletes_nothing_writes_nothing_to_restore(applied: Project) -> None:
    assert not (applied.folder / ".reconciler" / "restore").exists()
