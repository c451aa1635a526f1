"""plan --format: every rendering through the command line, with no secret and no harm in it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import Any

import pytest

from tests.journeys.manifests import ENVIRON, acme, bigquery, stripe
from tests.render.plans import HOSTILE
from tests.support import ROOT, Api, Project

FORMATS = ("text", "json", "markdown", "html", "github")
LITERAL = "literal-planted-secret"


def rendered(project: Project, format_: str, *arguments: str) -> str:
    result = project.run("plan", "--details", "--format", format_, *arguments)
    assert result.exit_code == 0, result.output
    return result.stdout


@pytest.fixture
def applied(project: Project) -> Project:
    project.environ |= ENVIRON
    project.tenant(acme())
    project.apply()
    return project


@pytest.mark.parametrize("format_", FORMATS)
def test_no_secret_is_in_any_format(project: Project, format_: str) -> None:
    project.environ |= ENVIRON
    project.tenant(acme(sources={"stripe": stripe(client_secret=LITERAL)}))
    texts = [rendered(project, format_)]
    project.apply()
    changed = stripe(client_secret="another-planted-secret", start_date="2024-01-01T00:00:00Z")
    project.tenant(acme(sources={"stripe": changed}, destination=bigquery(dataset_id="other")))
    texts.append(rendered(project, format_))
    for secret in (*ENVIRON.values(), LITERAL, "another-planted-secret", "sandbox-secret"):
        assert all(secret not in text for text in texts)


@pytest.mark.parametrize("format_", FORMATS)
def test_hostile_live_names_do_no_harm(applied: Project, api: Api, format_: str) -> None:
    workspace = api.row("workspaces", "Acme Inc")["workspaceId"]
    body = {
        "name": HOSTILE,
        "workspaceId": workspace,
        "configuration": {"sourceType": "stripe", "account_id": "a", "client_secret": "b"},
    }
    api.call("POST", "/sources", body)
    text = rendered(applied, format_)
    assert all(c.isprintable() or c == "\n" for c in text)
    if format_ == "html":
        assert "<img" not in text
    if format_ == "json":
        (tenant,) = json.loads(text)["tenants"]
        assert tenant["undeclared"][0]["title"] == HOSTILE


@pytest.mark.parametrize("format_", FORMATS)
def test_an_empty_plan_says_so_in_every_format(applied: Project, format_: str) -> None:
    text = rendered(applied, format_)
    if format_ == "json":
        assert json.loads(text)["tenants"][0]["status"] == "unchanged"
    elif format_ != "html":
        assert "No changes" in text


def test_the_same_plan_is_the_same_bytes_whatever_the_hash_seed() -> None:
    program = (
        "from tests.render.plans import *\n"
        "from reconciler.plan.file import Place, write_plan\n"
        "from reconciler.render.plan import html, markdown, text\n"
        "from reconciler.render.plan.lines import Look\n"
        "place = Place('x', 'https://x.test')\n"
        "print(html.render_plan_html(everything(), place, TYPES))\n"
        "print(markdown.render_plan_markdown(everything(), place, Look(names=TYPES)))\n"
        "print(write_plan(everything(), place, {}))\n"
        "print(text.render_plan(everything(), Look(details=True, names=TYPES)))\n"
    )
    outputs = {_output(program, seed) for seed in ("1", "2")}
    assert len(outputs) == 1


def _output(program: str, seed: str) -> Any:
    environ = {**os.environ, "PYTHONHASHSEED": seed}
    command = [sys.executable, "-c", program]
    return subprocess.run(command, cwd=ROOT, env=environ, check=True, capture_output=True).stdout
