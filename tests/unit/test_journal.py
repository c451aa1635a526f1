"""What the journal settles of an earlier run, and when it lets nothing more be sent."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from reconciler.apply.journal import Done, Journal
from reconciler.ledger import sqlite
from reconciler.ledger.fingerprints import Fingerprints
from reconciler.ledger.memory import Ledger, Written, places, writing
from reconciler.model import DesiredResource, DesiredTenant, LiveResource, Origin, ResourceKey
from reconciler.plan.model import Action, Operation, Plan, TenantPlan
from reconciler.problems.errors import LedgerUnusable

ORIGIN = Origin("tenants/acme.yaml", 1, 1)
STRIPE = ResourceKey("source", "acme", "stripe")
LAKE = ResourceKey("destination", "acme", "lake")


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    with writing(places(tmp_path, "test")) as opened:
        yield opened


def desired(key: ResourceKey, name: str = "stripe") -> DesiredResource:
    return DesiredResource(key, {"name": name}, ORIGIN)


def live(key: ResourceKey, id_: str, name: str = "stripe") -> LiveResource:
    return LiveResource(key, {"name": name}, id_, {})


def journal(ledger: Ledger, *tenants: TenantPlan) -> Journal:
    return Journal(ledger, Plan(tenants), lambda _secret: None, run_id="now", time=lambda: 1.0)


def remembered(ledger: Ledger) -> dict[str, str]:
    return {str(key): known.id for key, known in ledger.of_tenant("acme").items()}


def doomed(ledger: Ledger, id_: str) -> None:
    """An earlier run has announced to delete the object, and died."""
    ledger.intend(STRIPE, "delete", run="dead", at=0.0, known_ids=[id_])


def test_an_open_delete_of_what_is_gone_is_settled_and_its_object_forgotten(
    ledger: Ledger,
) -> None:
    ledger.remember([Written(desired(STRIPE), "old")], lambda _secret: None)
    doomed(ledger, "old")
    journal(ledger, TenantPlan("acme")).take_stock([])
    assert ledger.intents() == []
    assert remembered(ledger) == {}


def test_an_open_delete_of_what_somebody_made_use_of_again_forgets_nothing(ledger: Ledger) -> None:
    ledger.remember([Written(desired(STRIPE), "old")], lambda _secret: None)
    doomed(ledger, "old")
    journal(ledger, TenantPlan("acme", live_ids={STRIPE: "old"})).take_stock([])
    assert ledger.intents() == []
    assert remembered(ledger) == {str(STRIPE): "old"}


def test_an_open_delete_that_is_planned_again_stays_open_until_it_is_done(ledger: Ledger) -> None:
    doomed(ledger, "old")
    delete = Operation(Action.DELETE, STRIPE, None, live(STRIPE, "old"))
    notes = journal(ledger, TenantPlan("acme", (delete,)))
    notes.take_stock([])
    assert ledger.doomed("acme") == {"old"}
    notes.done(delete, Done(""))
    assert ledger.intents() == []


def test_what_an_earlier_run_left_open_of_a_tenant_that_is_left_alone_stays_open(
    ledger: Ledger,
) -> None:
    doomed(ledger, "old")
    failed = TenantPlan("acme", failure=LedgerUnusable("x", "whatever"))
    journal(ledger, TenantPlan("other"), failed).take_stock([])
    assert ledger.doomed("acme") == {"old"}


def test_a_create_that_is_open_and_planned_again_stays_open_for_its_own_look(
    ledger: Ledger,
) -> None:
    ledger.intend(STRIPE, "create", run="dead", at=0.0, known_ids=["there before"])
    create = Operation(Action.CREATE, STRIPE, desired(STRIPE), None)
    undeclared = live(ResourceKey("source", "acme", "@made"), "made")
    notes = journal(ledger, TenantPlan("acme", (create,), undeclared=(undeclared,)))
    notes.take_stock([])
    assert notes.is_unsettled(create)
    assert [intent.run for intent in ledger.intents()] == ["dead"]
    assert notes.known_ids(create) == {"there before"}, "what is there by now may be what it made"


def test_of_a_create_only_objects_of_its_kind_and_name_are_known_before(ledger: Ledger) -> None:
    create = Operation(Action.CREATE, STRIPE, desired(STRIPE), None)
    undeclared = (
        live(ResourceKey("source", "acme", "@twin"), "twin"),
        live(ResourceKey("source", "acme", "@other"), "other", "other"),
        live(ResourceKey("destination", "acme", "@far"), "far"),
    )
    notes = journal(ledger, TenantPlan("acme", (create,), undeclared=undeclared))
    assert notes.known_ids(create) == {"twin"}


def test_only_what_matches_its_manifest_is_remembered_without_a_write(ledger: Ledger) -> None:
    resources = {STRIPE: desired(STRIPE), LAKE: desired(LAKE, "lake")}
    tenant = DesiredTenant("acme", {}, resources, ORIGIN)
    update = Operation(Action.UPDATE, STRIPE, desired(STRIPE), live(STRIPE, "s"))
    plan = TenantPlan("acme", (update,), live_ids={STRIPE: "s", LAKE: "l"})
    journal(ledger, plan).take_stock([tenant])
    assert remembered(ledger) == {str(LAKE): "l"}


def test_after_a_write_that_could_not_be_noted_nothing_more_may_be_sent(tmp_path: Path) -> None:
    opened = sqlite.open_for_writing(tmp_path / "ledger.db")
    create = Operation(Action.CREATE, STRIPE, desired(STRIPE), None)
    notes = journal(Ledger(opened, Fingerprints(b"key")), TenantPlan("acme", (create,)))
    notes.announce(create)
    opened.run("PRAGMA query_only = ON")
    notes.done(create, Done("made"))
    opened.run("PRAGMA query_only = OFF")
    with pytest.raises(LedgerUnusable, match="cannot be written"):
        notes.announce(create)
    opened.close()
