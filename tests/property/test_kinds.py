"""Whatever is declared of the smaller kinds, and edited in Airbyte: one apply settles it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from reconciler.sandbox.server.serving import Sandbox, Settings, running
from tests.support import Api, Project

PEOPLE = ("ada@acme.example", "bob@acme.example", "eve@acme.example")
ROLES = ("admin", "editor", "source_editor", "destination_editor", "runner", "reader")
NAMES = ("failure", "success", "connectionUpdate", "syncDisabled")

notification = st.fixed_dictionaries(
    {},
    optional={
        "email": st.fixed_dictionaries({"enabled": st.booleans()}),
        "webhook": st.fixed_dictionaries({"enabled": st.booleans()}).flatmap(
            lambda webhook: st.sampled_from(["https://a.example", "https://b.example"]).map(
                lambda url: {**webhook, "url": url}
            )
        ),
    },
)
notifications = st.dictionaries(st.sampled_from(NAMES), notification, max_size=3)
roles = st.sampled_from(ROLES).map("workspace_{}".format)
permissions = st.dictionaries(st.sampled_from(PEOPLE), roles, max_size=3)
manifests = st.dictionaries(
    st.sampled_from(["check", "streams", "metadata"]),
    st.recursive(
        st.integers(0, 3) | st.booleans() | st.sampled_from(["", "a", "{{ config['x'] }}"]),
        lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.just("k"), inner),
        max_leaves=4,
    ),
    max_size=2,
)
images = st.sampled_from(["1.0", "2.0"]).map(
    lambda tag: {"dockerRepository": "ghcr.io/acme/source-x", "dockerImageTag": tag}
)
tags = st.dictionaries(st.sampled_from(["gold", "eu"]), st.sampled_from(["aa00ff", "00FF00"]))


@st.composite
def states(draw: st.DrawFn) -> dict[str, Any]:
    """What one manifest says of them, besides its names; sections may be missing."""
    schema = {"spec": {"connection_specification": {"type": "object"}}}
    definitions: dict[str, Any] = {}
    if draw(st.booleans()):
        definitions["low"] = {"manifest": {"version": "6.0.0", **draw(manifests), **schema}}
    if draw(st.booleans()):
        definitions["image"] = draw(images)
    return {
        "workspace": {"notifications": draw(notifications)},
        "permissions": draw(permissions),
        "definitions": definitions,
        "sources": {key: {"definition": key, "configuration": {}} for key in definitions},
        "tags": draw(tags),
    }


@pytest.fixture(scope="module")
def fleet(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    """One sandbox for all examples; each has a workspace and connectors of its own."""
    folder = tmp_path_factory.mktemp("kinds")
    with running(Settings(database=folder / "sandbox.db")) as server:
        api = Api(server)
        for address in PEOPLE:
            api.person(address, role="organization_reader" if address.startswith("eve") else "")
        yield server


def _manifest(name: str, state: dict[str, Any]) -> dict[str, Any]:
    definitions = {
        key: {"name": f"{key} of {name}", **fields} for key, fields in state["definitions"].items()
    }
    own = {"version": 1, "tenant": name, "definitions": definitions, "prune": True}
    return {**state, **own}


def _edit(api: Api, name: str, edited: dict[str, Any]) -> None:
    """What a colleague does in Airbyte's UI."""
    workspace = api.row("workspaces", name)["workspaceId"]
    told = edited["workspace"]["notifications"]
    api.call("PATCH", f"/workspaces/{workspace}", {"notifications": told})
    for tag in api.call("GET", f"/tags?workspaceIds={workspace}")["data"]:
        api.call("PATCH", f"/tags/{tag['tagId']}", {"name": tag["name"], "color": "123456"})
    path = f"/workspaces/{workspace}/definitions/declarative_sources"
    for row in api.call("GET", path)["data"]:
        if row["name"] == f"low of {name}":
            manifest = {**row["manifest"], "metadata": {"edited": [1]}}
            api.call("PUT", f"{path}/{row['id']}", {"manifest": manifest})


@settings(max_examples=8, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(before=states(), edited=states(), after=states())
def test_one_apply_converges_from_any_state_to_any_other(
    fleet: Sandbox,
    tmp_path_factory: pytest.TempPathFactory,
    before: dict[str, Any],
    edited: dict[str, Any],
    after: dict[str, Any],
) -> None:
    folder = tmp_path_factory.mktemp("tenant")
    project, api = Project(folder, fleet.url), Api(fleet)
    project.tenant(_manifest(folder.name, before))
    project.apply()
    project.assert_no_changes()
    _edit(api, folder.name, edited)
    project.tenant(_manifest(folder.name, after))
    project.apply("--allow-deletes", "50")
    project.assert_no_changes()
    project.forget()
    project.assert_no_changes()
    exported = project.run("export", folder.name, "--also", "permissions", "--out", "exported")
    assert exported.exit_code == 0, exported.output
    (project.folder / "tenants" / "acme.yaml").unlink()
    for file in (project.folder / "exported").glob("*.yaml"):
        project.write(f"tenants/{file.name}", file.read_text(encoding="utf-8"))
    project.assert_no_changes()
