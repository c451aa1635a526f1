"""Whose doing a row is: everything is attributed, once, and only by what the base would do."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from reconciler.model.changes import FieldChange, Mark
from reconciler.plan.attribution import attributed
from reconciler.plan.model import TenantPlan, Whose
from reconciler.plan.operation import Cause, Create, Operation, Replace, Step, split_operation
from reconciler.problems import rules
from reconciler.problems.errors import Forbidden
from reconciler.problems.problem import Problem
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


def test_what_differs_in_anything_at_all_is_not_the_same() -> None:
    """Each of these would be called drift by whoever forgets one half of the comparison."""
    at = key("connection", "acme", "a")
    prefix = FieldChange(("prefix",), "live", 1)
    ours: dict[str, tuple[Step, ...]] = {
        "update": (update(at, (prefix,), KEEPS),),
        "other value": (update(at, (replace(prefix, after=2),), KEEPS),),
        "other start": (update(at, (replace(prefix, before="then"),), KEEPS),),
        "other field": (update(at, (replace(prefix, path=("status",)),), KEEPS),),
        "create": (create(at, {"name": "a", "prefix": 1}, KEEPS),),
        "other create": (create(at, {"name": "a", "prefix": 2}, KEEPS),),
        "delete": (delete(at, NOTHING, Cause.RETIRED),),
        "replace": split_operation(
            replacement(at, {"name": "a", "prefix": 1}, (prefix,), KEEPS, NOTHING)
        ),
    }
    for name, made in ours.items():
        for other, theirs in ours.items():
            told = attributed(TenantPlan("acme", made), TenantPlan("acme", theirs))
            whose = Whose.DRIFT if name == other else Whose.BOTH
            assert told.attributions[at].whose is whose, (name, other)


def test_a_field_that_the_base_would_change_alike_is_there_already() -> None:
    at = key("connection", "acme", "a")
    prefix, status = FieldChange(("prefix",), "live", 1), FieldChange(("status",), "live", 1)
    now = TenantPlan("acme", (update(at, (prefix, status), KEEPS),))
    then = TenantPlan("acme", (update(at, (prefix, replace(status, after=2)), NOTHING),))
    told = attributed(now, then).attributions[at]
    assert told.already == frozenset({("prefix",)})
    assert told.base_consequences == frozenset(NOTHING)


def test_a_mark_makes_no_difference() -> None:
    at = key("connection", "acme", "a")
    change = FieldChange(("prefix",), "live", 1)
    plans = [
        TenantPlan("acme", (update(at, (replace(change, mark=mark),), KEEPS),))
        for mark in (None, Mark.CHANGED_OUTSIDE)
    ]
    assert attributed(*plans).attributions[at].whose is Whose.DRIFT


def test_refusals_are_those_of_before_only_when_they_say_the_same() -> None:
    def refused(*details: str) -> TenantPlan:
        refusals = tuple(Problem(rules.PROTECTED_RESOURCE, detail=each) for each in details)
        return TenantPlan("acme", refusals=refusals)

    for now, then, is_old in (
        (("a",), ("a",), True),
        (("a",), ("b",), False),
        (("a",), (), False),
        (("a", "b"), ("a",), False),
        ((), (), False),
    ):
        assert attributed(refused(*now), refused(*then)).refused_before is is_old
    assert attributed(refused("a"), None).refused_before is False


def test_nothing_is_settled_in_a_tenant_that_could_not_be_read() -> None:
    at = key("connection", "acme", "a")
    base = TenantPlan("acme", (delete(at, NOTHING, Cause.RETIRED),))
    assert attributed(TenantPlan("acme"), base).settled == (at,)
    unread = TenantPlan("acme", failure=Forbidden("GET", "https://x.test", status=403))
    assert attributed(unread, base).settled == ()


def _does(operation: Operation) -> object:
    spec = operation.desired.spec if isinstance(operation, Create | Replace) else None
    return operation.action, operation.changes, spec


def _value(operation: Operation | None, path: object) -> object:
    return (
        [change.after for change in operation.changes if change.path == path] if operation else []
    )
