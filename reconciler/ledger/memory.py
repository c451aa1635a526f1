"""The ledger as apply and plan use it: memory, journal and history over one file.

An intent is written before a request that changes something, and settled, with what is then known,
once its answer is there. One that stays tells the next run what may have happened.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path as FilePath
from typing import Any

from reconciler.ledger import sqlite
from reconciler.ledger.codec import dump_coordinates, dump_spec, load_coordinates, load_spec
from reconciler.ledger.fingerprints import Fingerprints, Reveal, read_key, read_or_make_key
from reconciler.ledger.sqlite import Store
from reconciler.model import (
    DesiredResource,
    Fingerprint,
    Memory,
    Path,
    Remembered,
    ResourceKey,
    Secret,
)

DELETE = "delete"
UNFINISHED = "unfinished"  # the outcome of a run that has not said how it ended: killed, or running


@dataclass(frozen=True, slots=True)
class Places:
    """Where an environment's ledger, the key of its fingerprints, and its lock are."""

    ledger: FilePath
    key: FilePath
    lock: FilePath


def places(folder: FilePath, environment: str) -> Places:
    """The files of *environment* in the folder of state."""
    return Places(
        ledger=folder / f"ledger-{environment}.db",
        key=folder / "fingerprint.key",
        lock=folder / f"apply-{environment}.lock",
    )


@dataclass(frozen=True, slots=True)
class Intent:
    """A change that was announced and whose end is unknown.

    `known_ids` of a create are the live objects of the same kind, place and name that were there
    before; of a delete, the one that is to go.
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
class Written:
    """A resource that is live as desired; without `coordinates` the known ones stay."""

    resource: DesiredResource
    id: str
    coordinates: Mapping[Path, str] | None = None


class Recall:
    """The reading side: what plan, drift and history ask. Empty when there is no ledger."""

    def __init__(self, opened: Store | None, fingerprints: Fingerprints | None) -> None:
        self._store = opened
        self._fingerprints = fingerprints

    def of_tenant(self, tenant: str) -> Memory:
        """What is remembered of the tenant's resources."""
        rows = self._rows(
            "SELECT key, id, spec, protected, coordinates FROM resource WHERE scope = ?", tenant
        )
        return {
            ResourceKey.parse(key): Remembered(
                id_, load_spec(spec), bool(protected), load_coordinates(coordinates)
            )
            for key, id_, spec, protected, coordinates in rows
        }

    @property
    def tenants(self) -> list[str]:
        """The tenants of whom anything is remembered."""
        return [row[0] for row in self._rows("SELECT DISTINCT scope FROM resource ORDER BY scope")]

    @property
    def workspaces(self) -> dict[str, str]:
        """The id of the workspace of every tenant of whom one is remembered."""
        rows = self._rows("SELECT key, id FROM resource WHERE key LIKE 'workspace/%' ORDER BY key")
        return {ResourceKey.parse(key).scope: id_ for key, id_ in rows}

    def fingerprint(self, secret: Secret, reveal: Reveal) -> Fingerprint | None:
        """The fingerprint of today's value; None without a value or a key to compare under."""
        if self._fingerprints is None:
            return None
        text = reveal(secret)
        return None if text is None else self._fingerprints.of(text)

    def intents(self) -> list[Intent]:
        """Every announced change whose end is not known, by key."""
        rows = self._rows("SELECT key, action, known_ids, run, at FROM intent ORDER BY key, action")
        return [
            Intent(ResourceKey.parse(key), action, tuple(json.loads(known)), run, at)
            for key, action, known, run, at in rows
        ]

    def doomed(self, tenant: str) -> frozenset[str]:
        """The ids of the tenant's objects whose announced delete is not known to have ended."""
        intents = (i for i in self.intents() if i.action == DELETE and i.key.scope == tenant)
        return frozenset(id_ for intent in intents for id_ in intent.known_ids)

    def runs(self, limit: int) -> list[Run]:
        """The last applies, the newest first."""
        rows = self._rows(
            "SELECT id, started, ended, who, plan, outcome, counts FROM run"
            " ORDER BY started DESC, id DESC LIMIT ?",
            limit,
        )
        return [
            Run(id_, started, ended, who, plan, outcome, json.loads(counts))
            for id_, started, ended, who, plan, outcome, counts in rows
        ]

    def _rows(self, statement: str, *values: str | int) -> Sequence[tuple[Any, ...]]:
        return self._store.rows(statement, *values) if self._store else ()


