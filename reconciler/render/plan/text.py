"""A plan as text: what is the same once, what is particular by tenant, and a sum at the end.

The order is that of reading in a terminal, which ends at the end: what to worry about comes last.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from reconciler.model.effects import Weight
from reconciler.plan.model import Plan, TenantPlan
from reconciler.plan.operation import Action, Step
from reconciler.plan.summary import count_actions, count_effects
from reconciler.problems.explain import explain
from reconciler.problems.problem import Problem
from reconciler.render.parts.palette import PLAIN, Palette
from reconciler.render.parts.problems import render_problem
from reconciler.render.parts.values import counted, safe
from reconciler.render.plan.changed import forgotten_lines, render_gone
from reconciler.render.plan.groups import Block, Outline, outline
from reconciler.render.plan.lines import (
    WIDTH,
    Look,
    block_rows_lines,
    bold,
    dimmed,
    indented_by,
    names_text,
    row_lines,
    wrapped,
)
from reconciler.render.plan.rows import (
    Row,
    subject,
    undeclared_names,
)

MOST_LISTED = 10
REFUSED_BEFORE = ", as before this change"
DRIFT = "Already there before this change (drift); apply does this as well:"
OUTSIDE = "Changed in Airbyte since the last apply; the manifests' values are put back:"


def render_plan(plan: Plan, look: Look | None = None) -> str:
    """The whole plan; lines are wrapped, and values cut, at the look's width."""
    look = look or Look()
    outlined = outline(plan, look.names, roster=not look.details)
    blocks = ["\n".join(lines) for lines in _sections(plan, outlined, look) if lines]
    return "\n\n".join([*blocks, summary(plan, outlined, look.palette)]) + "\n"


def summary(plan: Plan, outlined: Outline, palette: Palette = PLAIN) -> str:
    """What would happen, to how many, and what that does to the data; a few lines."""
    left = left_alone(plan, outlined)
    if plan.base is None and not plan.has_changes and not left:
        if len(plan.tenants) == 1:
            return f"No changes. {safe(plan.tenants[0].tenant)} matches its manifests."
        return f"No changes. {counted(len(plan.tenants), 'tenant')} match their manifests."
    losses, others = effect_lines(outlined)
    lines = [*wrapped(action_line(plan, outlined), WIDTH, "  "), *others]
    red = [f"{palette.error}{line}{palette.reset}" for line in [*losses, *left]]
    beside = [part for text in base_lines(plan, outlined) for part in wrapped(text, WIDTH, "  ")]
    return "\n".join([*lines, *red, *beside])


def headline(step: Step) -> str:
    """A resource in a few words: its kind, its key and, where it differs, its name in Airbyte."""
    return subject(step)


def action_line(plan: Plan, outlined: Outline) -> str:
    """How many resources are created, updated, replaced and deleted, and how many stay."""
    unchanged = sum(tenant.unchanged for tenant in plan.tenants)
    if plan.base is None:
        return f"Plan: {_actions(outlined.rows)}; {unchanged:,} unchanged."
    if not outlined.rows:
        return f"This change: nothing to do in Airbyte; {unchanged:,} unchanged."
    return f"This change: {_actions(outlined.rows)}; {unchanged:,} unchanged."


def _actions(rows: Sequence[Row]) -> str:
    """`1 to create, 2 to update, 0 to delete in 3 tenants`."""
    said = [
        f"{count:,} to {verb}"
        for verb, count in count_actions(row.operation for row in rows).items()
        if count or verb is not Action.REPLACE
    ]
    return f"{', '.join(said)} in {counted(len({row.key.scope for row in rows}), 'tenant')}"


def base_lines(plan: Plan, outlined: Outline) -> list[str]:
    """What is not this change's doing, and what it puts right; nothing without a base."""
    said = []
    if outlined.drift_rows:
        said.append(
            f"Already there (drift): {_actions(outlined.drift_rows)}; apply does that as well."
        )
    if settled := sum(len(tenant.settled) for tenant in plan.tenants):
        said.append(f"Settled: {counted(settled, 'difference')} that this change puts right.")
    return said


def effect_lines(outlined: Outline) -> tuple[list[str], list[str]]:
    """What is lost, and what else happens to the data: how many rows do that, in lines."""
    counts = count_effects(row.own_effects for row in outlined.rows)
    losses = [f"{n:,} {effect.title}" for effect, n in counts if effect.weight is Weight.LOSS]
    others = [f"{n:,} {effect.title}" for effect, n in counts if effect.weight < Weight.LOSS]
    return _sentence("Loss", losses), _sentence("Data", others)


