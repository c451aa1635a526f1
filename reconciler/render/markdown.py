"""A plan as Markdown, for a comment on a pull request: sums first, then what to worry about.

Names stand in fences and `<code>` only, longer than any run of backticks in them: no name becomes
markup, a link, or a mention.
"""

from __future__ import annotations

import html
import re
import textwrap
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from reconciler.consequences import Weight
from reconciler.plan.file import Place
from reconciler.plan.model import Plan, TenantPlan
from reconciler.render.diagnostics import render_diagnostic
from reconciler.render.groups import Block, Outline, outline
from reconciler.render.lines import Look, block_rows_lines, names_text, row_lines, wrapped
from reconciler.render.palette import PLAIN
from reconciler.render.pieces import Piece, Rank, joined
from reconciler.render.plan import (
    DRIFT,
    OUTSIDE,
    action_line,
    base_lines,
    block_title,
    gone_lines,
    left_alone,
    note_lines,
    undeclared_lines,
)
from reconciler.render.problems import explain
from reconciler.render.rows import Row, effect_counts, verb_counts
from reconciler.render.values import counted, safe

WIDTH = 100  # code hosts scroll long lines sideways; few are longer
_RANKS = {Weight.LOSS: Rank.LOSS, Weight.NOTABLE: Rank.NOTABLE, Weight.HARMLESS: Rank.HARMLESS}


def render_plan_markdown(plan: Plan, place: Place, look: Look) -> str:
    """The whole plan; *look* says whether in detail, and how connectors are called."""
    return joined(list(markdown_pieces(plan, place, look)))


def markdown_pieces(plan: Plan, place: Place, look: Look) -> Iterator[Piece]:
    """The parts of the whole, in reading order, with their ranks."""
    plain = Look(PLAIN, WIDTH, look.details, look.names)
    outlined = outline(plan, look.names, roster=not look.details)
    yield Piece(Rank.SUMMARY, _summary(plan, outlined, place), len(plan.tenants))
    if plan.refusals:
        lines = [render_diagnostic(refusal, PLAIN, WIDTH) for refusal in plan.refusals]
        yield Piece(Rank.REFUSED, _part("The whole plan is refused", lines, is_open=True))
    for tenant, rows in outlined.refused:
        yield Piece(Rank.REFUSED, _refused(tenant, rows, plain), 1)
    for tenant in outlined.failed:
        if tenant.failure is not None:
            text = render_diagnostic(explain(tenant.failure), PLAIN, WIDTH)
            yield Piece(Rank.REFUSED, _part(_titled("Unreadable", tenant), [text]), 1)
    for block in outlined.changes:
        yield _block(block, plain)
    if outlined.outside:
        yield Piece(Rank.ASIDE, f"**{OUTSIDE}**")
        for block in outlined.outside:
            yield _block(block, plain)
    if outlined.drift:
        yield Piece(Rank.ASIDE, f"**{DRIFT}**")
        for block in outlined.drift:
            yield replace(_block(block, plain), rank=Rank.ASIDE)
    for lines_of in (gone_lines, note_lines, undeclared_lines):
        if aside := list(lines_of(plan, plain)):
            yield Piece(Rank.ASIDE, _part(aside[0].rstrip(":"), aside[1:] or aside))


def _summary(plan: Plan, outlined: Outline, place: Place) -> str:
    sums = [action_line(plan, outlined), *base_lines(plan, outlined)]
    rows = [f"### Plan for {_code(place.name)}", *sums]
    if plan.base is None and not outlined.rows and not left_alone(plan, outlined):
        return f"{rows[0]}\n\nNo changes: everything matches its manifests."
    effects = effect_counts(outlined.rows)
    losses = [f"{n:,} {effect.title}" for effect, n in effects if effect.weight is Weight.LOSS]
    warned = [f"**Loss:** {', '.join(losses)}."] if losses else []
    warned += [f"**{sentence}**" for sentence in left_alone(plan, outlined)]
    if warned:
        rows.append("\n".join(["> [!WARNING]", *(f"> {line}<br>" for line in warned)]))
    if effects:
        table = ["| What happens to the data | Resources |", "|---|---:|"]
        table += [f"| {effect.title} | {n:,} |" for effect, n in effects]
        rows.append("\n".join(table))
    return "\n\n".join(rows)


def _block(block: Block, look: Look) -> Piece:
    weights = [effect.weight for row in block.rows for effect in row.effects]
    rank = _RANKS[max(weights, default=Weight.HARMLESS)]
    lines = list(block_rows_lines(block, look))
    if not block.is_group:
        title = f"{_code(block.tenants[0])} {_tally(block.rows)}"
        return Piece(rank, _part(title, lines, is_open=rank is Rank.LOSS), 1)
    exceptions = f" ({counted(len(block.exceptions), 'exception')})" if block.exceptions else ""
    title = f"{block_title(block)}{exceptions}"
    who = wrapped(names_text(block.tenants, look), WIDTH, "  ", first="  ")
    if block.exceptions:
        others = f"exceptions: {names_text(block.exceptions, look)}"
        who += wrapped(others, WIDTH, "  ", first="  ")
    text = _part(f"<b>{title}</b> {_tally(block.rows)}", [*who, *lines], is_open=True)
    return Piece(rank, text, len(block.tenants))


def _refused(tenant: TenantPlan, rows: Sequence[Row], look: Look) -> str:
    problems = [render_diagnostic(refusal, PLAIN, WIDTH) for refusal in tenant.refusals]
    lines = [line for row in rows for line in row_lines(row, look)]
    return _part(_titled("Refused", tenant), [*problems, "", *lines], is_open=True)


def _titled(word: str, tenant: TenantPlan) -> str:
    return f"<b>{word}</b> {_code(tenant.tenant)}"


def _tally(rows: Iterable[Row]) -> str:
    counts = verb_counts(list(rows))
    return " ".join(f"{verb.mark}{count}" for verb, count in counts.items() if count)


def _part(title: str, lines: Iterable[str], *, is_open: bool = False) -> str:
    """*lines* in a fence that can be folded; *title* is HTML."""
    text = "\n".join(textwrap.dedent("\n".join(lines)).rstrip().splitlines())
    longest = max((len(run) for run in re.findall("`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    opened = " open" if is_open else ""
    summary = f"<details{opened}><summary>{title}</summary>"
    return f"{summary}\n\n{fence}diff\n{text}\n{fence}\n\n</details>"


def _code(name: str) -> str:
    """A name that is nothing but text."""
    shown = html.escape(safe(name)).replace("`", "&#96;").replace("|", "&#124;")
    return f"<code>{shown}</code>"
