"""Streams of a database: two of one name in two namespaces, and a namespace that is left out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from tests.journeys.manifests import ENVIRON, acme
from tests.support import Api, Project

PUBLIC = {"name": "orders", "namespace": "public"}
ARCHIVED = {"name": "orders", "namespace": "archive"}
PLAIN = {"name": "users"}


def declare(project: Project, *streams: Mapping[str, Any]) -> None:
    """A connection of a database with these streams."""
    configuration = {"host": "h", "port": 5432, "database": "d", "username": "u"}
    sources = {"pg": {"type": "postgres", "configuration": configuration}}
    connections = {"pg": {"streams": [dict(stream) for stream in streams]}}
    project.environ |= ENVIRON
    project.tenant(acme(sources=sources, connections=connections))


def made_live(api: Api, *streams: Mapping[str, Any]) -> None:
    """Gives the connection these streams, as somebody does in Airbyte."""
    path = f"/connections/{api.row('connections', 'pg')['connectionId']}"
    api.call("PATCH", path, {"configurations": {"streams": streams}})


def live(api: Api) -> list[str]:
    """The streams of the connection, with their namespaces."""
    streams = api.row("connections", "pg")["configurations"]["streams"]
    return sorted(f"{stream['namespace']}.{stream['name']}" for stream in streams)


def planned(project: Project) -> str:
    """What the plan says, in one line."""
    return " ".join(project.run("plan").output.split())


@pytest.mark.parametrize("remembers", [True, False])
@pytest.mark.parametrize("kept", [PUBLIC, ARCHIVED])
def test_a_stream_stays_the_same_when_one_of_its_name_is_added_in_airbyte(
    project: Project, api: Api, kept: Mapping[str, str], remembers: bool
) -> None:
    declare(project, kept)
    project.apply()
    made_live(api, PUBLIC, ARCHIVED)
    if not remembers:
        project.forget()
    told = planned(project)
    assert "first load" not in told
    (gone,) = {"public", "archive"} - {kept["namespace"]}
    assert f"[stream stops arriving: {gone}.orders]" in told
    project.apply()
    assert live(api) == [f"{kept['namespace']}.orders"]
    project.assert_no_changes()


@pytest.mark.parametrize("there", [PUBLIC, ARCHIVED])
def test_of_two_streams_of_a_name_the_one_that_is_missing_is_added(
    project: Project, api: Api, there: Mapping[str, str]
) -> None:
    declare(project, PUBLIC, ARCHIVED)
    project.apply()
    made_live(api, there)
    (missing,) = {"public", "archive"} - {there["namespace"]}
    assert f"[first load: {missing}.orders]" in planned(project)
    project.apply()
    assert live(api) == ["archive.orders", "public.orders"]
    project.assert_no_changes()


def test_a_namespace_that_is_left_out_is_the_sources_own(project: Project, api: Api) -> None:
    declare(project, PLAIN)
    project.apply()
    project.assert_no_changes()
    declare(project, {**PLAIN, "namespace": "public"})
    project.assert_no_changes()
    assert live(api) == ["public.users"]


def test_another_namespace_is_another_stream(project: Project, api: Api) -> None:
    declare(project, {**PLAIN, "namespace": "public"})
    project.apply()
    declare(project, {**PLAIN, "namespace": "archive"})
    told = planned(project)
    assert "stream stops arriving: users" in told
    assert "first load: archive.users" in told
    assert project.run("apply", "--auto-approve").exit_code == 1
    assert live(api) == ["public.users"]


def test_a_namespace_where_the_source_has_none_is_refused(project: Project, api: Api) -> None:
    project.environ |= ENVIRON
    streams = [{"name": "charges", "namespace": "nowhere"}]
    project.tenant(acme(connections={"stripe": {"streams": streams}}))
    result = project.run("apply", "--auto-approve")
    assert result.exit_code == 4
    assert '"charges" has no namespace, not "nowhere" either' in result.output
    assert api.rows("connections") == []


def test_an_edit_in_airbyte_is_known_for_one_though_the_manifest_leaves_the_namespace_out(
    project: Project, api: Api
) -> None:
    declare(project, {**PLAIN, "syncMode": "full_refresh_append"})
    project.apply()
    made_live(api, {**PLAIN, "namespace": "public", "syncMode": "full_refresh_overwrite"})
    assert "Changed in Airbyte since the last apply" in planned(project)
