"""Waiting for a lease that another run has, the same for every back end."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from reconciler.ledger.protocol import Held, Lease, Store
from reconciler.problems.errors import EnvironmentLocked

STEP_S = 0.5  # between two looks at a lease that somebody else has


@dataclass(frozen=True, slots=True)
class Taker:
    """Who wants a lease: what others are told of it, and how it waits.

    `wait` waits so many seconds and says whether to go on; `tell` hears of waiting, and of a holder
    that died.
    """

    holder: str
    wait: Callable[[float], bool]
    tell: Callable[[str], None]
    timeout_s: float = 0.0


@contextmanager
def holding_lease(
    store: Store, tenants: Collection[str], taker: Taker, environment: str
) -> Iterator[Lease]:
    """Holds the lease on *tenants* of *environment*. Raises EnvironmentLocked after waiting."""
    lease = _wait_for_lease(store, tenants, taker, environment)
    try:
        if lease.died:
            taker.tell(
                f"An apply did not end by itself: {lease.died}. Its journal is taken into account."
            )
        yield lease
    finally:
        lease.release()


def _wait_for_lease(
    store: Store, tenants: Collection[str], taker: Taker, environment: str
) -> Lease:
    left_s = taker.timeout_s
    while isinstance(answer := store.take(tenants, taker.holder), Held):
        if left_s <= 0:
            raise EnvironmentLocked(environment, answer.holder)
        if left_s == taker.timeout_s:
            taker.tell(f'Waiting for environment "{environment}", held by {answer.holder}.')
        step_s = min(STEP_S, left_s)
        left_s -= step_s
        if not taker.wait(step_s):
            raise EnvironmentLocked(environment, answer.holder)
    return answer
