"""A plan as text: what is the same once, what is particular by tenant, and a sum at the end.

The order is that of reading in a terminal, which ends at the end: what to worry about comes last.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from reconciler.changes import FieldChange, Note
from reconciler.consequences import Weight
from reconciler.model import DesiredResource, Exhaustive, Json, Ref
from reconciler.plan.model import Operation, Plan, TenantPlan
from reconciler.render.diagnostics import render_diagnostic
from reconciler.render.groups import Block, Outline, outline
from reconciler.render.palette import PLAIN, Palette
from reconciler.render.problems import explain
from reconciler.render.rows import (
    Row,
    TypeNames,
    Verb,
    consequence_texts,
    effect_counts,
    in_short,
    job_text,
    reason,
    subject,
    undeclared_names,
    value_text,
    verb_counts,
)
from reconciler.render.values import HIDDEN, counted, leaves, listed, safe, shortened, show_path

WIDTH = 80
INDENT = "      "
ARROW = " → "
LONGEST = 400  # characters of one value, however wide the terminal is
MOST_LISTED = 10
OUTSIDE = "Changed in Airbyte since the last apply; the manifests' values are put back:"


@dataclass(frozen=True, slots=True)
class Look:
    """How a plan is written: colours, the width of a line, every field or not, connector names."""

    palette: Palette = PLAIN
    width: int = WIDTH
    details: bool = False
    names: TypeNames = field(default_factory=dict)


def render_plan(plan: Plan, look: Look | None = None) -> str:
    """The whole plan; lines are wrapped, and values cut, at the look's width."""
    look = look or Look()
    outlined = outline(plan, look.names)
    blocks = ["\n".join(lines) for lines in _sections(plan, outlined, look) if lines]
    return "\n\n".join([*blocks, summary(plan, outlined, look.palette)]) + "\n"


def summary(plan: Plan, outlined: Outline, palette: Palette = PLAIN) -> str:
    """What would happen, to how many, and what that does to the data; a few lines."""
    left = _left_alone(plan, outlined)
    if not plan.has_changes and not left:
        if len(plan.tenants) == 1:
            return f"No changes. {safe(plan.tenants[0].tenant)} matches its manifests."
        return f"No changes. {counted(len(plan.tenants), 'tenant')} match their manifests."
    losses, others = _effect_lines(outlined)
    lines = _wrapped(_action_line(plan, outlined), WIDTH, "  ")
    red = [f"{palette.error}{line}{palette.reset}" for line in [*losses, *left]]
    return "\n".join([*lines, *others, *red])


def headline(operation: Operation) -> str:
    """A resource in a few words: its kind, its key and, where it differs, its name in Airbyte."""
    return subject(operation)


def _action_line(plan: Plan, outlined: Outline) -> str:
    counts = verb_counts(outlined.rows)
    said = [
        f"{count:,} to {verb}"
        for verb, count in counts.items()
        if count or verb is not Verb.REPLACE
    ]
    changed = len({row.key.scope for row in outlined.rows})
    unchanged = sum(tenant.unchanged for tenant in plan.tenants)
    return f"Plan: {', '.join(said)} in {counted(changed, 'tenant')}; {unchanged:,} unchanged."


def _effect_lines(outlined: Outline) -> tuple[list[str], list[str]]:
    """What is lost, and what else happens to the data: how many rows do that, in lines."""
    counts = effect_counts(outlined.rows)
    losses = [f"{n:,} {effect.title}" for effect, n in counts if effect.weight is Weight.LOSS]
    others = [f"{n:,} {effect.title}" for effect, n in counts if effect.weight < Weight.LOSS]
    return _sentence("Loss", losses), _sentence("Data", others)


def _sentence(head: str, texts: Sequence[str]) -> list[str]:
    return _wrapped(f"{head}: {'; '.join(texts)}.", WIDTH, "  ") if texts else []


def _left_alone(plan: Plan, outlined: Outline) -> list[str]:
    lines = []
    if plan.refusals:
        lines.append("Refused as a whole: nothing would be applied.")
    if outlined.refused:
        lines.append(f"{counted(len(outlined.refused), 'tenant')} refused, left alone.")
    if outlined.failed:
        lines.append(f"{counted(len(outlined.failed), 'tenant')} unreadable, left alone.")
    return lines


