"""The ledger as plan and apply use it: what is worth remembering, over any place that remembers.

An intent is written before a request that changes something, and settled, with what is then known,
once its answer is there. One that stays tells the next run what may have happened.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace

from reconciler.ledger.backends import open_store
from reconciler.ledger.codec import is_same
from reconciler.ledger.fingerprints import Fingerprints, veil_secrets
from reconciler.ledger.leases import Taker, holding_lease
from reconciler.ledger.protocol import DELETE, Address, Changes, Intent, Lease, Records, Run, Store
from reconciler.model import (
    DesiredResource,
    Fingerprint,
    Path,
    Remembered,
    RememberedResource,
    ResourceKey,
    Secret,
)

CACHED = 100  # tenants whose records a writing run keeps at hand

Reveal = Callable[[Secret], str | None]
"""The text of a secret, None when it is not at hand."""


def reveal_nothing(_secret: Secret) -> None:
    """For who has no secrets, and needs none."""


@dataclass(frozen=True, slots=True)
class Written:
    """A resource that is live as desired; without `coordinates` the known ones stay."""

    resource: DesiredResource
    id: str
    coordinates: Mapping[Path, str] | None = None


class Ledger:
    """What an environment remembers, for plan, drift and history; empty when there is none."""

    def __init__(self, store: Store, environment: str, reveal: Reveal) -> None:
        self._store = store
        self._environment = environment
        self._reveal = reveal
        key = store.fingerprint_key(make=False)
        self._fingerprints = Fingerprints(key) if key else None

    @property
    def place(self) -> str:
        """Where it is, in words."""
        return self._store.place

    def of_tenant(self, tenant: str) -> Remembered:
        """What is remembered of the tenant, and how today's secrets compare with that."""
        intents = (i for i in self.intents() if i.action == DELETE and i.key.scope == tenant)
        doomed = frozenset(id_ for intent in intents for id_ in intent.known_ids)
        return Remembered(self._store.read([tenant])[tenant], self.fingerprint, doomed)

    @property
    def tenants(self) -> list[str]:
        """The tenants of whom anything is remembered."""
        return list(self._store.tenants())

    @property
    def workspaces(self) -> dict[str, str]:
        """The id of the workspace of every tenant of whom one is remembered."""
        return {tenant: id_ for tenant, id_ in self._store.tenants().items() if id_}

    def intents(self) -> Sequence[Intent]:
        """Every announced change whose end is not known, by key."""
        return self._store.intents()

    def runs(self, limit: int) -> Sequence[Run]:
        """The last applies, the newest first."""
        return self._store.runs(limit)

    def fingerprint(self, secret: Secret) -> Fingerprint | None:
        """The fingerprint of today's value; None without a value or a key to compare under."""
        if self._fingerprints is None:
            return None
        text = self._reveal(secret)
        return None if text is None else self._fingerprints.of(text)

    def locate(self, key: ResourceKey, id_: str, coordinates: Mapping[Path, str]) -> None:
        """Notes where the secrets of the object *id_* are kept, unless that is known already.

        Takes no lease: when an apply writes the same at this moment, its word counts.
        """
        known = self.of_tenant(key.scope).resources.get(key)
        if known and known.id == id_ and not known.coordinates:
            located = replace(known, coordinates=coordinates)
            self._store.write(Changes(remembered={key: located}, expected={key: known}))

    @contextmanager
    def holding_lease(self, tenants: Collection[str], taker: Taker) -> Iterator[LeasedLedger]:
        """The ledger for writing about *tenants*, made where there is none; nobody else has it.

        Raises EnvironmentLocked when another run has it for too long, and LedgerUnusable.
        """
        with holding_lease(self._store, tenants, taker, self._environment) as lease:
            yield LeasedLedger(self._store, self._environment, self._reveal, lease)


