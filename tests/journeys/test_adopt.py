"""`adopt`: names that do not tell which live object is meant, settled by hand."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support import Api, Project

FAKER = {"sourceType": "faker", "count": 1}


def twins(api: Api, workspace: str = "Acme") -> tuple[str, list[str]]:
    """A workspace with two sources of one name: its id and theirs."""
    owner = api.call("POST", "/workspaces", {"name": workspace})["workspaceId"]
    body = {"workspaceId": owner, "name": "Same", "configuration": FAKER}
    return owner, [api.call("POST", "/sources", body)["sourceId"] for _ in range(2)]


def manifest(**source: Any) -> dict[str, Any]:
    """A tenant with one source of that name."""
    block = {"type": "faker", "name": "Same", "configuration": {"count": 1}, **source}
    return {"version": 1, "tenant": "acme", "workspace": {"name": "Acme"}, "sources": {"s": block}}


def test_an_ambiguous_name_is_refused_with_the_way_out(project: Project, api: Api) -> None:
    twins(api)
    project.tenant(manifest())
    result = project.run("plan")
    assert result.exit_code == 3
    assert "reconciler adopt acme source/s=ID" in result.output


def test_open_names_are_listed_with_their_candidates(project: Project, api: Api) -> None:
    _, ids = twins(api)
    project.tenant(manifest())
    result = project.run("adopt")
    assert result.exit_code == 0, result.output
    assert 'source/acme/s: 2 live sources are named "Same"' in result.stdout
    assert all(f"  {id_}  definitionId faker, not used" in result.stdout for id_ in ids)


def test_nothing_open_is_said(project: Project) -> None:
    project.tenant(manifest())
    assert project.run("adopt").stdout == "Every name tells which live object is meant.\n"


@pytest.mark.parametrize("key", ["s", "source/s", "source/acme/s"])
def test_an_adopted_object_is_the_one_that_is_planned(project: Project, api: Api, key: str) -> None:
    _, ids = twins(api)
    project.tenant(manifest())
    result = project.run("adopt", "acme", f"{key}={ids[1]}")
    assert result.exit_code == 0, result.output
    assert result.stdout == f"source/acme/s is {ids[1]}.\n"
    project.assert_no_changes()

    api.call("PATCH", f"/sources/{ids[1]}", {"name": "Renamed in the UI"})
    assert "Renamed in the UI" in project.run("plan").stdout
    project.apply()
    assert api.call("GET", f"/sources/{ids[1]}")["name"] == "Same"


def test_a_manifest_may_give_the_id_itself(project: Project, api: Api) -> None:
    _, ids = twins(api)
    project.tenant(manifest(adopt={"id": ids[0].upper()}, configuration={"count": 5}))
    project.apply()
    counts = {id_: api.call("GET", f"/sources/{id_}")["configuration"]["count"] for id_ in ids}
    assert counts == {ids[0]: 5, ids[1]: 1}


def test_both_of_one_name_may_be_managed_by_their_ids(project: Project, api: Api) -> None:
    _, ids = twins(api)
    content = manifest(adopt={"id": ids[0]})
    content["sources"]["t"] = {**content["sources"]["s"], "adopt": {"id": ids[1]}}
    project.tenant(content)
    project.assert_no_changes()


def test_the_other_one_of_a_name_is_found_by_it(project: Project, api: Api) -> None:
    _, ids = twins(api)
    content = manifest(adopt={"id": ids[0]})
    content["sources"]["t"] = manifest()["sources"]["s"]
    project.tenant(content)
    project.assert_no_changes()


def test_an_id_of_another_workspace_or_kind_is_refused(project: Project, api: Api) -> None:
    _, ids = twins(api)
    other, _ = twins(api, "Other")
    foreign = api.call(
        "POST", "/sources", {"workspaceId": other, "name": "X", "configuration": FAKER}
    )["sourceId"]
    for id_ in (foreign, other, "5b1b2ef3-6a7c-4c7e-9d3a-9a6a1d1f0c11"):
        project.tenant(manifest(adopt={"id": id_}))
        result = project.run("plan")
        assert result.exit_code == 3, result.output
        assert "nothing to adopt [R409]" in result.output
        project.tenant(manifest())
        result = project.run("adopt", "acme", f"s={id_}")
        assert result.exit_code == 1
        assert "nothing to adopt [R409]" in result.output
    assert len(api.rows("sources")) == 5
    assert ids


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["s=x"], "needs exactly one TENANT"),
        (["acme", "sorce/s=x"], 'Did you mean "source/s"?'),
        (["acne"], 'There is no tenant "acne".'),
    ],
)
def test_wrong_arguments_are_told(project: Project, arguments: list[str], message: str) -> None:
    project.tenant(manifest())
    result = project.run("adopt", *arguments)
    assert result.exit_code in (1, 2)
    assert message in result.output


def test_what_was_applied_before_is_nobodys_once_another_one_is_adopted(
    project: Project, api: Api
) -> None:
    owner = api.call("POST", "/workspaces", {"name": "Acme"})["workspaceId"]
    body = {"workspaceId": owner, "name": "By hand", "configuration": FAKER}
    adopted = api.call("POST", "/sources", body)["sourceId"]
    project.tenant(manifest())
    project.apply()
    applied = api.row("sources", "Same")
    project.tenant(manifest(adopt={"id": adopted}, configuration={"count": 5}))
    plan = project.run("plan")
    assert "0 to create, 1 to update" in plan.stdout, plan.stdout
    assert 'renamed from "By hand"' in " ".join(plan.stdout.split())
    project.apply()
    path = f"/sources/{applied['sourceId']}"
    assert api.call("GET", path)["configuration"] == applied["configuration"]
    assert api.call("GET", f"/sources/{adopted}")["configuration"]["count"] == 5
    project.assert_no_changes()


def test_what_was_applied_for_one_entry_may_be_adopted_by_another(
    project: Project, api: Api
) -> None:
    project.tenant(manifest())
    project.apply()
    applied = api.row("sources", "Same")["sourceId"]
    content = manifest(name="New")
    content["sources"]["t"] = manifest(adopt={"id": applied})["sources"]["s"]
    project.tenant(content)
    project.apply()
    assert api.row("sources", "Same")["sourceId"] == applied
    assert len(api.rows("sources")) == 2
    project.assert_no_changes()


@pytest.mark.parametrize("section", ["sources", "workspace"])
def test_what_is_to_go_by_its_id_and_has_gone_takes_nothing_of_its_name_along(
    project: Project, api: Api, section: str
) -> None:
    owner, ids = twins(api)
    gone = {"state": "absent", "reason": "the customer left"}
    if section == "sources":
        project.tenant(manifest(**gone, adopt={"id": ids[0]}))
        api.call("DELETE", f"/sources/{ids[0]}")
    else:
        twins(api)
        project.tenant(
            {**manifest(), "workspace": {"name": "Acme", "adopt": {"id": owner}}, **gone}
        )
        api.call("DELETE", f"/workspaces/{owner}")
    before = api.rows("sources"), api.rows("workspaces")
    prune = ("--prune",) if section == "workspace" else ()
    project.apply(*prune, "--allow-deletes", "9")
    assert (api.rows("sources"), api.rows("workspaces")) == before


def test_one_of_two_workspaces_of_a_name_is_adopted(project: Project, api: Api) -> None:
    first, _ = twins(api)
    second = api.call("POST", "/workspaces", {"name": "Acme"})["workspaceId"]
    project.tenant({**manifest(), "sources": {}})
    assert project.run("plan").exit_code == 3
    assert project.run("adopt", "acme", f"workspace={second}").exit_code == 0
    project.assert_no_changes()
    project.tenant(
        {**manifest(), "sources": {}, "workspace": {"name": "A", "adopt": {"id": first}}}
    )
    project.apply()
    assert api.call("GET", f"/workspaces/{first}")["name"] == "A"


def test_a_workspace_renamed_in_airbyte_is_known_by_its_id(project: Project, api: Api) -> None:
    project.tenant({**manifest(), "sources": {}})
    project.apply()
    row = api.row("workspaces", "Acme")
    api.call("PATCH", f"/workspaces/{row['workspaceId']}", {"name": "Somebody's"})
    project.apply()
    assert [each["name"] for each in api.rows("workspaces")] == ["Acme"]


OTHER: dict[str, Any] = {"version": 1, "tenant": "other"}


def told_twice(project: Project, *arguments: str) -> str:
    """What `validate` says, which plans and applies nothing either."""
    result = project.run("validate", *arguments)
    assert result.exit_code == 1, result.output
    assert "adopted twice [R114]" in result.output
    assert project.run("apply", *arguments, "--auto-approve").exit_code == 1
    return " ".join(result.output.split())


def test_one_object_cannot_be_two_entries_of_a_tenant(project: Project, api: Api) -> None:
    _, ids = twins(api)
    content = manifest(adopt={"id": ids[0]})
    content["sources"]["t"] = {**content["sources"]["s"], "adopt": {"id": ids[0].upper()}}
    file = project.tenant(content)
    told = told_twice(project)
    lines = file.read_text(encoding="utf-8").splitlines()
    places = [f"{at}:" for at, line in enumerate(lines, 1) if ids[0] in line.lower()]
    assert all(f"tenants/acme.yaml:{place}" in told for place in places), told


@pytest.mark.parametrize("selected", [(), ("acme",), ("other",), ("--tenant", "oth*")])
@pytest.mark.parametrize("life", [{}, {"state": "absent", "reason": "moved"}])
def test_one_object_cannot_be_that_of_two_tenants(
    project: Project, api: Api, selected: tuple[str, ...], life: dict[str, str]
) -> None:
    owner, ids = twins(api)
    project.tenant({**manifest(adopt={"id": ids[0]}), "prune": True})
    workspace = {"name": "Other", "adopt": {"id": owner}}
    source = {**manifest()["sources"]["s"], "adopt": {"id": ids[0]}, **life}
    project.tenant({**OTHER, "sources": {"s": source}}, "other")
    told = told_twice(project, *selected)
    assert "tenants/acme.yaml:" in told
    assert "tenants/other.yaml:" in told
    assert "source/acme/s" in told
    assert "source/other/s" in told

    project.tenant({**manifest(), "workspace": {"name": "Acme", "adopt": {"id": owner}}})
    project.tenant({**OTHER, "workspace": workspace}, "other")
    assert "workspace/other" in told_twice(project, *selected)
    assert len(api.rows("sources")) == 2


def test_an_id_in_a_template_is_that_of_every_tenant(project: Project, api: Api) -> None:
    owner, _ = twins(api)
    workspace = {"name": "${{ tenant }}", "adopt": {"id": owner}}
    project.write("templates/shop.yaml", {"version": 1, "template": "shop", "workspace": workspace})
    project.write(
        "tenants/shops.yaml", {"version": 1, "tenants": {"template": "shop", "from": "s.csv"}}
    )
    project.write("tenants/s.csv", "tenant\na\nb\n")
    for selected in ((), ("a",), ("b",)):
        told = told_twice(project, *selected)
        assert "templates/shop.yaml:" in told
        assert "workspace/a" in told
        assert "workspace/b" in told


def test_a_definition_of_the_organization_may_be_adopted_by_all_who_use_it(
    project: Project, api: Api
) -> None:
    owner, _ = twins(api)
    schema = {"type": "object", "properties": {}}
    code = {"version": "4.6.2", "spec": {"connection_specification": schema}}
    path = f"/workspaces/{owner}/definitions/declarative_sources"
    made = api.call("POST", path, {"name": "CRM", "manifest": code})
    definition = {"name": "CRM", "manifest": code, "adopt": {"id": made["id"]}}
    for name in ("acme", "other"):
        content = {"version": 1, "tenant": name, "definitions": {"crm": definition}}
        project.tenant(content, name)
    assert project.run("validate").exit_code == 0
