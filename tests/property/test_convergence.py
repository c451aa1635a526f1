"""From any start, an applied plan is followed by an empty one; plan sends only GETs."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from reconciler.cli.exit_codes import ExitCode
from reconciler.sandbox.server import Sandbox, Settings, running
from tests.cli.manifests import ENVIRON, bigquery, stripe
from tests.support import Api, Project

STRIPE_STREAMS = ("customers", "charges", "invoices", "refunds")
FAKER_STREAMS = ("users", "products", "purchases")
MODES = ("full_refresh_overwrite", "full_refresh_append", "incremental_append")


@pytest.fixture(scope="module")
def fleet(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    """One sandbox for all examples of a property; each example has a workspace of its own."""
    folder = tmp_path_factory.mktemp("fleet")
    with running(Settings(database=folder / "sandbox.db")) as server:
        yield server


def sources() -> st.SearchStrategy[dict[str, Any]]:
    """Source blocks: connectors change, and with them what must be replaced."""
    return st.one_of(
        st.builds(
            stripe,
            lookback_window_days=st.integers(0, 3),
            slice_range=st.sampled_from([30, 365]),
        ),
        st.builds(
            lambda count: {"type": "faker", "configuration": {"count": count}}, st.integers(1, 3)
        ),
    )


@st.composite
def tenants(draw: st.DrawFn) -> dict[str, Any]:
    """A tenant with up to three sources, one or two destinations, and connections between them."""
    declared = draw(st.dictionaries(st.sampled_from("abc"), sources(), max_size=3))
    destinations = draw(
        st.dictionaries(
            st.sampled_from(["lake", "mart"]),
            st.builds(bigquery, dataset_id=st.sampled_from(["x", "y"])),
            min_size=1,
        )
    )
    connections = {
        key: draw(connection(source["type"], sorted(destinations)))
        for key, source in declared.items()
        if draw(st.booleans())
    }
    return {"sources": declared, "destinations": destinations, "connections": connections}


@st.composite
def connection(draw: st.DrawFn, connector: str, destinations: list[str]) -> dict[str, Any]:
    names = STRIPE_STREAMS if connector == "stripe" else FAKER_STREAMS
    chosen = draw(st.lists(st.sampled_from(names), min_size=1, unique=True))
    streams = [{"name": name, "syncMode": draw(st.sampled_from(MODES))} for name in chosen]
    optional = st.fixed_dictionaries(
        {},
        optional={
            "prefix": st.sampled_from(["", "p_"]),
            "status": st.sampled_from(["active", "inactive"]),
            "schedule": st.sampled_from(
                [
                    {"scheduleType": "manual"},
                    {"scheduleType": "cron", "cronExpression": "0 0 2 * * ?"},
                ]
            ),
        },
    )
    return {
        **draw(optional),
        "destination": draw(st.sampled_from(destinations)),
        "streams": draw(st.sampled_from([streams, "all"])),
    }


@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(before=tenants(), after=tenants(), forgetful=st.booleans())
def test_after_any_two_applies_the_plan_is_empty_with_or_without_the_ledger(
    fleet: Sandbox,
    tmp_path_factory: pytest.TempPathFactory,
    before: Any,
    after: Any,
    forgetful: bool,
) -> None:
    folder: Path = tmp_path_factory.mktemp("project")
    project = Project(folder, fleet.url, dict(ENVIRON))
    api = Api(fleet)
    for content in (before, after):
        project.tenant({"version": 1, "tenant": folder.name, **content})
        api.clear_log()
        project.run("plan", "--allow-replace", "*")
        writes = [entry for entry in api.requests() if entry[0] != "GET"]
        assert all(path.endswith("/applications/token") for _, path in writes)
        result = project.run("apply", "--auto-approve", "--allow-replace", "*")
        if result.exit_code == ExitCode.REFUSED:
            # The start may have a connection that `after` does not declare on a source it replaces.
            assert "undeclared object would be deleted" in result.output
            return
        assert result.exit_code == 0, result.output
        project.assert_no_changes()
        if forgetful:
            shutil.rmtree(folder / ".reconciler")
            project.assert_no_changes()


@settings(max_examples=10, deadline=None)
@given(content=tenants(), data=st.data())
def test_the_order_of_what_is_written_does_not_matter(
    fleet: Sandbox, tmp_path_factory: pytest.TempPathFactory, content: Any, data: st.DataObject
) -> None:
    folder: Path = tmp_path_factory.mktemp("order")
    project = Project(folder, fleet.url)
    sections = list(content.items())
    outputs = set()
    for _ in range(2):
        shuffled = {
            section: dict(data.draw(st.permutations(list(entries.items()))))
            for section, entries in data.draw(st.permutations(sections))
        }
        for index, (section, entries) in enumerate(shuffled.items()):
            head = {"version": 1, "tenant": folder.name}
            project.write(f"tenants/t/{section}.yaml", {**head, section: entries})
            assert index < len(sections)
        outputs.add(project.run("plan").stdout)
    assert len(outputs) == 1
