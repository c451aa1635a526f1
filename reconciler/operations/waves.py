"""A roll-out in waves: which tenants come first, and whose syncs say whether to go on.

The order of tenants follows from their names alone, so that a roll-out which was stopped goes on in
the same order, with those that still differ.
"""

from __future__ import annotations

import hashlib
import math
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from reconciler.apply.outcome import Report, Status
from reconciler.kinds import get
from reconciler.model import DesiredResource, DesiredTenant, Ref, ResourceKey
from reconciler.plan.model import Plan

Labels = Sequence[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Size:
    """How far a wave goes: so many tenants, or so many in a hundred, those before it included."""

    number: int
    is_percent: bool

    def of(self, total: int) -> int:
        """The tenants of *total* that are done after it."""
        if self.is_percent:
            return math.ceil(total * self.number / 100)
        return min(self.number, total)


def parse_sizes(text: str) -> tuple[Size, ...]:
    """The sizes of `1,10%,100%`. Raises ValueError for what does not grow and end in 100%."""
    sizes = tuple(_size(part.strip()) for part in text.split(","))
    for before, after in pairwise(sizes):
        if before.is_percent and not after.is_percent:
            raise ValueError("numbers of tenants come before percentages")
        if before.is_percent == after.is_percent and before.number >= after.number:
            raise ValueError("each wave goes further than the one before it")
    if sizes[-1] != Size(100, is_percent=True):
        raise ValueError("the last wave is 100%")
    return sizes


def _size(text: str) -> Size:
    found = re.fullmatch(r"([1-9]\d{0,6})(%?)", text)
    if found is None or (found[2] and int(found[1]) > 100):
        raise ValueError(f"{text!r} is no number of tenants such as 1 or 10%")
    return Size(int(found[1]), is_percent=bool(found[2]))


def waves_of(
    plan: Plan, tenants: Sequence[DesiredTenant], sizes: Sequence[Size], canaries: Labels
) -> list[tuple[str, ...]]:
    """The tenants that *plan* touches, in waves: those with all *canaries* labels come first."""
    labels = {tenant.name: tenant.labels for tenant in tenants}
    touched = [t.tenant for t in plan.tenants if t.may_be_applied and t.operations]
    order = sorted(touched, key=lambda name: (not has_labels(labels[name], canaries), _hash(name)))
    waves: list[tuple[str, ...]] = []
    done = 0
    for size in sizes:
        until = size.of(len(order))
        if until > done:
            waves.append(tuple(order[done:until]))
            done = until
    return waves


def has_labels(labels: Mapping[str, str], wanted: Labels) -> bool:
    """Whether all *wanted* are among *labels*, and there are any."""
    return bool(wanted) and all(labels.get(key) == value for key, value in wanted)


def _hash(name: str) -> bytes:
    return hashlib.sha256(name.encode()).digest()


def touched_keys(tenant: DesiredTenant, report: Report) -> set[ResourceKey]:
    """The declared resources of *tenant* with jobs that what was written has a part in.

    That is a connection that was written, and one whose source or destination was.
    """
    written = {o.step.key for o in report.outcomes if o.status is Status.SUCCEEDED}
    return {
        key
        for key, resource in tenant.resources.items()
        if get(key.kind).jobs and not written.isdisjoint(_depends_on(resource, tenant))
    }


def _depends_on(resource: DesiredResource, tenant: DesiredTenant) -> Iterator[ResourceKey]:
    """The resource itself and what it could not be without, however far; the workspace is not."""
    yield resource.key
    for field, reference in get(resource.key.kind).references.items():
        value = resource.spec.get(field)
        if reference.on_delete == "cascades" and isinstance(value, Ref):
            key = value.key(tenant.name)
            if get(key.kind).in_workspace() and key in tenant.resources:
                yield from _depends_on(tenant.resources[key], tenant)


def failed_tenants(report: Report) -> set[str]:
    """The tenants of whom an operation failed, or may have."""
    bad = (Status.FAILED, Status.UNKNOWN)
    return {o.step.key.scope for o in report.outcomes if o.status in bad}


def part_of(plan: Plan, names: Collection[str]) -> Plan:
    """What *plan* does to those tenants."""
    return Plan(tuple(t for t in plan.tenants if t.tenant in names))
