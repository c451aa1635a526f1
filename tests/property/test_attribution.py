"""Whose doing a row is: everything is attributed, once, and only by what the base would do."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from reconciler.model.changes import FieldChange
from reconciler.plan.attribution import attributed
from reconciler.plan.model import TenantPlan, Whose
from reconciler.plan.operation import Cause, Create, Operation, Replace, Step, split_operation
from tests.render.plans import KEEPS, NOTHING, create, delete, key, replacement, update

NAMES = ("a", "b", "c")
VALUES = st.integers(0, 2)


@st.composite
def changes(draw: st.DrawFn) -> tuple[FieldChange, ...]:
    fields = draw(st.lists(st.sampled_from(("prefix", "status")), unique=True, min_size=1))
    return tuple(FieldChange((field,), "live", draw(VALUES)) for field in fields)


@st.composite
def steps(draw: st.DrawFn, name: str) -> tuple[Step, ...]:
    """What happens to one resource: nothing, one step, or the two of a replace."""
    at = key("connection", "acme", name)
    match draw(st.sampled_from(("create", "delete", "nothing", "replace", "update"))):
        case "create":
            return (create(at, {"name": name, "prefix": draw(VALUES)}, KEEPS),)
        case "update":
            return (update(at, draw(changes()), KEEPS),)
        case "delete":
            return (delete(at, NOTHING, Cause.RETIRED),)
        case "replace":
            made = replacement(at, {"name": name}, draw(changes()), KEEPS, NOTHING)
            return split_operation(made)
        case _:
            return ()


PLANS = st.tuples(*(steps(name) for name in NAMES)).map(
    lambda each: TenantPlan("acme", tuple(step for made in each for step in made))
)


@given(PLANS)
def test_what_both_would_do_is_drift(plan: TenantPlan) -> None:
    told = attributed(plan, plan)
    assert {of.whose for of in told.attributions.values()} <= {Whose.DRIFT}
    assert told.settled == ()


@given(PLANS)
def test_what_the_base_has_nothing_to_do_with_is_this_change(plan: TenantPlan) -> None:
    for before in (None, TenantPlan("acme")):
        told = attributed(plan, before)
        assert {of.whose for of in told.attributions.values()} <= {Whose.CHANGE}


@given(PLANS, PLANS)
def test_every_resource_is_attributed_or_settled_once(plan: TenantPlan, base: TenantPlan) -> None:
    told = attributed(plan, base)
    now, then = ({op.key for op in each.operations} for each in (plan, base))
    assert set(told.attributions) == now
    assert set(told.settled) == then - now
    for at, of in told.attributions.items():
        assert (of.whose is Whose.CHANGE) == (at not in then)
        (own,) = (op for op in plan.operations if op.key == at)
        theirs = next((op for op in base.operations if op.key == at), None)
        if of.whose is Whose.DRIFT:
            assert theirs is not None
            assert _does(own) == _does(theirs)
        for path in of.already:
            assert _value(own, path) == _value(theirs, path)


def _does(operation: Operation) -> object:
    spec = operation.desired.spec if isinstance(operation, Create | Replace) else None
    return operation.action, operation.changes, spec


def _value(operation: Operation | None, path: object) -> object:
    return (
        [change.after for change in operation.changes if change.path == path] if operation else []
    )