class Ledger(Recall):
    """The writing side, for the one apply that holds the environment's lock.

    Without the lock only `locate` may be called, which takes nothing back.
    """

    def __init__(self, opened: Store, fingerprints: Fingerprints) -> None:
        super().__init__(opened, fingerprints)
        self._writable = opened
        self._made = fingerprints

    def intend(
        self, key: ResourceKey, action: str, *, run: str, at: float, known_ids: Collection[str] = ()
    ) -> None:
        """Notes that a change is about to be sent; the newest of a key and action counts."""
        self._writable.run(
            "INSERT OR REPLACE INTO intent VALUES (?, ?, ?, ?, ?)",
            str(key),
            action,
            run,
            at,
            json.dumps(sorted(known_ids)),
        )

    def remember(self, resources: Iterable[Written], reveal: Reveal) -> None:
        """Notes that these are live as desired, and settles their intents; all or none."""
        with self._writable.transaction():
            for written in resources:
                self._settle(written.resource.key)
                self._put_resource(written, reveal)

    def _put_resource(self, written: Written, reveal: Reveal) -> None:
        key = written.resource.key
        columns = "key, scope, id, spec, protected, coordinates"
        known = self._writable.rows(f"SELECT {columns} FROM resource WHERE key = ?", str(key))
        before = load_spec(known[0][3]) if known else {}
        is_the_same = bool(known) and known[0][2] == written.id
        coordinates = known[0][5] if is_the_same else dump_coordinates({})
        if written.coordinates is not None:
            coordinates = dump_coordinates(written.coordinates)
        spec = dump_spec(self._made.veiled(written.resource.spec, reveal, before))
        protected = int(written.resource.is_protected)
        row = (str(key), key.scope, written.id, spec, protected, coordinates)
        if row not in known:
            self._writable.run(
                f"INSERT OR REPLACE INTO resource ({columns}) VALUES (?,?,?,?,?,?)", *row
            )

    def locate(self, key: ResourceKey, id_: str, coordinates: Mapping[Path, str]) -> None:
        """Notes where the secrets of the object *id_* are kept, unless that is known already."""
        self._writable.run(
            "UPDATE resource SET coordinates = ? WHERE key = ? AND id = ? AND coordinates = ?",
            dump_coordinates(coordinates),
            str(key),
            id_,
            dump_coordinates({}),
        )

    def adopt(self, key: ResourceKey, id_: str) -> None:
        """Notes which live object the key means, of which nothing else is known yet."""
        columns = "key, scope, id, spec, protected, coordinates"
        row = (str(key), key.scope, id_, dump_spec({}), 0, dump_coordinates({}))
        with self._writable.transaction():
            self._settle(key)
            known = self._writable.rows("SELECT id FROM resource WHERE key = ?", str(key))
            if known != [(id_,)]:
                self._writable.run(
                    f"INSERT OR REPLACE INTO resource ({columns}) VALUES (?,?,?,?,?,?)", *row
                )

    def forget(self, key: ResourceKey, id_: str) -> None:
        """Notes that the object *id_* is gone; its key may have another by now."""
        with self._writable.transaction():
            self._writable.run(
                "DELETE FROM intent WHERE action = ? AND known_ids = ?", DELETE, json.dumps([id_])
            )
            # By its id: one that no manifest mentions any longer has no key to know it by.
            statement = "DELETE FROM resource WHERE scope = ? AND id = ?"
            self._writable.run(statement, key.scope, id_)

    def forget_tenant(self, tenant: str) -> None:
        """Notes that nothing of *tenant* is live any longer."""
        self._writable.run("DELETE FROM resource WHERE scope = ?", tenant)

    def refused(self, key: ResourceKey) -> None:
        """Notes that what was announced for *key* is not going to happen."""
        self._writable.run("DELETE FROM intent WHERE key = ?", str(key))

    def settle(self, intent: Intent) -> None:
        """Notes that it is known again what became of *intent*."""
        self._writable.run(
            "DELETE FROM intent WHERE key = ? AND action = ?", str(intent.key), intent.action
        )

    def started(self, run: Run) -> None:
        """Notes that an apply has begun."""
        self._put(run)

    def ended(self, run: Run) -> None:
        """Notes how it ended."""
        self._put(run)

    def _put(self, run: Run) -> None:
        self._writable.run(
            "INSERT OR REPLACE INTO run VALUES (?, ?, ?, ?, ?, ?, ?)",
            run.id,
            run.started,
            run.ended,
            run.who,
            run.plan,
            run.outcome,
            json.dumps(dict(run.counts), sort_keys=True),
        )

    def _settle(self, key: ResourceKey) -> None:
        # A delete under the same key is of the object that this one has replaced.
        self._writable.run("DELETE FROM intent WHERE key = ? AND action <> ?", str(key), DELETE)


NOTHING_REMEMBERED = Recall(None, None)


@contextmanager
def recalling(at: Places) -> Iterator[Recall]:
    """The ledger for reading; one that is not there remembers nothing."""
    opened = sqlite.open_for_reading(at.ledger)
    key = read_key(at.key)
    try:
        yield Recall(opened, Fingerprints(key) if key else None)
    finally:
        if opened:
            opened.close()


@contextmanager
def writing(at: Places) -> Iterator[Ledger]:
    """The ledger for an apply, made when it is not there. Raises LedgerUnusable."""
    opened = sqlite.open_for_writing(at.ledger)
    try:
        yield Ledger(opened, Fingerprints(read_or_make_key(at.key)))
    finally:
        opened.close()