def _sentence(head: str, texts: Sequence[str]) -> list[str]:
    return wrapped(f"{head}: {'; '.join(texts)}.", WIDTH, "  ") if texts else []


def left_alone(plan: Plan, outlined: Outline) -> list[str]:
    """What of the plan would not be applied, in sentences."""
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
    if outlined.drift:
        yield [DRIFT]
        for block in outlined.drift:
            yield _block_lines(block, look)
    yield list(undeclared_lines(plan, look))
    yield list(note_lines(plan, look))
    yield list(gone_lines(plan, look))
    for tenant, rows in outlined.refused:
        yield list(_refused_lines(tenant, rows, look))
    for tenant in outlined.failed:
        if tenant.failure is not None:
            problem = render_problem(explain(tenant.failure), look.palette, look.width - 2)
            yield [f"{bold(tenant.tenant, look)}: cannot be read", indented_by(problem)]
    if plan.refusals:
        yield [
            indented_by(render_problem(refusal, look.palette, look.width), "")
            for refusal in plan.refusals
        ]


def block_title(block: Block) -> str:
    """What a group is about."""
    if block.is_roster:
        return f"{counted(len(block.tenants), 'new tenant')}"
    alike = "Similar" if block.is_similar else "Same"
    return f"{alike} change on {counted(len(block.tenants), 'tenant')}"


def _block_lines(block: Block, look: Look) -> list[str]:
    if not block.is_group:
        return [bold(block.tenants[0], look), *block_rows_lines(block, look)]
    head = block_title(block)
    if block.exceptions:
        head += f" (exceptions: {names_text(block.exceptions, look)})"
    who = wrapped(names_text(block.tenants, look), look.width, "    ", first="    ")
    head_lines = wrapped(f"{head}:", look.width, "    ")
    painted = [f"{look.palette.bold}{line}{look.palette.reset}" for line in head_lines]
    return [*painted, *who, *block_rows_lines(block, look)]


def undeclared_lines(plan: Plan, look: Look) -> Iterator[str]:
    """Live objects that no manifest mentions."""
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
        text = f"  {safe(tenant.tenant)}: {names_text(undeclared_names(tenant), look)}"
        yield from dimmed(wrapped(text, look.width, "    "), look)
    if not look.details and len(with_some) > MOST_LISTED:
        yield f"  … and in {len(with_some) - MOST_LISTED:,} more tenants (--details names them)."


def note_lines(plan: Plan, look: Look) -> Iterator[str]:
    """What is worth knowing and stops nothing."""
    notes = [note for tenant in plan.tenants for note in tenant.notes]
    gone = [retired for tenant in plan.tenants for retired in tenant.gone]
    if not (notes or gone or plan.forgotten):
        return
    yield "Worth knowing:"
    for note in notes:
        yield from _noted(note, look)
    for retired in gone:
        text = f"  {retired.key} is retired and gone: its entry at {retired.origin} may be removed."
        yield from wrapped(safe(text), look.width, "    ")
    yield from forgotten_lines(plan.forgotten, look.width)


def _noted(note: Problem, look: Look) -> Iterator[str]:
    head = f"  {safe(str(note.key))}: {safe(note.rule.title)} [{note.rule.id}]"
    yield from wrapped(head, look.width, "    ")
    for text in (note.detail, note.hint):
        if text:
            yield from wrapped(safe(text), look.width, "    ", first="    ")


def gone_lines(plan: Plan, look: Look) -> Iterator[str]:
    """The tenants that the base declares and the manifests do not, and what to do about them."""
    if plan.base is not None and plan.base.gone:
        yield from render_gone(plan.base.gone, plan.base.revision, look.width).splitlines()


def _refused_lines(tenant: TenantPlan, rows: Sequence[Row], look: Look) -> Iterator[str]:
    refused = f"{look.palette.error}refused{look.palette.reset}"
    yield f"{bold(tenant.tenant, look)}: {refused}{REFUSED_BEFORE if tenant.refused_before else ''}"
    for row in rows:
        yield from row_lines(row, look)
    for refusal in tenant.refusals:
        yield indented_by(render_problem(refusal, look.palette, look.width - 2))
