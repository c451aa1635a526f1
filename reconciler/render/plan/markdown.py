"""A plan as Markdown, for a comment on a pull request: sums first, then what to worry about.

Names stand in fences and `<code>` only, longer than any run of backticks in them: no name becomes
markup, a link, or a mention.
"""

from __future__ import annotations

import html
import re
import textwrap
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from reconciler.model.effects import Effect, Weight
from reconciler.plan.file import Place
from reconciler.plan.model import Plan, TenantPlan
from reconciler.plan.operation import Action
from reconciler.plan.summary import count_actions, count_effects
from reconciler.problems.explain import explain
from reconciler.render.parts.palette import PLAIN
from reconciler.render.parts.pieces import MIN_CHARS, Fitted, Piece, Rank, fitted
from reconciler.render.parts.problems import render_problem
from reconciler.render.parts.values import counted, safe, shortened
from reconciler.render.plan.equalities import equal_lines
from reconciler.render.plan.groups import Block, Outline, outline
from reconciler.render.plan.lines import Look, block_rows_lines, names_text, row_lines, wrapped
from reconciler.render.plan.rows import MARKS, Row, Section
from reconciler.render.plan.text import (
    REFUSED_BEFORE,
    action_line,
    base_lines,
    block_title,
    gone_lines,
    left_alone,
    note_lines,
    undeclared_lines,
)

UNDECLARED = "Live, and no manifest mentions it; left alone"
WIDTH = 100  # code hosts scroll long lines sideways; few are longer
UNLIMITED = 1 << 30

_LONGEST = 200  # characters of a name, or a command, in sums and foot


@dataclass(frozen=True, slots=True)
class Colophon:
    """Where a plan comes from: what is checked out, when what was live, and how to see it again.

    `page` is the HTML page of the same plan, where one was written.
    """

    commit: str
    taken_at: datetime
    digest: str
    command: str
    page: str = ""


def render_plan_markdown(
    plan: Plan,
    place: Place,
    look: Look,
    *,
    colophon: Colophon | None = None,
    limit: int = UNLIMITED,
) -> str:
    """*plan* in at most *limit* characters, or MIN_CHARS where that is less."""
    return fitted_plan(plan, place, look, colophon=colophon, limit=limit).text


def fitted_plan(
    plan: Plan, place: Place, look: Look, *, colophon: Colophon | None, limit: int
) -> Fitted:
    """The same, with which of its parts are shown."""

    def left_out(counts: Mapping[str, int], tenants: int) -> str:
        return _left_out(counts, tenants, colophon.page if colophon else "")

    foot = _foot(plan, colophon) if colophon else ""
    pieces = list(markdown_pieces(plan, place, look))
    return fitted(pieces, limit=max(limit, MIN_CHARS), left_out=left_out, foot=foot)


def markdown_pieces(plan: Plan, place: Place, look: Look) -> Iterator[Piece]:
    """The parts of the whole, with their ranks."""
    plain = Look(PLAIN, WIDTH, look.details, look.names)
    outlined = outline(plan, look.names, roster=not look.details)
    yield Piece(Rank.HEAD, _head(plan, outlined, place))
    if plan.refusals:
        lines = [render_problem(refusal, PLAIN, WIDTH) for refusal in plan.refusals]
        text = _part("The whole plan is refused", lines, is_open=True)
        yield Piece(Rank.REFUSED, text, counts={"refusals of the whole": len(plan.refusals)})
    for tenant, rows in outlined.refused:
        yield _refused(tenant, rows, plain)
    for tenant in outlined.failed:
        if tenant.failure is not None:
            lines = [render_problem(explain(tenant.failure), PLAIN, WIDTH)]
            yield _trouble("Unreadable", tenant, lines, "tenants unreadable")
    for block in (*outlined.changes, *outlined.outside, *outlined.drift):
        yield _block(block, plain)
    if plan.base is not None and plan.base.gone:
        gone = len(plan.base.gone)
        title = f"<b>{counted(gone, 'tenant')} no longer in the manifests</b>"
        text = _part(title, gone_lines(plan, plain), is_open=True)
        yield Piece(Rank.DELETED, text, f"- {title}", {"tenants gone": gone})
    yield from _asides(plan, plain)


def _asides(plan: Plan, look: Look) -> Iterator[Piece]:
    """What is no row: notes, what nobody declares, what counts as equal where that was asked."""
    notes = sum(len(tenant.notes) + len(tenant.gone) for tenant in plan.tenants)
    notes += len(plan.forgotten)
    undeclared = sum(len(tenant.undeclared) for tenant in plan.tenants)
    equal = [line for tenant in plan.tenants for line in equal_lines(tenant)]
    values = sum(len(each) for t in plan.tenants for each in t.equalities.values())
    for title, lines, what, count in (
        ("Worth knowing", list(note_lines(plan, look))[1:], "notes", notes),
        (UNDECLARED, list(undeclared_lines(plan, look))[1:], "live and undeclared", undeclared),
        ("Written differently, counts as equal", equal, "equal", values),
    ):
        if count:
            shown = lines or [f"{count:,}"]
            yield Piece(Rank.ASIDE, _part(title, shown), f"- {title}", {what: count})


def _head(plan: Plan, outlined: Outline, place: Place) -> str:
    """The title, the sums, what is lost or left alone, and the table of what happens to data."""
    sums = [action_line(plan, outlined), *base_lines(plan, outlined)]
    rows = [f"### Plan for {_short(place.name)}", *sums]
    if plan.base is None and not outlined.rows and not left_alone(plan, outlined):
        return f"{rows[0]}\n\nNo changes: everything matches its manifests."
    effects = count_effects(row.own_effects for row in outlined.rows)
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


