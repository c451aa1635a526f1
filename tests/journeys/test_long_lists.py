"""Lists longer than a page, in no order, while rows move: nothing is missed, nothing doubled."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
import requests
import yaml

from reconciler.sandbox.server.serving import Sandbox, Settings, running
from tests.journeys.manifests import tenant
from tests.support import Api, Project

PAGE = 100  # rows, the most that the API gives
FAKER = {"type": "faker", "configuration": {"count": 1}}
MANY = {f"s{number:03}": FAKER for number in range(PAGE + 30)}


@pytest.fixture(scope="module")
def airbyte(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    """One sandbox for all tests here: filling it takes longer than any of them."""
    with running(Settings(database=tmp_path_factory.mktemp("many") / "sandbox.db")) as server:
        yield server


@pytest.fixture(scope="module")
def filled(airbyte: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> Project:
    """The project with a tenant of more sources than a page holds, applied."""
    project = Project(tmp_path_factory.mktemp("project"), airbyte.url)
    api, faker = Api(airbyte), {"sourceType": "faker", "count": 1}
    elsewhere = api.call("POST", "/workspaces", {"name": "somebody's"})["workspaceId"]
    api.call(
        "POST", "/sources", {"name": "other", "workspaceId": elsewhere, "configuration": faker}
    )
    project.tenant({"version": 1, "tenant": "many", "sources": MANY}, "many")
    project.apply()
    return project


@pytest.fixture
def crowd(airbyte: Sandbox, filled: Project) -> Iterator[Api]:
    """The API behind the project of many sources; what is made to go wrong ends with the test."""
    assert filled.url == airbyte.url
    api = Api(airbyte)
    yield api
    api.forget_faults()


def every(api: Api) -> list[dict[str, Any]]:
    """All sources of the tenant, in the order of the pages."""
    rows: list[dict[str, Any]] = []
    query = f"workspaceIds={api.row('workspaces', 'many')['workspaceId']}&limit={PAGE}"
    for offset in (0, PAGE):
        rows += api.call("GET", f"/sources?{query}&offset={offset}")["data"]
    return rows


def answer_pages(api: Api, collection: str, *pages: list[dict[str, Any]]) -> None:
    """Answers the next lists of *collection* with these rows, whatever is there."""
    for rows in pages:
        body = json.dumps({"data": rows})
        api.fault(method="GET", path=f"/{collection}", status=200, body=body)


def shuffle_after(api: Api, collection: str, quiet: int) -> None:
    """Moves a row to the end between two pages, *quiet* lists from now."""
    if quiet:
        api.fault(method="GET", path=f"/{collection}", delay_s=0.001, count=quiet)
    api.fault(method="GET", path=f"/{collection}", shuffle=True)


@pytest.mark.usefixtures("crowd")
def test_more_sources_than_a_page_holds_are_all_found(filled: Project) -> None:
    filled.assert_no_changes()
    assert filled.run("plan", "--prune", "--detailed-exitcode").exit_code == 0


def test_a_row_of_another_workspace_among_many_is_refused(filled: Project, crowd: Api) -> None:
    """Whoever prunes would delete it."""
    rows, other = every(crowd), crowd.call("GET", "/sources?limit=1")["data"]
    assert other[0]["name"] == "other"
    answer_pages(crowd, "sources", rows[:PAGE], *([rows[:PAGE], [*rows[PAGE:], *other]] * 2))
    result = filled.run("plan", "--prune")
    assert result.exit_code == 3, result.output
    assert "which was not asked" in " ".join(result.output.split())


@pytest.mark.parametrize("quiet", range(5))
def test_a_row_that_moves_between_two_pages_is_not_missed(
    filled: Project, crowd: Api, quiet: int
) -> None:
    shuffle_after(crowd, "sources", quiet)
    filled.assert_no_changes()


def test_pages_that_agree_with_themselves_are_read_again(filled: Project, crowd: Api) -> None:
    """A row deleted before the second page moves another one out of it: no row comes twice."""
    rows = every(crowd)
    answer_pages(crowd, "sources", rows[:PAGE], rows[1 : PAGE + 1], rows[PAGE + 1 :])
    filled.assert_no_changes()


def test_two_readings_of_one_length_need_not_be_the_same_rows(filled: Project, crowd: Api) -> None:
    rows = every(crowd)
    lacking_the_first = (rows[1 : PAGE + 1], rows[PAGE + 1 :])
    lacking_the_second = (rows[:1] + rows[2 : PAGE + 1], rows[PAGE + 1 :])
    answer_pages(crowd, "sources", rows[:PAGE], *lacking_the_first, *lacking_the_second)
    filled.assert_no_changes()


def test_a_list_that_never_comes_to_rest_is_refused(filled: Project, crowd: Api) -> None:
    rows = every(crowd)
    with_one_twice = (rows[:PAGE], [*rows[PAGE:], rows[0]])
    answer_pages(crowd, "sources", rows[:PAGE], *(with_one_twice * 5))
    result = filled.run("apply", "--auto-approve")
    assert result.exit_code == 3, result.output
    assert "it kept changing over 5 readings" in result.output
    assert len(every(crowd)) == len(MANY)


def test_a_list_without_an_end_is_refused(filled: Project, crowd: Api) -> None:
    body = json.dumps({"data": every(crowd)[:PAGE]})
    crowd.fault(method="GET", path="/sources", count=0, status=200, body=body)
    result = filled.run("plan")
    assert result.exit_code == 3, result.output
    assert "listing does not add up [R408]" in result.output
    assert "page 2 only repeats earlier ones" in result.output


@pytest.mark.usefixtures("crowd")
def test_more_sources_than_a_page_holds_are_all_exported(filled: Project) -> None:
    result = filled.run("export", "many", "--out", "exported")
    assert result.exit_code == 0, result.output
    assert len(exported(filled, "exported")["many"]["sources"]) == len(MANY)


def exported(project: Project, folder: str) -> dict[str, Any]:
    """The exported manifests by tenant, as another reader of YAML reads them."""
    files = (project.folder / folder).glob("*.yaml")
    return {file.stem: yaml.safe_load(file.read_text(encoding="utf-8")) for file in files}


@pytest.fixture
def fleet(project: Project) -> Project:
    """The project with five small tenants, applied."""
    for name in ("one", "two", "six", "ten", "big"):
        project.tenant(tenant(name, "shop"), name)
    project.apply()
    return project


@pytest.mark.parametrize("count", [1, 2, 3])
@pytest.mark.parametrize("collection", ["sources", "connections"])
def test_a_full_page_of_several_workspaces_is_read_in_halves(
    fleet: Project, api: Api, collection: str, count: int
) -> None:
    """Undeclared rows may fill the page that was planned for what is declared."""
    full = api.rows(collection)[:1] * PAGE
    answer_pages(api, collection, *([full] * count))
    fleet.assert_no_changes()


@pytest.mark.parametrize("collection", ["sources", "connections"])
def test_an_export_whose_first_page_is_full_lacks_nothing(
    fleet: Project, api: Api, collection: str
) -> None:
    fleet.run("export", "--all", "--out", "before")
    answer_pages(api, collection, api.rows(collection)[:1] * PAGE)
    result = fleet.run("export", "--all", "--out", "after")
    assert result.exit_code == 0, result.output
    assert exported(fleet, "after") == exported(fleet, "before")


def test_more_workspaces_than_a_first_page_is_sized_for_are_all_exported(
    project: Project, api: Api
) -> None:
    """Whoever does not fit the page of some has to come with the next."""
    configuration = {"sourceType": "faker", "count": 1}
    for number in range(12):
        id_ = api.call("POST", "/workspaces", {"name": f"W{number:02}"})["workspaceId"]
        for name in ("a", "b"):
            body = {"name": name, "workspaceId": id_, "configuration": configuration}
            api.call("POST", "/sources", body)
    result = project.run("export", "--all", "--out", "all")
    assert result.exit_code == 0, result.output
    found = exported(project, "all")
    assert [len(found[f"w{number:02}"]["sources"]) for number in range(12)] == [2] * 12


def test_a_row_that_comes_twice_in_one_page_is_refused(fleet: Project, api: Api) -> None:
    rows = api.rows("sources")
    answer_pages(api, "sources", [*rows, rows[0]])
    result = fleet.run("plan")
    assert result.exit_code == 3, result.output
    assert f"source {rows[0]['sourceId']} came twice" in " ".join(result.output.split())


@pytest.mark.parametrize("command", [("plan", "one"), ("export", "one", "--out", "new")])
def test_a_row_of_a_workspace_that_was_not_asked_for_is_refused(
    fleet: Project, api: Api, command: tuple[str, ...]
) -> None:
    rows = api.rows("sources")
    answer_pages(api, "sources", rows)
    result = fleet.run(*command)
    assert result.exit_code != 0, result.output
    assert "which was not asked" in " ".join(result.output.split())


@pytest.mark.parametrize("status", [403, 500])
def test_what_cannot_be_read_is_not_taken_for_empty(fleet: Project, api: Api, status: int) -> None:
    api.fault(method="GET", path="/sources", count=0, status=status)
    result = fleet.run("plan")
    assert result.exit_code == 1, result.output
    assert "0 to create, 0 to update, 0 to delete" in result.stdout


def test_a_workspace_that_is_left_out_of_a_short_list_is_looked_for(
    fleet: Project, api: Api
) -> None:
    answer_pages(api, "workspaces", api.rows("workspaces")[:1])
    fleet.assert_no_changes()


def test_a_workspace_that_is_one_tenants_is_nobody_elses_whatever_its_name(
    project: Project, api: Api
) -> None:
    project.tenant({"version": 1, "tenant": "one", "sources": {"s": FAKER}}, "one")
    project.apply()
    ours = api.row("workspaces", "one")["workspaceId"]
    api.call("PATCH", f"/workspaces/{ours}", {"name": "two"})
    project.tenant({"version": 1, "tenant": "two", "sources": {"t": FAKER}}, "two")
    project.apply()
    assert api.row("workspaces", "one")["workspaceId"] == ours
    assert [row["name"] for row in api.rows("sources") if row["workspaceId"] == ours] == ["s"]
    project.assert_no_changes()


def test_no_call_names_more_workspaces_than_an_address_holds(project: Project, api: Api) -> None:
    for number in range(PAGE - 10):
        name = f"t{number:02}"
        project.tenant({"version": 1, "tenant": name}, name)
    project.apply()
    api.clear_log()
    project.assert_no_changes()
    log = requests.get(f"{api.control}/requests", timeout=10).json()["data"]
    asked = [value for each in log for name, value in each["query"] if name == "workspaceIds"]
    assert max(len(ids.split(",")) for ids in asked) == 80


def workspaces(api: Api, *names: str) -> None:
    """Workspaces of these names, with a page of others between the first one and the rest."""
    others = [f"Other {number:03}" for number in range(PAGE - 1)]
    for name in (names[0], *others, *names[1:]):
        api.call("POST", "/workspaces", {"name": name})


def test_a_namesake_that_moves_between_two_pages_is_not_overlooked(
    project: Project, api: Api
) -> None:
    workspaces(api, "Acme", "Acme", "last")
    project.tenant({"version": 1, "tenant": "acme", "workspace": {"name": "Acme"}})
    shuffle_after(api, "workspaces", 0)
    result = project.run("plan")
    assert result.exit_code == 3, result.output
    assert 'live workspaces are named "Acme"' in result.output
    api.clear_log()
    project.tenant({"version": 1, "tenant": "acme", "workspace": {"name": "last"}})
    project.assert_no_changes()
    assert api.requests().count(("GET", "/workspaces")) == 2, (
        "what was looked for is there, so the pages are read once"
    )
