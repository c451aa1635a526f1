"""The README shows a comment as a reviewer sees it: what is really printed for such a branch."""

from __future__ import annotations

import re
from typing import Any

import pytest

from tests.journeys.manifests import ENVIRON, bigquery, stripe
from tests.journeys.repository import Repository
from tests.support import ROOT, Api, Project

PAGE = ROOT / "README.md"
SHOWN = re.compile(r"(?<=<!-- the comment -->\n)(.*?)(?=<!-- ends -->)", re.DOTALL)
SHOPS = ("arno", "brook", "clyde", "douro", "elbe", "forth", "garonne", "havel")
STREAMS = [
    {"name": "customers", "syncMode": "incremental_deduped_history"},
    {"name": "invoices", "syncMode": "incremental_deduped_history"},
]


def template(cron: str) -> dict[str, Any]:
    schedule = {"scheduleType": "cron", "cronExpression": cron}
    return {
        "version": 1,
        "template": "shop",
        "sources": {"stripe": stripe()},
        "destination": bigquery(),
        "connections": {"stripe": {"schedule": schedule, "streams": STREAMS}},
    }


def shop(name: str, **changes: Any) -> dict[str, Any]:
    workspace = {"name": name.title()}
    return {"version": 1, "tenant": name, "template": "shop", "workspace": workspace, **changes}


@pytest.fixture
def repository(project: Project) -> Repository:
    """Shops of one template on main, applied, and a branch from there."""
    project.environ |= ENVIRON
    made = Repository(project)
    for file in (project.folder / "tenants").iterdir():
        file.unlink()
    project.write("templates/shop.yaml", template("0 0 2 * * ?"))
    for name in SHOPS:
        project.tenant(shop(name), name)
    made.commit_on_main()
    project.apply()
    return made


def test_the_readme_shows_what_a_branch_like_that_prints(
    repository: Repository, api: Api, request: pytest.FixtureRequest
) -> None:
    project = repository.project
    brook = api.row("workspaces", "Brook")["workspaceId"]
    (edited,) = [row for row in api.rows("sources") if row["workspaceId"] == brook]
    api.call("PATCH", f"/sources/{edited['sourceId']}", {"name": "do not touch (Tim)"})
    retired = {"stripe": {"state": "absent", "reason": "moved to another provider"}}
    project.tenant(shop("douro", connections=retired), "douro")
    project.write("templates/shop.yaml", template("0 0 4 * * ?"))
    repository.commit()
    printed = project.run("plan", "--base", "main", "--format", "markdown")
    shown = f"\n{_settled(printed.stdout)}\n"
    if request.config.getoption("--update-golden"):
        text = PAGE.read_text(encoding="utf-8")
        PAGE.write_text(SHOWN.sub(lambda _found: shown, text), encoding="utf-8")
    found = SHOWN.search(PAGE.read_text(encoding="utf-8"))
    assert found
    assert found[1] == shown


def _settled(text: str) -> str:
    """*text* with a commit, a time and a digest that are the same on every run."""
    text = re.sub(r"<code>[0-9a-f]{12}</code>\)", "<code>3be0a7c64f11</code>)", text)
    text = re.sub(r"commit <code>[0-9a-f]{12}</code>", "commit <code>8c1f5e7d2a90</code>", text)
    text = re.sub(r"live state of [-\d]+ [:\d]+", "live state of 2026-03-02 09:41:07", text)
    text = text.replace("<code>test</code>", "<code>production</code>")
    return re.sub(r"sha256:[0-9a-f]{12}", "sha256:5d0c7be2f314", text)
