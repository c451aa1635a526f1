"""TLS, redirects, and answers without end: a hostile server gets no credentials and no hold."""

from __future__ import annotations

import gzip
import json
import resource
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result

from reconciler.api import transport
from tests.journeys.manifests import ENVIRON, acme
from tests.journeys.security.hostile import Answer, Answering, Seen, hostile, self_signed
from tests.support import Project

MEGABYTE = 1024 * 1024


def plan(url: str, folder: Path, **environ: str) -> Result:
    """`plan` against *url*, which must fail with a message and no traceback."""
    project = Project(folder, url, {**ENVIRON, **environ})
    project.write(
        "reconciler.yaml",
        "version: 1\ndefaultEnvironment: x\nenvironments:\n"
        f"  x: {{url: '{url}', token: planted-token}}\n",
    )
    project.tenant(acme())
    result = project.run("plan")
    assert "Traceback" not in result.output
    assert result.exception is None or isinstance(result.exception, SystemExit)
    assert "planted-token" not in result.output
    return result


def everything(rows: Any) -> Answer:
    """Answers every list with *rows*."""

    def answer(server: Answering, _seen: Seen) -> None:
        server.give(rows if isinstance(rows, bytes) else {"data": rows})

    return answer


@pytest.mark.parametrize(
    "environ",
    [{}, {"CURL_CA_BUNDLE": "", "REQUESTS_CA_BUNDLE": "", "PYTHONHTTPSVERIFY": "0"}],
)
def test_an_unknown_certificate_is_refused_before_anything_is_sent(
    tmp_path: Path, environ: dict[str, str]
) -> None:
    with hostile(everything([]), certificate=self_signed(tmp_path)) as server:
        result = plan(server.url, tmp_path / "project", **environ)
    assert result.exit_code == 1
    assert "certificate" in result.stderr.lower()
    assert server.seen == []


def test_a_certificate_of_ones_own_is_trusted_by_naming_it(tmp_path: Path) -> None:
    certificate = self_signed(tmp_path)
    with hostile(everything([]), certificate=certificate) as server:
        result = plan(server.url, tmp_path / "project", REQUESTS_CA_BUNDLE=str(tmp_path / "c.pem"))
    assert result.exit_code == 0, result.output
    assert len(server.seen) > 0


@pytest.mark.parametrize("word", ["verify: false", "insecure: true", "tls: {verify: false}"])
def test_no_word_in_the_project_file_switches_verification_off(tmp_path: Path, word: str) -> None:
    project = Project(tmp_path, "https://127.0.0.1:1/v1")
    project.write(
        "reconciler.yaml",
        "version: 1\ndefaultEnvironment: x\nenvironments:\n"
        f"  x: {{url: 'https://127.0.0.1:1/v1', {word}}}\n",
    )
    project.tenant(acme())
    result = project.run("plan")
    assert result.exit_code == 1
    assert word.partition(":")[0] in result.stderr


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_takes_no_credentials_anywhere(tmp_path: Path, status: int) -> None:
    with hostile(everything([])) as elsewhere:

        def redirecting(server: Answering, seen: Seen) -> None:
            server.give(b"", status=status, headers={"Location": elsewhere.url + seen.path})

        with hostile(redirecting) as server:
            result = plan(server.url, tmp_path)
    assert result.exit_code == 1
    assert "redirects" in result.stderr
    assert server.seen[0].headers["Authorization"] == "Bearer planted-token"
    assert elsewhere.seen == []


def endless(server: Answering, _seen: Seen) -> None:
    server.send_response(200)
    server.send_header("Transfer-Encoding", "chunked")
    server.end_headers()
    block = b"10000\r\n" + b" " * 0x10000 + b"\r\n"
    while True:
        server.wfile.write(block)


def immense(server: Answering, _seen: Seen) -> None:
    server.send_response(200)
    server.send_header("Content-Length", str(10**13))
    server.end_headers()
    while True:
        server.wfile.write(b" " * MEGABYTE)


def bomb(server: Answering, _seen: Seen) -> None:
    content = gzip.compress(b" " * 200 * MEGABYTE, 1)
    server.give(content, headers={"Content-Encoding": "gzip"})


@pytest.mark.parametrize("answer", [endless, immense, bomb])
def test_an_answer_without_end_is_cut_off_in_time_and_in_memory(
    tmp_path: Path, answer: Answer
) -> None:
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    started = time.monotonic()
    with hostile(answer) as server:
        result = plan(server.url, tmp_path)
    assert result.exit_code == 1
    assert "does not end" in result.stderr
    assert time.monotonic() - started < 30
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    # The server's own bomb, 200 MB, is in this process too.
    assert grown < (200 if answer is not bomb else 500), f"{grown:.0f} MB"


