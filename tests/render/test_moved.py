"""What a stale plan file looks like."""

from __future__ import annotations

from collections.abc import Callable

from reconciler.model import MISSING, UNREADABLE, ResourceKey
from reconciler.plan.file import MovedResource, MovedTenant, MovedValue
from reconciler.render.plan.moved import render_moved
from tests.render.plans import HOSTILE


def moved() -> list[MovedTenant]:
    connection = ResourceKey("connection", "acme", "stripe")
    schedule = ("schedule", "cronExpression")
    in_airbyte = MovedValue(schedule, "0 0 2 * * ?", "0 0 4 * * ?", "0 0 3 * * ?", "0 0 3 * * ?")
    in_both = MovedValue(("prefix",), "a_", MISSING, "b_", "c_")
    secret = MovedValue(("configuration", "key"), UNREADABLE, MISSING, UNREADABLE, UNREADABLE)
    return [
        MovedTenant("acme", (MovedResource(connection, "changed in Airbyte", (in_airbyte,)),)),
        MovedTenant(
            "globex",
            (
                MovedResource(
                    ResourceKey("source", "globex", "crm"), "the manifest has changed", (in_both,)
                ),
                MovedResource(
                    ResourceKey("source", "globex", "shop"), "changed in Airbyte", (secret,)
                ),
                MovedResource(
                    ResourceKey("connection", "globex", "shop"), "not in the plan: create"
                ),
            ),
        ),
    ]


def test_what_moved_is_shown_three_ways(golden: Callable[[str, str], None]) -> None:
    golden("moved", render_moved(moved()))


def test_names_in_it_do_no_harm() -> None:
    resource = MovedResource(ResourceKey("source", HOSTILE, HOSTILE), "changed in Airbyte")
    text = render_moved([MovedTenant(HOSTILE, (resource,))])
    assert all(c.isprintable() or c == "\n" for c in text)
