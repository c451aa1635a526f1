"""Which of the connections that an apply has created are to be synced at once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from reconciler.apply.outcome import Report, Status
from reconciler.jobs.start import Target
from reconciler.kinds import get
from reconciler.plan.model import Action, TenantPlan


def new_targets(report: Report, left: Sequence[TenantPlan]) -> Iterator[Target]:
    """The connections that were created and are in effect, in the plan's order.

    *left* is what was accepted and is not in effect when read again.
    """
    not_proven = {operation.key for plan in left for operation in plan.operations}
    unread = {plan.tenant for plan in left if plan.failure}
    for outcome in report.outcomes:
        operation = outcome.operation
        is_new = operation.action is Action.CREATE and outcome.status is Status.SUCCEEDED
        if not (is_new and get(operation.key.kind).has_jobs and operation.desired):
            continue
        if operation.key in not_proven or operation.key.scope in unread:
            continue
        # Airbyte makes a connection active unless it is told otherwise.
        spec = {"status": "active", **operation.desired.spec}
        yield Target(operation.key, outcome.id, spec)
