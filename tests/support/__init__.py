"""What tests through the command line need: a project on disk, the program, the API behind it."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import requests
import yaml
from click.testing import CliRunner, Result

from reconciler.cli import main
from reconciler.ledger import Address, Ledger, open_ledger
from reconciler.sandbox.server.serving import Sandbox

ROOT = Path(__file__).parents[2]
RULES_TOLD: set[str] = set()  # by the program in this process, for tests/support/rules_plugin.py
EXAMPLES = ROOT / "examples"
CLIENT_ID, CLIENT_SECRET = "sandbox-client", "sandbox-secret"

PROJECT = """\
version: 1
defaultEnvironment: test
environments:
  test: {{url: "{url}", clientId: {id}, clientSecret: {secret}}}
"""


@dataclass
class Project:
    """A project folder whose default environment is a running sandbox."""

    folder: Path
    url: str
    environ: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        text = PROJECT.format(url=self.url, id=CLIENT_ID, secret=CLIENT_SECRET)
        self.write("reconciler.yaml", text)

    def write(self, path: str, content: str | Mapping[str, Any]) -> Path:
        """Puts a file into the project: a text as it is, a mapping as YAML."""
        file = self.folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        text = content if isinstance(content, str) else yaml.safe_dump(dict(content))
        file.write_text(text, encoding="utf-8")
        return file

    def tenant(self, content: str | Mapping[str, Any], name: str = "acme") -> Path:
        """Writes the manifest of one tenant."""
        return self.write(f"tenants/{name}.yaml", content)

    def run(self, *arguments: str, input: str | None = None) -> Result:
        """Runs the program in the project's folder."""
        before = Path.cwd()
        os.chdir(self.folder)
        try:
            result = CliRunner().invoke(main, list(arguments), env=self.environ, input=input)
        finally:
            os.chdir(before)
        RULES_TOLD.update(re.findall(r"\[(R\d{3})\]", result.output))
        return result

    def apply(self, *arguments: str) -> Result:
        """Applies without asking, and fails the test with the output when that does not succeed."""
        result = self.run("apply", "--auto-approve", *arguments)
        assert result.exit_code == 0, result.output
        return result

    def forget(self) -> None:
        """Loses the ledger, which must always be safe."""
        for file in (self.folder / ".reconciler").glob("ledger-*"):
            file.unlink()

    def open_ledger(self) -> AbstractContextManager[Ledger]:
        """What the default environment remembers."""
        return open_ledger(Address(str(self.folder / ".reconciler"), "test"))

    def assert_no_changes(self) -> None:
        """Plans, and fails the test with the plan when there is anything to do."""
        result = self.run("plan", "--detailed-exitcode")
        assert result.exit_code == 0, result.output


class Api:
    """The sandbox's API, as a colleague's script would use it, and its request log."""

    def __init__(self, sandbox: Sandbox) -> None:
        self.url = sandbox.url
        self.control = f"http://127.0.0.1:{sandbox.port}/_sandbox"
        self._session = requests.Session()
        body = {"client_id": CLIENT_ID, "client_secret": CLIENT_SECRET}
        answer = self._session.post(f"{self.url}/applications/token", json=body, timeout=10)
        self.token: str = answer.json()["access_token"]
        self._session.headers["Authorization"] = f"Bearer {self.token}"

    def call(self, method: str, path: str, body: Any = None) -> Any:
        """The JSON of a call that must succeed."""
        answer = self._session.request(method, self.url + path, json=body, timeout=30)
        answer.raise_for_status()
        return answer.json() if answer.content else None

    def rows(self, collection: str) -> list[dict[str, Any]]:
        """Every live object of a collection, by name."""
        rows = self.call("GET", f"/{collection}?limit=100")["data"]
        return sorted(rows, key=lambda row: str(row["name"]))

    def row(self, collection: str, name: str) -> dict[str, Any]:
        """The one live object of that name."""
        (found,) = [row for row in self.rows(collection) if row["name"] == name]
        return found

    def requests(self) -> list[tuple[str, str]]:
        """Method and path of every request since the log was cleared, oldest first."""
        entries = requests.get(f"{self.control}/requests", timeout=10).json()["data"]
        return [(entry["method"], entry["path"]) for entry in entries]

    def clear_log(self) -> None:
        requests.delete(f"{self.control}/requests", timeout=10).raise_for_status()

    def control_call(self, path: str, body: Any) -> None:
        """What no API offers: the platform's doings, and the UI's."""
        requests.post(self.control + path, json=body, timeout=10).raise_for_status()

    def ordinary_token(self) -> str:
        """The access token of a caller who is no admin of the instance."""
        answer = requests.post(f"{self.control}/tokens", json={"caller": "ordinary"}, timeout=10)
        token: str = answer.json()["access_token"]
        return token

    def person(self, email: str, *, role: str = "") -> str:
        """The id of a new user, with a role in the organization if one is given."""
        body = {"name": email.partition("@")[0], "email": email}
        made = requests.post(f"{self.control}/users", json=body, timeout=10).json()
        if role:
            organization = self.call("GET", "/organizations")["data"][0]["organizationId"]
            fields = {"permissionType": role, "organizationId": organization}
            self.call("POST", "/permissions", {"userId": made["id"], **fields})
        return str(made["id"])

    def fault(self, **fault: Any) -> None:
        """Makes the sandbox misbehave, as docs/sandbox.md says."""
        requests.post(f"{self.control}/faults", json=fault, timeout=10).raise_for_status()

    def forget_faults(self) -> None:
        """Lets the sandbox behave again."""
        requests.delete(f"{self.control}/faults", timeout=10).raise_for_status()
