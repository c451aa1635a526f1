"""A plain client of the sandbox for tests of single answers: statuses, problems, control."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import requests

from reconciler.sandbox.server.serving import Sandbox
from tests.support import Api

STRIPE = {"sourceType": "stripe", "account_id": "acct_1", "client_secret": "sk_1"}
POSTGRES = {
    "destinationType": "postgres",
    "host": "db.example.com",
    "port": 5432,
    "database": "shop",
    "schema": "public",
    "username": "loader",
    "password": "pass-1",
}
MASK = "*" * 10
UNKNOWN = "00000000-0000-4000-8000-000000000000"


class Plain:
    """Sends requests and gives whole answers; makes what most tests need."""

    def __init__(self, sandbox: Sandbox) -> None:
        self.url = sandbox.url
        self.root = f"http://{sandbox.host}:{sandbox.port}"
        self.session = requests.Session()
        self.token = Api(sandbox).token

    def send(self, method: str, path: str, body: Any = None, **headers: str) -> requests.Response:
        given = {"Authorization": f"Bearer {self.token}", **headers}
        return self.session.request(method, self.url + path, json=body, headers=given, timeout=30)

    def get(self, path: str) -> Any:
        return self.ok("GET", path)

    def ok(self, method: str, path: str, body: Any = None) -> Any:
        """The JSON of an answer that must be a success."""
        answer = self.send(method, path, body)
        assert answer.status_code < 300, answer.text
        return answer.json() if answer.content else None

    def refused(self, method: str, path: str, body: Any = None) -> tuple[int, Mapping[str, Any]]:
        """Status and JSON of an answer that must be none."""
        answer = self.send(method, path, body)
        assert answer.status_code >= 400, answer.text
        return answer.status_code, answer.json()

    def control(self, path: str, body: Any = None, method: str = "POST") -> Any:
        answer = self.session.request(
            method, f"{self.root}/_sandbox{path}", json=body if body is not None else {}, timeout=30
        )
        assert answer.status_code < 300, answer.text
        return answer.json() if answer.content else None

    def workspace(self, name: str = "Acme", **fields: Any) -> str:
        return str(self.ok("POST", "/workspaces", {"name": name, **fields})["workspaceId"])

    def source(self, workspace: str, **fields: Any) -> dict[str, Any]:
        body = {"name": "Stripe", "workspaceId": workspace, "configuration": STRIPE, **fields}
        return dict(self.ok("POST", "/sources", body))

    def destination(self, workspace: str, **fields: Any) -> dict[str, Any]:
        body = {"name": "Lake", "workspaceId": workspace, "configuration": POSTGRES, **fields}
        return dict(self.ok("POST", "/destinations", body))

    def ends(self, workspace: str) -> dict[str, str]:
        """The ids of a new source and a new destination, as a connection names them."""
        return {
            "sourceId": self.source(workspace)["sourceId"],
            "destinationId": self.destination(workspace)["destinationId"],
        }

    def connection(self, workspace: str | None = None, **fields: Any) -> dict[str, Any]:
        """A new connection, with new ends in a workspace."""
        body = {
            **self.ends(workspace or self.workspace()),
            "configurations": {"streams": [{"name": "customers"}]},
            **fields,
        }
        return dict(self.ok("POST", "/connections", body))

    def stream(self, **stream: Any) -> dict[str, Any]:
        """How the one stream of a new connection reads."""
        made = self.connection(configurations={"streams": [{"name": "customers", **stream}]})
        return dict(made["configurations"]["streams"][0])
