"""`export`: what is live becomes manifests, and planning them finds nothing to change."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from reconciler.sandbox.server.serving import Settings, running
from tests.journeys.manifests import ENVIRON, acme
from tests.support import EXAMPLES, ROOT, Api, Project

BUNDLED = ROOT / "reconciler" / "data" / "connectors.json"


@pytest.fixture
def applied(project: Project) -> Project:
    """Tenant acme is live; no manifest is there, and no secret."""
    project.environ |= ENVIRON
    file = project.tenant(acme())
    project.apply()
    file.unlink()
    shutil.rmtree(project.folder / ".reconciler")
    project.environ.clear()
    return project


def exported(project: Project, tenant: str) -> dict[str, Any]:
    """The manifest of a tenant as another reader of YAML reads it."""
    text = (project.folder / "tenants" / f"{tenant}.yaml").read_text(encoding="utf-8")
    value: dict[str, Any] = yaml.safe_load(text)
    return value


def test_what_is_live_is_exported_and_plans_empty(
    applied: Project, golden: Callable[[str, str], None]
) -> None:
    result = applied.run("export", "--all")

    assert result.exit_code == 0, result.output
    assert result.stdout == "Exported 1 workspace (4 resources) to tenants.\n"
    assert result.stderr == "2 secrets named in tenants/secrets.example.\n"
    folder = applied.folder / "tenants"
    golden("export", (folder / "acme-inc.yaml").read_text(encoding="utf-8"))
    golden("export-secrets", (folder / "secrets.example").read_text(encoding="utf-8"))
    applied.assert_no_changes()


def test_the_examples_survive_the_way_through_airbyte(project: Project) -> None:
    environ = (EXAMPLES / "demo.env").read_text(encoding="utf-8")
    names = [line.split("=")[0] for line in environ.splitlines() if "=" in line]
    project.environ |= dict.fromkeys(names, "planted")
    for name in ("fjord-outdoor", "atlas-freight.yaml"):
        source = EXAMPLES / "tenants" / name
        copy = shutil.copytree if source.is_dir() else shutil.copy
        (project.folder / "tenants").mkdir(exist_ok=True)
        copy(source, project.folder / "tenants" / name)
    project.apply()
    shutil.rmtree(project.folder / "tenants")
    project.environ.clear()

    assert project.run("export", "--all").exit_code == 0
    project.assert_no_changes()
    shop = exported(project, "fjord-outdoor-as")["connections"]["shop-database"]
    assert shop["namespaceFormat"] == "shop_${SOURCE_NAMESPACE}"
    users = next(stream for stream in shop["streams"] if stream["name"] == "users")
    assert users["mappers"][0]["type"] == "hashing"
    assert "planted" not in str(exported(project, "atlas-freight-inc"))


def test_only_gets_are_sent(applied: Project, api: Api) -> None:
    api.clear_log()
    assert applied.run("export", "--all").exit_code == 0
    assert {method for method, path in api.requests() if "token" not in path} == {"GET"}


def test_defaults_are_left_out_unless_everything_is_asked_for(applied: Project) -> None:
    applied.run("export", "--all")
    assert "status" not in exported(applied, "acme-inc")["connections"]["stripe"]
    applied.run("export", "--all", "--full", "--force")
    full = exported(applied, "acme-inc")["connections"]["stripe"]
    assert (full["status"], full["source"], full["prefix"]) == ("active", "stripe", "")
    applied.assert_no_changes()


def test_a_default_of_the_project_decides_what_must_be_written(applied: Project) -> None:
    text = (applied.folder / "reconciler.yaml").read_text(encoding="utf-8")
    behavior = "nonBreakingSchemaUpdatesBehavior: propagate_columns"
    applied.write("reconciler.yaml", f"{text}defaults: {{connections: {{{behavior}}}}}\n")
    applied.run("export", "--all")
    connection = exported(applied, "acme-inc")["connections"]["stripe"]
    assert connection["nonBreakingSchemaUpdatesBehavior"] == "ignore"
    applied.assert_no_changes()


def test_without_a_word_on_which_workspaces_nothing_is_exported(applied: Project) -> None:
    result = applied.run("export")
    assert result.exit_code == 2
    assert "Say which workspaces" in result.stderr


@pytest.mark.parametrize(
    "arguments", [["Acme Inc"], ["acme-inc"], ["--tenant", "Acme*"], ["--tenant", "acme-*"]]
)
def test_workspaces_are_chosen_by_name_key_or_pattern(
    applied: Project, api: Api, arguments: list[str]
) -> None:
    api.call("POST", "/workspaces", {"name": "Other"})
    assert applied.run("export", *arguments).stdout.startswith("Exported 1 workspace")
    assert [f.name for f in (applied.folder / "tenants").glob("*.yaml")] == ["acme-inc.yaml"]


def test_a_workspace_is_chosen_by_id(applied: Project, api: Api) -> None:
    made = api.call("POST", "/workspaces", {"name": "Other"})
    assert applied.run("export", "--id", made["workspaceId"]).exit_code == 0
    assert exported(applied, "other")["workspace"] == {"name": "Other"}


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["Acme Ink"], 'There is no workspace "Acme Ink" that may be read.'),
        (["--tenant", "zz*"], 'No workspace matches "zz*".'),
        (["--id", "no-such-id"], "There is no workspace with the id no-such-id"),
    ],
)
def test_a_choice_that_fits_nothing_is_an_error(
    applied: Project, arguments: list[str], message: str
) -> None:
    result = applied.run("export", *arguments)
    assert result.exit_code == 1
    assert message in result.stderr


def test_a_folder_with_files_is_refused(applied: Project) -> None:
    applied.write("tenants/notes.txt", "mine")
    result = applied.run("export", "--all")
    assert result.exit_code == 1
    assert "there are files in tenants" in result.stderr.lower()
    assert not (applied.folder / "tenants" / "acme-inc.yaml").exists()


def test_an_edited_file_is_never_overwritten(applied: Project, api: Api) -> None:
    applied.run("export", "--all")
    file = applied.folder / "tenants" / "acme-inc.yaml"
    edited = file.read_text(encoding="utf-8") + "# mine\n"
    file.write_text(edited, encoding="utf-8")
    connection = api.row("connections", "stripe")
    api.call("PATCH", f"/connections/{connection['connectionId']}", {"status": "inactive"})

    result = applied.run("export", "--all", "--force")

    assert result.exit_code == 0, result.output
    assert "acme-inc.yaml was edited since it was exported" in result.stderr
    assert file.read_text(encoding="utf-8") == edited
    assert "status: inactive" in file.with_name("acme-inc.yaml.new").read_text(encoding="utf-8")


def test_a_file_as_it_was_exported_may_be_written_again(applied: Project, api: Api) -> None:
    applied.run("export", "--all")
    connection = api.row("connections", "stripe")
    api.call("PATCH", f"/connections/{connection['connectionId']}", {"status": "inactive"})
    assert applied.run("export", "--all", "--force").exit_code == 0
    assert exported(applied, "acme-inc")["connections"]["stripe"]["status"] == "inactive"
    applied.assert_no_changes()


def test_workspaces_that_have_manifests_are_not_exported_again(applied: Project, api: Api) -> None:
    applied.tenant(acme())
    api.call("POST", "/workspaces", {"name": "Other"})
    result = applied.run("export", "--all", "--force")
    assert result.exit_code == 0, result.output
    assert 'workspace "Acme Inc": acme.yaml has it already' in result.stdout
    names = {f.name for f in (applied.folder / "tenants").glob("*.yaml")}
    assert names == {"acme.yaml", "other.yaml"}
    applied.assert_no_changes()


def source(name: str, workspace: str) -> dict[str, Any]:
    """The body of a source that needs no secret."""
    return {
        "name": name,
        "workspaceId": workspace,
        "configuration": {"sourceType": "faker", "count": 1},
    }


def test_two_sources_of_one_name_stay_unmanaged_and_are_listed(project: Project, api: Api) -> None:
    workspace = api.call("POST", "/workspaces", {"name": "Twins"})["workspaceId"]
    for name in ("Same", "Same", "Own"):
        api.call("POST", "/sources", source(name, workspace))

    result = project.run("export", "--all")

    assert result.exit_code == 0, result.output
    assert 'twins: source "Same": 2 sources of the workspace have that name' in result.stdout
    assert list(exported(project, "twins")["sources"]) == ["own"]
    assert (project.folder / "tenants" / "twins.yaml").read_text().count("# source") == 2
    project.assert_no_changes()


NAMES = [
    "株式会社サンプル",
    "Кофейня №1",
    "a/b\\c:d*e?f",
    "..",
    "con",
    "Con",
    "  spaced  ",
    "x" * 255,
    "x" * 254 + "y",
    "Ünï Cödé",
    "Uni Code",
    "🙂",
    "${SOURCE_NAMESPACE}",
    "- [yes]: {no} #1",
    "null",
    "2024-01-01",
    "new\nline",
]


def test_names_of_any_script_and_length_become_files_and_plan_empty(
    project: Project, api: Api
) -> None:
    for name in NAMES:
        workspace = api.call("POST", "/workspaces", {"name": name})["workspaceId"]
        for inner in NAMES[:5]:
            api.call("POST", "/sources", source(inner, workspace))

    result = project.run("export", "--all")

    assert result.exit_code == 0, result.output
    files = {file.stem for file in (project.folder / "tenants").glob("*.yaml")}
    assert len(files) == len(NAMES)
    assert "con" not in files
    assert {"uni-code", "2024-01-01", "x" * 60} <= files
    names = {exported(project, key).get("workspace", {}).get("name", key) for key in files}
    assert names == set(NAMES)
    project.assert_no_changes()


def test_what_a_manifest_cannot_say_is_left_out_and_listed(project: Project, api: Api) -> None:
    workspace = api.call("POST", "/workspaces", {"name": "Odd"})["workspaceId"]
    api.call("POST", "/workspaces", {"name": "${{ tenant }}"})
    body = source("Odd ${{ tenant }}", workspace)
    api.call("POST", "/sources", body)
    api.call(
        "POST",
        "/sources",
        {
            **source("Deep", workspace),
            "configuration": {
                "sourceType": "faker",
                "count": 1,
                "note": "${{ x }}",
                "list": ["a", "${{ y }}"],
            },
        },
    )

    result = project.run("export", "--all")

    assert result.exit_code == 0, result.output
    assert 'workspace "${{ tenant }}": its name has `${{` in it' in result.stdout
    assert 'odd: source "Odd ${{ tenant }}": its name has `${{` in it' in result.stdout
    assert 'odd: source "Deep", configuration.list: has `${{` in it' in result.stdout
    assert exported(project, "odd")["sources"]["deep"]["configuration"] == {"count": 1}
    project.assert_no_changes()


def test_a_workspace_that_cannot_be_read_is_reported_and_others_are_exported(
    applied: Project, api: Api
) -> None:
    api.call("POST", "/workspaces", {"name": "A broken one"})
    # The first call is for both, the second for it alone.
    api.fault(method="GET", path="*/sources", status=403, count=2)

    result = applied.run("export", "--all")

    assert result.exit_code == 4, result.output
    assert 'workspace "A broken one" could not be read' in result.stderr
    assert "Exported 1 workspace" in result.stdout


def test_a_schedule_that_only_the_ui_can_set_is_left_alone(applied: Project, api: Api) -> None:
    row = api.row("connections", "stripe")
    basic = {"scheduleType": "basic", "basicTiming": "Every 24 HOURS"}
    api.control_call(f"/connections/{row['connectionId']}", {"schedule": basic})
    result = applied.run("export", "--all")
    assert result.exit_code == 0, result.output
    assert 'connection "stripe", schedule: basic (Every 24 HOURS)' in result.stdout
    text = (applied.folder / "tenants" / "acme-inc.yaml").read_text(encoding="utf-8")
    assert "# schedule: basic (Every 24 HOURS), which only Airbyte's own UI can set;" in text
    applied.assert_no_changes()


def test_tags_of_connections_are_exported_with_their_colours(project: Project, api: Api) -> None:
    project.environ |= ENVIRON
    content = acme()
    content["connections"]["stripe"]["tags"] = ["gold", "eu"]
    content["tags"] = {"gold": "FFD700"}
    file = project.tenant(content)
    project.apply()
    file.unlink()
    project.forget()

    assert project.run("export", "--all").exit_code == 0

    found = exported(project, "acme-inc")
    assert found["connections"]["stripe"]["tags"] == ["eu", "gold"]
    assert found["tags"]["gold"] == "FFD700"
    project.assert_no_changes()
    api.clear_log()
    api.call("POST", "/workspaces", {"name": "Untagged"})
    project.run("export", "Untagged", "--out", "other")
    assert not [path for _, path in api.requests() if path.endswith("/tags")]


ODD_KEYS = [
    "tab\there",
    "bell\x07",
    "new\nline",
    "\u202ebidi",
    "a: b",
    "- x",
    "#",
    "",
    " ",
    "on",
    "ключ",
]


def test_any_key_of_a_configuration_survives(project: Project, api: Api) -> None:
    workspace = api.call("POST", "/workspaces", {"name": "Odd"})["workspaceId"]
    configuration = {"sourceType": "faker", "count": 1, "more": dict.fromkeys(ODD_KEYS, "x")}
    api.call("POST", "/sources", {**source("S", workspace), "configuration": configuration})

    result = project.run("export", "--all")

    assert result.exit_code == 0, result.output
    text = (project.folder / "tenants" / "odd.yaml").read_text(encoding="utf-8")
    assert not any(letter in text for letter in "\x07\t\u202e")
    assert exported(project, "odd")["sources"]["s"]["configuration"]["more"].keys() == set(ODD_KEYS)
    project.assert_no_changes()


def test_a_tag_that_no_connection_has_is_not_exported(applied: Project, api: Api) -> None:
    workspace = api.row("workspaces", "Acme Inc")["workspaceId"]
    api.call("POST", "/tags", {"workspaceId": workspace, "name": "unused", "color": "FF0000"})
    assert applied.run("export", "--all").exit_code == 0
    assert "tags" not in exported(applied, "acme-inc")
    applied.assert_no_changes()


def test_resources_that_somebody_allotted_survive_an_update(applied: Project, api: Api) -> None:
    row = api.row("sources", "stripe")
    allotted = {"default": {"cpu_request": "1", "memory_limit": "2Gi"}, "jobSpecific": []}
    api.call("PATCH", f"/sources/{row['sourceId']}", {"resourceAllocation": allotted})
    kept = api.row("sources", "stripe")["resourceAllocation"]
    assert applied.run("export", "--all").exit_code == 0
    applied.assert_no_changes()
    file = applied.folder / "tenants" / "acme-inc.yaml"
    text = file.read_text(encoding="utf-8")
    assert "resourceAllocation" not in text
    file.write_text(text.replace("acct_123", "acct_456"), encoding="utf-8")
    applied.apply()
    row = api.row("sources", "stripe")
    assert row["configuration"]["account_id"] == "acct_456"
    assert row["resourceAllocation"] == kept


def test_a_schedule_in_another_zone_and_a_lock_are_left_alone(applied: Project, api: Api) -> None:
    row = api.row("connections", "stripe")
    cron = {"scheduleType": "cron", "cronExpression": "0 0 2 * * ?", "zone": "Europe/Paris"}
    changes = {"schedule": cron, "status": "locked"}
    api.control_call(f"/connections/{row['connectionId']}", changes)
    result = applied.run("export", "--all")
    assert result.exit_code == 0, result.output
    assert 'connection "stripe", schedule: ' in result.stdout
    assert 'connection "stripe", status: ' in result.stdout
    connection = exported(applied, "acme-inc")["connections"]["stripe"]
    assert not {"schedule", "status"} & connection.keys()
    applied.assert_no_changes()


def test_a_connector_that_the_catalogue_does_not_know_is_exported_by_its_id(tmp_path: Path) -> None:
    # As one that Airbyte has withdrawn from its registry, or somebody's own.
    known = json.loads(BUNDLED.read_text(encoding="utf-8"))
    row = next(row for row in known["sources"] if row["dockerRepository"].endswith("source-faker"))
    old = {
        **row,
        "name": "Withdrawn",
        "dockerRepository": "airbyte/source-withdrawn",
        "sourceDefinitionId": "5b1b2ef3-6a7c-4c7e-9d3a-9a6a1d1f0c11",
    }
    registry = tmp_path / "registry.json"
    registry.write_text(
        json.dumps({**known, "sources": [*known["sources"], old]}), encoding="utf-8"
    )
    settings = Settings(database=tmp_path / "other.db", registry=registry)
    with running(settings) as sandbox:
        api = Api(sandbox)
        workspace = api.call("POST", "/workspaces", {"name": "Old"})["workspaceId"]
        body = {"workspaceId": workspace, "name": "S", "configuration": {"count": 1}}
        api.call("POST", "/sources", {**body, "definitionId": old["sourceDefinitionId"]})
        folder = tmp_path / "elsewhere"
        folder.mkdir()
        elsewhere = Project(folder, sandbox.url)
        result = elsewhere.run("export", "--all")
        assert result.exit_code == 0, result.output
        found = exported(elsewhere, "old")["sources"]["s"]
        assert found["definitionId"] == old["sourceDefinitionId"]
        elsewhere.assert_no_changes()
