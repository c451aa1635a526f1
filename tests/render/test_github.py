"""Plans as GitHub annotations: at their places, worst first, and nothing that ends a command."""

from __future__ import annotations

import re
from collections.abc import Callable

from hypothesis import given
from hypothesis import strategies as st

from reconciler.model import Origin
from reconciler.plan.model import Plan
from reconciler.render.parts.values import safe
from reconciler.render.plan.github import Level, annotation, render_plan_github
from reconciler.render.plan.lines import Look
from tests.render.plans import PLANTED, TYPES, based, everything, hostile, rescheduled

Golden = Callable[[str, str], None]
LOOK = Look(names=TYPES)
COMMAND = re.compile(r"::(error|warning|notice) ([^:]*)::(.*)")
TEXTS = st.text(st.characters(codec="utf-8"), max_size=40)


def test_a_plan_with_everything_as_annotations(golden: Golden) -> None:
    golden("plan-github", render_plan_github(everything(), LOOK))


def test_every_line_is_a_command_whatever_names_hold() -> None:
    for plan in (everything(), hostile(), based(), Plan(())):
        lines = render_plan_github(plan, LOOK).splitlines()
        assert all(COMMAND.fullmatch(line) for line in lines), lines
        assert all(line.isprintable() for line in lines)
        assert PLANTED not in "".join(lines)


def test_drift_is_in_the_sums_only() -> None:
    *rows, sums = render_plan_github(based(), LOOK).splitlines()
    assert not any("source stripe" in row for row in rows)
    assert "Already there (drift)" in sums


def test_the_same_change_on_many_tenants_is_one_annotation() -> None:
    plan = Plan(tuple(rescheduled(f"t{number:04}") for number in range(4_000)))
    first, sums = render_plan_github(plan, LOOK).splitlines()
    assert "file=tenants/t0000.yaml,line=10,col=3" in first
    assert "4,000 tenants: t0000, t0001" in first
    assert sums.startswith("::notice title=Plan::")


@given(TEXTS, TEXTS, TEXTS)
def test_what_is_escaped_can_be_read_back(text: str, title: str, path: str) -> None:
    line = annotation(Level.NOTICE, text, title=title, origin=Origin(path, 3, 5))
    assert "\n" not in line
    assert "\r" not in line
    match = re.fullmatch(r"::notice ([^:]*)::(.*)", line, re.DOTALL)
    assert match
    fields = dict(field.split("=", 1) for field in match[1].split(","))
    assert (_read(fields["file"]), _read(fields["title"])) == (safe(path), title)
    assert _read(match[2]) == text


def _read(escaped: str) -> str:
    """As GitHub's runner reads it: percent last."""
    for code, character in (("%0D", "\r"), ("%0A", "\n"), ("%3A", ":"), ("%2C", ",")):
        escaped = escaped.replace(code, character)
    return escaped.replace("%25", "%")
