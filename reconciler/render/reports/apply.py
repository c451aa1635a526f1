"""What became of a plan's steps, as text."""

from __future__ import annotations

from reconciler.apply.outcome import Outcome, Report, Status
from reconciler.plan.operation import STEP_ACTIONS, Action, DeleteStep, Step
from reconciler.problems.explain import explain
from reconciler.render.parts.palette import PLAIN, Palette
from reconciler.render.parts.problems import render_problem
from reconciler.render.parts.values import counted, safe
from reconciler.render.plan.text import headline

DONE = {Action.CREATE: "created", Action.UPDATE: "updated", Action.DELETE: "deleted"}


def render_outcome(outcome: Outcome, palette: Palette = PLAIN) -> str:
    """One line for a step that ended, with the reason below it when it failed."""
    step = outcome.step
    subject = f"{safe(step.key.scope)}: {headline(step)}"
    if outcome.status is Status.SUCCEEDED:
        colour = getattr(palette, step.action)
        found = ": its answer was lost, and it was found by its name" if outcome.was_found else ""
        return f"{colour}{DONE[step.action]}{palette.reset} {subject}{found}"
    if outcome.status is Status.SKIPPED:
        return f"{palette.dim}skipped{palette.reset} {subject}: {_why_skipped(outcome)}"
    word = "failed" if outcome.status is Status.FAILED else "unknown"
    line = f"{palette.error}{word}{palette.reset} to {step.action} {subject}"
    if outcome.problem is None:
        return line
    reason = render_problem(explain(outcome.problem), palette)
    return "\n".join([line, *(f"  {text}" for text in reason.splitlines())])


def render_report(report: Report, palette: Palette = PLAIN) -> str:
    """What failed and why, what that stopped, and one line that counts everything."""
    blocks = [
        _failure(outcome, report, palette)
        for outcome in report.outcomes
        if outcome.status in (Status.FAILED, Status.UNKNOWN)
    ]
    return "\n\n".join([*blocks, _summary(report, palette)]) + "\n"


def _failure(outcome: Outcome, report: Report, palette: Palette) -> str:
    lines = [render_outcome(outcome, palette)]
    if place := _place(outcome.step):
        lines.insert(1, f"  asked for at {place}")
    blocked = [o for o in report.outcomes if o.blocked_by == outcome.step.id]
    for other in blocked:
        lines.append(f"  so not {DONE[other.step.action]}: {other.step.key}")
    return "\n".join(lines)


def _place(step: Step) -> str:
    return "" if isinstance(step, DeleteStep) else safe(str(step.desired.origin))


def _why_skipped(outcome: Outcome) -> str:
    if outcome.blocked_by:
        return f'it waits for "{safe(outcome.blocked_by)}", which did not succeed'
    return "the run ended before its turn"


def _summary(report: Report, palette: Palette) -> str:
    done = ", ".join(
        f"{report.count(Status.SUCCEEDED, action):,} {DONE[action]}" for action in STEP_ACTIONS
    )
    bad = [
        f"{counted_status:,} {word}"
        for status, word in (
            (Status.FAILED, "failed"),
            (Status.UNKNOWN, "unknown"),
            (Status.SKIPPED, "skipped"),
        )
        if (counted_status := report.count(status))
    ]
    stopped = "Interrupted. " if report.interrupted else ""
    trouble = f"; {palette.error}{', '.join(bad)}{palette.reset}" if bad else ""
    total = counted(len(report.outcomes), "operation")
    return f"{stopped}Applied {total}: {done}{trouble}."
