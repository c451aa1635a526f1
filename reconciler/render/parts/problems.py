"""Problems as lines that editors and CI can jump to: `file:line:column: error: summary`."""

from __future__ import annotations

import textwrap
from collections import Counter
from collections.abc import Sequence

from reconciler.problems.problem import Problem, in_order
from reconciler.problems.rules import Severity
from reconciler.render.parts.palette import PLAIN, Palette
from reconciler.render.parts.values import counted, safe

WIDTH = 96


def render_problems(problems: Sequence[Problem], palette: Palette = PLAIN) -> str:
    """All of them by place, and their count when there are several; no newline at the end."""
    ordered = in_order(problems)
    blocks = [render_problem(problem, palette) for problem in ordered]
    if len(ordered) > 1:
        blocks.append(render_counts(ordered))
    return "\n".join(blocks)


def render_counts(problems: Sequence[Problem]) -> str:
    """How many there are of each severity: "2 errors, 1 note"."""
    counts = Counter(problem.severity for problem in problems)
    return ", ".join(counted(counts[each], str(each)) for each in Severity if counts[each])


def render_problem(problem: Problem, palette: Palette = PLAIN, width: int = WIDTH) -> str:
    """One of them: the place and the summary on a line, the rest indented below."""
    is_error = problem.severity is Severity.ERROR
    colour = palette.error if is_error else palette.warning
    place = f"{safe(str(problem.origin))}: " if problem.origin else ""
    head = (
        f"{palette.bold}{place}{palette.reset}"
        f"{colour}{problem.severity}:{palette.reset} {safe(problem.rule.title)} "
        f"[{problem.rule.id}]"
    )
    body = [indented(text, width=width) for text in (problem.detail, problem.hint) if text]
    return "\n".join([head, *body])


def indented(text: str, by: int = 2, *, width: int = WIDTH) -> str:
    """*text* wrapped and indented, made safe for a terminal; its own line breaks stay."""
    lines = (
        textwrap.wrap(safe(line), width - by, break_long_words=False, break_on_hyphens=False)
        for line in text.splitlines()
    )
    return "\n".join(" " * by + line for wrapped in lines for line in wrapped)
