"""Answers lost after the write, for the kinds that read their rows themselves: nothing twice."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support import Api, Project

ADA = "ada@acme.example"
MANIFEST = {"version": "6.0.0", "spec": {"connection_specification": {"type": "object"}}}
TENANT: dict[str, Any] = {
    "version": 1,
    "tenant": "acme",
    "definitions": {
        "low": {"manifest": MANIFEST},
        "image": {"dockerRepository": "ghcr.io/acme/source-x", "dockerImageTag": "1.0"},
    },
    "permissions": {ADA: "workspace_reader"},
    "oauthCredentials": {"source-hubspot": {"configuration": {}}},
}


def _count(api: Api) -> dict[str, int]:
    workspace = api.rows("workspaces")[0]["workspaceId"]
    path = f"/workspaces/{workspace}/definitions"
    images = api.call("GET", f"{path}/sources")["data"]
    return {
        "low": len(api.call("GET", f"{path}/declarative_sources")["data"]),
        "image": sum(row["dockerRepository"].startswith("ghcr.io/") for row in images),
    }


@pytest.mark.parametrize("close", ["before", "after"])
@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/workspaces/*/definitions/sources"),
        ("POST", "/workspaces/*/definitions/declarative_sources"),
        ("POST", "/permissions"),
        ("PUT", "/workspaces/*/oauthCredentials"),
    ],
)
def test_a_lost_answer_makes_no_second_object(
    project: Project, api: Api, method: str, path: str, close: str
) -> None:
    api.person(ADA)
    api.control_call("/behaviour", {"is_cloud": True})
    project.tenant(TENANT)
    api.fault(method=method, path=path, close=close)
    project.apply()
    assert _count(api) == {"low": 1, "image": 1}
    project.assert_no_changes()
