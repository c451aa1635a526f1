"""A plan as text: per tenant, per resource, per field, and one line that counts it all."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from reconciler.diff import FieldChange
from reconciler.model import DesiredResource, Exhaustive, Json, LiveResource, Ref
from reconciler.plan.model import Action, Operation, Plan, TenantPlan
from reconciler.render.diagnostics import render_diagnostic
from reconciler.render.palette import PLAIN, Palette
from reconciler.render.problems import explain
from reconciler.render.values import counted, leaves, listed, safe, shortened, show, show_path

MARKS = {Action.CREATE: "+", Action.UPDATE: "~", Action.DELETE: "-"}
REPLACE = "±"
INDENT = "      "


def render_plan(plan: Plan, palette: Palette = PLAIN, *, width: int = 80) -> str:
    """The whole plan, with lines of at most *width* characters where values can be cut."""
    blocks = [
        "\n".join(lines)
        for tenant in plan.tenants
        if (lines := list(_tenant_lines(tenant, palette, width)))
    ]
    return "\n\n".join([*blocks, summary(plan, palette)]) + "\n"


def summary(plan: Plan, palette: Palette = PLAIN) -> str:
    """One line: what would happen, to how many."""
    troubled = [tenant for tenant in plan.tenants if not tenant.may_be_applied]
    if not plan.has_changes and not troubled:
        if len(plan.tenants) == 1:
            return f"No changes. {plan.tenants[0].tenant} matches its manifests."
        return f"No changes. {counted(len(plan.tenants), 'tenant')} match their manifests."
    counts = ", ".join(f"{plan.count(action):,} to {action}" for action in Action)
    changed = sum(bool(t.operations) for t in plan.tenants if t.may_be_applied)
    unchanged = counted(sum(tenant.unchanged for tenant in plan.tenants), "resource")
    line = f"Plan: {counts}, in {counted(changed, 'tenant')}; {unchanged} unchanged."
    if troubled:
        left = f"{counted(len(troubled), 'tenant')} refused or unreadable, left alone."
        line += f" {palette.error}{left}{palette.reset}"
    return line


def headline(operation: Operation) -> str:
    """A resource in a few words: its kind, its key and, where it differs, its name in Airbyte."""
    key = operation.key
    name = f' "{safe(operation.title)}"' if operation.title != key.name else ""
    return f"{key.kind} {safe(key.name)}{name}" if key.name else f"{key.kind}{name}"


def _tenant_lines(plan: TenantPlan, palette: Palette, width: int) -> Iterator[str]:
    if plan.may_be_applied and not plan.operations:
        return
    yield f"{palette.bold}{safe(plan.tenant)}{palette.reset}"
    if plan.failure is not None:
        yield _indented(render_diagnostic(explain(plan.failure), palette))
        return
    replaced = {op.key for op in plan.operations if op.action is Action.DELETE}
    for operation in plan.operations:
        if operation.action is Action.CREATE or operation.key not in replaced:
            yield from _operation_lines(operation, operation.key in replaced, palette, width)
    for refusal in plan.refusals:
        yield _indented(render_diagnostic(refusal, palette))
    if plan.undeclared:
        yield f"  {palette.dim}{_undeclared(plan.undeclared)}{palette.reset}"


def _operation_lines(
    operation: Operation, is_replace: bool, palette: Palette, width: int
) -> Iterator[str]:
    mark = REPLACE if is_replace else MARKS[operation.action]
    colour = palette.delete if is_replace else getattr(palette, operation.action)
    reason = f" ({operation.reason})" if operation.reason else ""
    yield f"  {colour}{mark}{palette.reset} {headline(operation)}{reason}"
    if operation.changes:
        yield from (_change_line(change, width) for change in operation.changes)
    elif operation.action is Action.CREATE and operation.desired:
        yield from _created_lines(operation.desired, width)


def _change_line(change: FieldChange, width: int) -> str:
    path = show_path(change.path)
    room = max((width - len(INDENT) - len(path) - 5) // 2, 16)
    return f"{INDENT}{path}: {_side(change.before, room)} → {_side(change.after, room)}"


def _side(value: Json, room: int) -> str:
    return show(value, room)


def _created_lines(resource: DesiredResource, width: int) -> Iterator[str]:
    """Every field of a new resource, but the name, which the headline has."""
    for field in sorted(resource.spec):
        value = resource.spec[field]
        if field == "name" or value == Ref("workspace", ""):
            continue
        if isinstance(value, Exhaustive):
            names = [safe(name) for name in value]
            line = f"{INDENT}{field}: {len(names)} ({listed(names, most=8)})"
            yield shortened(line, width)
            continue
        for path, leaf in leaves(value, (field,)):
            if leaf is not None:
                text = show_path(path)
                yield f"{INDENT}{text}: {show(leaf, max(width - len(INDENT) - len(text) - 2, 16))}"


def _undeclared(resources: Iterable[LiveResource]) -> str:
    names = [f"{r.key.kind} {show(r.spec['name'], 40)}" for r in resources]
    return f"{counted(len(names), 'live object')} that no manifest mentions: {listed(names)}"


def _indented(text: str) -> str:
    return "\n".join(f"  {line}" for line in text.splitlines())
