"""What is proven by reading again, and what goes by its id, where names do not tell."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from reconciler.sandbox.server.serving import Sandbox
from tests.journeys.survival.chaos import Blind
from tests.journeys.survival.proxy import Arrival, Harm, proxying
from tests.support import Api, Project

FAKER = {"sourceType": "faker", "count": 1}


def twins(api: Api, workspace: str = "acme") -> list[str]:
    """Two sources of one name in one workspace."""
    owner = api.call("POST", "/workspaces", {"name": workspace})["workspaceId"]
    body = {"workspaceId": owner, "name": "Same", "configuration": FAKER}
    return [api.call("POST", "/sources", body)["sourceId"] for _ in range(2)]


def manifest(count: int = 1, **source: Any) -> dict[str, Any]:
    block = {"type": "faker", "name": "Same", "configuration": {"count": count}, **source}
    return {"version": 1, "tenant": "acme", "sources": {"s": block}}


class Undo(Harm):
    """Undoes a write before anybody has its answer."""

    def __init__(self, api: Api) -> None:
        self._api = api

    def carried_out(self, arrival: Arrival) -> None:
        if arrival.method == "PUT":
            body = {"name": "Same", "configuration": {"count": 1}}
            self._api.call("PUT", arrival.path, body)


def test_what_only_the_ledger_tells_apart_is_proven_too(
    tmp_path: Path, sandbox: Sandbox, api: Api
) -> None:
    _, second = twins(api)
    with proxying(sandbox.url) as proxy:
        folder = tmp_path / "project"
        folder.mkdir()
        project = Project(folder, proxy.url)
        project.tenant(manifest(1))
        assert project.run("adopt", "acme", f"s={second}").exit_code == 0
        project.tenant(manifest(5))
        proxy.inflict(Undo(api))
        result = project.run("apply", "--auto-approve")
        assert result.exit_code == 4, result.output
        assert "Accepted by the API but not in effect" in result.stdout
        proxy.inflict(Harm())
        project.apply()
        assert api.call("GET", f"/sources/{second}")["configuration"]["count"] == 5


def test_what_cannot_be_read_again_is_no_failure_of_what_was_done(
    tmp_path: Path, sandbox: Sandbox, api: Api
) -> None:
    twins(api)
    with proxying(sandbox.url) as proxy:
        folder = tmp_path / "project"
        folder.mkdir()
        project = Project(folder, proxy.url)
        project.tenant({"version": 1, "tenant": "acme", "workspace": {"name": "acme"}})
        project.apply()
        project.tenant({"version": 1, "tenant": "acme", "workspace": {"name": "Renamed"}})
        proxy.inflict(Blind())
        result = project.run("apply", "--auto-approve")
        assert result.exit_code == 4, result.output
        assert "Applied 1 operation" in result.stdout
        assert "What was written could not be read again:" in result.stderr
        assert "partly applied" in project.run("history").stdout


def test_what_was_to_go_by_its_id_and_has_gone_refuses_nothing(project: Project, api: Api) -> None:
    first, second = twins(api)
    project.tenant(manifest(adopt={"id": first}, state="absent", reason="unused"))
    project.apply("--allow-deletes", "1")
    assert [row["sourceId"] for row in api.rows("sources")] == [second]
    project.forget()
    project.assert_no_changes()  # its twin has its name, and stays
    assert "retired and gone" in project.run("plan").stdout


def test_a_workspace_that_went_by_its_id_takes_none_of_its_name_along(
    project: Project, api: Api
) -> None:
    twins(api)
    id_ = api.row("workspaces", "acme")["workspaceId"]
    content = {"version": 1, "tenant": "acme", "workspace": {"adopt": {"id": id_}}}
    project.tenant(content)
    destroy = ("destroy", "acme", "--auto-approve", "--allow-deletes", "9")
    assert project.run(*destroy).exit_code == 0
    twins(api)
    project.forget()
    again = project.run(*destroy)
    assert again.exit_code == 0, again.output
    assert len(api.rows("sources")) == 2


@pytest.mark.parametrize(("options", "read_again"), [((), True), (("--no-verify",), False)])
def test_what_was_written_is_read_again_unless_that_is_not_wanted(
    project: Project, api: Api, options: tuple[str, ...], read_again: bool
) -> None:
    project.tenant(manifest())
    api.clear_log()
    project.apply(*options)
    requests = api.requests()
    last_write = max(
        i for i, (method, path) in enumerate(requests) if (method, path) == ("POST", "/sources")
    )
    reads = [path for method, path in requests[last_write:] if method == "GET"]
    assert ("/sources" in reads) == read_again
