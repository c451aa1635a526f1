"""Connectors of one's own: made before what uses them, updated in place, deleted when asked."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.journeys.manifests import ENVIRON, bigquery
from tests.support import Api, Project

IMAGE = {"dockerRepository": "ghcr.io/acme/source-crm", "dockerImageTag": "1.0.0"}


def crm(**changes: Any) -> dict[str, Any]:
    """A declarative manifest, as Airbyte's Connector Builder exports it."""
    return {
        "version": "6.5.2",
        "type": "DeclarativeSource",
        "check": {"type": "CheckStream", "stream_names": ["people"]},
        "streams": [{"type": "DeclarativeStream", "name": "people"}],
        "spec": {
            "type": "Spec",
            "connection_specification": {
                "type": "object",
                "required": ["api_key"],
                "properties": {
                    "api_key": {"type": "string", "airbyte_secret": True},
                    "region": {"type": "string", "enum": ["eu", "us"]},
                },
            },
        },
        **changes,
    }


def _tenant(name: str = "acme", **changes: Any) -> dict[str, Any]:
    source = {
        "definition": "crm",
        "configuration": {"api_key": "${{ secrets.STRIPE_KEY }}", "region": "eu"},
    }
    return {
        "version": 1,
        "tenant": name,
        "definitions": {"crm": {"name": "CRM", "manifest": "../connectors/crm.yaml"}},
        "sources": {"crm": source},
        "destination": bigquery(),
        **changes,
    }


def _docker(source: dict[str, Any] | None = None, **image: Any) -> dict[str, Any]:
    used = {"definition": "crm", "configuration": {"url": "https://crm.example"}}
    return _tenant(definitions={"crm": {**IMAGE, **image}}, sources={"crm": source or used})


def _definitions(api: Api, form: str = "declarative_sources") -> list[dict[str, Any]]:
    """The custom ones of the first workspace's list."""
    id_ = api.rows("workspaces")[0]["workspaceId"]
    rows = api.call("GET", f"/workspaces/{id_}/definitions/{form}")["data"]
    return [r for r in rows if not r.get("dockerRepository", "").startswith("airbyte/")]


@pytest.fixture
def declarative(project: Project) -> Project:
    """The project with tenant acme, whose source is of a declarative connector, applied."""
    project.environ |= ENVIRON
    project.write("connectors/crm.yaml", crm())
    project.tenant(_tenant())
    project.apply()
    return project


@pytest.fixture
def docker(project: Project) -> Project:
    """The project with tenant acme, whose source is of an image of its own, applied."""
    project.environ |= ENVIRON
    project.tenant(_docker())
    project.apply()
    return project


def test_a_declarative_connector_is_made_before_its_source(declarative: Project, api: Api) -> None:
    (made,) = _definitions(api)
    assert made["name"] == "CRM"
    assert made["manifest"] == crm()
    source = api.row("sources", "crm")
    assert source["definitionId"] == made["id"]
    assert source["configuration"] == {"api_key": "**********", "region": "eu"}
    declarative.assert_no_changes()
    declarative.forget()
    declarative.assert_no_changes()
    assert _definitions(api)[0]["version"] == 1


def test_another_manifest_is_one_new_version(declarative: Project, api: Api) -> None:
    changed = crm(streams=[{"type": "DeclarativeStream", "name": "deals"}])
    del changed["check"]
    declarative.write("connectors/crm.yaml", changed)
    plan = declarative.run("plan")
    assert "~ definition crm" in plan.stdout, plan.stdout
    assert 'manifest.streams[0].name: "people" → "deals"' in plan.stdout, plan.stdout
    assert "manifest.check" in plan.stdout, plan.stdout
    assert "[connector changes]" in plan.stdout
    declarative.apply()
    (made,) = _definitions(api)
    assert (made["manifest"], made["version"]) == (changed, 2)
    declarative.assert_no_changes()


def test_a_manifest_edited_in_airbyte_is_drift_and_is_repaired(
    declarative: Project, api: Api
) -> None:
    workspace = api.rows("workspaces")[0]["workspaceId"]
    path = f"/workspaces/{workspace}/definitions/declarative_sources/{_definitions(api)[0]['id']}"
    api.call("PUT", path, {"manifest": crm(metadata={"edited": True})})
    drift = declarative.run("drift")
    assert drift.exit_code == 2
    assert "manifest.metadata" in drift.stdout, drift.stdout
    declarative.apply()
    assert _definitions(api)[0]["manifest"] == crm()


