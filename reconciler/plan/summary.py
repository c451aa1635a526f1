"""What a plan comes to: how many operations of each action, which effects, and whose doing."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from reconciler.model.effects import Consequence, Effect, Weight
from reconciler.plan.model import Attribution, Plan, TenantPlan, Whose
from reconciler.plan.operation import Action, Operation


@dataclass(frozen=True, slots=True)
class Sums:
    """How many operations there are of each action, and with each effect, worst first."""

    actions: dict[Action, int]
    effects: list[tuple[Effect, int]]


@dataclass(frozen=True, slots=True)
class Parts:
    """What the change itself does, and what is there without it: where a plan has a base."""

    own: Sums
    drift: Sums


def sum_plan(plan: Plan) -> Sums:
    """The sums of all that may be applied by tenant, whatever speaks against the whole."""
    pairs = [pair for tenant in plan.tenants if tenant.may_be_applied for pair in pairs_of(tenant)]
    return Sums(
        count_actions(operation for operation, _ in pairs),
        count_effects(effects_of(operation) for operation, _ in pairs),
    )


def sum_parts(plan: Plan) -> Parts:
    """The same of the two parts of a plan that has a base."""
    pairs = [pair for tenant in plan.tenants if tenant.may_be_applied for pair in pairs_of(tenant)]
    own = [(operation, of) for operation, of in pairs if not is_drift(of)]
    drift = [operation for operation, of in pairs if is_drift(of)]
    return Parts(
        Sums(
            count_actions(operation for operation, _ in own),
            count_effects(own_effects_of(operation, of) for operation, of in own),
        ),
        Sums(count_actions(drift), count_effects(map(effects_of, drift))),
    )


def pairs_of(plan: TenantPlan) -> list[tuple[Operation, Attribution | None]]:
    """The tenant's operations, each with whose doing it is, where there is a base to say so."""
    return [(operation, plan.attributions.get(operation.key)) for operation in plan.operations]


def is_drift(attribution: Attribution | None) -> bool:
    """Whether the operation is there without the change, which has no part in it."""
    return attribution is not None and attribution.whose is Whose.DRIFT


def told_consequences(operation: Operation) -> tuple[Consequence, ...]:
    """What all of *operation* does to the data, worst first, each once."""
    found = dict.fromkeys(operation.consequences)
    if len(found) > 1 and any(c.effect.weight > Weight.HARMLESS for c in found):
        found = {c: None for c in found if c.effect is not Effect.NO_EFFECT}
    return tuple(sorted(found, key=lambda consequence: -consequence.effect.weight))


def effects_of(operation: Operation) -> tuple[Effect, ...]:
    """The distinct effects of *operation*, worst first."""
    return tuple(dict.fromkeys(c.effect for c in told_consequences(operation)))


def own_effects_of(operation: Operation, attribution: Attribution | None) -> tuple[Effect, ...]:
    """The effects that only the change brings; all of them where the base has all as well."""
    theirs = attribution.base_consequences if attribution else frozenset()
    own = dict.fromkeys(c.effect for c in told_consequences(operation) if c not in theirs)
    return tuple(own) or effects_of(operation)


def count_actions(operations: Iterable[Operation]) -> dict[Action, int]:
    """How many operations there are of each action, those of which there is none included."""
    counts = dict.fromkeys(Action, 0)
    for operation in operations:
        counts[operation.action] += 1
    return counts


def count_effects(effects: Iterable[Iterable[Effect]]) -> list[tuple[Effect, int]]:
    """How many operations have each effect, worst first, then in the table's order."""
    counts = dict.fromkeys(Effect, 0)
    for of_one in effects:
        for effect in of_one:
            counts[effect] += 1
    present = [(effect, count) for effect, count in counts.items() if count]
    return sorted(present, key=lambda pair: -pair[0].weight)
