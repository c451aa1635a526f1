"""Rows of a plan as lines of text: mark, resource, why, to what effect; the fields below."""

from __future__ import annotations

import textwrap
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from reconciler.model import DesiredResource, Exhaustive, Json, PathStep, Ref
from reconciler.model.changes import FieldChange
from reconciler.model.effects import Weight
from reconciler.plan.operation import Action, Create
from reconciler.problems.wording import show_path
from reconciler.render.parts.palette import PLAIN, Palette
from reconciler.render.parts.values import HIDDEN, listed, safe, shortened, sorted_leaves
from reconciler.render.plan.groups import Block
from reconciler.render.plan.rows import (
    MARKS,
    Row,
    TypeNames,
    consequence_texts,
    in_short,
    jobs_text,
    reason,
    subject,
    value_text,
)

WIDTH = 80
INDENT = "      "
ARROW = " → "
LONGEST = 400  # characters of one value, however wide the terminal is


@dataclass(frozen=True, slots=True)
class Look:
    """How a plan is written: colours, the width of a line, every field or not, connector names."""

    palette: Palette = PLAIN
    width: int = WIDTH
    details: bool = False
    names: TypeNames = field(default_factory=dict)


def block_rows_lines(block: Block, look: Look) -> Iterator[str]:
    """The rows of a block, with what each tenant of a group has its own of."""
    for row in block.rows:
        differing = block.differing.get(row.key)
        own = {path[0] for path in differing.paths} if differing else set()
        yield from row_lines(row, look, own)
        said = []
        if some := block.tenants_of.get(row.key):
            said.append(f"on {len(some):,} of them")
        if differing:
            paths = listed([show_path(path) for path in differing.paths], most=6)
            whose = f"; this is {safe(block.tenants[0])}'s" if block.is_similar else ""
            said.append(f"with its own {paths} on each{whose}")
        if said:
            yield from dimmed(wrapped(", ".join(said), look.width, INDENT, first=INDENT), look)


def row_lines(row: Row, look: Look, own: Collection[PathStep] = ()) -> Iterator[str]:
    """One row: its head without *own* fields, its changes or fields, its last job."""
    yield _head(row, look, own)
    if row.changes:
        yield from (_change_line(change, row, look) for change in row.changes)
    elif isinstance(row.operation, Create) and look.details:
        yield from _created_lines(row.operation.desired, look)
    if row.jobs:
        yield from dimmed(wrapped(jobs_text(row.jobs), look.width, INDENT, first=INDENT), look)


def _head(row: Row, look: Look, own: Collection[PathStep]) -> str:
    """The mark, the resource, why and to what effect; what a line cannot hold goes on the next."""
    line = f"  {MARKS[row.action]} {subject(row.operation, titled='name' not in own)}"
    if why := reason(row):
        line += f" ({why})"
    short = in_short(row, look.names, own)
    effects = f"[{'; '.join(consequence_texts(row.consequences))}]" if row.consequences else ""
    lines = wrapped(line, look.width, INDENT)
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
    return [*lines, *wrapped(text, width, INDENT + " ", first=INDENT)]


def _painted(what: str, whole: str, row: Row, look: Look) -> str:
    """*whole*, which begins with *what*, in colours: the mark, and the effects behind *what*."""
    colour = _colour(row, look.palette)
    if not colour:
        return whole
    mark = MARKS[row.action]
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
        Action.CREATE: palette.create,
        Action.UPDATE: palette.update,
        Action.REPLACE: palette.delete,
        Action.DELETE: palette.delete,
    }[row.action]


def _change_line(change: FieldChange, row: Row, look: Look) -> str:
    """`path: before → after`, cut to the width; why, where that is known and not already said."""
    path = f"{INDENT}{show_path(change.path)}: "
    marks = row.marks(change)
    mark = f" ({marks})" if marks else ""
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
            inner = [safe(str(name)) for name in value]
            line = f"{INDENT}{name}: {len(inner)} ({listed(inner, most=8)})"
            yield shortened(line, look.width)
            continue
        for path, leaf in sorted_leaves(value, (name,)):
            if leaf is not None:
                yield _field_line(show_path(path), leaf, look)


def _field_line(path: str, value: Json, look: Look) -> str:
    room = max(look.width - len(INDENT) - len(path) - 2, 16)
    return f"{INDENT}{path}: {value_text(value, room, look.names)}"


def bold(tenant: str, look: Look) -> str:
    """A tenant's name as a heading."""
    return f"{look.palette.bold}{safe(tenant)}{look.palette.reset}"


def dimmed(lines: Iterable[str], look: Look) -> Iterator[str]:
    """Lines that matter less."""
    dim = look.palette.dim
    return (f"{dim}{line}{look.palette.reset}" if dim else line for line in lines)


def names_text(names: Iterable[str], look: Look) -> str:
    """Names on a line: the first few, or all with details."""
    shown = [safe(name) for name in names]
    return ", ".join(shown) if look.details else listed(shown, most=6)


def wrapped(text: str, width: int, indent: str, *, first: str = "") -> list[str]:
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


def indented_by(text: str, by: str = "  ") -> str:
    """*text* with every line moved in."""
    return "\n".join(by + line for line in text.splitlines())
