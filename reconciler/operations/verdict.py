"""What a plan means to a script: its exit code, and what may be asked to fail."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from enum import StrEnum

from reconciler.model.effects import Weight
from reconciler.operations.exit_codes import ExitCode
from reconciler.plan.model import Plan, Whose
from reconciler.render.plan.rows import Row, Section, Verb, rows_of


class FailOn(StrEnum):
    """What of a plan `--fail-on` can make exit code 2 of."""

    CHANGE = "change"
    DELETE = "delete"
    LOSS = "loss"
    DRIFT = "drift"


def plan_exit_code(
    made: Plan, *, detailed: bool = False, fail_on: Collection[FailOn] = ()
) -> ExitCode:
    """Failed before refused before changed: the worst thing is what a script must hear."""
    if any(tenant.failure for tenant in made.tenants):
        return ExitCode.FAILED
    if made.refusals or any(tenant.refusals for tenant in made.tenants):
        return ExitCode.REFUSED
    is_wanted = detailed and made.has_changes
    return ExitCode.CHANGES if is_wanted or _is_met(made, fail_on) else ExitCode.DONE


def _is_met(made: Plan, fail_on: Collection[FailOn]) -> bool:
    return any(_CONDITIONS[each](row) for each in fail_on for row in _rows(made))


def _rows(made: Plan) -> Iterator[Row]:
    return (row for tenant in made.tenants for row in rows_of(tenant))


def _is_own(row: Row) -> bool:
    """Whether the change has a part in it; without a base everything counts."""
    return row.section is not Section.DRIFT


def _is_drift(row: Row) -> bool:
    return row.attribution is not None and row.attribution.whose is not Whose.CHANGE


_CONDITIONS: Mapping[FailOn, Callable[[Row], bool]] = {
    FailOn.CHANGE: _is_own,
    FailOn.DELETE: lambda row: _is_own(row) and row.verb in (Verb.DELETE, Verb.REPLACE),
    FailOn.LOSS: lambda row: _is_own(row) and any(e.weight is Weight.LOSS for e in row.own_effects),
    FailOn.DRIFT: _is_drift,
}
