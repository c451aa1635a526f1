"""What a reviewer reads: `plan --format markdown` and `github`, in a repository."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from tests.journeys.manifests import ENVIRON, acme, bigquery
from tests.journeys.repository import Repository
from tests.support import Project

LATER = {"scheduleType": "cron", "cronExpression": "0 0 5 * * ?"}


@pytest.fixture
def repository(project: Project) -> Repository:
    """Three tenants on main, applied; the branch reschedules globex."""
    project.environ |= ENVIRON
    made = Repository(project)
    project.apply()
    made.tenant("globex", **rescheduled())
    made.commit()
    return made


def rescheduled() -> dict[str, Any]:
    return {"connections": {"stripe": {**acme()["connections"]["stripe"], "schedule": LATER}}}


def test_the_foot_says_where_the_plan_comes_from(repository: Repository) -> None:
    options = ("plan", "--base", "main", "globex", "--label=tier=gold", "--changed-since=main")
    repository.tenant("globex", **rescheduled(), labels={"tier": "gold"})
    repository.commit()
    run = repository.project.run
    text = run(*options, "--format=markdown", "--html=plan.html", "--out=plan.json").stdout
    head = repository.git("rev-parse", "--short=12", "HEAD").strip()
    assert f"commit <code>{head}</code>" in text
    assert re.search(r"live state of \d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC", text)
    written = (repository.project.folder / "plan.json").read_text()
    assert f"plan <code>{json.loads(written)['digest'][:19]}</code>" in text
    command = "reconciler plan globex --label tier=gold --changed-since main --base main"
    assert f"<br><code>{command}</code>" in text
    again = run(*command.split()[1:])
    assert "1 to update" in again.stdout, "the command does what it says"
    page = (repository.project.folder / "plan.html").read_text()
    assert page == run(*options, "--format", "html").stdout


def test_a_long_plan_fits_and_names_the_page(repository: Repository) -> None:
    for number in range(60):
        schedule = {"scheduleType": "cron", "cronExpression": f"0 {number} 7 * * ?"}
        connection = {**acme()["connections"]["stripe"], "schedule": schedule}
        repository.tenant(f"shop-{number}", connections={"stripe": connection})
    options = ("plan", "--details", "--format", "markdown", "--max-chars", "8000")
    text = repository.project.run(*options, "--html", "plan.html").stdout
    assert len(text) <= 8_000
    assert "Not shown in full, for lack of room" in text
    assert "<code>plan.html</code> has everything." in text
    assert text.rstrip().endswith("</sub>")
    nowhere = repository.project.run("plan", "--html", "no/such/folder/plan.html")
    assert nowhere.exit_code == 1
    assert "no/such/folder/plan.html cannot be written" in nowhere.stderr
    small = repository.project.run("plan", "--format", "markdown", "--max-chars", "10")
    assert small.exit_code == 2, "no plan fits in that"


def test_annotations_stand_at_the_places_of_the_manifests(repository: Repository) -> None:
    text = repository.project.run("plan", "--format", "github").stdout
    lines = (repository.project.folder / "tenants/globex.yaml").read_text().splitlines()
    place = 1 + next(n for n, line in enumerate(lines) if line.strip() == "stripe:")
    assert f"::notice file=tenants/globex.yaml,line={place},col=3,title=update connection" in text


def test_what_is_refused_is_an_error_at_its_place(repository: Repository) -> None:
    connection = {**acme()["connections"]["stripe"], "destination": "two"}
    content = acme(workspace={"name": "Acme"}, connections={"stripe": connection})
    content["destinations"] = {"destination": content.pop("destination"), "two": bigquery()}
    repository.project.tenant(content)
    result = repository.project.run("plan", "--format", "github")
    assert result.exit_code == 3, result.output
    assert "::error file=tenants/acme.yaml,line=" in result.stdout
    assert "title=R401 replacement refused" in result.stdout


def test_markdown_needs_no_repository(project: Project) -> None:
    project.environ |= ENVIRON
    project.tenant(acme())
    result = project.run("plan", "--format", "markdown")
    assert result.exit_code == 0, result.output
    assert "commit" not in result.stdout


def test_what_counts_as_equal_is_in_every_format_for_people(repository: Repository) -> None:
    for format_ in ("text", "markdown", "html"):
        shown = repository.project.run("plan", "--explain-equal", "--format", format_).stdout
        assert "Airbyte appends the zone UTC to every cron expression." in shown
