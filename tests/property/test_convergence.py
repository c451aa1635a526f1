"""From any start, an applied plan is followed by an empty one; plan sends only GETs."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from reconciler.sandbox.server.serving import Sandbox, Settings, running
from tests.property.states import ENVIRON, Block, tenants
from tests.support import Api, Project

FREELY = ("--allow-replace", "*", "--allow-deletes", "99")
LIVE = {
    "resourceAllocation": {"default": {"cpu_request": "2"}},
    "configuration": {"set_in_airbyte": {"by": ["hand", 1]}},
}


@pytest.fixture(scope="module")
def fleet(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    """One sandbox for all examples of a property; each example has a workspace of its own."""
    folder = tmp_path_factory.mktemp("fleet")
    with running(Settings(database=folder / "sandbox.db")) as server:
        yield server


@st.composite
def edits(draw: st.DrawFn) -> list[str]:
    """What somebody does in Airbyte between two applies."""
    return draw(st.lists(st.sampled_from(sorted(EDITS)), unique=True, max_size=3))


def made_in_airbyte(api: Api, workspace: str, edits: list[str]) -> None:
    """Makes *edits*, and sets on every source what no manifest mentions."""
    sources, connections = (rows_of(api, kind, workspace) for kind in ("sources", "connections"))
    for source in sources:
        api.call("PATCH", f"/sources/{source['sourceId']}", LIVE)
    for edit in edits:
        for connection in connections[:1]:
            EDITS[edit](api, connection)


def rows_of(api: Api, collection: str, workspace: str) -> list[Block]:
    """The live rows of the workspace of that name."""
    (owner,) = [row["workspaceId"] for row in api.rows("workspaces") if row["name"] == workspace]
    rows = api.call("GET", f"/{collection}?limit=100&workspaceIds={owner}")["data"]
    return sorted(rows, key=lambda row: str(row["name"]))


def patched(**body: Any) -> Callable[[Api, Block], None]:
    def edit(api: Api, connection: Block) -> None:
        api.call("PATCH", f"/connections/{connection['connectionId']}", body)

    return edit


def first_stream_alone(api: Api, connection: Block) -> None:
    stream = connection["configurations"]["streams"][0]
    identity = {key: stream[key] for key in ("name", "namespace") if key in stream}
    patched(configurations={"streams": [identity]})(api, connection)


def basic_schedule(api: Api, connection: Block) -> None:
    basic = {"scheduleType": "basic", "basicTiming": "Every 24 HOURS"}
    api.control_call(f"/connections/{connection['connectionId']}", {"schedule": basic})


def deleted(api: Api, connection: Block) -> None:
    api.call("DELETE", f"/connections/{connection['connectionId']}")


EDITS: dict[str, Callable[[Api, Block], None]] = {
    "paused": patched(status="inactive"),
    "resumed": patched(status="active"),
    "prefixed": patched(prefix="by_hand_"),
    "renamed": patched(name="by hand"),
    "untagged": patched(tags=[]),
    "propagating": patched(nonBreakingSchemaUpdatesBehavior="propagate_fully"),
    "one stream": first_stream_alone,
    "basic schedule": basic_schedule,
    "deleted": deleted,
}


def unmanaged(api: Api, workspace: str) -> dict[str, Any]:
    """What no manifest mentions of the live sources, by their ids."""
    rows = rows_of(api, "sources", workspace)
    return {
        row["sourceId"]: (row.get("resourceAllocation"), row["configuration"].get("set_in_airbyte"))
        for row in rows
    }


def writes(api: Api) -> list[tuple[str, str]]:
    """The requests that changed something since the log was cleared."""
    asked = api.requests()
    return [each for each in asked if each[0] != "GET" and "/applications/" not in each[1]]


@settings(
    max_examples=15,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(before=tenants(), edits=edits(), after=tenants(), is_forgetful=st.booleans())
def test_from_any_state_an_applied_plan_is_followed_by_an_empty_one(
    fleet: Sandbox,
    tmp_path_factory: pytest.TempPathFactory,
    before: Block,
    edits: list[str],
    after: Block,
    is_forgetful: bool,
) -> None:
    folder: Path = tmp_path_factory.mktemp("project")
    project, api = Project(folder, fleet.url, dict(ENVIRON)), Api(fleet)
    converge(project, api, before)
    made_in_airbyte(api, folder.name, edits)
    kept = unmanaged(api, folder.name)
    if is_forgetful:
        project.forget()
    converge(project, api, after)
    for id_, value in unmanaged(api, folder.name).items():
        assert value == kept.get(id_, value)


def converge(project: Project, api: Api, content: Block) -> None:
    """Plans, applies, and does both again, which must find nothing to do."""
    project.tenant({"version": 1, "tenant": project.folder.name, **content})
    api.clear_log()
    project.run("plan", *FREELY)
    assert writes(api) == []
    result = project.run("apply", "--auto-approve", *FREELY)
    # A connection that the start left behind may be on something that is to go.
    assume("undeclared object would be deleted" not in result.output)
    assert result.exit_code == 0, result.output
    project.assert_no_changes()
    api.clear_log()
    project.apply()
    assert writes(api) == []


@settings(max_examples=8)
@given(content=tenants(), data=st.data())
def test_the_order_of_what_is_written_does_not_matter(
    fleet: Sandbox, tmp_path_factory: pytest.TempPathFactory, content: Any, data: st.DataObject
) -> None:
    folder: Path = tmp_path_factory.mktemp("order")
    project = Project(folder, fleet.url)
    head = {"version": 1, "tenant": folder.name}
    project.write("tenants/t/own.yaml", {**head, "prune": content.pop("prune", False)})
    sections = list(content.items())
    outputs = set()
    for _ in range(2):
        shuffled = {
            section: dict(data.draw(st.permutations(list(entries.items()))))
            for section, entries in data.draw(st.permutations(sections))
        }
        for section, entries in shuffled.items():
            project.write(f"tenants/t/{section}.yaml", {**head, section: entries})
        result = project.run("plan")
        assert result.exit_code == 0, result.output
        outputs.add(result.stdout)
    assert len(outputs) == 1
