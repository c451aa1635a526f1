"""The stages of a plan: read, build, guard; for all tenants, one after the other as they arrive."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial

from reconciler.api.client import Client
from reconciler.api.usage import COMPARING
from reconciler.jobs.last_jobs import job_histories
from reconciler.kinds import get
from reconciler.live.reading import WORKSPACE_ID, read_live
from reconciler.live.tenant import LiveTenant
from reconciler.model import (
    NOTHING_REMEMBERED,
    DesiredTenant,
    LiveResource,
    Remembered,
    RememberedOf,
    remember_nothing,
)
from reconciler.plan.attribution import attributed
from reconciler.plan.build import build_plan
from reconciler.plan.guards import (
    NOTHING_ALLOWED,
    Allowances,
    ambiguous_name,
    failed_adoption,
    guarded,
    guarded_run,
    untrusted_listing,
)
from reconciler.plan.model import Plan, TenantPlan
from reconciler.plan.operation import Create
from reconciler.plan.ownership import UNKNOWN_OWNERS, Ownership
from reconciler.problems.errors import (
    AdoptionFailed,
    AmbiguousName,
    ListingInconsistent,
    ReconcilerError,
)
from reconciler.project.revisions import Reading, is_same


def make_plan(
    client: Client,
    tenants: Sequence[DesiredTenant],
    allowances: Allowances = NOTHING_ALLOWED,
    remembered_of: RememberedOf = remember_nothing,
    *,
    explain: bool = False,
    base: Reading | None = None,
    ownership: Ownership = UNKNOWN_OWNERS,
) -> Plan:
    """What would bring the live state of *tenants* to their manifests; sends only GETs.

    With *base*, the tenants as another revision has them, every row is attributed: the live state
    is read once, and both are planned against it.

    What *ownership* says is another tenant's is refused.

    Raises ApiError when nothing can be read; what concerns one tenant is in its TenantPlan.
    """
    plan_one = partial(plan_tenant, allowances=allowances, explain=explain, ownership=ownership)
    try:
        with client.usage.phase(COMPARING):
            return _made(client, tenants, plan_one, remembered_of, allowances, base)
    except ListingInconsistent as problem:
        return Plan((), refusals=(untrusted_listing(problem),))


def _made(
    client: Client,
    tenants: Sequence[DesiredTenant],
    plan_one: Callable[..., TenantPlan],
    remembered_of: RememberedOf,
    allowances: Allowances,
    base: Reading | None,
) -> Plan:
    others = [_other(tenant, base) for tenant in tenants]
    both = [t for pair in zip(tenants, others, strict=True) for t in pair if t is not None]
    plans = (
        plan_one(desired, live, remembered=remembered_of(desired.name))
        for desired, live in read_live(client, both, remembered_of)
    )
    if base is None:
        return guarded_run(list(plans), allowances)
    return guarded_run(list(_attributed(plans, tenants, others, base)), allowances)


def _other(tenant: DesiredTenant, base: Reading | None) -> DesiredTenant | None:
    """*tenant* as *base* has it, where that is something else."""
    other = base.get(tenant.name) if base is not None else None
    return None if other is None or is_same(other, tenant) else other


def _attributed(
    plans: Iterator[TenantPlan],
    tenants: Sequence[DesiredTenant],
    others: Sequence[DesiredTenant | None],
    base: Reading,
) -> Iterator[TenantPlan]:
    """*plans* of *tenants*, each followed by that of its other where it has one, attributed."""
    for tenant, other in zip(tenants, others, strict=True):
        plan = next(plans)
        if other is not None:
            yield attributed(plan, next(plans))
        else:
            yield attributed(plan, plan if base.get(tenant.name) is not None else None)


def plan_tenant(
    desired: DesiredTenant,
    live: LiveTenant | ReconcilerError,
    allowances: Allowances = NOTHING_ALLOWED,
    remembered: Remembered = NOTHING_REMEMBERED,
    *,
    explain: bool = False,
    ownership: Ownership = UNKNOWN_OWNERS,
) -> TenantPlan:
    """The guarded plan of one tenant, or why there is none."""
    if isinstance(live, AmbiguousName):
        return TenantPlan(desired.name, refusals=(ambiguous_name(live),))
    if isinstance(live, AdoptionFailed):
        return TenantPlan(desired.name, refusals=(failed_adoption(live),))
    if isinstance(live, ListingInconsistent):
        return TenantPlan(desired.name, refusals=(untrusted_listing(live, desired.origin),))
    if isinstance(live, ReconcilerError):
        return TenantPlan(desired.name, failure=live)
    plan = build_plan(
        desired, live, remembered, may_resume=allowances.allows_resuming, explain=explain
    )
    return guarded(plan, desired, allowances, remembered, ownership)


def with_jobs(client: Client, plan: Plan, now: datetime) -> Plan:
    """*plan* with the jobs of what it changes or deletes. Raises ReconcilerError."""
    wanted: dict[str, list[str]] = {}
    for tenant in plan.tenants:
        for resource in _with_jobs(tenant):
            wanted.setdefault(str(resource.body[WORKSPACE_ID]), []).append(resource.id)
    histories = job_histories(client, wanted, now)
    return replace(
        plan,
        tenants=tuple(
            replace(t, jobs={each.key: histories[each.id] for each in _with_jobs(t)})
            for t in plan.tenants
        ),
    )


def _with_jobs(plan: TenantPlan) -> Iterator[LiveResource]:
    """The live resources of *plan*'s operations for which jobs run."""
    for operation in plan.operations:
        if not isinstance(operation, Create) and get(operation.key.kind).jobs:
            yield operation.live
