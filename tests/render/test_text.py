"""Plans as text."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from reconciler.plan.model import Plan, TenantPlan
from reconciler.plan.operation import CreateStep, Step
from reconciler.render.parts.palette import COLOUR
from reconciler.render.plan.lines import Look
from reconciler.render.plan.text import render_plan
from tests.render.plans import PLANTED, TYPES, based, everything, hostile, new_tenant, rescheduled

Golden = Callable[[str, str], None]


def test_a_plan_with_everything_as_text(golden: Golden) -> None:
    golden("plan", render_plan(everything(), Look(names=TYPES)))


def test_details_show_every_field_and_every_name(golden: Golden) -> None:
    golden("plan-details", render_plan(everything(), Look(names=TYPES, details=True)))


def test_a_plan_beside_a_base(golden: Golden) -> None:
    golden("plan-base", render_plan(based(), Look(names=TYPES)))


def test_no_line_is_wider_than_80_columns_where_words_allow_it() -> None:
    for plan in (everything(), based()):
        for line in render_plan(plan, Look(names=TYPES)).splitlines():
            assert len(line) <= 80, line


def test_colour_changes_nothing_but_colour() -> None:
    coloured = render_plan(everything(), Look(palette=COLOUR, names=TYPES))
    for code in set(vars_of_palette()):
        coloured = coloured.replace(code, "")
    assert coloured == render_plan(everything(), Look(names=TYPES))


def vars_of_palette() -> list[str]:
    return [getattr(COLOUR, name) for name in COLOUR.__slots__]


def test_the_same_change_on_many_tenants_is_one_block_with_its_exceptions() -> None:
    tenants = [rescheduled(f"t{number:02}") for number in range(97)]
    odd = rescheduled("odd", after="0 0 9 * * ?")
    text = render_plan(Plan((odd, *tenants)))
    assert "Same change on 97 tenants (exceptions: odd):" in text
    assert text.count("→") == 2
    assert "98 to update" in text


def test_new_tenants_are_counted_together_where_they_are_alike() -> None:
    alike = [new_tenant(f"t{number:03}") for number in range(100)]
    text = render_plan(Plan(tuple(alike)), Look(names=TYPES))
    assert "100 new tenants:" in text
    assert len(text.splitlines()) < 20
    missing = replace(alike[0], steps=alike[0].steps[:2])
    assert "on 99 of them" in render_plan(Plan((missing, *alike[1:])), Look(names=TYPES))
    apart = render_plan(Plan(tuple(alike)), Look(names=TYPES, details=True))
    assert apart.count("+ workspace") == 100


def test_new_tenants_that_are_not_alike_stay_apart() -> None:
    plans = [rekeyed(new_tenant(name), f"source-of-{name}") for name in ("a", "b", "c")]
    assert "new tenants" not in render_plan(Plan(tuple(plans)), Look(names=TYPES))


def rekeyed(plan: TenantPlan, name: str) -> TenantPlan:
    """*plan* with every resource but the workspace under another key."""
    return replace(plan, steps=tuple(_rekeyed(step, name) for step in plan.steps))


def _rekeyed(step: Step, name: str) -> Step:
    assert isinstance(step, CreateStep)
    key = replace(step.key, name=step.key.name and name)
    desired = replace(step.desired, key=key)
    return replace(step, operation=replace(step.operation, desired=desired))


def test_changes_that_differ_only_in_values_are_one_block_unless_details_are_asked_for(
    golden: Golden,
) -> None:
    plan = Plan(tuple(rescheduled(f"customer-{n}", after=f"0 {n} 3 * * ?") for n in range(1, 6)))
    golden("plan-similar", render_plan(plan))
    assert render_plan(plan, Look(details=True)).count("→") == 5
    few = Plan(plan.tenants[:4])
    assert render_plan(few).count("→") == 4, "of a few, one wants to see each"


def test_what_most_have_is_the_same_and_the_rest_are_similar() -> None:
    alike = [rescheduled(f"a{number:02}") for number in range(90)]
    own = [rescheduled(f"b{number}", after=f"0 {number} 9 * * ?") for number in range(9)]
    text = render_plan(Plan((*alike, *own)))
    assert "Same change on 90 tenants (exceptions: b0, b1," in text
    assert "Similar change on 9 tenants:" in text
    assert text.count("→") == 2
    thirds = [rescheduled(f"c{n}", after=f"0 {n % 3} 9 * * ?") for n in range(9)]
    assert render_plan(Plan(tuple(thirds))).count("Same change on 3 tenants") == 3


def test_two_tenants_make_no_group() -> None:
    text = render_plan(Plan((rescheduled("a"), rescheduled("b"))))
    assert "Same change" not in text


def test_control_and_direction_characters_are_escaped() -> None:
    text = render_plan(hostile(), Look(details=True))
    assert all(c.isprintable() or c == "\n" for c in text)


def test_a_secret_is_never_shown() -> None:
    for details in (True, False):
        assert PLANTED not in render_plan(everything(), Look(details=details))
