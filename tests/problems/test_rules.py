"""The table of rules: complete, unambiguous, and the page that is made from it."""

from __future__ import annotations

import ast
import re
from collections import Counter
from pathlib import Path

import pytest

from reconciler.problems.explain import _EXPLAINED
from reconciler.problems.rules import CHAPTERS, RULES, UNLISTED, rule_titled
from reconciler.render.reports.rules import render_rules

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "rules.md"

# The functions that make a Diagnostic or what becomes one; the summary is their second argument.
REPORTERS = {"error", "warning", "note", "Finding", "Mistake", "_refuse", "_problem", "_nothing"}


def test_every_id_and_every_title_is_given_once() -> None:
    for counts in (Counter(r.id for r in RULES), Counter(r.title for r in RULES)):
        assert [value for value, count in counts.items() if count > 1] == []


def test_ids_ascend_inside_the_numbers_of_their_chapter() -> None:
    for hundred, rules in enumerate(CHAPTERS.values()):
        ids = [rule.id for rule in rules]
        assert ids == sorted(ids)
        assert all(re.fullmatch(rf"R{hundred}\d\d", id_) for id_ in ids)


def test_every_rule_says_what_why_and_what_to_do_in_sentences() -> None:
    for rule in RULES:
        for text in (rule.what, rule.why, rule.hint):
            assert text.strip().endswith((".", "`", "`.")), rule.id
        assert rule.title[0].islower() or rule.title.startswith("Airbyte"), rule.id
        assert not rule.title.endswith("."), rule.id


def test_every_summary_in_the_code_is_the_title_of_a_rule() -> None:
    strays = {
        f"{file.relative_to(ROOT)}:{line}: {summary}"
        for file in sorted((ROOT / "reconciler").rglob("*.py"))
        if "sandbox" not in file.parts
        for line, summary in _summaries(file)
        if rule_titled(summary) is UNLISTED and summary != UNLISTED.title
    }
    assert not strays, "give each a row in reconciler/rules/, then run `make pages`"


def test_every_error_that_stops_a_stage_has_a_rule() -> None:
    assert [s for s, _ in _EXPLAINED.values() if rule_titled(s) is UNLISTED] == []


def test_the_page_of_rules_is_made_from_the_table(request: pytest.FixtureRequest) -> None:
    if request.config.getoption("--update-golden"):
        PAGE.write_text(render_rules(), encoding="utf-8")
    assert PAGE.read_text(encoding="utf-8") == render_rules(), "run `make pages`"


def _summaries(file: Path) -> list[tuple[int, str]]:
    calls = [
        node
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and len(node.args) > 1
    ]
    return [
        (call.lineno, call.args[1].value)
        for call in calls
        if _name(call.func) in REPORTERS
        and isinstance(call.args[1], ast.Constant)
        and isinstance(call.args[1].value, str)
    ]


def _name(function: ast.expr) -> str:
    if isinstance(function, ast.Attribute):
        return function.attr
    return function.id if isinstance(function, ast.Name) else ""
