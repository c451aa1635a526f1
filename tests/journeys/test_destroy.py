"""`destroy`: one tenant goes whole, in order, guarded, and can be brought back."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result

from tests.journeys.manifests import ENVIRON, acme
from tests.support import Api, Project
from tests.support.terminal import on_terminal

# As good as Ctrl-C at a question; a signal in the moment before the reading begins would be missed.
CTRL_D = "\x04"


@pytest.fixture
def applied(project: Project) -> Project:
    """Tenants acme and other are live."""
    project.environ |= ENVIRON
    project.tenant(acme())
    project.tenant({"version": 1, "tenant": "other"}, "other")
    project.apply()
    return project


def restored(project: Project) -> list[Path]:
    return sorted((project.folder / ".reconciler" / "restore").glob("*/*.yaml"))


def test_the_whole_tenant_goes_children_first(applied: Project, api: Api) -> None:
    api.clear_log()
    result = applied.run("destroy", "acme", "--allow-deletes", "4", "--auto-approve")
    assert result.exit_code == 0, result.output
    deletes = [path.split("/")[-2] for method, path in api.requests() if method == "DELETE"]
    assert deletes[0] == "connections"
    assert sorted(deletes[1:3]) == ["destinations", "sources"]
    assert deletes[3:] == ["workspaces"]
    assert [row["name"] for row in api.rows("workspaces")] == ["other"]


def test_undeclared_objects_go_too_and_are_shown(applied: Project, api: Api) -> None:
    workspace = api.row("workspaces", "Acme Inc")["workspaceId"]
    body = {"sourceType": "faker", "count": 1}
    api.call("POST", "/sources", {"workspaceId": workspace, "name": "Loose", "configuration": body})
    result = applied.run("destroy", "acme", "--allow-deletes", "5", "--auto-approve")
    assert result.exit_code == 0, result.output
    assert "Loose" in result.stdout
    assert api.rows("sources") == []


def test_more_than_the_limits_allow_is_refused(applied: Project, api: Api) -> None:
    result = applied.run("destroy", "acme", "--auto-approve")
    assert result.exit_code == 3
    assert "--allow-deletes 4" in result.output
    assert len(api.rows("workspaces")) == 2
    assert restored(applied) == []


def test_a_protected_resource_keeps_its_tenant(applied: Project, api: Api) -> None:
    content = acme()
    content["connections"]["stripe"]["protect"] = True
    applied.tenant(content)
    result = applied.run("destroy", "acme", "--allow-deletes", "4", "--auto-approve")
    assert result.exit_code == 3
    assert "protected resource" in result.output
    assert len(api.rows("connections")) == 1


def test_nothing_goes_unasked(applied: Project, api: Api) -> None:
    result = applied.run("destroy", "acme", "--allow-deletes", "4")
    assert result.exit_code == 2
    assert "--auto-approve" in result.output
    assert len(api.rows("workspaces")) == 2


@pytest.mark.parametrize(
    ("typed", "code", "left"), [("acme", 0, 1), ("Acme Inc", 1, 2), ("", 130, 2)]
)
def test_a_person_types_the_tenants_name(
    applied: Project, api: Api, typed: str, code: int, left: int
) -> None:
    # All of a tenant is beyond every share that the limits allow: the typed name is the licence.
    with on_terminal(applied, "destroy", "acme") as terminal:
        terminal.waits_for('workspace "Acme Inc"')  # what goes is shown first
        terminal.waits_for("All of this is deleted: 4 objects.")
        terminal.waits_for('Type the name "acme" to go on')
        terminal.types(f"{typed}\n" if typed else CTRL_D)
        assert terminal.ends() == code
    assert ("Nothing was deleted." in terminal.text) == (typed == "Acme Inc")
    assert len(api.rows("workspaces")) == left


@pytest.fixture
def abandoned(applied: Project) -> Project:
    """The same, and the manifest of acme is lost."""
    (applied.folder / "tenants" / "acme.yaml").unlink()
    return applied


def test_a_tenant_that_only_the_ledger_knows_is_told(abandoned: Project) -> None:
    text = abandoned.run("plan")
    assert "acme was applied from here" in text.stdout
    assert "[R426]" in text.stdout
    assert "restore its manifest" in " ".join(text.stdout.split())
    assert "reconciler destroy" not in text.stdout  # it might be the new key's by now
    assert json.loads(abandoned.run("plan", "--format", "json").stdout)["forgotten"] == ["acme"]
    for format_ in ("markdown", "html"):
        assert "[R426]" in abandoned.run("plan", "--format", format_).stdout
    assert "[R426]" in abandoned.run("apply", "--auto-approve").stdout
    assert "[R426]" in abandoned.run("drift").stderr
    assert "R426" not in abandoned.run("plan", "other").output


def test_a_tenant_that_only_the_ledger_knows_can_go(abandoned: Project, api: Api) -> None:
    result = abandoned.run("destroy", "acme", "--allow-deletes", "4", "--auto-approve")
    assert result.exit_code == 0, result.output
    assert [row["name"] for row in api.rows("workspaces")] == ["other"]
    assert "R426" not in abandoned.run("plan").output


def test_a_tenant_that_is_gone_already_is_forgotten(abandoned: Project, api: Api) -> None:
    workspace = api.row("workspaces", "Acme Inc")["workspaceId"]
    api.call("DELETE", f"/workspaces/{workspace}")
    result = abandoned.run("destroy", "acme", "--auto-approve")
    assert result.exit_code == 0, result.output
    assert "Nothing is left of acme" in result.stderr
    assert "R426" not in abandoned.run("plan").output


def renamed(project: Project, **workspace: Any) -> None:
    """The manifest of acme, under the key newco, and with another workspace where that is given."""
    (project.folder / "tenants" / "acme.yaml").unlink()
    content = {**acme(), "tenant": "newco"}
    project.tenant({**content, "workspace": {"name": "Acme Inc", **workspace}}, "newco")


def assert_refused(project: Project, api: Api, *arguments: str) -> Result:
    result = project.run(*arguments, "--allow-deletes", "9", "--auto-approve")
    assert result.exit_code == 3, result.output
    assert "workspace of another tenant [R412]" in result.output
    assert len(api.rows("workspaces")) == 2
    assert len(api.rows("sources")) == 1
    return result


def test_a_key_of_before_is_told_no_more_and_takes_nothing_along(
    applied: Project, api: Api
) -> None:
    renamed(applied)
    applied.assert_no_changes()
    assert "R426" not in applied.run("plan").output
    result = assert_refused(applied, api, "destroy", "acme")
    assert "tenants/newco.yaml:" in result.output
    assert "R426" not in applied.apply().output
    assert_refused(applied, api, "destroy", "acme")
    assert "R426" not in applied.run("plan").output
    assert applied.run("destroy", "newco", "--allow-deletes", "4", "--auto-approve").exit_code == 0


def test_a_new_name_is_known_by_the_one_of_before(applied: Project, api: Api) -> None:
    renamed(applied, name="NewCo", renamedFrom="Acme Inc")
    assert_refused(applied, api, "destroy", "acme")
    applied.apply()
    renamed_once_more = {"name": "NewCo Ltd"}
    applied.tenant({**acme(), "tenant": "newco", "workspace": renamed_once_more}, "newco")
    assert_refused(applied, api, "destroy", "acme")  # by its id alone


@pytest.mark.parametrize("spelt", [str.lower, str.upper])
def test_a_workspace_whose_id_another_manifest_gives_stays(
    applied: Project, api: Api, spelt: Callable[[str], str]
) -> None:
    id_ = api.row("workspaces", "Acme Inc")["workspaceId"]
    renamed(applied, name="NewCo", adopt={"id": spelt(id_)})
    assert_refused(applied, api, "destroy", "acme")


def test_the_rows_of_a_table_are_manifests_too(applied: Project, api: Api) -> None:
    (applied.folder / "tenants" / "acme.yaml").unlink()
    id_ = api.row("workspaces", "Acme Inc")["workspaceId"]
    workspace = {"name": "${{ params.name }}", "adopt": {"id": "${{ params.id }}"}}
    template = {
        "version": 1,
        "template": "shop",
        "params": {"name": {"type": "string"}, "id": {"type": "string"}},
        "workspace": workspace,
    }
    applied.write("templates/shop.yaml", template)
    rows = {"version": 1, "template": "shop", "tenants": {"from": "shops.csv"}}
    applied.write("tenants/shops.yaml", rows)
    applied.write("tenants/shops.csv", f"tenant,name,id\nnewco,NewCo,{id_}\n")
    assert_refused(applied, api, "destroy", "acme")


def test_a_manifest_that_cannot_be_read_may_be_the_new_one(applied: Project, api: Api) -> None:
    renamed(applied)
    file = applied.folder / "tenants" / "newco.yaml"
    file.write_text(file.read_text(encoding="utf-8") + "\nworkspace: [", encoding="utf-8")
    result = assert_refused(applied, api, "destroy", "acme")
    assert "Mend that manifest first" in result.output


def test_an_old_key_that_is_to_be_absent_takes_nothing_along(applied: Project, api: Api) -> None:
    renamed(applied)
    applied.apply()
    gone = {"version": 1, "tenant": "acme", "state": "absent", "reason": "renamed"}
    applied.tenant({**gone, "workspace": {"name": "Acme Old"}})
    assert_refused(applied, api, "apply")
    assert_refused(applied, api, "apply", "acme")
    assert_refused(applied, api, "destroy", "acme")


def test_pruning_leaves_alone_what_is_in_the_workspace_of_another_tenant(
    applied: Project, api: Api
) -> None:
    id_ = api.row("workspaces", "Acme Inc")["workspaceId"]
    applied.tenant({"version": 1, "tenant": "third", "workspace": {"name": "Acme Two"}}, "third")
    api.call("PATCH", f"/workspaces/{id_}", {"name": "Acme Two"})
    assert_refused(applied, api, "apply", "third", "--prune")
    # All at once, everybody has the workspace that was applied.
    assert applied.run("apply", "--auto-approve").exit_code == 0
    assert len(api.rows("workspaces")) == 3
    assert len(api.rows("sources")) == 1


def test_a_number_given_on_a_terminal_is_a_ceiling_still(applied: Project, api: Api) -> None:
    with on_terminal(applied, "destroy", "acme", "--allow-deletes", "3") as terminal:
        assert terminal.ends() == 3
    assert "--allow-deletes is 3" in terminal.text
    assert len(api.rows("workspaces")) == 2


def test_an_unknown_tenant_is_told(applied: Project) -> None:
    result = applied.run("destroy", "acne", "--auto-approve")
    assert result.exit_code == 1
    assert 'Did you mean "acme"?' in result.output


def test_what_went_can_be_brought_back(applied: Project, api: Api) -> None:
    applied.run("destroy", "acme", "--allow-deletes", "4", "--auto-approve")
    (file,) = restored(applied)
    assert "planted" not in file.read_text(encoding="utf-8")
    (applied.folder / "tenants" / "acme.yaml").unlink()
    shutil.copy(file, applied.folder / "tenants" / "acme.yaml")
    applied.environ |= {
        "ACME_STRIPE_CLIENT_SECRET": "x",
        "ACME_DESTINATION_CREDENTIALS_JSON": "y",
    }
    applied.apply()
    stripe = api.row("connections", "stripe")
    assert stripe["schedule"]["cronExpression"] == "0 0 2 * * ? UTC"
    assert len(stripe["configurations"]["streams"]) == 2


def test_deletes_of_an_apply_leave_a_manifest_too(applied: Project) -> None:
    content = acme()
    content["connections"]["stripe"] |= {"state": "absent", "reason": "unused"}
    applied.tenant(content)
    result = applied.run("apply", "--auto-approve")
    assert result.exit_code == 0, result.output
    (file,) = restored(applied)
    assert "\nconnections:\n  stripe:\n    name: stripe\n" in file.read_text(encoding="utf-8")
    assert str(file.parent.relative_to(applied.folder)) in result.stderr
