"""What a plan means to a script: its exit code, and what may be asked to fail."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from enum import StrEnum

from reconciler.model.effects import Weight
from reconciler.operations.exit_codes import ExitCode
from reconciler.plan.model import Attribution, Plan, Whose
from reconciler.plan.operation import Delete, Operation, Replace
from reconciler.plan.summary import is_drift, own_effects_of, pairs_of


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
    pairs = [pair for tenant in made.tenants for pair in pairs_of(tenant)]
    return any(_CONDITIONS[each](*pair) for each in fail_on for pair in pairs)


def _is_own(_operation: Operation, of: Attribution | None) -> bool:
    """Whether the change has a part in it; without a base everything counts."""
    return not is_drift(of)


def _is_own_delete(operation: Operation, of: Attribution | None) -> bool:
    return not is_drift(of) and isinstance(operation, Delete | Replace)


def _is_own_loss(operation: Operation, of: Attribution | None) -> bool:
    effects = own_effects_of(operation, of)
    return not is_drift(of) and any(effect.weight is Weight.LOSS for effect in effects)


def _has_drift(_operation: Operation, of: Attribution | None) -> bool:
    return of is not None and of.whose is not Whose.CHANGE


_CONDITIONS: Mapping[FailOn, Callable[[Operation, Attribution | None], bool]] = {
    FailOn.CHANGE: _is_own,
    FailOn.DELETE: _is_own_delete,
    FailOn.LOSS: _is_own_loss,
    FailOn.DRIFT: _has_drift,
}
