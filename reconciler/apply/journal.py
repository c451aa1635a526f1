"""What apply notes in the ledger around each write, and what it knows of writes of earlier runs.

A change is announced before its request and settled after its answer, so that a run which dies in
between leaves behind what is unknown. When the ledger fails after a write, that write stands; no
other is begun.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from itertools import islice

from reconciler.kinds import get
from reconciler.ledger import Intent, LeasedLedger, Written
from reconciler.model import DesiredResource, DesiredTenant, Path, ResourceKey
from reconciler.plan.model import Plan, TenantPlan
from reconciler.plan.operation import Action, Create, CreateStep, DeleteStep, Step, UpdateStep
from reconciler.problems.errors import LedgerUnusable

BATCH = 1000  # resources noted in one transaction


@dataclass(frozen=True, slots=True)
class Done:
    """A step that was carried out: the live id afterwards, empty after a delete.

    `was_found` says that a create's answer was lost and its object looked up. `coordinates` are
    where Airbyte keeps the resource's secrets, as far as it shows them.
    """

    id: str
    was_found: bool = False
    coordinates: Mapping[Path, str] | None = None


class Journal:
    """The notes of one run over one plan."""

    def __init__(
        self, ledger: LeasedLedger, plan: Plan, *, run_id: str, time: Callable[[], float]
    ) -> None:
        self._ledger = ledger
        self._plan = plan
        self._run_id = run_id
        self._time = time
        self._namesakes = {
            id_: ids for tenant in plan.tenants for id_, ids in namesakes(tenant).items()
        }
        self._doomed = {s.key: s for s in plan.steps if isinstance(s, DeleteStep)}
        self._earlier = ledger.intents()
        creates = {step.key for step in plan.steps if isinstance(step, CreateStep)}
        self._unsettled = {
            i.key: i for i in self._earlier if i.action == Action.CREATE and i.key in creates
        }
        self._declared: dict[ResourceKey, DesiredResource] = {}
        self.trouble: LedgerUnusable | None = None

    def known_ids(self, step: CreateStep) -> frozenset[str]:
        """The live objects that have the name of a create already and are not what it makes."""
        earlier = self._unsettled.get(step.key)
        # What the earlier run did not know of may be what it made.
        return frozenset(earlier.known_ids if earlier else self._namesakes.get(step.id, ()))

    def is_unsettled(self, step: CreateStep) -> bool:
        """Whether an earlier run announced this create and did not learn how it ended."""
        return step.key in self._unsettled

    def announce(self, step: Step) -> None:
        """Notes what is about to be sent. Raises LedgerUnusable: then nothing may be sent."""
        if self.trouble:
            raise self.trouble
        announced = [self._intent(step)]
        if isinstance(step, CreateStep) and step.key in self._doomed:
            # Once the new one is there, nothing but this says that the old one is to go.
            announced.append(self._intent(self._doomed[step.key]))
        self._ledger.announce(*announced)

    def _intent(self, step: Step) -> Intent:
        known_ids = tuple(sorted(self._ids_before(step)))
        return Intent(step.key, step.action, known_ids, self._run_id, self._time())

    def _ids_before(self, step: Step) -> frozenset[str]:
        match step:
            case CreateStep():
                return self.known_ids(step)
            case UpdateStep():
                return frozenset()
            case DeleteStep():
                return frozenset({step.live.id})

    def done(self, step: Step, done: Done) -> None:
        """Notes what is live now."""
        self._noting(partial(self._note, step, done))

    def not_done(self, step: CreateStep) -> None:
        """Notes that the request was refused and changed nothing."""
        self._noting(partial(self._ledger.withdraw, step.key))

    def take_stock(self, tenants: Iterable[DesiredTenant]) -> None:
        """Notes what reading the live state has shown: what is as declared, and what is gone.

        What is written later is remembered as these *tenants* declare it, and not as it was sent:
        what Airbyte had added, or a default in the place of a field that was removed, is nobody's.
        """
        tenants = list(tenants)
        written = {op.key for op in self._plan.operations}
        self._declared = {k: r for t in tenants for k, r in t.resources.items() if k in written}
        plans = {tenant.tenant: tenant for tenant in self._plan.tenants if tenant.may_be_applied}
        for intent in self._earlier:
            if intent.key.scope in plans and intent.key not in self._unsettled:
                self._noting(partial(self._settle_earlier, intent, plans[intent.key.scope]))
        unchanged = (w for t in tenants if t.name in plans for w in _unchanged(t, plans[t.name]))
        while batch := list(islice(unchanged, BATCH)):
            self._noting(partial(self._ledger.remember, batch))

    def _settle_earlier(self, intent: Intent, plan: TenantPlan) -> None:
        """Settles what an earlier run left open, now that the plan builds on what is live."""
        if intent.action != Action.DELETE:
            self._ledger.settle(intent)
            return
        planned = {step.live.id for step in plan.steps if isinstance(step, DeleteStep)}
        if planned.isdisjoint(intent.known_ids):
            self._ledger.settle(intent)
            for id_ in intent.known_ids:
                if id_ not in plan.live_ids.values():
                    self._ledger.forget(intent.key, id_)

    def _note(self, step: Step, done: Done) -> None:
        if isinstance(step, DeleteStep):
            self._ledger.forget(step.key, step.live.id)
            if not get(step.key.kind).in_workspace():
                # With its workspace all of a tenant is gone, also what no delete is needed for.
                self._ledger.forget_tenant(step.key.scope)
            return
        declared = self._declared.get(step.key, step.desired)
        written = Written(declared, done.id, done.coordinates)
        self._ledger.remember([written])

    def _noting(self, note: Callable[[], None]) -> None:
        try:
            note()
        except LedgerUnusable as problem:
            self.trouble = self.trouble or problem


def namesakes(plan: TenantPlan) -> dict[str, frozenset[str]]:
    """For each create, by its id, the live objects of its kind that have its name already."""
    touched = [op.live for op in plan.operations if not isinstance(op, Create)]
    live = [*touched, *plan.undeclared]
    return {
        create.id: frozenset(
            r.id
            for r in live
            if r.key.kind == create.key.kind and r.spec.get("name") == create.title
        )
        for create in plan.steps
        if isinstance(create, CreateStep)
    }


def _unchanged(tenant: DesiredTenant, plan: TenantPlan) -> Iterator[Written]:
    written_anyway = {operation.key for operation in plan.operations}
    for key, resource in tenant.resources.items():
        if key in plan.live_ids and key not in written_anyway:
            yield Written(resource, plan.live_ids[key])
