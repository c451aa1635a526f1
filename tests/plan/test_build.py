"""Differences become operations: what follows from what, in which order, and what is left out."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from reconciler.kinds.contract.terms import Absence
from reconciler.live.tenant import LiveTenant
from reconciler.model import (
    DesiredResource,
    DesiredTenant,
    Exhaustive,
    LiveResource,
    Origin,
    Ref,
    Remembered,
    RememberedResource,
    ResourceKey,
    Retired,
    StreamKey,
    workspace_key,
)
from reconciler.plan.build import DELETED_OUTSIDE, build_plan
from reconciler.plan.model import TenantPlan
from reconciler.plan.operation import Action, Cause, Delete, Replace
from reconciler.problems import rules
from reconciler.problems.problem import Problem

HERE = Origin("acme.yaml", 1, 1)
WORKSPACE = workspace_key("acme")
IN_IT = {"workspace": Ref("workspace", "")}
SPECS: dict[str, dict[str, Any]] = {
    "workspace": {"name": "Acme"},
    "definition/d": {**IN_IT, "name": "D", "form": "sources", "dockerRepository": "acme/d"},
    "source/s": {
        **IN_IT,
        "name": "S",
        "definitionId": Ref("definition", "d"),
        "configuration": {"host": "h"},
    },
    "destination/l": {**IN_IT, "name": "L", "definitionId": "pg", "configuration": {}},
    "connection/c": {
        "name": "C",
        "source": Ref("source", "s"),
        "destination": Ref("destination", "l"),
        "prefix": "",
        "streams": {StreamKey(None, "a", "a"): {"name": "a"}},
    },
}
IMAGE: dict[str, Any] = {"definition/d": {"dockerRepository": "acme/other"}}


def key(local: str) -> ResourceKey:
    kind, _, name = local.partition("/")
    return ResourceKey(kind, "acme", name)


def desired(
    *without: str, gone: tuple[str, ...] = (), prune: bool = False, **changes: Any
) -> DesiredTenant:
    """The tenant, but what is *without* or *gone*; *changes* by key."""
    there = {local: spec for local, spec in SPECS.items() if local not in (*without, *gone)}
    resources = {
        key(local): DesiredResource(key(local), {**spec, **changes.get(local, {})}, HERE)
        for local, spec in there.items()
    }
    retired = {key(at): Retired(key(at), SPECS[at]["name"], "left", HERE) for at in gone}
    return DesiredTenant("acme", {}, resources, HERE, retired, prune)


def live(*without: str, undeclared: tuple[str, ...] = ()) -> LiveTenant:
    """All of the tenant as it is declared; what is *undeclared* lives there too."""
    ids = {local: local.replace("/", "-") for local in SPECS}
    found = {
        local: LiveResource(_key(local, undeclared), _seen(spec, undeclared), ids[local], {})
        for local, spec in SPECS.items()
        if local not in without
    }
    ours = {each.key: each for local, each in found.items() if local not in undeclared}
    return LiveTenant("acme", ours, tuple(found[local] for local in undeclared))


def _key(local: str, undeclared: tuple[str, ...]) -> ResourceKey:
    at = key(local)
    return ResourceKey(at.kind, "acme", f"@{at.name}") if local in undeclared else at


def _seen(spec: dict[str, Any], undeclared: tuple[str, ...]) -> dict[str, Any]:
    """*spec* with references to what nobody declares as reads have them."""
    return {
        field: Ref(value.kind, f"@{value.name}")
        if isinstance(value, Ref) and f"{value.kind}/{value.name}" in undeclared
        else value
        for field, value in spec.items()
    }


def told(plan: TenantPlan) -> list[str]:
    """The operations in their order."""
    return [f"{op.action} {op.key.local.replace('/@', '/')}" for op in plan.steps]


def test_what_is_as_declared_needs_nothing() -> None:
    plan = build_plan(desired(), live())
    assert (told(plan), plan.unchanged, plan.before) == ([], len(SPECS), None)


def test_a_replacement_takes_along_whatever_refers_to_it_at_any_distance() -> None:
    plan = build_plan(desired(**IMAGE), live())
    assert told(plan) == [
        "create definition/d",
        "create source/s",
        "create connection/c",
        "delete connection/c",
        "delete source/s",
        "delete definition/d",
    ]
    assert {type(operation) for operation in plan.operations} == {Replace}
    assert plan.unchanged == 2
    assert plan.before is not None


def test_the_old_one_waits_for_the_new_one_and_for_what_uses_it() -> None:
    plan = build_plan(desired(**IMAGE), live())
    ids = {f"{op.action} {op.key.local}": op.id for op in plan.steps}
    waits = {f"{op.action} {op.key.local}": op.waits_for for op in plan.steps}
    assert waits["delete source/s"] == {ids["create source/s"], ids["delete connection/c"]}
    assert waits["create connection/c"] == {ids["create source/s"]}
    assert waits["create definition/d"] == frozenset()


def test_what_goes_takes_along_what_cannot_live_without_it_at_any_distance() -> None:
    plan = build_plan(
        desired("source/s", "connection/c", gone=("definition/d",)),
        live(undeclared=("connection/c", "source/s")),
    )
    assert told(plan) == ["delete connection/c", "delete source/s", "delete definition/d"]
    causes = [each.cause for each in plan.operations if isinstance(each, Delete)]
    assert causes == [Cause.CASCADE, Cause.CASCADE, Cause.RETIRED]
    assert plan.undeclared == ()


def test_what_is_gone_already_is_told_and_not_deleted() -> None:
    plan = build_plan(desired(gone=("connection/c",)), live("connection/c"))
    assert (told(plan), [each.key for each in plan.gone]) == ([], [key("connection/c")])
    plan = build_plan(desired(gone=("connection/c",)), live())
    assert (told(plan), plan.gone) == (["delete connection/c"], ())


@pytest.mark.parametrize(("prune", "is_told"), [(False, []), (True, ["delete connection/c"])])
def test_what_nobody_declares_goes_only_with_pruning(prune: bool, is_told: list[str]) -> None:
    plan = build_plan(desired("connection/c", prune=prune), live(undeclared=("connection/c",)))
    assert told(plan) == is_told
    assert len(plan.undeclared) == (not prune)


@pytest.mark.parametrize("prune", [False, True])
def test_what_a_replacement_left_behind_goes_once_and_as_such(prune: bool) -> None:
    doomed = Remembered(doomed=frozenset({"connection-c"}))
    there = live(undeclared=("connection/c",))
    plan = build_plan(desired("connection/c", prune=prune), there, doomed)
    assert told(plan) == ["delete connection/c"]
    (operation,) = plan.operations
    assert isinstance(operation, Delete)
    assert operation.cause is Cause.REPLACED


def test_what_is_remembered_and_missing_was_deleted_outside() -> None:
    remembered = Remembered({key("source/s"): RememberedResource("source-s", {})})
    plan = build_plan(desired(), live("source/s", "connection/c"), remembered)
    assert [(each.action, each.reason) for each in plan.operations] == [
        (Action.CREATE, DELETED_OUTSIDE),
        (Action.CREATE, ""),
    ]


def test_what_a_change_does_is_told_worst_first() -> None:
    changed: dict[str, Any] = {
        "connection/c": {"name": "New", "prefix": "p_", "streams": Exhaustive()}
    }
    (operation,) = build_plan(desired(**changed), live()).steps
    weights = [told.effect.weight for told in operation.consequences]
    assert len(set(weights)) > 1
    assert weights == sorted(weights, reverse=True)


@pytest.mark.parametrize(
    ("there", "id_", "is_same"),
    [
        (live(), "definition-d", True),
        (live(), "another", False),
        (live(undeclared=("definition/d",)), "d", True),
        (live(undeclared=("definition/d",)), "another", False),
    ],
)
def test_an_id_in_a_manifest_is_that_of_one_object_alone(
    there: LiveTenant, id_: str, is_same: bool
) -> None:
    by_id: dict[str, Any] = {"source/s": {"definitionId": id_}}
    without = ("definition/d",) if there.undeclared else ()
    assert (told(build_plan(desired(*without, **by_id), there)) == []) is is_same


@pytest.mark.parametrize("is_needless", [False, True])
def test_what_nothing_makes_is_impossible_or_needless(is_needless: bool) -> None:
    why = Absence(is_needless, Problem(rules.PERMISSION_IMPLIED, detail="A role implies it."))
    there = replace(live("connection/c"), absent={key("connection/c"): why})
    plan = build_plan(desired(), there)
    if is_needless:
        assert (told(plan), plan.impossible) == ([], {})
        assert [note.detail for note in plan.notes] == ["A role implies it."]
    else:
        assert plan.impossible == {key("connection/c"): why}
        assert told(plan) == ["create connection/c"]
