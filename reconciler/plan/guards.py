"""Reasons to refuse a tenant's plan: one function each, from a plan to Diagnostics."""

from __future__ import annotations

import fnmatch
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field, replace

from reconciler.errors import AmbiguousName, Diagnostic, error
from reconciler.kinds import get
from reconciler.model import DesiredTenant, ResourceKey, referred
from reconciler.plan.model import Action, TenantPlan


@dataclass(frozen=True, slots=True)
class Allowances:
    """What the user has allowed beyond the defaults: patterns of keys that may be replaced."""

    replace: Collection[str] = field(default_factory=tuple)

    def allows_replacing(self, key: ResourceKey) -> bool:
        return any(fnmatch.fnmatchcase(str(key), pattern) for pattern in self.replace)


NOTHING_ALLOWED = Allowances()

Guard = Callable[[TenantPlan, DesiredTenant, Allowances], Iterator[Diagnostic]]


def guarded(plan: TenantPlan, desired: DesiredTenant, allowances: Allowances) -> TenantPlan:
    """*plan* with every refusal that the guards have against it."""
    refusals = [r for guard in GUARDS for r in guard(plan, desired, allowances)]
    return replace(plan, refusals=(*plan.refusals, *refusals))


def refuse_replacement(
    plan: TenantPlan, desired: DesiredTenant, allowances: Allowances
) -> Iterator[Diagnostic]:
    """A replaced connection loses its sync state and loads everything again."""
    for operation in plan.operations:
        if operation.action is Action.DELETE and operation.key in desired.resources:
            if allowances.allows_replacing(operation.key):
                continue
            yield error(
                desired.resources[operation.key].origin,
                "replacement refused",
                detail=f"{operation.key} would have to be deleted and created anew: "
                f"{operation.reason}. {get(operation.key.kind).replacing_loses}",
                hint=f"Undo the change, or allow it with --allow-replace '{operation.key}'.",
            )


def refuse_cascade(
    plan: TenantPlan, desired: DesiredTenant, _allowances: Allowances
) -> Iterator[Diagnostic]:
    """The server deletes what refers to a deleted object, declared or not."""
    deleted = {op.key for op in plan.operations if op.action is Action.DELETE}
    for resource in plan.undeclared:
        for key in referred(resource.spec, plan.tenant):
            if key in deleted:
                yield error(
                    desired.resources[key].origin if key in desired.resources else desired.origin,
                    "undeclared object would be deleted",
                    detail=f"Deleting {key} makes Airbyte delete the {resource.key.kind} "
                    f'"{resource.spec["name"]}" ({resource.id}) too, which no manifest mentions.',
                    hint="Declare it, or delete it in Airbyte first.",
                )


GUARDS: tuple[Guard, ...] = (refuse_replacement, refuse_cascade)


def ambiguous_name(problem: AmbiguousName) -> Diagnostic:
    """The refusal to guess which of several live objects a manifest means."""
    return error(
        problem.origin,
        "ambiguous name",
        detail=f'{len(problem.ids)} live {problem.kind}s are named "{problem.name}": '
        f"{', '.join(problem.ids)}.",
        hint="Rename or delete all but one of them in Airbyte.",
    )
