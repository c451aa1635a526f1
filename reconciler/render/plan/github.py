"""GitHub's workflow commands: annotations that it shows at the lines of a pull request.

Source: GitHub's documentation of workflow commands, and the escaping of its toolkit. Of each level
a step's first ten are shown, so that a plan's come by rank, and the same change once.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from dataclasses import replace
from enum import StrEnum

from reconciler.model import Origin
from reconciler.model.effects import Weight
from reconciler.plan.model import Plan
from reconciler.plan.operation import Action
from reconciler.problems.explain import explain
from reconciler.problems.problem import Problem
from reconciler.problems.rules import Severity
from reconciler.render.parts.palette import PLAIN
from reconciler.render.parts.values import counted, listed, safe
from reconciler.render.plan.groups import Block, outline
from reconciler.render.plan.lines import Look, block_rows_lines
from reconciler.render.plan.rows import Row, Section, subject
from reconciler.render.plan.text import summary

_WIDTH = 120


class Level(StrEnum):
    """How GitHub marks an annotation."""

    ERROR = "error"
    WARNING = "warning"
    NOTICE = "notice"


_LEVELS = {
    Severity.ERROR: Level.ERROR,
    Severity.WARNING: Level.WARNING,
    Severity.NOTE: Level.NOTICE,
}


def annotation(
    level: Level, text: str, *, title: str, origin: Origin | None = None, inside: str = ""
) -> str:
    """One workflow command, at its place where it has one.

    *inside* is the folder of the repository that the place is relative to; GitHub wants its top.
    """
    place: dict[str, str | int] = {}
    if origin:
        path = from_top(origin.path, inside)
        place = {"file": safe(path), "line": origin.line, "col": origin.column}
    fields = {**place, "title": title}
    properties = ",".join(f"{key}={_property(str(value))}" for key, value in fields.items())
    return f"::{level} {properties}::{_escaped(text)}"


def from_top(path: str, inside: str) -> str:
    """*path*, relative to the folder *inside* of a repository, as seen from its top."""
    return posixpath.normpath(posixpath.join(inside, path)) if inside else path


def problem_annotation(problem: Problem, inside: str = "") -> str:
    """A problem at its place."""
    said = "\n".join(part for part in (problem.detail, problem.hint) if part)
    return annotation(
        _LEVELS[problem.severity],
        "\n".join(map(safe, (said or problem.rule.title).splitlines())),
        title=safe(f"{problem.rule.id} {problem.rule.title}"),
        origin=problem.origin,
        inside=inside,
    )


def render_plan_github(plan: Plan, look: Look, inside: str = "") -> str:
    """What is refused, then every row at the place in the manifests that asks for it; the sums.

    Drift is no doing of the pull request, and only in the sums.
    """
    plain = Look(PLAIN, _WIDTH, look.details, look.names)
    outlined = outline(plan, look.names, roster=not look.details)
    problems = [*plan.refusals, *(r for tenant, _ in outlined.refused for r in tenant.refusals)]
    problems += [explain(tenant.failure) for tenant in outlined.failed if tenant.failure]
    rows = [
        found
        for block in (*outlined.changes, *outlined.outside)
        for found in _block_annotations(block, plain, inside)
    ]
    # Stable: inside a level the order stays that of the plan.
    rows.sort(key=lambda pair: list(Level).index(pair[0]))
    told = [problem_annotation(problem, inside) for problem in problems]
    sums = annotation(Level.NOTICE, summary(plan, outlined).replace("\n  ", " "), title="Plan")
    return "\n".join([*told, *(text for _, text in rows), sums])


def _block_annotations(block: Block, look: Look, inside: str) -> Iterator[tuple[Level, str]]:
    for row in block.rows:
        level = _level(row)
        title = f"{row.action} {subject(row.operation)}"
        lines = [line.strip() for line in block_rows_lines(replace(block, rows=(row,)), look)]
        text = "\n".join([_whose(block, row), *lines])
        place = row.operation.origin
        yield level, annotation(level, text, title=title, origin=place, inside=inside)


def _whose(block: Block, row: Row) -> str:
    """The tenants that the row is of, the first few by name."""
    names = [safe(name) for name in block.tenants_of.get(row.key, block.tenants)]
    head = listed(names) if len(names) == 1 else f"{counted(len(names), 'tenant')}: {listed(names)}"
    return f"{head} (changed in Airbyte)" if row.section is Section.OUTSIDE else head


def _level(row: Row) -> Level:
    is_loss = any(effect.weight is Weight.LOSS for effect in row.own_effects)
    return (
        Level.WARNING if is_loss or row.action in (Action.DELETE, Action.REPLACE) else Level.NOTICE
    )


def _escaped(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _escaped(text).replace(":", "%3A").replace(",", "%2C")
