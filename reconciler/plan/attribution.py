"""Two plans for one live state → whose doing each row is: this change's, or there already.

What the manifests of the base would do too is drift: merging or not merging makes no difference to
it. The fields of a row are told apart where both would change some of them alike.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from reconciler.model import Json, Path, ResourceKey, Spec
from reconciler.model.changes import FieldChange
from reconciler.plan.model import Action, Attribution, Operation, TenantPlan, Whose
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
        attributions={key: _attribution(made, then.get(key, ())) for key, made in now.items()},
        settled=tuple(sorted(then.keys() - now.keys())) if plan.failure is None else (),
        refused_before=bool(plan.refusals) and _reasons(plan) == _reasons(theirs),
    )


def _reasons(plan: TenantPlan) -> list[tuple[Rule, str]]:
    return [(refusal.rule, refusal.detail) for refusal in plan.refusals]


def _by_key(operations: Iterable[Operation]) -> Mapping[ResourceKey, Sequence[Operation]]:
    found: dict[ResourceKey, list[Operation]] = {}
    for operation in operations:
        found.setdefault(operation.key, []).append(operation)
    return found


def _attribution(now: Sequence[Operation], then: Sequence[Operation]) -> Attribution:
    if not then:
        return Attribution(Whose.CHANGE)
    if len(now) == len(then) and all(map(_same, now, then)):
        return Attribution(Whose.DRIFT)
    alike = [_essence(change) for operation in then for change in operation.changes]
    already = {c.path for operation in now for c in operation.changes if _essence(c) in alike}
    consequences = frozenset(told for operation in then for told in operation.consequences)
    return Attribution(Whose.BOTH, frozenset(already), _actions(then), consequences)


def _same(now: Operation, then: Operation) -> bool:
    """Whether the two do the same to the resource, wherever it is written and whoever says why."""
    if now.action is not then.action:
        return False
    if now.action is Action.CREATE and _wanted(now) != _wanted(then):
        return False
    return list(map(_essence, now.changes)) == list(map(_essence, then.changes))


def _wanted(operation: Operation) -> Spec | None:
    return operation.desired.spec if operation.desired else None


def _essence(change: FieldChange) -> tuple[Path, Json, Json]:
    """A change without its mark: a field that both manifests set may be marked in one only."""
    return change.path, change.before, change.after


def _actions(operations: Sequence[Operation]) -> str:
    return "replace" if len(operations) > 1 else str(operations[0].action)