def _sections(plan: Plan, outlined: Outline, look: Look) -> Iterator[list[str]]:
    for block in outlined.changes:
        yield _block_lines(block, look)
    if outlined.outside:
        yield [OUTSIDE]
        for block in outlined.outside:
            yield _block_lines(block, look)
    yield list(_undeclared_lines(plan, look))
    yield list(_note_lines(plan, look))
    for tenant, rows in outlined.refused:
        yield list(_refused_lines(tenant, rows, look))
    for tenant in outlined.failed:
        if tenant.failure is not None:
            problem = render_diagnostic(explain(tenant.failure), look.palette, look.width - 2)
            yield [f"{_bold(tenant.tenant, look)}: cannot be read", _indented(problem)]
    if plan.refusals:
        yield [
            _indented(render_diagnostic(refusal, look.palette, look.width), "")
            for refusal in plan.refusals
        ]


def _block_lines(block: Block, look: Look) -> list[str]:
    if not block.is_group:
        return [_bold(block.tenants[0], look), *_rows_lines(block, look)]
    head = f"Same change on {counted(len(block.tenants), 'tenant')}"
    if block.exceptions:
        head += f" (exceptions: {_names(block.exceptions, look)})"
    who = _wrapped(_names(block.tenants, look), look.width, "    ", first="    ")
    head_lines = _wrapped(f"{head}:", look.width, "    ")
    painted = [f"{look.palette.bold}{line}{look.palette.reset}" for line in head_lines]
    return [*painted, *who, *_rows_lines(block, look)]


def _rows_lines(block: Block, look: Look) -> Iterator[str]:
    for row in block.rows:
        yield from _row_lines(row, look)
        if differing := block.differing.get(row.key):
            text = f"with its own {', '.join(map(show_path, differing.paths))} on each"
            yield from _dimmed(_wrapped(text, look.width, INDENT, first=INDENT), look)


def _row_lines(row: Row, look: Look) -> Iterator[str]:
    yield _head(row, look)
    if row.changes:
        yield from (_change_line(change, row, look) for change in row.changes)
    elif row.verb is Verb.CREATE and row.operation.desired and look.details:
        yield from _created_lines(row.operation.desired, look)
    if row.job is not None:
        yield from _dimmed([INDENT + job_text(row.job)], look)


def _head(row: Row, look: Look) -> str:
    """The mark, the resource, why and to what effect; what a line cannot hold goes on the next."""
    line = f"  {row.verb.mark} {subject(row.operation)}"
    if why := reason(row):
        line += f" ({why})"
    short = in_short(row, look.names)
    effects = f"[{'; '.join(consequence_texts(row.consequences))}]" if row.consequences else ""
    lines = _wrapped(line, look.width, INDENT)
    what = _continued(lines, ": ", short, look.width)
    return _painted(
        "\n".join(what), "\n".join(_continued(what, " ", effects, look.width)), row, look
    )


def _continued(lines: Sequence[str], joint: str, text: str, width: int) -> list[str]:
    """*text* behind the last line where that has room for it, else on lines of its own."""
    if not text:
        return list(lines)
    if len(lines[-1]) + len(joint) + len(text) <= width:
        return [*lines[:-1], lines[-1] + joint + text]
    return [*lines, *_wrapped(text, width, INDENT + " ", first=INDENT)]


def _painted(what: str, whole: str, row: Row, look: Look) -> str:
    """*whole*, which begins with *what*, in colours: the mark, and the effects behind *what*."""
    colour = _colour(row, look.palette)
    if not colour:
        return whole
    mark = row.verb.mark
    head = what.replace(mark, f"{colour}{mark}{look.palette.reset}", 1)
    return head + _weighed(row, whole[len(what) :], look)


def _weighed(row: Row, text: str, look: Look) -> str:
    """*text* in the colour of the row's worst consequence."""
    palette = look.palette
    weight = max((effect.weight for effect in row.effects), default=Weight.HARMLESS)
    colours = {Weight.HARMLESS: palette.dim, Weight.NOTABLE: "", Weight.LOSS: palette.error}
    return f"{colours[weight]}{text}{palette.reset}" if colours[weight] else text


def _colour(row: Row, palette: Palette) -> str:
    return {
        Verb.CREATE: palette.create,
        Verb.UPDATE: palette.update,
        Verb.REPLACE: palette.delete,
        Verb.DELETE: palette.delete,
    }[row.verb]


