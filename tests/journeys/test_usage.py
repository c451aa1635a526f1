"""What a run says of its requests and its time, and how few of them a known tenant takes."""

from __future__ import annotations

import re

import pytest

from tests.journeys.manifests import ENVIRON, acme
from tests.support import Api, Project


@pytest.fixture(autouse=True)
def _secrets(project: Project) -> None:
    project.environ |= ENVIRON


def test_a_run_of_a_few_requests_says_nothing_of_them(project: Project) -> None:
    project.tenant(acme())
    assert "request" not in project.run("plan").stderr


def test_a_run_that_is_watched_says_what_it_will_use_and_has_used(
    project: Project, api: Api
) -> None:
    project.tenant(acme())
    project.apply()
    api.clear_log()
    said = project.run("-v", "plan").stderr
    assert re.search(r"^About \d+ requests, under 1 s at this pace\.$", said, re.MULTILINE)
    used = re.search(r"^Used (\d+) requests in \S+ s \(\S+ s of CPU\)\.$", said, re.MULTILINE)
    assert used is not None, said
    assert int(used[1]) == len(api.requests())


def test_statistics_tell_the_requests_by_route_and_the_time_by_phase(
    project: Project, api: Api
) -> None:
    project.tenant(acme())
    api.clear_log()
    applied = project.run("apply", "--auto-approve", "--stats").stderr
    assert set(re.findall(r"^(\S.*?)  +\d+\.\d\d  +\d+\.\d\d +\d+$", applied, re.MULTILINE)) >= {
        "reading manifests",
        "waiting for lists",
        "applying",
        "reading again",
    }
    counts = {route: int(n) for route, n in re.findall(r"^([A-Z]+ /\S+) +(\d+) ", applied, re.M)}
    sent = [f"{method} /{path.split('/')[1]}" for method, path in api.requests()]
    assert counts == {route: sent.count(route) for route in sent}


def test_statistics_change_nothing_on_stdout(project: Project) -> None:
    project.tenant(acme())
    assert project.run("plan", "--stats").stdout == project.run("plan").stdout


def test_failed_and_repeated_requests_are_told(project: Project, api: Api) -> None:
    project.tenant(acme())
    api.fault(method="GET", path="/workspaces", status=503)
    said = project.run("plan", "--stats").stderr
    assert re.search(r"^GET /workspaces +2 +1 ", said, re.MULTILINE), said
    assert "; 1 tried again;" in said


def test_the_workspaces_of_others_are_not_listed_for_a_tenant_whose_own_is_known(
    project: Project, api: Api
) -> None:
    for number in range(120):
        api.call("POST", "/workspaces", {"name": f"Other {number}"})
    project.tenant(acme())
    project.apply()
    api.clear_log()
    assert project.run("plan").stdout.startswith("No changes.")
    assert api.requests().count(("GET", "/workspaces")) == 1
    project.forget()
    api.clear_log()
    assert project.run("plan").stdout.startswith("No changes.")
    assert api.requests().count(("GET", "/workspaces")) > 1


def test_a_known_workspace_that_is_gone_is_looked_for_among_all(project: Project, api: Api) -> None:
    project.tenant(acme())
    project.apply()
    api.call("DELETE", f"/workspaces/{api.rows('workspaces')[0]['workspaceId']}")
    assert '+ workspace "' in project.run("plan").stdout
