"""docs/planning.md quotes only what is really printed."""

from __future__ import annotations

import re

from tests.journeys.manifests import ENVIRON, acme, stripe
from tests.support import ROOT, Project
from tests.support.golden_plugin import GOLDEN

QUOTED = re.compile(r"^```text\n(.*?)^```$", re.MULTILINE | re.DOTALL)
HOURLY = {"schedule": {"scheduleType": "cron", "cronExpression": "0 0 * * * ?"}, "streams": "all"}


def test_every_quotation_is_printed_so(project: Project) -> None:
    page = (ROOT / "docs" / "planning.md").read_text(encoding="utf-8")
    goldens = [file.read_text(encoding="utf-8") for file in sorted(GOLDEN.glob("*.txt"))]
    printed = [*goldens, *_printed(project)]
    quotes = QUOTED.findall(page)
    assert quotes
    for quote in quotes:
        assert any(quote in text for text in printed), quote


def _printed(project: Project) -> list[str]:
    """The page's own examples: what counts as equal, a retired connection, a retired tenant."""
    project.environ |= ENVIRON
    content = acme(sources={"shop": stripe()}, connections={"shop": HOURLY})
    project.tenant(content)
    project.apply()
    texts = [project.run("plan", "--explain-equal").stdout]
    retired = {"state": "absent", "reason": "moved to the new shop"}
    project.tenant({**content, "connections": {"shop": retired}})
    texts.append(project.run("plan").stdout)
    left = "version: 1\ntenant: acme\nstate: absent\nreason: left\n"
    project.tenant(left + "workspace: {name: Acme Inc}\n")
    texts.append(project.run("plan").stdout)
    return texts
