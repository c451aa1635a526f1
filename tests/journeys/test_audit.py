"""What an apply leaves behind for those who ask later: events, history, request logs."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from tests.journeys.manifests import ENVIRON, acme, stripe
from tests.support import ROOT, Api, Project

SCHEMAS = ROOT / "schemas"


def schema(name: str) -> Any:
    return json.loads((SCHEMAS / f"{name}.schema.json").read_text(encoding="utf-8"))


def events(project: Project) -> list[dict[str, Any]]:
    lines = (project.folder / "events.jsonl").read_text(encoding="utf-8").splitlines()
    found = [json.loads(line) for line in lines]
    for event in found:
        jsonschema.validate(event, schema("events"))
    return found


@pytest.fixture
def declared(project: Project) -> Project:
    """The project with tenant acme, not yet applied."""
    project.environ |= ENVIRON
    project.tenant(acme())
    return project


def test_events_tell_an_apply_from_start_to_end(declared: Project) -> None:
    declared.apply("--events", "events.jsonl")
    found = events(declared)
    names = [event["event"] for event in found]
    assert names == ["started", "planned", *["operation"] * 4, "requests", "finished"]
    assert found[1]["operations"] == {"create": 4, "update": 0, "delete": 0}
    assert found[-1]["counts"]["create"] == 4
    assert found[-1]["outcome"] == "succeeded"
    assert len({event["run"] for event in found}) == 1
    declared.apply("--events", "events.jsonl")
    assert [event["event"] for event in events(declared)][8:] == [
        "started",
        "planned",
        "requests",
        "finished",
    ]


def test_events_tell_failures_and_retries(declared: Project, api: Api) -> None:
    broken = {"stripe": stripe(lookback_window_days="many")}
    declared.tenant(acme(sources=broken))
    api.fault(method="GET", path="/workspaces", status=503)
    api.fault(method="POST", path="/sources", status=422, body='{"message": "no such thing"}')
    declared.tenant(acme())
    result = declared.run("apply", "--auto-approve", "--events", "events.jsonl")
    assert result.exit_code == 4
    found = events(declared)
    (retry,) = [event for event in found if event["event"] == "retry"]
    assert (retry["method"], retry["path"], retry["status"]) == ("GET", "/workspaces", 503)
    statuses = {event["key"]: event for event in found if event["event"] == "operation"}
    assert statuses["source/acme/stripe"]["status"] == "failed"
    assert "no such thing" in statuses["source/acme/stripe"]["problem"]["detail"]
    assert statuses["connection/acme/stripe"]["blockedBy"] == "create source/acme/stripe"
    assert found[-1]["exitCode"] == 4


def test_an_apply_that_cannot_read_ends_with_an_event_too(tmp_path: Path) -> None:
    project = Project(tmp_path, "http://127.0.0.1:1/v1", dict(ENVIRON))
    project.tenant(acme())
    assert project.run("apply", "--auto-approve", "--events", "events.jsonl").exit_code == 1
    assert [event["event"] for event in events(project)] == ["started", "requests", "finished"]


def test_an_events_file_that_cannot_be_written_stops_before_anything_is_sent(
    declared: Project, api: Api
) -> None:
    api.clear_log()
    result = declared.run("apply", "--auto-approve", "--events", "no/such/folder.jsonl")
    assert result.exit_code == 1
    assert "events file" in result.stderr
    assert api.requests() == []


def test_history_shows_who_applied_what_and_how_it_went(declared: Project, api: Api) -> None:
    assert "No apply" in declared.run("history").stdout
    declared.apply()
    api.fault(method="PUT", path="/sources/*", status=422)
    declared.tenant(acme(sources={"stripe": stripe(account_id="other")}))
    declared.run("apply", "--auto-approve")
    result = declared.run("history")
    header, newest, first = result.stdout.splitlines()
    assert header.split() == ["started", "took", "who", "plan", "outcome", "operations"]
    assert "failed" in newest
    assert "succeeded" in first
    assert "4 create" in first
    found = json.loads(declared.run("history", "--format", "json", "--limit", "1").stdout)
    jsonschema.validate(found, schema("history"))
    assert [run["outcome"] for run in found["runs"]] == ["failed"]


def test_verbose_logs_requests_without_bodies_or_tokens(declared: Project, api: Api) -> None:
    api.fault(method="GET", path="/workspaces", status=503)
    result = declared.apply("-v")
    lines = [line for line in result.stderr.splitlines() if line.startswith(("GET", "POST"))]
    assert all(re.fullmatch(r"[A-Z]+ /\S+ (\d+|-) \d+ ms(, attempt \d+)?", line) for line in lines)
    assert any(line.startswith("GET /workspaces 200") and "attempt 2" in line for line in lines)
    assert "Bearer" not in result.output
