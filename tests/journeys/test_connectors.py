"""The catalogue of connectors: where it comes from, and what the commands tell of it."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from reconciler.connectors import bundled
from tests.support import Project

SCHEMA = {
    "type": "object",
    "required": ["key"],
    "properties": {"key": {"type": "string", "airbyte_secret": True}},
}
ID = "7c1f4b9e-0000-4000-8000-00000000000a"


def row(**changes: Any) -> dict[str, Any]:
    """A source of a registry."""
    return {
        "sourceDefinitionId": ID,
        "dockerRepository": "airbyte/source-acme-crm",
        "dockerImageTag": "1.2.3",
        "name": "Acme CRM",
        "spec": {"connectionSpecification": SCHEMA},
        **changes,
    }


def registry(*sources: dict[str, Any]) -> str:
    return json.dumps({"sources": list(sources), "destinations": []})


class Server(ThreadingHTTPServer):
    """Serves one text with an ETag, and remembers what it was asked."""

    content, status, etag = registry(row()), 200, '"v1"'

    def __init__(self) -> None:
        self.asked: list[str | None] = []
        super().__init__(("127.0.0.1", 0), _Handler)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/registry.json"


class _Handler(BaseHTTPRequestHandler):
    server: Server

    def do_GET(self) -> None:
        etag = self.headers.get("If-None-Match")
        self.server.asked.append(etag)
        status = 304 if etag == self.server.etag else self.server.status
        self.send_response(status)
        body = b"" if status == 304 else self.server.content.encode()
        self.send_header("ETag", self.server.etag)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Tests are quiet."""


@pytest.fixture
def published(project: Project) -> Iterator[Server]:
    """A server with a registry that the project asks for."""
    with Server() as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        ask_for(project, server.url)
        yield server
        server.shutdown()
        thread.join()


def ask_for(project: Project, where: str) -> None:
    file = project.folder / "reconciler.yaml"
    text = f"{file.read_text(encoding='utf-8')}connectors: {{registry: '{where}'}}\n"
    file.write_text(text, encoding="utf-8")


def uses_acme_crm(project: Project) -> None:
    source = {"type": "acme-crm", "configuration": {"key": "${{ secrets.CRM }}"}}
    project.tenant({"version": 1, "tenant": "acme", "sources": {"crm": source}})


@pytest.mark.usefixtures("published")
def test_update_fetches_the_registry_that_manifests_are_then_checked_by(project: Project) -> None:
    uses_acme_crm(project)
    assert "unknown connector [R201]" in project.run("validate").stderr
    result = project.run("connectors", "update")
    assert result.exit_code == 0, result.output
    assert result.stdout.startswith("Updated: 1 connector, kept in ")
    assert project.run("validate").exit_code == 0


@pytest.mark.usefixtures("published")
def test_the_starter_set_stays_known_beside_a_fetched_registry(project: Project) -> None:
    project.run("connectors", "update")
    listed = project.run("connectors", "list").stdout
    assert "acme-crm" in listed
    assert "stripe" in listed


def test_an_unchanged_registry_is_not_fetched_again(project: Project, published: Server) -> None:
    project.run("connectors", "update")
    assert project.run("connectors", "update").stdout == f"Unchanged: {published.url}\n"
    assert published.asked == [None, '"v1"']
    published.etag, published.content = '"v2"', registry(row(name="Acme CRM 2"))
    assert "Updated" in project.run("connectors", "update").stdout
    assert "Acme CRM 2" in project.run("connectors", "list").stdout


@pytest.mark.parametrize(
    ("status", "content", "said"),
    [
        (404, "", "the server answered 404"),
        (500, "", "the server answered 500"),
        (200, "<html>", "it is not JSON"),
        (200, "[]", "it has not the lists"),
        (200, '{"sources": {}, "destinations": []}', "it has not the lists"),
        (200, registry(), "no connector in it"),
        (200, registry({"name": "x"}), "no connector in it"),
        (200, registry(row(tombstone=True)), "no connector in it"),
    ],
)
def test_a_registry_that_cannot_be_used_leaves_the_kept_one_alone(
    project: Project, published: Server, status: int, content: str, said: str
) -> None:
    project.run("connectors", "update")
    published.etag, published.status, published.content = '"v2"', status, content
    result = project.run("connectors", "update")
    assert result.exit_code == 1
    assert "connector registry unusable [R216]" in result.stderr
    assert said in " ".join(result.stderr.split())
    assert published.url in result.stderr
    assert "acme-crm" in project.run("connectors", "list").stdout


def test_no_server_is_told_with_the_way_out(project: Project) -> None:
    ask_for(project, "http://127.0.0.1:9/registry.json")
    result = project.run("connectors", "update")
    assert result.exit_code == 1
    said = " ".join(result.stderr.split())
    assert "it cannot be fetched" in said
    assert "connectors update --file FILE" in said
    assert "urllib3" not in said


