"""Two plans for one live state → whose doing each operation is: this change's, or there already.

What the manifests of the base would do too is drift: merging or not merging makes no difference to
it. The fields of an operation are told apart where both would change some of them alike.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from reconciler.model import Json, Path, ResourceKey, Spec
from reconciler.model.changes import FieldChange
from reconciler.plan.model import Attribution, TenantPlan, Whose
from reconciler.plan.operation import Create, Operation, Replace
from reconciler.problems.rules import Rule


def attributed(plan: TenantPlan, before: TenantPlan | None) -> TenantPlan:
    """*plan* with an attribution for each resource; *before* is what the base would do.

    None is a tenant that the base does not have, or not understandably: all of it is this change.
    `settled` is what the base would do and *plan* has no need to do any more.
    """
    theirs = before or TenantPlan(plan.tenant)
    now, then = _by_key(plan.operations), _by_key(theirs.operations)
    return replace(
        plan,
        attributions={key: _attribution(made, then.get(key)) for key, made in now.items()},
        settled=tuple(sorted(then.keys() - now.keys())) if plan.failure is None else (),
        refused_before=bool(plan.refusals) and _reasons(plan) == _reasons(theirs),
    )


def _reasons(plan: TenantPlan) -> list[tuple[Rule, str]]:
    return [(refusal.rule, refusal.detail) for refusal in plan.refusals]


def _by_key(operations: Iterable[Operation]) -> Mapping[ResourceKey, Operation]:
    return {operation.key: operation for operation in operations}


def _attribution(now: Operation, then: Operation | None) -> Attribution:
    if then is None:
        return Attribution(Whose.CHANGE)
    if _is_alike(now, then):
        return Attribution(Whose.DRIFT)
    alike = [_essence(change) for change in then.changes]
    already = frozenset(c.path for c in now.changes if _essence(c) in alike)
    return Attribution(Whose.BOTH, already, then.action, frozenset(then.consequences))


def _is_alike(now: Operation, then: Operation) -> bool:
    """Whether the two do the same to the resource, wherever it is written and whoever says why."""
    if now.action is not then.action or _made_of(now) != _made_of(then):
        return False
    return list(map(_essence, now.changes)) == list(map(_essence, then.changes))


def _made_of(operation: Operation) -> Spec | None:
    """What a new object is made of; None where the changes say everything."""
    return operation.desired.spec if isinstance(operation, Create | Replace) else None


def _essence(change: FieldChange) -> tuple[Path, Json, Json]:
    """A change without its mark: a field that both manifests set may be marked in one only."""
    return change.path, change.before, change.after
