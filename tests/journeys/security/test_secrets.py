"""Secrets and tokens reach the API and nothing else: no output, no file, no argument list."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.journeys.manifests import acme
from tests.journeys.security.hostile import Answering, Seen, hostile
from tests.support import ROOT, Api, Project

STRIPE = 'planted "quoted" \\ stripe\nsecond planted line'
BIGQUERY = "planted-bigquery-value"
CLIENT_SECRET = "planted-client-secret"
TOKEN = "planted-token-of-the-server"
PLANTED = ("planted", "second planted line")


def echoing(server: Answering, seen: Seen) -> None:
    """Lets everybody in, has one empty workspace, and repeats in an error all that it was sent."""
    if seen.path.endswith("/applications/token"):
        server.give({"access_token": TOKEN, "expires_in": 900})
    elif seen.method == "GET" and "/workspaces" in seen.path:
        server.give({"data": [{"workspaceId": "w1", "name": "Acme Inc"}]})
    elif seen.method == "GET":
        server.give({"data": []})
    else:
        words = f"{seen.headers} {seen.body.decode()} {STRIPE}"
        server.give({"title": "x", "data": {"message": words}}, status=422)


def project_for(url: str, folder: Path) -> Project:
    project = Project(folder, url, {"STRIPE_KEY": STRIPE, "BQ_KEY": BIGQUERY, "CS": CLIENT_SECRET})
    project.write(
        "reconciler.yaml",
        "version: 1\ndefaultEnvironment: x\nenvironments:\n"
        f"  x: {{url: '{url}', clientId: id, clientSecret: '${{{{ env.CS }}}}'}}\n",
    )
    project.tenant(acme())
    return project


def test_a_server_that_repeats_what_it_was_sent_makes_no_secret_visible(tmp_path: Path) -> None:
    with hostile(echoing) as server:
        project = project_for(server.url, tmp_path)
        result = project.run("-v", "apply", "--auto-approve", "--events", "events.jsonl")
        history = project.run("history", "--format", "json")
    assert result.exit_code == 1
    assert any(BIGQUERY.encode() in seen.body for seen in server.seen), "it was really sent"
    assert "(secret)" in result.stdout
    texts = [result.output, history.output]
    texts += [f.read_bytes().decode("latin-1") for f in tmp_path.rglob("*") if f.is_file()]
    for text in texts:
        assert not any(value in text for value in PLANTED)


def test_nothing_secret_is_in_arguments_temporary_files_or_readable_to_others(
    project: Project, api: Api, tmp_path: Path
) -> None:
    temporary = tmp_path / "tmp"
    temporary.mkdir()
    project.environ |= {"STRIPE_KEY": STRIPE, "BQ_KEY": BIGQUERY, "TMPDIR": str(temporary)}
    project.tenant(acme())
    command = [sys.executable, "-m", "reconciler", "-v", "apply", "--auto-approve"]
    environ = {**os.environ, **project.environ, "PYTHONPATH": str(ROOT)}
    process = subprocess.Popen(
        [*command, "--events", "events.jsonl"],
        cwd=project.folder,
        env=environ,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        umask=0o000,
    )
    listed = Path(f"/proc/{process.pid}/cmdline").read_bytes()
    output, _ = process.communicate(timeout=60)
    assert process.returncode == 0, output
    assert b"planted" not in listed
    assert "planted" not in output
    assert list(temporary.iterdir()) == []
    written = [*(project.folder / ".reconciler").iterdir(), project.folder / "events.jsonl"]
    assert len(written) >= 4
    for file in written:
        assert file.stat().st_mode & 0o077 == 0, file
    assert (project.folder / ".reconciler").stat().st_mode & 0o077 == 0
    assert len(api.rows("sources")) == 1


def test_a_fault_of_the_program_shows_no_secret(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    project.environ |= {"STRIPE_KEY": STRIPE, "BQ_KEY": BIGQUERY}
    project.tenant(acme())

    def broken(*_: object, json: object = None, **__: object) -> None:
        raise RuntimeError(f"cannot send {json} {STRIPE}")

    monkeypatch.setattr("reconciler.api.client.Client.create", broken)
    result = project.run("apply", "--auto-approve")
    assert result.exit_code == 1
    assert "cannot send" in result.output
    assert not any(value in result.output for value in PLANTED)