def test_two_tenants_share_one_declarative_connector(declarative: Project, api: Api) -> None:
    """It belongs to the organization: a second one would be in everybody's list."""
    for name in ("globex", "initech", "hooli"):
        declarative.tenant(_tenant(name), name)
    declarative.apply()
    assert len(_definitions(api)) == 1
    assert len({row["definitionId"] for row in api.rows("sources")}) == 1
    declarative.assert_no_changes()
    declarative.write("connectors/crm.yaml", crm(metadata={"n": 2}))
    declarative.apply()
    assert _definitions(api)[0]["version"] == 2
    destroyed = declarative.run("destroy", "acme", "--auto-approve", "--allow-deletes", "9")
    assert destroyed.exit_code == 0, destroyed.output
    assert len(_definitions(api)) == 1
    declarative.tenant({"version": 1, "tenant": "acme"})
    absent = {"crm": {"name": "CRM", "state": "absent", "reason": "sold"}}
    without = {"definitions": absent, "sources": {}}
    declarative.tenant(_tenant("globex", **without), "globex")
    refused = declarative.run("apply", "--auto-approve", "--tenant", "globex")
    assert refused.exit_code == 4, refused.output
    assert "used by other tenants" in refused.output
    assert len(api.rows("sources")) == 2


def test_a_project_offers_connectors_to_the_tenants_that_use_them(
    project: Project, api: Api
) -> None:
    project.environ |= {**ENVIRON, "TAG": "2.0.0"}
    file = project.folder / "reconciler.yaml"
    offered = {
        "crm": {"name": "CRM", "manifest": "connectors/crm.yaml"},
        "erp": {**IMAGE, "dockerImageTag": "${{ env.TAG }}"},
        "unused": {**IMAGE},
    }
    file.write_text(file.read_text() + yaml.safe_dump({"definitions": offered}), encoding="utf-8")
    project.write("connectors/crm.yaml", crm())
    for name in ("acme", "globex"):
        tenant = _tenant(name)
        tenant["sources"]["erp"] = {"definition": "erp", "configuration": {}}
        del tenant["definitions"]
        project.tenant(tenant, name)
    project.apply()
    assert len(_definitions(api)) == 1
    (image,) = _definitions(api, "sources")  # of the workspace
    assert (image["name"], image["dockerImageTag"]) == ("erp", "2.0.0")
    project.assert_no_changes()
    (project.folder / "connectors" / "crm.yaml").write_text("a: 1\n", encoding="utf-8")
    broken = project.run("validate")
    assert "reconciler.yaml:7:15: error: not a connector manifest" in broken.stderr, broken.stderr


def test_another_tag_is_an_update_and_another_image_a_refused_replacement(
    docker: Project, api: Api
) -> None:
    (made,) = _definitions(api, "sources")
    docker.tenant(_docker(dockerImageTag="1.1.0", name="Our CRM", renamedFrom="crm"))
    plan = docker.run("plan")
    assert 'dockerImageTag: "1.0.0" → "1.1.0"' in plan.stdout, plan.stdout
    docker.apply()
    (updated,) = _definitions(api, "sources")
    assert (updated["id"], updated["dockerImageTag"]) == (made["id"], "1.1.0")
    assert updated["name"] == "Our CRM"
    docker.assert_no_changes()
    docker.tenant(_docker(dockerRepository="ghcr.io/acme/crm2", name="Our CRM"))
    refused = docker.run("plan")
    assert refused.exit_code == 3, refused.output
    assert "dockerRepository cannot be changed in place" in refused.output
    assert "replacement refused" in refused.output
    assert "its definitionId is replaced" in refused.output


def test_an_allowed_replacement_takes_the_sources_along(docker: Project, api: Api) -> None:
    docker.tenant(_docker(dockerRepository="ghcr.io/acme/crm2"))
    docker.apply("--allow-replace", "*")
    (made,) = _definitions(api, "sources")
    assert made["dockerRepository"] == "ghcr.io/acme/crm2"
    assert api.row("sources", "crm")["definitionId"] == made["id"]
    docker.assert_no_changes()