class LeasedLedger(Ledger):
    """The ledger for the one run that has the lease on what it writes, and for all its threads."""

    def __init__(self, store: Store, environment: str, reveal: Reveal, lease: Lease) -> None:
        super().__init__(store, environment, reveal)
        key = store.fingerprint_key(make=True)
        self._fingerprints = Fingerprints(key) if key else None
        self._lease = lease
        self._lock = threading.RLock()
        self._open = {(intent.key, intent.action): intent for intent in store.intents()}
        self._records: dict[str, dict[ResourceKey, RememberedResource]] = {}

    def intents(self) -> Sequence[Intent]:
        with self._lock:
            return sorted(self._open.values(), key=lambda each: (str(each.key), each.action))

    def announce(self, *intents: Intent) -> None:
        """Notes what is about to be sent; the newest of a key and action counts.

        Raises LedgerUnusable, also when the lease is lost: then nothing may be sent.
        """
        self._lease.check()
        self._write(Changes(announced=intents))

    def remember(self, resources: Iterable[Written]) -> None:
        """Notes that these are live as desired, and settles their intents; all or none."""
        written = {each.resource.key: each for each in resources}
        with self._lock:
            self._read({key.scope for key in written})
            records = {key: self._record(each) for key, each in written.items()}
            self._write(
                Changes(
                    remembered={k: r for k, r in records.items() if not self._is_known(k, r)},
                    settled=self._intents_but_deletes(written),
                )
            )

    def _record(self, written: Written) -> RememberedResource:
        key = written.resource.key
        before = self._records[key.scope].get(key)
        coordinates = written.coordinates
        if coordinates is None:
            coordinates = before.coordinates if before and before.id == written.id else {}
        spec = written.resource.spec
        veiled = veil_secrets(spec, self.fingerprint, before.spec if before else {})
        return RememberedResource(written.id, veiled, written.resource.is_protected, coordinates)

    def _is_known(self, key: ResourceKey, record: RememberedResource) -> bool:
        before = self._records[key.scope].get(key)
        return before is not None and record == before and is_same(record.spec, before.spec)

    def adopt(self, key: ResourceKey, id_: str) -> None:
        """Notes which live object the key means, of which nothing else is known yet."""
        with self._lock:
            known = self._read({key.scope})[key.scope].get(key)
            is_known = known is not None and known.id == id_
            self._write(
                Changes(
                    remembered={} if is_known else {key: RememberedResource(id_, {})},
                    settled=self._intents_but_deletes([key]),
                )
            )

    def forget(self, key: ResourceKey, id_: str) -> None:
        """Notes that the object *id_* is gone; its key may have another by now."""
        with self._lock:
            # By its id: one that no manifest mentions any longer has no key to know it by.
            records = self._read({key.scope})[key.scope]
            gone = [i for i in self._open.values() if (i.action, i.known_ids) == (DELETE, (id_,))]
            forgotten = [known for known, record in records.items() if record.id == id_]
            self._write(Changes(forgotten=forgotten, settled=gone))

    def forget_tenant(self, tenant: str) -> None:
        """Notes that nothing of *tenant* is live any longer."""
        with self._lock:
            self._write(Changes(forgotten=list(self._read({tenant})[tenant])))

    def withdraw(self, key: ResourceKey) -> None:
        """Notes that what was announced for *key* is not going to happen."""
        with self._lock:
            self._write(Changes(settled=[i for i in self._open.values() if i.key == key]))

    def settle(self, intent: Intent) -> None:
        """Notes that it is known again what became of *intent*."""
        self._write(Changes(settled=[intent]))

    def record_run(self, run: Run) -> None:
        """Notes that an apply has begun, or how it ended."""
        self._write(Changes(run=run))

    def _intents_but_deletes(self, keys: Collection[ResourceKey]) -> list[Intent]:
        # A delete under the same key is of the object that this one has replaced.
        return [i for i in self._open.values() if i.key in keys and i.action != DELETE]

    def _read(self, tenants: Collection[str]) -> Mapping[str, Records]:
        """The records at hand, those of *tenants* among them."""
        if len(self._records) > CACHED:
            self._records.clear()
        if missing := [tenant for tenant in tenants if tenant not in self._records]:
            found = self._store.read(missing)
            self._records |= {tenant: dict(records) for tenant, records in found.items()}
        return self._records

    def _write(self, changes: Changes) -> None:
        with self._lock:
            if changes.is_empty:
                return
            self._store.write(changes)
            for intent in changes.settled:
                self._open.pop((intent.key, intent.action), None)
            self._open |= {(intent.key, intent.action): intent for intent in changes.announced}
            for key in changes.forgotten:
                self._records[key.scope].pop(key, None)
            for key, record in changes.remembered.items():
                self._records[key.scope][key] = record


@contextmanager
def open_ledger(address: Address, reveal: Reveal = reveal_nothing) -> Iterator[Ledger]:
    """The ledger at *address* for reading; one that is not there remembers nothing.

    *reveal* gives the secrets of today, as far as they are to be compared or remembered.
    """
    with closing(open_store(address)) as store:
        yield Ledger(store, address.environment, reveal)
