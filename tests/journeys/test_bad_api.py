"""What the API side can do wrong: one clear message each, exit 1, no traceback."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from tests.journeys.manifests import acme
from tests.support import Project

Answer = tuple[int, str, str]  # status, content type, body


@pytest.fixture
def answering() -> Iterator[Callable[[Answer], str]]:
    """Starts a server that gives one answer to everything; returns its URL."""
    servers: list[HTTPServer] = []

    def start(answer: Answer) -> str:
        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                status, type_, body = answer
                self.rfile.read(int(self.headers.get("Content-Length", 0)))
                self.send_response(status)
                self.send_header("Content-Type", type_)
                self.send_header("Content-Length", str(len(body.encode())))
                if 300 <= status < 400:
                    self.send_header("Location", "https://elsewhere.example/api")
                self.end_headers()
                self.wfile.write(body.encode())

            do_POST = do_GET

            def log_message(self, format: str, *args: object) -> None:
                """Quiet."""

        server = HTTPServer(("127.0.0.1", 0), Handler)
        servers.append(server)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        return f"http://127.0.0.1:{server.server_port}/api/public/v1"

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


def failing(folder: Path, url: str, credentials: str = "token: t") -> str:
    """What `plan` prints on stderr when the API at *url* is no good; checks it fails cleanly."""
    project = Project(folder, "unused")
    project.write(
        "reconciler.yaml",
        f"version: 1\ndefaultEnvironment: x\nenvironments:\n  x: {{url: '{url}', {credentials}}}\n",
    )
    project.tenant(acme())
    result = project.run("plan")
    assert result.exit_code == 1, result.output
    assert "Traceback" not in result.output
    assert result.exception is None or isinstance(result.exception, SystemExit)
    assert result.stdout == ""
    return " ".join(result.stderr.split())


def test_a_refused_connection_names_the_address(tmp_path: Path) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        port = closed.getsockname()[1]
    message = failing(tmp_path, f"http://127.0.0.1:{port}/v1")
    assert "refused" in message.lower()
    assert f"127.0.0.1:{port}" in message
    assert "url" in message


@pytest.mark.parametrize("url", ["not-a-url", "ftp://x/v1", "http://", "http://no.such.invalid/v1"])
def test_a_wrong_url_is_told(tmp_path: Path, url: str) -> None:
    assert "url" in failing(tmp_path, url)


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        ((200, "text/html", "<html><title>Login</title></html>"), "JSON"),
        ((200, "application/json", '{"hello": "world"}'), "JSON"),
        ((200, "application/json", "[]"), "JSON"),
        ((200, "application/json", '{"data": ["x"]}'), "JSON"),
        ((200, "application/json", '{"data": [{"name": "Acme Inc"}]}'), "workspaceId"),
        ((302, "text/html", ""), "elsewhere.example"),
        ((403, "application/json", '{"title": "forbidden", "data": null}'), "permission"),
        ((404, "text/html", "<title>404 Not Found</title>"), "url"),
        ((500, "text/plain", ""), "500"),
        ((500, "application/json", '{"errorId": "abc"}'), "abc"),
        ((401, "application/json", '{"message": "Unauthorized"}'), "token"),
    ],
)
def test_an_unusable_answer_is_one_clear_message(
    tmp_path: Path, answering: Callable[[Answer], str], answer: Answer, words: str
) -> None:
    assert words in failing(tmp_path, answering(answer))


@pytest.mark.parametrize("status", [400, 401, 403, 500])
def test_refused_credentials_are_told_as_such(
    tmp_path: Path, answering: Callable[[Answer], str], status: int
) -> None:
    url = answering((status, "application/json", '{"message": "no"}'))
    message = failing(tmp_path, url, "clientId: a, clientSecret: planted-secret")
    assert "clientId" in message
    assert "planted-secret" not in message


def test_a_trailing_slash_of_the_url_does_not_matter(project: Project) -> None:
    text = (project.folder / "reconciler.yaml").read_text(encoding="utf-8")
    project.write("reconciler.yaml", text.replace(project.url, project.url + "/"))
    project.tenant(acme())
    assert project.run("plan").exit_code == 0
