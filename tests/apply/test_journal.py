"""What the journal settles of an earlier run, and when it lets nothing more be sent."""

from __future__ import annotations

import resource as limits
from collections.abc import Iterator
from pathlib import Path as FilePath

import pytest

from reconciler.apply.journal import Done, Journal
from reconciler.ledger import Address, Intent, LeasedLedger, Taker, Written, open_ledger
from reconciler.model import DesiredResource, DesiredTenant, LiveResource, Origin, ResourceKey
from reconciler.model.effects import Consequence, Effect
from reconciler.plan.model import Plan, TenantPlan
from reconciler.plan.operation import (
    Cause,
    Create,
    CreateStep,
    Delete,
    DeleteStep,
    Replace,
    Update,
    UpdateStep,
)
from reconciler.problems.errors import LedgerUnusable

ORIGIN = Origin("tenants/acme.yaml", 1, 1)
STRIPE = ResourceKey("source", "acme", "stripe")
LAKE = ResourceKey("destination", "acme", "lake")


@pytest.fixture
def ledger(tmp_path: FilePath) -> Iterator[LeasedLedger]:
    taker = Taker("me", wait=lambda _seconds: False, tell=print)
    with (
        open_ledger(Address(str(tmp_path), "production")) as opened,
        opened.holding_lease(["acme"], taker) as leased,
    ):
        yield leased


def desired(key: ResourceKey, name: str = "stripe") -> DesiredResource:
    return DesiredResource(key, {"name": name}, ORIGIN)


def live(key: ResourceKey, id_: str, name: str = "stripe") -> LiveResource:
    return LiveResource(key, {"name": name}, id_, {})


def create() -> CreateStep:
    return CreateStep(Create(desired(STRIPE), ()))


def delete(id_: str) -> DeleteStep:
    return DeleteStep(Delete(live(STRIPE, id_), Cause.RETIRED, ()))


def journal(ledger: LeasedLedger, *tenants: TenantPlan) -> Journal:
    return Journal(ledger, Plan(tenants), run_id="now", time=lambda: 1.0)


def remembered(ledger: LeasedLedger) -> dict[ResourceKey, str]:
    return {key: known.id for key, known in ledger.of_tenant("acme").resources.items()}


def leave_open(ledger: LeasedLedger, action: str, *known_ids: str) -> None:
    """An earlier run has announced it, and died."""
    ledger.announce(Intent(STRIPE, action, known_ids, run="dead", at=0.0))


def test_an_open_delete_of_what_is_gone_is_settled_and_its_object_forgotten(
    ledger: LeasedLedger,
) -> None:
    ledger.remember([Written(desired(STRIPE), "old")])
    leave_open(ledger, "delete", "old")
    journal(ledger, TenantPlan("acme")).take_stock([])
    assert ledger.intents() == []
    assert remembered(ledger) == {}


def test_an_open_delete_of_what_somebody_made_use_of_again_forgets_nothing(
    ledger: LeasedLedger,
) -> None:
    ledger.remember([Written(desired(STRIPE), "old")])
    leave_open(ledger, "delete", "old")
    journal(ledger, TenantPlan("acme", live_ids={STRIPE: "old"})).take_stock([])
    assert ledger.intents() == []
    assert remembered(ledger) == {STRIPE: "old"}


def test_an_open_delete_that_is_planned_again_stays_open_until_it_is_done(
    ledger: LeasedLedger,
) -> None:
    leave_open(ledger, "delete", "old")
    step = delete("old")
    notes = journal(ledger, TenantPlan("acme", (step,)))
    notes.take_stock([])
    assert ledger.of_tenant("acme").doomed == {"old"}
    notes.done(step, Done(""))
    assert ledger.intents() == []


def test_what_is_open_of_a_tenant_that_is_left_alone_stays_open(ledger: LeasedLedger) -> None:
    leave_open(ledger, "delete", "old")
    failed = TenantPlan("acme", failure=LedgerUnusable("x", "whatever"))
    journal(ledger, TenantPlan("other"), failed).take_stock([])
    assert ledger.of_tenant("acme").doomed == {"old"}


def test_an_open_create_that_is_planned_again_stays_open_for_its_own_look(
    ledger: LeasedLedger,
) -> None:
    leave_open(ledger, "create", "there before")
    step = create()
    undeclared = live(ResourceKey("source", "acme", "@made"), "made")
    notes = journal(ledger, TenantPlan("acme", (step,), undeclared=(undeclared,)))
    notes.take_stock([])
    assert notes.is_unsettled(step)
    assert [intent.run for intent in ledger.intents()] == ["dead"]
    assert notes.known_ids(step) == {"there before"}, "what is there by now may be what it made"


def test_an_open_create_that_is_not_planned_again_is_settled(ledger: LeasedLedger) -> None:
    leave_open(ledger, "create", "there before")
    journal(ledger, TenantPlan("acme")).take_stock([])
    assert ledger.intents() == []


def test_of_a_create_only_objects_of_its_kind_and_name_are_known_before(
    ledger: LeasedLedger,
) -> None:
    undeclared = (
        live(ResourceKey("source", "acme", "@twin"), "twin"),
        live(ResourceKey("source", "acme", "@other"), "other", "other"),
        live(ResourceKey("destination", "acme", "@far"), "far"),
    )
    step = create()
    notes = journal(ledger, TenantPlan("acme", (step,), undeclared=undeclared))
    assert notes.known_ids(step) == {"twin"}


def test_with_the_new_object_of_a_replace_the_end_of_the_old_one_is_announced(
    ledger: LeasedLedger,
) -> None:
    lost = (Consequence(next(iter(Effect))),)
    replace = Replace(desired(STRIPE), live(STRIPE, "old"), (), lost, lost, "another connector")
    made = CreateStep(replace)
    notes = journal(ledger, TenantPlan("acme", (made, DeleteStep(replace))))
    notes.announce(made)
    assert {(each.action, each.known_ids) for each in ledger.intents()} == {
        ("create", ("old",)),
        ("delete", ("old",)),
    }


def test_only_what_matches_its_manifest_is_remembered_without_a_write(
    ledger: LeasedLedger,
) -> None:
    resources = {STRIPE: desired(STRIPE), LAKE: desired(LAKE, "lake")}
    tenant = DesiredTenant("acme", {}, resources, ORIGIN)
    update = UpdateStep(Update(desired(STRIPE), live(STRIPE, "s"), (), ()))
    plan = TenantPlan("acme", (update,), live_ids={STRIPE: "s", LAKE: "l"})
    journal(ledger, plan).take_stock([tenant])
    assert remembered(ledger) == {LAKE: "l"}


def test_after_a_write_that_could_not_be_noted_nothing_more_may_be_sent(
    ledger: LeasedLedger,
) -> None:
    step = create()
    notes = journal(ledger, TenantPlan("acme", (step,)))
    notes.announce(step)
    before = limits.getrlimit(limits.RLIMIT_FSIZE)
    limits.setrlimit(limits.RLIMIT_FSIZE, (0, before[1]))
    try:
        notes.done(step, Done("made"))
    finally:
        limits.setrlimit(limits.RLIMIT_FSIZE, before)
    with pytest.raises(LedgerUnusable, match="disk is full"):
        notes.announce(step)
    assert [intent.action for intent in ledger.intents()] == ["create"]
