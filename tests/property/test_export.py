"""Whatever is live, made through the API by anybody: exported, it plans empty."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from reconciler.sandbox.server.serving import Sandbox, Settings, running
from tests.sandbox.samples import sample
from tests.support import Api, Project

REGISTRY = Path(__file__).parents[3] / "shared" / "airbyte" / "registry.json"
STEP = 1 if os.environ.get("RECONCILER_SOAK") else 12  # which of the connectors are tried

STREAMS = {"faker": ("users", "products", "purchases"), "stripe": ("customers", "charges")}
names = st.text(min_size=1, max_size=12) | st.sampled_from(
    ["Stripe", "stripe", "STRIPE", "a/b", "東京", "${{ x }}", "on", "con", "x" * 255, " ", "-"]
)
texts = st.text(max_size=12) | st.sampled_from(
    ["no", "1", "a: b", "${X}", "${{ y }}", "**********"]
)
json_values = st.recursive(
    texts | st.booleans() | st.none() | st.integers(-9, 9) | st.floats(-9, 9),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=6,
)


@pytest.fixture(scope="module")
def fleet(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    """One sandbox for all examples of a property; each example has workspaces of its own."""
    folder = tmp_path_factory.mktemp("export")
    with running(Settings(database=folder / "sandbox.db")) as server:
        yield server


@st.composite
def sources(draw: st.DrawFn) -> dict[str, Any]:
    kind = draw(st.sampled_from(["faker", "stripe"]))
    own: dict[str, Any] = {"count": 3}
    if kind == "stripe":
        own = {"account_id": "acct_1", "client_secret": "s"}
    extra = draw(st.dictionaries(texts, json_values, max_size=3))
    configuration = {**extra, **own, "sourceType": kind}
    return {"name": draw(names), "configuration": configuration}


@st.composite
def connections(draw: st.DrawFn, source: dict[str, Any]) -> dict[str, Any]:
    known = STREAMS[source["configuration"]["sourceType"]]
    streams: list[dict[str, Any]] = [
        draw(
            st.fixed_dictionaries(
                {"name": st.just(name)},
                optional={
                    "syncMode": st.sampled_from(
                        ["full_refresh_append", "incremental_append", "incremental_deduped_history"]
                    ),
                    "selectedFields": st.just(
                        [{"fieldPath": [field]} for field in ("id", "updated", "updated_at")][:1]
                    ),
                },
            )
        )
        for name in draw(st.lists(st.sampled_from(known), min_size=1, unique=True))
    ]
    for stream in streams:
        if "syncMode" in stream and not stream["syncMode"].startswith("full"):
            stream.pop("selectedFields", None)
    cron = {"scheduleType": "cron", "cronExpression": "0 0  3 * * ?"}
    optional = st.fixed_dictionaries(
        {},
        optional={
            "name": names,
            "schedule": st.sampled_from([cron, {"scheduleType": "manual"}]),
            "prefix": texts,
            "status": st.sampled_from(["active", "inactive"]),
            "namespaceDefinition": st.sampled_from(["source", "destination", "custom_format"]),
            "namespaceFormat": st.sampled_from(["${SOURCE_NAMESPACE}", "x", "", "${{ z }}"]),
            "nonBreakingSchemaUpdatesBehavior": st.sampled_from(["ignore", "propagate_fully"]),
        },
    )
    return {**draw(optional), "configurations": {"streams": streams}}


@st.composite
def workspaces(draw: st.DrawFn) -> dict[str, Any]:
    """What is in a workspace: sources, destinations, connections with the positions of both."""
    made = draw(st.lists(sources(), max_size=3))
    destinations = draw(st.lists(names, max_size=2))
    links = [
        (index, draw(st.integers(0, len(destinations) - 1)), draw(connections(source)))
        for index, source in enumerate(made)
        for _ in range(draw(st.integers(0, 2)) if destinations else 0)
    ]
    return {"sources": made, "destinations": destinations, "connections": links}


def make(api: Api, name: str, content: dict[str, Any]) -> None:
    """Creates all of it through the API."""
    owner = {"workspaceId": api.call("POST", "/workspaces", {"name": name})["workspaceId"]}
    made = [api.call("POST", "/sources", {**owner, **each}) for each in content["sources"]]
    lakes = [
        api.call("POST", "/destinations", {**owner, "name": each, "configuration": LAKE})
        for each in content["destinations"]
    ]
    for source, lake, connection in content["connections"]:
        ids = {
            "sourceId": made[source]["sourceId"],
            "destinationId": lakes[lake]["destinationId"],
        }
        api.call("POST", "/connections", {**ids, **connection})


LAKE = {
    "destinationType": "bigquery",
    "project_id": "1",
    "dataset_id": "d",
    "dataset_location": "US",
    "credentials_json": "{}",
}


@settings(
    max_examples=12,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(content=workspaces(), adopts=st.booleans(), full=st.booleans())
def test_what_is_exported_plans_empty(
    fleet: Sandbox,
    tmp_path_factory: pytest.TempPathFactory,
    content: dict[str, Any],
    adopts: bool,
    full: bool,
) -> None:
    folder = tmp_path_factory.mktemp("workspace")
    project = Project(folder, fleet.url)
    make(Api(fleet), folder.name, content)
    options = [*(["--full"] if full else []), *(["--adopt"] if adopts else [])]
    result = project.run("export", folder.name, *options)
    assert result.exit_code == 0, result.output
    project.assert_no_changes()


@pytest.mark.skipif(not REGISTRY.exists(), reason="no ../shared/airbyte/registry.json")
@pytest.mark.parametrize("role", ["source", "destination"])
def test_every_connector_of_the_registry_is_exported_and_plans_empty(
    tmp_path: Path, role: str
) -> None:
    registry = json.loads(REGISTRY.read_text(encoding="utf-8"))
    settings = Settings(database=tmp_path / "sandbox.db", registry=REGISTRY)
    with running(settings) as sandbox:
        api = Api(sandbox)
        owner = api.call("POST", "/workspaces", {"name": "Everything"})["workspaceId"]
        for row in registry[f"{role}s"][::STEP]:
            body = {
                "workspaceId": owner,
                "name": row["name"],
                "definitionId": row[f"{role}DefinitionId"],
                "configuration": sample(row["spec"]["connectionSpecification"]),
            }
            api.call("POST", f"/{role}s", body)
        project = Project(tmp_path, sandbox.url)
        result = project.run("export", "--all")
        assert result.exit_code == 0, result.output
        assert "Not managed" not in result.stdout
        project.assert_no_changes()