def test_an_offline_copy_is_kept_like_a_fetched_one(project: Project) -> None:
    project.write("copy.json", registry(row()))
    uses_acme_crm(project)
    result = project.run("connectors", "update", "--file", "copy.json")
    assert result.exit_code == 0
    assert project.run("validate").exit_code == 0


def test_a_project_may_point_to_a_registry_file(project: Project) -> None:
    project.write("registry/connectors.json", registry(row()))
    ask_for(project, "registry/connectors.json")
    uses_acme_crm(project)
    assert project.run("validate").exit_code == 0
    result = project.run("connectors", "update")
    assert result.exit_code == 1
    assert "There is nothing to fetch." in result.stderr


def test_an_option_names_a_registry_file_for_one_run(project: Project) -> None:
    project.write("copy.json", registry(row()))
    uses_acme_crm(project)
    assert project.run("validate", "--registry", "copy.json").exit_code == 0
    assert project.run("validate").exit_code == 1


@pytest.mark.parametrize("content", [None, "{", "[]"])
def test_a_registry_file_that_cannot_be_read_is_told(project: Project, content: str | None) -> None:
    if content is not None:
        project.write("copy.json", content)
    result = project.run("validate", "--registry", "copy.json")
    assert result.exit_code == 1
    assert "connector registry unusable [R216]" in result.stderr
    assert "copy.json" in result.stderr


@pytest.mark.usefixtures("published")
def test_a_damaged_copy_in_the_cache_is_as_none(project: Project, cache_home: Path) -> None:
    project.run("connectors", "update")
    (kept,) = cache_home.rglob("connectors-*.json")
    kept.write_text('{"sources": [', encoding="utf-8")
    assert "stripe" in project.run("connectors", "list").stdout
    assert project.run("connectors", "update").stdout.startswith("Updated")


def test_list_filters_by_role_and_text(project: Project) -> None:
    lines = project.run("connectors", "list", "post", "--role", "source").stdout.splitlines()
    assert len(lines) == 2
    assert lines[0].startswith("postgres  source  Postgres")
    assert lines[1] == "1 connector"
    assert project.run("connectors", "list", "nothing").stdout == "0 connectors\n"
    rows = json.loads(project.run("connectors", "list", "--format", "json").stdout)
    assert [each["type"] for each in rows] == sorted(each["type"] for each in rows)


@pytest.mark.parametrize("connector", list(bundled()), ids=lambda c: f"{c.role}-{c.type}")
def test_show_fits_into_80_columns_and_names_every_field(project: Project, connector: Any) -> None:
    result = project.run("connectors", "show", f"{connector.role}-{connector.type}")
    assert result.exit_code == 0
    assert max(map(len, result.stdout.splitlines())) <= 80
    for field in connector.schema["properties"]:
        assert f"\n{field}" in result.stdout


def test_show_tells_what_a_field_takes(project: Project) -> None:
    shown = " ".join(project.run("connectors", "show", "source-postgres").stdout.split())
    assert "port integer, required, 0 to 65536, default 5432." in shown
    assert "password text, secret." in shown
    assert "• method: CDC replication_slot text, required." in shown


def test_show_for_programs_has_the_schema(project: Project) -> None:
    shown = json.loads(project.run("connectors", "show", "stripe", "--format", "json").stdout)
    assert shown["role"] == "source"
    assert shown["configuration"]["properties"]["account_id"]["type"] == "string"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["show", "strip"], 'Did you mean "stripe"?'),
        (["show", "postgres"], "Write `source-postgres` or `destination-postgres`."),
        (["show", "stripe", "--role", "destination"], 'no connector "stripe" is known'),
        (["example", "nothing-near"], "connectors update"),
    ],
)
def test_a_connector_that_is_not_clear_is_told(
    project: Project, arguments: list[str], said: str
) -> None:
    result = project.run("connectors", *arguments)
    assert result.exit_code == 1
    assert said.lower() in " ".join(result.stderr.split()).lower()


def test_a_pattern_that_takes_anything_is_shown_a_word(project: Project) -> None:
    assert 'shop: "example"' in project.run("connectors", "example", "shopify").stdout


def test_connectors_need_no_project(tmp_path: Path, project: Project) -> None:
    (project.folder / "reconciler.yaml").unlink()
    assert project.run("connectors", "show", "stripe").exit_code == 0
    assert project.run("--project", str(tmp_path / "no"), "connectors", "list").exit_code == 1


@pytest.mark.parametrize("connector", list(bundled()), ids=lambda c: f"{c.role}-{c.type}")
def test_an_example_is_ready_to_paste(project: Project, connector: Any) -> None:
    example = project.run("connectors", "example", f"{connector.role}-{connector.type}").stdout
    project.tenant(f"version: 1\ntenant: acme\n{example}")
    result = project.run("validate")
    assert result.exit_code == 0, result.output + example
    assert "[R2" not in result.output
    for field in connector.schema["properties"]:
        assert f"{field}:" in example
