"""Diagnostics as lines that editors and CI can jump to: `file:line:column: error: summary`."""

from __future__ import annotations

import textwrap
from collections import Counter
from collections.abc import Sequence

from reconciler.problems.errors import Diagnostic, Severity, in_order
from reconciler.render.parts.palette import PLAIN, Palette
from reconciler.render.parts.values import counted, safe

WIDTH = 96


def render_diagnostics(diagnostics: Sequence[Diagnostic], palette: Palette = PLAIN) -> str:
    """All of them by place, and their count when there are several; no newline at the end."""
    ordered = in_order(diagnostics)
    blocks = [render_diagnostic(diagnostic, palette) for diagnostic in ordered]
    if len(ordered) > 1:
        blocks.append(render_counts(ordered))
    return "\n".join(blocks)


def render_counts(diagnostics: Sequence[Diagnostic]) -> str:
    """How many there are of each severity: "2 errors, 1 note"."""
    counts = Counter(diagnostic.severity for diagnostic in diagnostics)
    return ", ".join(counted(counts[each], str(each)) for each in Severity if counts[each])


def render_diagnostic(diagnostic: Diagnostic, palette: Palette = PLAIN, width: int = WIDTH) -> str:
    """One of them: the place and the summary on a line, the rest indented below."""
    is_error = diagnostic.severity is Severity.ERROR
    colour = palette.error if is_error else palette.warning
    place = f"{safe(str(diagnostic.origin))}: " if diagnostic.origin else ""
    head = (
        f"{palette.bold}{place}{palette.reset}"
        f"{colour}{diagnostic.severity}:{palette.reset} {safe(diagnostic.rule.title)} "
        f"[{diagnostic.rule.id}]"
    )
    body = [indented(text, width=width) for text in (diagnostic.detail, diagnostic.hint) if text]
    return "\n".join([head, *body])


def indented(text: str, by: int = 2, *, width: int = WIDTH) -> str:
    """*text* wrapped and indented, made safe for a terminal; its own line breaks stay."""
    lines = (
        textwrap.wrap(safe(line), width - by, break_long_words=False, break_on_hyphens=False)
        for line in text.splitlines()
    )
    return "\n".join(" " * by + line for wrapped in lines for line in wrapped)
