"""`plan --base`: what a branch does, apart from what would be done without it."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from jsonschema import Draft202012Validator

from tests.journeys.manifests import ENVIRON, acme, bigquery, stripe
from tests.journeys.repository import TENANTS, Repository
from tests.support import ROOT, Api, Project

LATER = {"scheduleType": "cron", "cronExpression": "0 0 5 * * ?"}
ELSEWHERE = {"scheduleType": "cron", "cronExpression": "0 0 9 * * ?"}
TEMPLATE = {
    "version": 1,
    "template": "shop",
    "sources": {"stripe": stripe()},
    "destination": bigquery(),
    "connections": acme()["connections"],
}


@pytest.fixture
def repository(project: Project) -> Repository:
    """Three tenants on main, applied, and a branch from there."""
    project.environ |= ENVIRON
    made = Repository(project)
    project.apply()
    return made


def plan(repository: Repository, *options: str) -> Result:
    return repository.project.run("plan", "--base", "main", *options)


def document(repository: Repository, *options: str) -> Any:
    found = json.loads(plan(repository, "--format", "json", *options).stdout)
    schema = json.loads((ROOT / "schemas" / "plan.schema.json").read_text(encoding="utf-8"))
    assert not list(Draft202012Validator(schema).iter_errors(found))
    return found


def whose(found: Any) -> dict[str, str]:
    """The attribution of every operation, by tenant and key."""
    return {
        f"{tenant['tenant']} {op['kind']}/{op['name']}": op["attribution"]
        for tenant in found["tenants"]
        for op in tenant["operations"]
    }


def rescheduled(**fields: Any) -> dict[str, Any]:
    connection = {**acme()["connections"]["stripe"], "schedule": LATER, **fields}
    return {"connections": {"stripe": connection}}


def drift(api: Api, workspace: str, **fields: Any) -> None:
    """Somebody changes the connection of that workspace in Airbyte."""
    id_ = api.row("workspaces", workspace)["workspaceId"]
    (row,) = [row for row in api.rows("connections") if row["workspaceId"] == id_]
    api.call("PATCH", f"/connections/{row['connectionId']}", fields)


def test_an_edit_of_the_branch_is_this_change(repository: Repository) -> None:
    repository.tenant("globex", **rescheduled())
    found = document(repository)
    assert whose(found) == {"globex connection/stripe": "change"}
    assert found["summary"]["thisChange"]["update"] == 1
    assert found["base"] == {
        "revision": "main",
        "commit": repository.git("rev-parse", "main").strip(),
        "gone": [],
    }
    text = plan(repository).stdout
    assert "This change: 0 to create, 1 to update, 0 to delete in 1 tenant" in text
    assert "drift" not in text


def test_drift_alone_is_no_part_of_the_change(repository: Repository, api: Api) -> None:
    drift(api, "Acme", schedule=ELSEWHERE)
    assert whose(document(repository)) == {"acme connection/stripe": "drift"}
    result = plan(repository, "--fail-on", "change", "--fail-on", "loss")
    assert result.exit_code == 0, result.output
    assert "This change: nothing to do in Airbyte" in result.stdout
    assert "Already there before this change (drift)" in result.stdout
    assert "Data:" not in result.stdout, "sums are of what the change does"
    assert plan(repository, "--fail-on", "drift").exit_code == 2
    assert plan(repository, "--detailed-exitcode").exit_code == 2


def test_what_the_command_line_asks_for_holds_on_both_sides(
    repository: Repository, api: Api
) -> None:
    id_ = api.row("workspaces", "Acme")["workspaceId"]
    stray = {"name": "stray", "workspaceId": id_, "configuration": {"sourceType": "faker"}}
    stray["configuration"] = {"sourceType": "faker", "count": 1}
    api.call("POST", "/sources", stray)
    found = document(repository, "--prune", "--allow-deletes", "1")
    assert set(whose(found).values()) == {"drift"}


def test_a_row_of_both_tells_the_fields_apart(repository: Repository, api: Api) -> None:
    drift(api, "Acme", status="inactive", prefix="odd_")
    repository.tenant("acme", **rescheduled(prefix="odd_", status="inactive"))
    repository.commit_on_main()
    drift(api, "Acme", prefix="other_", schedule=ELSEWHERE)
    repository.tenant("acme", **rescheduled(prefix="new_", status="inactive"))
    found = document(repository)
    (operation,) = found["tenants"][0]["operations"]
    assert operation["attribution"] == "both"
    assert operation["alreadyThere"] == [["schedule", "cronExpression"]]
    text = plan(repository).stdout
    assert '"0 0 9 * * ?" → "0 0 5 * * ?" (already there)' in text, text
    assert plan(repository, "--fail-on", "change").exit_code == 2
    assert plan(repository, "--fail-on", "drift").exit_code == 2


def test_a_field_that_drifted_and_is_changed_is_both(repository: Repository, api: Api) -> None:
    drift(api, "Acme", schedule=ELSEWHERE)
    repository.tenant("acme", **rescheduled())
    assert whose(document(repository)) == {"acme connection/stripe": "both"}
    assert "already to update, otherwise" in plan(repository).stdout


def test_drift_that_the_branch_takes_in_is_settled(repository: Repository, api: Api) -> None:
    drift(api, "Acme", schedule=LATER)
    repository.tenant("acme", **rescheduled())
    found = document(repository)
    assert whose(found) == {}
    assert found["summary"]["settled"] == 1
    assert "Settled: 1 difference that this change puts right." in plan(repository).stdout


def test_a_template_fans_out_and_drift_of_one_tenant_stays_apart(
    repository: Repository, api: Api
) -> None:
    repository.project.write("templates/shop.yaml", TEMPLATE)
    for name in TENANTS:
        workspace = {"name": name.title()}
        tenant = {"version": 1, "tenant": name, "template": "shop", "workspace": workspace}
        repository.project.tenant(tenant, name)
    repository.commit_on_main()
    drift(api, "Initech", prefix="odd_")
    repository.project.write("templates/shop.yaml", {**TEMPLATE, **rescheduled()})
    api.clear_log()
    text = plan(repository).stdout
    assert "Same change on 3 tenants" in text, text
    reads = [path for _, path in api.requests() if path.endswith(("/sources", "/connections"))]
    assert len(reads) == 2, "the live state is read once for both sides"
    assert whose(document(repository)) == {
        f"{name} connection/stripe": "change" for name in TENANTS
    }


def test_a_tenant_that_is_gone_is_in_every_format(repository: Repository) -> None:
    (repository.project.folder / "tenants" / "initech.yaml").unlink()
    assert document(repository)["base"]["gone"] == ["initech"]
    for format_ in ("text", "markdown", "html"):
        told = " ".join(plan(repository, "--format", format_).stdout.split())
        assert "put the manifest back with `state: absent`" in told
    narrowed = plan(repository, "acme")
    assert "initech" not in narrowed.output, "other tenants were asked for"


def test_base_goes_with_changed_since(repository: Repository, api: Api) -> None:
    drift(api, "Acme", schedule=ELSEWHERE)
    repository.tenant("globex", **rescheduled())
    repository.commit()
    found = document(repository, "--changed-since", "main")
    assert whose(found) == {"globex connection/stripe": "change"}


def test_a_new_tenant_is_this_change_and_one_not_applied_yet_is_drift(
    repository: Repository,
) -> None:
    for name in ("hooli", "umbrella", "wayne"):
        repository.tenant(name)
    repository.commit_on_main()
    repository.tenant("stark")
    repository.tenant("wayne", **rescheduled())
    found = document(repository)
    assert {whose(found)[f"{name} source/stripe"] for name in ("hooli", "wayne")} == {"drift"}
    assert whose(found)["stark workspace/"] == "change"
    assert whose(found)["wayne connection/stripe"] == "both"


def test_a_renamed_workspace_is_one_for_both_sides(repository: Repository) -> None:
    repository.project.forget()
    repository.tenant("acme", workspace={"name": "Acme Corp", "renamedFrom": "Acme"})
    assert whose(document(repository)) == {"acme workspace/": "change"}
    repository.tenant("acme", workspace={"name": "Acme Corp"})
    assert set(whose(document(repository)).values()) == {"change"}, "all of it is created anew"


def test_tags_that_only_the_base_has_are_read_for_it(repository: Repository) -> None:
    repository.tenant("acme", tags={"gold": "FFD700"})
    repository.commit_on_main()
    repository.project.apply()
    repository.tenant("acme")
    assert whose(document(repository)) == {}
    assert document(repository)["summary"]["settled"] == 0, "what is live was no difference"


def test_people_whom_only_one_side_declares_are_read_for_both(
    repository: Repository, api: Api
) -> None:
    ada, bob = "ada@acme.example", "bob@acme.example"
    for address in (ada, bob):
        api.person(address)
    repository.tenant("acme", permissions={ada: "workspace_editor", bob: "workspace_editor"})
    repository.commit_on_main()
    repository.project.apply()
    repository.tenant("acme", permissions={ada: "workspace_editor"})
    repository.commit_on_main()
    repository.tenant("acme", permissions={bob: "workspace_editor"})
    assert whose(document(repository)) == {}
    assert document(repository)["summary"]["settled"] == 0


def test_a_refusal_says_whether_it_was_there_before(repository: Repository, api: Api) -> None:
    workspace = api.row("workspaces", "Acme")["workspaceId"]
    (row,) = [row for row in api.rows("sources") if row["workspaceId"] == workspace]
    twin = {"workspaceId": workspace, "name": "stripe", "configuration": row["configuration"]}
    twin["configuration"] |= {"sourceType": "stripe", "client_secret": "x"}
    repository.project.forget()
    api.call("POST", "/sources", twin)
    result = plan(repository)
    assert result.exit_code == 3
    assert "acme: refused, as before this change" in result.stdout


def test_manifests_that_the_base_cannot_understand_are_told(repository: Repository) -> None:
    repository.project.tenant("tenant: [", "acme")
    repository.commit_on_main()
    repository.tenant("acme", **rescheduled())
    result = plan(repository)
    assert "cannot be understood as main has them" in result.stderr
    assert "This change: 0 to create, 1 to update" in result.stdout


def test_bad_revisions_and_places_are_told(repository: Repository, tmp_path: Path) -> None:
    for option in ("--base", "--changed-since"):
        empty = repository.project.run("plan", option, "")
        assert empty.exit_code == 2, "a variable of CI that is not set must not plan everything"
        assert "name a branch, tag or commit" in empty.stderr
    unknown = repository.project.run("plan", "--base", "no-such-branch")
    assert unknown.exit_code == 1
    assert 'Git knows no revision "no-such-branch"' in unknown.stderr
    repository.tenant("globex", **rescheduled())
    repository.commit()
    repository.git("switch", "--quiet", "main")
    repository.tenant("acme", **rescheduled())
    repository.commit()
    clone = tmp_path / "clone"
    origin = f"file://{repository.project.folder}"
    command = ["git", "clone", "--quiet", "--depth", "1", "--no-single-branch", origin, str(clone)]
    subprocess.run(command, check=True)
    shallow = repository.project.run("--project", str(clone), "plan", "--base", "origin/change")
    assert shallow.exit_code == 1
    assert "git fetch --unshallow" in shallow.stderr


def test_outside_a_repository_it_is_told(project: Project) -> None:
    project.tenant(acme())
    result = project.run("plan", "--base", "main")
    assert result.exit_code == 1
    assert "no git" in result.stderr


def test_drift_needs_a_base_to_fail_on(project: Project) -> None:
    result = project.run("plan", "--fail-on", "drift")
    assert result.exit_code == 2
    assert "--base" in result.stderr


def test_fail_on_delete_and_loss_without_a_base(repository: Repository) -> None:
    repository.tenant("acme", connections={"stripe": {"state": "absent", "reason": "no use"}})
    for condition in ("change", "delete", "loss"):
        assert repository.project.run("plan", "--fail-on", condition).exit_code == 2
    repository.tenant("acme", **rescheduled())
    assert repository.project.run("plan", "--fail-on", "delete").exit_code == 0


def test_a_plan_file_made_beside_a_base_can_be_applied(repository: Repository) -> None:
    repository.tenant("globex", **rescheduled())
    assert plan(repository, "--out", "plan.json").exit_code == 0
    applied = repository.project.run("apply", "plan.json", "--auto-approve")
    assert applied.exit_code == 0, applied.output
    repository.project.assert_no_changes()