def _change_line(change: FieldChange, row: Row, look: Look) -> str:
    """`path: before → after`, cut to the width; why, where that is known and not already said."""
    path = f"{INDENT}{show_path(change.path)}: "
    mark = f" ({change.mark})" if change.mark and not row.is_outside else ""
    before, after = (value_text(v, LONGEST, look.names) for v in (change.before, change.after))
    if before == after == HIDDEN:
        return path + (mark.strip() or HIDDEN)
    room = max(look.width - len(path) - len(mark) - len(ARROW), 32)
    half = room // 2
    if len(before) + len(after) > room:
        before = shortened(before, max(half, room - len(after)))
        after = shortened(after, max(half, room - len(before)))
    return path + before + ARROW + after + mark


def _created_lines(resource: DesiredResource, look: Look) -> Iterator[str]:
    """Every field of a new resource, but the name, which the headline has."""
    for name in sorted(resource.spec):
        value = resource.spec[name]
        if name == "name" or value == Ref("workspace", ""):
            continue
        if isinstance(value, Exhaustive):
            inner = [safe(text) for text in value]
            line = f"{INDENT}{name}: {len(inner)} ({listed(inner, most=8)})"
            yield shortened(line, look.width)
            continue
        for path, leaf in leaves(value, (name,)):
            if leaf is not None:
                yield _field_line(show_path(path), leaf, look)


def _field_line(path: str, value: Json, look: Look) -> str:
    room = max(look.width - len(INDENT) - len(path) - 2, 16)
    return f"{INDENT}{path}: {value_text(value, room, look.names)}"


def _undeclared_lines(plan: Plan, look: Look) -> Iterator[str]:
    with_some = [tenant for tenant in plan.tenants if tenant.undeclared]
    if not with_some:
        return
    count = counted(sum(len(tenant.undeclared) for tenant in with_some), "live object")
    head = f"{count} that no manifest mentions, left alone"
    if not (plan.has_changes or look.details):
        yield f"{head} (--details names them)."
        return
    yield f"{head}:"
    for tenant in with_some if look.details else with_some[:MOST_LISTED]:
        text = f"  {safe(tenant.tenant)}: {_names(undeclared_names(tenant), look)}"
        yield from _dimmed(_wrapped(text, look.width, "    "), look)
    if not look.details and len(with_some) > MOST_LISTED:
        yield f"  … and in {len(with_some) - MOST_LISTED:,} more tenants (--details names them)."


def _note_lines(plan: Plan, look: Look) -> Iterator[str]:
    notes = [note for tenant in plan.tenants for note in tenant.notes]
    gone = [retired for tenant in plan.tenants for retired in tenant.gone]
    if not notes and not gone:
        return
    yield "Worth knowing:"
    for note in notes:
        yield from _noted(note, look)
    for retired in gone:
        text = f"  {retired.key} is retired and gone: its entry at {retired.origin} may be removed."
        yield from _wrapped(safe(text), look.width, "    ")


def _noted(note: Note, look: Look) -> Iterator[str]:
    yield from _wrapped(f"  {safe(str(note.key))}: {safe(note.summary)}", look.width, "    ")
    for text in (note.detail, note.hint):
        if text:
            yield from _wrapped(safe(text), look.width, "    ", first="    ")


def _refused_lines(tenant: TenantPlan, rows: Sequence[Row], look: Look) -> Iterator[str]:
    yield f"{_bold(tenant.tenant, look)}: {look.palette.error}refused{look.palette.reset}"
    for row in rows:
        yield from _row_lines(row, look)
    for refusal in tenant.refusals:
        yield _indented(render_diagnostic(refusal, look.palette, look.width - 2))


def _bold(tenant: str, look: Look) -> str:
    return f"{look.palette.bold}{safe(tenant)}{look.palette.reset}"


def _dimmed(lines: Iterable[str], look: Look) -> Iterator[str]:
    dim = look.palette.dim
    return (f"{dim}{line}{look.palette.reset}" if dim else line for line in lines)


def _names(names: Iterable[str], look: Look) -> str:
    shown = [safe(name) for name in names]
    return ", ".join(shown) if look.details else listed(shown, most=6)


def _wrapped(text: str, width: int, indent: str, *, first: str = "") -> list[str]:
    """*text* in lines of at most *width*; words longer than that stay whole."""
    if len(first) + len(text) <= width:
        return [first + text] if text else []
    return textwrap.wrap(
        text,
        width,
        initial_indent=first,
        subsequent_indent=indent,
        break_long_words=False,
        break_on_hyphens=False,
        drop_whitespace=True,
    )


def _indented(text: str, by: str = "  ") -> str:
    return "\n".join(by + line for line in text.splitlines())