def test_pruning_shows_what_goes_with_a_definition(docker: Project, api: Api) -> None:
    docker.tenant(_docker() | {"definitions": {}, "sources": {}})
    assert "unmanaged" in docker.run("drift").output or api.rows("sources")
    plan = docker.run("plan", "--prune")
    assert "- definition" in plan.stdout, plan.stdout
    assert "- source" in plan.stdout
    docker.apply("--prune", "--allow-deletes", "5")
    assert _definitions(api, "sources") == []
    assert api.rows("sources") == []
    docker.assert_no_changes()


def test_a_retired_definition_takes_undeclared_sources_along_in_rows(
    docker: Project, api: Api
) -> None:
    definition = _definitions(api, "sources")[0]["id"]
    workspace = api.rows("workspaces")[0]["workspaceId"]
    by_hand = {"workspaceId": workspace, "definitionId": definition, "configuration": {}}
    api.call("POST", "/sources", {"name": "by hand", **by_hand})
    tenant = _docker() | {"sources": {}}
    tenant["definitions"]["crm"] |= {"state": "absent", "reason": "unused"}
    docker.tenant(tenant)
    plan = docker.run("plan")
    assert 'source "by hand" (goes with definition "crm")' in plan.stdout, plan.stdout
    docker.apply("--allow-deletes", "5")
    assert api.rows("sources") == []


def test_a_destroyed_tenant_takes_its_images_along(docker: Project, api: Api) -> None:
    result = docker.run("destroy", "acme", "--auto-approve", "--allow-deletes", "9")
    assert result.exit_code == 0, result.output
    assert result.output.index("deleted acme: source") < result.output.index(
        "deleted acme: definition"
    )
    assert api.rows("workspaces") == []


def test_an_export_looks_for_definitions_only_where_a_connector_is_unknown(
    docker: Project, api: Api
) -> None:
    api.call("POST", "/workspaces", {"name": "Other"})
    other = api.row("workspaces", "Other")["workspaceId"]
    nowhere = {"destinationType": "dev-null", "test_destination": {}}
    silent = {**nowhere, "test_destination": {"test_destination_type": "SILENT"}}
    definition = "a7bcc9d8-13b3-4e49-b80d-d020b90045e3"
    body = {"workspaceId": other, "definitionId": definition, "configuration": silent}
    api.call("POST", "/destinations", {"name": "Nowhere", **body})
    api.clear_log()
    assert docker.run("export", "--all", "--out", "exported").exit_code == 0
    asked = [path for _, path in api.requests() if "/definitions/" in path]
    assert len(asked) == 3, asked
    assert not any(other in path for path in asked)


def test_an_id_in_the_manifest_may_be_one_of_a_declared_definition(
    docker: Project, api: Api
) -> None:
    definition = _definitions(api, "sources")[0]["id"]
    by_id = {"definitionId": definition, "configuration": {"url": "https://crm.example"}}
    docker.tenant(_docker(source=by_id))
    docker.assert_no_changes()


@pytest.mark.parametrize("form", ["declarative", "docker"])
def test_an_export_has_the_connectors_and_plans_empty(
    request: pytest.FixtureRequest, form: str
) -> None:
    project: Project = request.getfixturevalue(form)
    assert project.run("export", "--all", "--out", "exported").exit_code == 0
    (file,) = (project.folder / "exported").glob("*.yaml")
    text = file.read_text(encoding="utf-8")
    assert "definition: crm" in text, text
    project.write("tenants/acme.yaml", text)
    assert "error" not in project.run("validate").stderr
    project.forget()
    project.assert_no_changes()