def _foot(plan: Plan, colophon: Colophon) -> str:
    """What is checked out, when what was live, the plan's digest, and the command, in small."""
    said = [f"commit {_code(colophon.commit[:12])}"] if colophon.commit else []
    if plan.base is not None:
        revision = _short(plan.base.revision)
        said.append(f"base {revision} ({_code(plan.base.commit[:12])})")
    said.append(f"live state of {colophon.taken_at:%Y-%m-%d %H:%M:%S} UTC")
    said.append(f"plan {_code(colophon.digest[:19])}")
    command = _short(colophon.command)
    return f"<sub>{' · '.join(said)}<br>{command}</sub>"


def _left_out(counts: Mapping[str, int], tenants: int, page: str) -> str:
    said = ", ".join(f"{count:,} {what}" for what, count in counts.items() if count)
    whose = f", in {counted(tenants, 'tenant')}" if tenants else ""
    where = f"{_short(page)} has" if page else "`plan --format html` shows"
    return f"> **Not shown in full, for lack of room:** {said}{whose}. {where} everything."


def _block(block: Block, look: Look) -> Piece:
    rank = min(_rank(row, block) for row in block.rows)
    lines = list(block_rows_lines(block, look))
    tally = _tally(block.rows)
    section = _SECTIONS[block.rows[0].section]
    is_open = block.is_group or rank <= Rank.LOST
    if block.is_group:
        exceptions = f" ({counted(len(block.exceptions), 'exception')})" if block.exceptions else ""
        title = f"{section}<b>{block_title(block)}{exceptions}</b> {tally}"
        lines = [*_whose(block, look), *lines]
    else:
        title = f"{section}{_code(block.tenants[0])} {tally}"
    return Piece(
        rank,
        _part(title, lines, is_open=is_open and rank is not Rank.DRIFT),
        f"- {title}",
        _counts(block),
        block.tenants,
    )


_SECTIONS = {
    Section.CHANGES: "",
    Section.OUTSIDE: "Changed in Airbyte: ",
    Section.DRIFT: "Already there: ",
}


def _whose(block: Block, look: Look) -> list[str]:
    """The tenants of a group, and its exceptions, in lines."""
    who = wrapped(names_text(block.tenants, look), WIDTH, "  ", first="  ")
    if block.exceptions:
        others = f"exceptions: {names_text(block.exceptions, look)}"
        who += wrapped(others, WIDTH, "  ", first="  ")
    return who


def _rank(row: Row, block: Block) -> Rank:
    """How much a reviewer has to see the row."""
    if row.section is Section.DRIFT:
        return Rank.DRIFT
    if row.action in (Action.DELETE, Action.REPLACE):
        return Rank.DELETED if row.action is Action.DELETE else Rank.REPLACED
    if any(effect.weight is Weight.LOSS for effect in row.own_effects):
        return Rank.LOST
    if Effect.CREDENTIALS_SENT in row.effects:
        return Rank.SECRETS
    if row.section is Section.OUTSIDE:
        return Rank.OUTSIDE
    return Rank.GROUPED if block.is_group else Rank.SINGLE


def _counts(block: Block) -> Mapping[str, int]:
    """How many resources of how many tenants the block stands for, by what happens to them."""
    counts: Counter[str] = Counter()
    for row in block.rows:
        what = "already there" if row.section is Section.DRIFT else f"to {row.action}"
        counts[what] += len(block.tenants_of.get(row.key, block.tenants))
    return counts


def _refused(tenant: TenantPlan, rows: Sequence[Row], look: Look) -> Piece:
    problems = [render_problem(refusal, PLAIN, WIDTH) for refusal in tenant.refusals]
    lines = [line for row in rows for line in row_lines(row, look)]
    return _trouble("Refused", tenant, [*problems, "", *lines], "tenants refused")


def _trouble(word: str, tenant: TenantPlan, lines: Sequence[str], what: str) -> Piece:
    """What keeps a tenant from being applied."""
    before = REFUSED_BEFORE if tenant.refused_before else ""
    title = f"<b>{word}</b> {_code(tenant.tenant)}{before}"
    text = _part(title, lines, is_open=bool(tenant.refusals))
    return Piece(Rank.REFUSED, text, f"- {title}", {what: 1}, (tenant.tenant,))


def _tally(rows: Iterable[Row]) -> str:
    counts = count_actions(row.operation for row in rows)
    return " ".join(f"{MARKS[verb]}{count}" for verb, count in counts.items() if count)


def _part(title: str, lines: Iterable[str], *, is_open: bool = False) -> str:
    """*lines* in a fence that can be folded; *title* is HTML."""
    text = "\n".join(textwrap.dedent("\n".join(lines)).rstrip().splitlines())
    longest = max((len(run) for run in re.findall("`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    opened = " open" if is_open else ""
    summary = f"<details{opened}><summary>{title}</summary>"
    return f"{summary}\n\n{fence}diff\n{text}\n{fence}\n\n</details>"


def _short(name: str) -> str:
    """The same of a name that may be long."""
    return _code(shortened(safe(name), _LONGEST))


def _code(name: str) -> str:
    """A name that is nothing but text."""
    shown = html.escape(safe(name)).replace("`", "&#96;").replace("|", "&#124;")
    return f"<code>{shown}</code>"
