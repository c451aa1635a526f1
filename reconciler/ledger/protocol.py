"""What a place that remembers must be able to do; everything else about a ledger stands above it.

A back end is one file of this room with a `BACKEND`. It keeps records and hands them back; what is
worth a record, what has changed, and how secrets are hidden is decided in `ledger`.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol, TypeAlias

from reconciler.model import RememberedResource, ResourceKey

DELETE = "delete"
UNFINISHED = "unfinished"  # the outcome of a run that has not said how it ended: killed, or running

Records: TypeAlias = Mapping[ResourceKey, RememberedResource]
"""What is remembered of one tenant's resources."""


@dataclass(frozen=True, slots=True)
class Address:
    """Which ledger is meant: the place as the project says it, and the environment's name."""

    url: str
    environment: str


@dataclass(frozen=True, slots=True)
class Intent:
    """A change that was announced and whose end is unknown; one for each key and action.

    `known_ids` of a create are the live objects of the same kind, place and name that were there
    before; of a delete, the one that is to go. `at` is in seconds of the epoch.
    """

    key: ResourceKey
    action: str
    known_ids: tuple[str, ...]
    run: str
    at: float


@dataclass(frozen=True, slots=True)
class Run:
    """One apply: who, when (seconds of the epoch), which plan, how many operations ended how."""

    id: str
    started: float
    ended: float | None
    who: str
    plan: str
    outcome: str
    counts: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Changes:
    """What one write takes out and then puts in, in the place of what had the same key.

    `expected` are records that must still be as they are here, or nothing at all is written.
    """

    remembered: Mapping[ResourceKey, RememberedResource] = field(default_factory=dict)
    forgotten: Collection[ResourceKey] = ()
    announced: Sequence[Intent] = ()
    settled: Sequence[Intent] = ()
    run: Run | None = None
    expected: Mapping[ResourceKey, RememberedResource] = field(default_factory=dict)

    @property
    def is_empty(self) -> bool:
        return not (self.remembered or self.forgotten or self.announced or self.settled or self.run)


@dataclass(frozen=True, slots=True)
class Held:
    """The answer to who wants a lease that another run has: the words of that run."""

    holder: str


class Lease(Protocol):
    """The right of one run to write some tenants, which nobody else has until it is released."""

    @property
    def died(self) -> str:
        """The words of the run that had it before and did not release it; empty if none."""

    def check(self) -> None:
        """Raises LedgerUnusable when this run may not have it any longer. Costs no round trip."""

    def release(self) -> None:
        """Gives it back. Never raises: who cannot say so leaves it to its end."""


class Store(Protocol):
    """The ledger of one environment at one place, for all threads of one process.

    Nothing is asked for or made before it is needed: what is not there is empty when read. A method
    raises LedgerUnusable and nothing else, also for what a newer version wrote.
    """

    @property
    def place(self) -> str:
        """Where it is, in words for people, without credentials."""

    def tenants(self) -> Mapping[str, str]:
        """Every tenant with a record, sorted, and the id of its resource without a name: that
        which all others live in; empty where that is not remembered.
        """

    def read(self, tenants: Collection[str]) -> Mapping[str, Records]:
        """The records of each of *tenants*, all as of one moment: before a write, or after it."""

    def intents(self) -> Sequence[Intent]:
        """Every intent that was announced and not settled, by key and action."""

    def runs(self, limit: int) -> Sequence[Run]:
        """The runs that began last, the newest first."""

    def fingerprint_key(self, *, make: bool) -> bytes | None:
        """The key of fingerprints that is kept here, apart from the records; None without one.

        With *make* one is made where there is none, by a back end that keeps keys.
        """

    def take(self, tenants: Collection[str], holder: str, /) -> Lease | Held:
        """The lease on *tenants* for this run, which others know as *holder*; else who has it.

        It does not wait; who waits asks again, of this same store. Two processes never have leases
        on one tenant at a time. With the lease the store is ready to be written.
        """

    def write(self, changes: Changes) -> bool:
        """Writes all of *changes* or, when it raises, none; False where `expected` has changed.

        When it returns, what was announced outlives this process, and all that was written before.
        Of other changes the last may be lost with it: Airbyte is asked for them again.
        Without a lease only what has `expected` may be written.
        """

    def close(self) -> None:
        """Ends all use. What was written is kept."""


@dataclass(frozen=True, slots=True)
class Backend:
    """A kind of place: how its URLs begin (empty for a folder), and the store at an address."""

    schemes: tuple[str, ...]
    open: Callable[[Address], Store]
