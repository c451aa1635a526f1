"""Live objects of any shape become a live state or a message that names them; never a traceback."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reconciler.live.identity import identified
from reconciler.live.tenant import LiveTenant
from reconciler.model import DesiredTenant
from reconciler.operations.catalogue import known_connectors
from reconciler.operations.planning import plan_tenant
from reconciler.problems.errors import MalformedObject, ReconcilerError
from reconciler.problems.explain import explain
from reconciler.project import fleet
from reconciler.project.project import read_project
from reconciler.project.selection import Selection
from reconciler.sandbox.server.serving import Settings as SandboxSettings
from reconciler.sandbox.server.serving import running
from tests.journeys.manifests import ENVIRON, acme
from tests.support import Api, Project

COLLECTIONS = {
    "workspace": "workspaces",
    "source": "sources",
    "destination": "destinations",
    "connection": "connections",
    "tag": "tags",
}
ODD = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-2, 2),
    st.floats(),
    st.sampled_from(["", "odd", "**********", "active", "cron"]),
    st.sampled_from([[], {}, [None], [[]], [{}], {"odd": [{}]}, {"a": None}, ["odd"]]),
)
REMOVED = object()
State = tuple[DesiredTenant, dict[str, list[dict[str, Any]]]]


@pytest.fixture(scope="module")
def state(tmp_path_factory: pytest.TempPathFactory) -> Iterator[State]:
    """A tenant as desired, and the bodies of what was applied, by kind."""
    folder = tmp_path_factory.mktemp("odd")
    with running(SandboxSettings(database=folder / "sandbox.db")) as server:
        project = Project(folder, server.url, dict(ENVIRON))
        project.tenant(acme(tags={"gold": "FFD700"}))
        project.apply()
        api = Api(server)
        bodies = {kind: api.rows(collection) for kind, collection in COLLECTIONS.items()}
        read = read_project(folder)
        catalogue = known_connectors(None, read)
        (tenant,) = fleet.load(read, Selection(), ENVIRON, catalogue).tenants
        yield tenant, bodies


def _paths(value: Any, at: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Every place in a JSON value, its own excepted."""
    items = value.items() if isinstance(value, dict) else enumerate(value)
    for key, inner in items if isinstance(value, dict | list) else ():
        yield (*at, key)
        if isinstance(inner, dict | list):
            yield from _paths(inner, (*at, key))


def _put(value: Any, path: tuple[Any, ...], new: Any) -> None:
    for key in path[:-1]:
        value = value[key]
    if new is REMOVED:
        del value[path[-1]]
    else:
        value[path[-1]] = new


@given(st.data())
@settings(max_examples=400)
def test_any_object_is_a_state_or_a_message_that_names_it(
    state: State, data: st.DataObject
) -> None:
    tenant, original = state
    kind = data.draw(st.sampled_from(sorted(original)))
    bodies = copy.deepcopy(original)
    body = bodies[kind][0]
    path = data.draw(st.sampled_from(list(_paths(body))))
    _put(body, path, data.draw(st.one_of(st.just(REMOVED), ODD)))
    try:
        live: LiveTenant | ReconcilerError = identified(
            tenant, {name: [*found] for name, found in bodies.items()}
        )
    except MalformedObject as problem:
        told = explain(problem).detail
        assert kind in told
        names = {str(row[key]) for row in original[kind] for key in row if key[-2:] == "Id"}
        assert any(name in told for name in (*names, original[kind][0]["name"])), told
        return
    except ReconcilerError as problem:
        live = problem
    plan_tenant(tenant, live, explain=True)