def empty(server: Answering, _seen: Seen) -> None:
    server.give({"data": []})


def test_an_answer_that_is_whole_is_taken_whatever_the_clock_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transport, "ANSWER_TIMEOUT_S", -1.0)
    with hostile(empty) as server:
        result = plan(server.url, tmp_path)
    assert result.exit_code == 0, result.output
    assert "to create" in result.stdout


def repeating(server: Answering, _seen: Seen) -> None:
    server.give({"data": [{"workspaceId": f"w{n}", "name": f"n{n}"} for n in range(100)]})


def never_ending(server: Answering, seen: Seen) -> None:
    offset = seen.path.partition("offset=")[2]
    rows = [{"workspaceId": f"w{offset}-{n}", "name": f"n{offset}-{n}"} for n in range(100)]
    server.give({"data": rows})


@pytest.mark.parametrize("answer", [repeating, pytest.param(never_ending, marks=pytest.mark.long)])
def test_pages_without_end_are_an_error(tmp_path: Path, answer: Answer) -> None:
    with hostile(answer) as server:
        result = plan(server.url, tmp_path)
    assert result.exit_code in (1, 3)
    assert "only repeats" in result.output or "no end" in result.output
    assert len(server.seen) <= 1_001


def nested(depth: int) -> dict[str, Any]:
    value: dict[str, Any] = {}
    for _ in range(depth):
        value = {"a": value}
    return value


def with_source(configuration: str) -> Callable[[Answering, Seen], None]:
    """A server with one workspace and one source of that configuration, given as JSON text."""

    def answer(server: Answering, seen: Seen) -> None:
        if "/workspaces" in seen.path:
            server.give({"data": [{"workspaceId": "w", "name": "Acme Inc"}]})
        elif "/sources" in seen.path:
            row = {"sourceId": "s", "workspaceId": "w", "name": "stripe", "definitionId": "d"}
            head = json.dumps({**row, "sourceType": ""})[:-1]
            server.give(f'{{"data": [{head}, "configuration": {configuration}}}]}}'.encode())
        else:
            server.give({"data": []})

    return answer


@pytest.mark.parametrize("depth", [100, 300, 450, 900])
def test_deep_json_in_an_object_is_no_traceback(tmp_path: Path, depth: int) -> None:
    text = '{"a":' * depth + "{}" + "}" * depth
    with hostile(with_source(text)) as server:
        result = plan(server.url, tmp_path)
    assert result.exit_code in (0, 1, 3)


@pytest.mark.parametrize("text", [b"[" * 100_000, b'{"a":' * 100_000])
def test_bottomless_json_is_a_message(tmp_path: Path, text: bytes) -> None:
    with hostile(everything(text)) as server:
        result = plan(server.url, tmp_path)
    assert result.exit_code == 1
    assert "nested too deeply" in result.stderr or "no JSON" in result.stderr


EVIL = "evil\x1b]0;title\x07\x1b[2J\r\n\x9b31m\u202egnp.exe"


def evil_everywhere(server: Answering, seen: Seen) -> None:
    if "/workspaces" in seen.path:
        server.give({"data": [{"workspaceId": "w", "name": "Acme Inc"}]})
    elif "/sources" in seen.path:
        row = {
            "sourceId": f"s{EVIL}",
            "workspaceId": "w",
            "name": EVIL,
            "definitionId": EVIL,
            "configuration": {EVIL: EVIL},
        }
        server.give({"data": [row, {**row, "sourceId": "s2", "name": "stripe"}]})
    else:
        server.give({"title": EVIL, "data": {"message": EVIL, EVIL: EVIL}}, status=422)


def evil_title(server: Answering, _seen: Seen) -> None:
    server.give(f"<title>{EVIL}</title>".encode(), status=422)


@pytest.mark.parametrize("answer", [evil_everywhere, evil_title])
@pytest.mark.parametrize("command", [["plan"], ["-v", "plan"], ["-v", "apply", "--auto-approve"]])
def test_names_and_messages_cannot_steer_the_terminal(
    tmp_path: Path, answer: Answer, command: list[str]
) -> None:
    with hostile(answer) as server:
        project = Project(tmp_path, server.url, dict(ENVIRON))
        project.write(
            "reconciler.yaml",
            "version: 1\ndefaultEnvironment: x\nenvironments:\n"
            f"  x: {{url: '{server.url}', token: t}}\n",
        )
        project.tenant(acme())
        result = project.run(*command)
    assert "evil" in result.output
    raw = [c for c in result.output if c != "\n" and (c < " " or "\x7f" <= c <= "\x9f")]
    assert raw == []
    assert "\u202e" not in result.output
