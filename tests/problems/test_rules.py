"""The table of rules: complete, unambiguous, and the page that is made from it."""

from __future__ import annotations

import ast
import re
from collections import Counter
from functools import cache
from pathlib import Path

import pytest

from reconciler.problems import rules
from reconciler.problems.rules import CHAPTERS, RULES, Rule
from reconciler.render.reports.rules import render_rules

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "reconciler"
RULES_FOLDER = PACKAGE / "problems" / "rules"
# The rooms that put a title into words or a plan file, and the order in which problems are shown.
SHOWING = {"render", "problems", "manifest", "plan"}

PAGE = ROOT / "docs" / "rules.md"


def test_every_id_and_every_title_is_given_once() -> None:
    for counts in (Counter(r.id for r in RULES), Counter(r.title for r in RULES)):
        assert [value for value, count in counts.items() if count > 1] == []


def test_ids_ascend_inside_the_numbers_of_their_chapter() -> None:
    for hundred, chapter in enumerate(CHAPTERS.values()):
        ids = [rule.id for rule in chapter]
        assert ids == sorted(ids)
        assert all(re.fullmatch(rf"R{hundred}\d\d", id_) for id_ in ids)


def test_every_rule_says_what_why_and_what_to_do_in_sentences() -> None:
    for rule in RULES:
        for text in (rule.what, rule.why, rule.hint):
            assert text.strip().endswith((".", "`", "`.")), rule.id
        assert rule.title[0].islower() or rule.title.startswith("Airbyte"), rule.id
        assert not rule.title.endswith("."), rule.id


def test_every_rule_is_one_constant_called_by_its_own_name() -> None:
    named = [rule for name, rule in vars(rules).items() if isinstance(rule, Rule)]
    assert Counter(named) == Counter(RULES)


def test_no_code_knows_the_title_of_a_rule() -> None:
    """Rules are referred to by name: no text is compared with a title or looked up by one."""
    titles = {rule.title for rule in RULES if " " in rule.title}
    strays = {
        f"{file.relative_to(ROOT)}:{node.lineno}: {node.value}"
        for file in _outside_of_rules()
        for node in ast.walk(_parsed(file))
        if isinstance(node, ast.Constant) and node.value in titles
    }
    assert not strays


def test_only_what_is_shown_to_people_reads_the_title_of_a_rule() -> None:
    readers = {
        file.relative_to(PACKAGE).parts[0]
        for file in _outside_of_rules()
        for node in ast.walk(_parsed(file))
        if isinstance(node, ast.Attribute) and ast.unparse(node).endswith("rule.title")
    }
    assert readers == SHOWING


def test_the_page_of_rules_is_made_from_the_table(request: pytest.FixtureRequest) -> None:
    if request.config.getoption("--update-golden"):
        PAGE.write_text(render_rules(), encoding="utf-8")
    assert PAGE.read_text(encoding="utf-8") == render_rules(), "run `make pages`"


def _outside_of_rules() -> list[Path]:
    return [
        file
        for file in sorted(PACKAGE.rglob("*.py"))
        if RULES_FOLDER not in file.parents and PACKAGE / "sandbox" not in file.parents
    ]


@cache
def _parsed(file: Path) -> ast.Module:
    return ast.parse(file.read_text(encoding="utf-8"))