def test_configurations_are_checked_by_what_the_definition_brings(project: Project) -> None:
    project.write("connectors/crm.yaml", crm())
    tenant = _tenant()
    tenant["sources"]["crm"]["configuration"] = {"api_key": "in plain text", "region": "asia"}
    project.tenant(yaml.safe_dump(tenant, sort_keys=False))
    result = project.run("validate")
    assert result.exit_code == 1
    assert "tenants/acme.yaml:12:15" in result.stderr, result.stderr
    assert "secret in plain text" in result.stderr
    schema = {"connectionSpecification": {"type": "object", "required": ["url"]}}
    project.write("connectors/spec.json", schema)
    project.tenant(_docker(source={"definition": "crm", "configuration": {}}))
    assert "configuration not checked" in project.run("validate").stderr
    project.tenant(
        _docker(source={"definition": "crm", "configuration": {}}, spec="../connectors/spec.json")
    )
    assert 'needs the field "url"' in project.run("validate").stderr


def test_a_specification_that_is_none_is_told(project: Project) -> None:
    project.write("connectors/spec.json", {"connectionSpecification": ["url"]})
    used = {"definition": "crm", "configuration": {}}
    project.tenant(_docker(source=used, spec="../connectors/spec.json"))
    result = project.run("validate")
    assert result.exit_code == 1
    assert "error: not a connector specification [R218]" in result.stderr


MISTAKES: dict[str, tuple[dict[str, Any], str]] = {
    "unknown key": (
        {"sources": {"crm": {"definition": "crmm", "configuration": {}}}},
        'Did you mean "crm" (',
    ),
    "no tag": (
        {"definitions": {"crm": {"dockerRepository": "acme/source-crm"}}},
        'needs the key "dockerImageTag"',
    ),
    "tag in the image": (
        {"definitions": {"crm": {**IMAGE, "dockerRepository": "acme/source-crm:1.0"}}},
        "The image, without a tag",
    ),
    "both": (
        {"definitions": {"crm": {**IMAGE, "manifest": "../connectors/crm.yaml"}}},
        'cannot have both "manifest" and "dockerRepository"',
    ),
    "no file": (
        {"definitions": {"crm": {"manifest": "../connectors/none.yaml"}}},
        "There is no file connectors/none.yaml",
    ),
    "not YAML": (
        {"definitions": {"crm": {"manifest": "../connectors/broken.yaml"}}},
        "connectors/broken.yaml:3:1: error: not YAML",
    ),
    "no manifest": (
        {"definitions": {"crm": {"manifest": "../connectors/list.yaml"}}},
        "not a connector manifest",
    ),
    "outside": (
        {"definitions": {"crm": {"manifest": "../../elsewhere.yaml"}}},
        "outside the project",
    ),
    "of destinations": (
        {"definitions": {"crm": {**IMAGE, "actorType": "destination"}}},
        "wrong kind of connector",
    ),
}


@pytest.mark.parametrize("case", MISTAKES)
def test_mistakes_are_told_at_their_place(project: Project, tmp_path: Path, case: str) -> None:
    changes, said = MISTAKES[case]
    project.write("connectors/crm.yaml", crm())
    project.write("connectors/broken.yaml", "a: 1\nb: [\n")
    project.write("connectors/list.yaml", "- 1\n")
    (tmp_path / "elsewhere.yaml").write_text("a: 1\n", encoding="utf-8")
    project.tenant(_tenant(**changes))
    result = project.run("validate")
    assert result.exit_code == 1, result.output
    assert said in result.stderr, result.stderr
    assert "Traceback" not in result.output


def test_one_name_with_two_contents_is_refused_before_anything_is_read(
    declarative: Project,
) -> None:
    declarative.write("connectors/other.yaml", crm(metadata={"other": True}))
    other = {"crm": {"name": "CRM", "manifest": "../connectors/other.yaml"}}
    declarative.tenant(_tenant("globex", definitions=other), "globex")
    result = declarative.run("validate")
    assert result.exit_code == 1
    assert "shared and different" in result.stderr, result.stderr


def test_an_image_that_cannot_be_pulled_fails_its_row_and_what_needs_it(
    project: Project, api: Api
) -> None:
    project.environ |= ENVIRON
    api.control_call("/fail-image", {"image": f"{IMAGE['dockerRepository']}:1.0.0"})
    project.tenant(_docker())
    result = project.run("apply", "--auto-approve")
    assert result.exit_code == 4, result.output
    assert "in conflict" in result.output
    assert [row["name"] for row in api.rows("destinations")] == ["destination"]
    project.tenant(_docker(dockerImageTag="1.0.1"))
    project.apply()
    project.assert_no_changes()
