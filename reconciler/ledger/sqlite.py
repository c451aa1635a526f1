"""A ledger in a folder: a SQLite file, the key of its fingerprints and a lock beside it.

One connection behind a lock serves all workers. WAL lets a plan read while an apply writes; every
commit is on the disk before the request that it announces is sent.
"""

from __future__ import annotations

import json
import os
import sqlite3
import threading
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path as FilePath
from typing import Any
from urllib.request import pathname2url

from reconciler.ledger.codec import (
    dump_counts,
    dump_ids,
    dump_record,
    load_counts,
    load_ids,
    load_record,
)
from reconciler.ledger.kernel_lock import KernelLease, take_lock
from reconciler.ledger.key_file import read_key, read_or_make_key
from reconciler.ledger.protocol import Address, Backend, Changes, Held, Intent, Run
from reconciler.model import RememberedResource, ResourceKey
from reconciler.problems.errors import LedgerUnusable

BUSY_S = 10.0  # how long another process may hold the file: a plan's read, a backup

_MIGRATIONS: Sequence[str] = (
    """
    CREATE TABLE resource (
        key TEXT PRIMARY KEY, scope TEXT NOT NULL, id TEXT NOT NULL, spec TEXT NOT NULL,
        protected INTEGER NOT NULL, coordinates TEXT NOT NULL
    ) WITHOUT ROWID;
    CREATE INDEX resource_scope ON resource (scope);
    CREATE TABLE intent (
        key TEXT NOT NULL, action TEXT NOT NULL, run TEXT NOT NULL, at REAL NOT NULL,
        known_ids TEXT NOT NULL, PRIMARY KEY (key, action)
    ) WITHOUT ROWID;
    CREATE TABLE run (
        id TEXT PRIMARY KEY, started REAL NOT NULL, ended REAL, who TEXT NOT NULL,
        plan TEXT NOT NULL, outcome TEXT NOT NULL, counts TEXT NOT NULL
    ) WITHOUT ROWID;
    CREATE INDEX run_started ON run (started);
    """,
)
VERSION = len(_MIGRATIONS)

_RESOURCE = "key, scope, id, spec, protected, coordinates"
_INTENT = "key, action, run, at, known_ids"
_RUN = "id, started, ended, who, plan, outcome, counts"


class SqliteStore:
    """The ledger of an environment in a folder (`protocol.Store`)."""

    def __init__(self, address: Address) -> None:
        folder, environment = FilePath(address.url), address.environment
        self._file = folder / f"ledger-{environment}.db"
        self._key_file = folder / "fingerprint.key"
        self._lock_file = folder / f"apply-{environment}.lock"
        self._opening = threading.Lock()
        self._reader: Database | None = None
        self._writer: Database | None = None

    @property
    def place(self) -> str:
        return min(os.path.relpath(self._file), str(self._file), key=len)

    def tenants(self) -> dict[str, str]:
        nameless = "max(CASE WHEN key LIKE '%/%/%' THEN '' ELSE id END)"
        return dict(
            self._rows(f"SELECT scope, {nameless} FROM resource GROUP BY scope ORDER BY scope")
        )

    def read(self, tenants: Collection[str]) -> dict[str, dict[ResourceKey, RememberedResource]]:
        found: dict[str, dict[ResourceKey, RememberedResource]] = {tenant: {} for tenant in tenants}
        chosen = "scope IN (SELECT value FROM json_each(?))"
        statement = f"SELECT {_RESOURCE} FROM resource WHERE {chosen} ORDER BY key"
        for key, scope, *columns in self._rows(statement, json.dumps(list(tenants))):
            found[scope][ResourceKey.parse(key)] = load_record(*columns)
        return found

    def intents(self) -> list[Intent]:
        rows = self._rows(f"SELECT {_INTENT} FROM intent ORDER BY key, action")
        return [
            Intent(ResourceKey.parse(key), action, load_ids(known), run, at)
            for key, action, run, at, known in rows
        ]

    def runs(self, limit: int) -> list[Run]:
        order = "ORDER BY started DESC, id DESC LIMIT ?"
        rows = self._rows(f"SELECT {_RUN} FROM run {order}", limit)
        return [
            Run(id_, started, ended, who, plan, outcome, load_counts(counts))
            for id_, started, ended, who, plan, outcome, counts in rows
        ]

    def fingerprint_key(self, *, make: bool) -> bytes | None:
        return read_or_make_key(self._key_file) if make else read_key(self._key_file)

    def take(self, _tenants: Collection[str], holder: str, /) -> KernelLease | Held:
        """The lease on the whole environment: a folder has one writer at a time."""
        answer = take_lock(self._lock_file, holder)
        if isinstance(answer, KernelLease):
            try:
                self._to_write()
            except BaseException:
                answer.release()
                raise
        return answer

    def write(self, changes: Changes) -> bool:
        database = self._to_write()
        with database.transaction():
            if not _is_as_expected(database, changes):
                return False
            for statement, rows in _statements(changes):
                database.run_each(statement, rows)
        return True

    def close(self) -> None:
        for database in (self._reader, self._writer):
            if database:
                database.close()

    def _rows(self, statement: str, *values: str | int) -> Sequence[tuple[Any, ...]]:
        database = self._writer or self._to_read()
        return database.rows(statement, *values) if database else ()

    def _to_read(self) -> Database | None:
        with self._opening:
            if self._reader is None:
                self._reader = _open_to_read(self._file)
            return self._reader

    def _to_write(self) -> Database:
        with self._opening:
            if self._writer is None:
                self._writer = _open_to_write(self._file)
            return self._writer


BACKEND = Backend(("",), SqliteStore)


def _is_as_expected(database: Database, changes: Changes) -> bool:
    statement = f"SELECT {_RESOURCE} FROM resource WHERE key = ?"
    found = {key: database.rows(statement, str(key)) for key in changes.expected}
    return all(
        [load_record(*columns) for _, _, *columns in found[key]] == [record]
        for key, record in changes.expected.items()
    )


def _statements(changes: Changes) -> Iterator[tuple[str, list[tuple[Any, ...]]]]:
    """What writes *changes*, each with a row of values for every time that it is run."""
    yield (
        "DELETE FROM intent WHERE key = ? AND action = ?",
        [(str(intent.key), intent.action) for intent in changes.settled],
    )
    yield "DELETE FROM resource WHERE key = ?", [(str(key),) for key in changes.forgotten]
    yield (
        f"INSERT OR REPLACE INTO resource ({_RESOURCE}) VALUES (?, ?, ?, ?, ?, ?)",
        [(str(k), k.scope, *dump_record(record)) for k, record in changes.remembered.items()],
    )
    yield (
        f"INSERT OR REPLACE INTO intent ({_INTENT}) VALUES (?, ?, ?, ?, ?)",
        [(str(i.key), i.action, i.run, i.at, dump_ids(i.known_ids)) for i in changes.announced],
    )
    yield (
        f"INSERT OR REPLACE INTO run ({_RUN}) VALUES (?, ?, ?, ?, ?, ?, ?)",
        [
            (r.id, r.started, r.ended, r.who, r.plan, r.outcome, dump_counts(r.counts))
            for r in (changes.run,)
            if r
        ],
    )


class Database:
    """One open ledger file. Everything it raises is LedgerUnusable."""

    def __init__(self, file: FilePath, connection: sqlite3.Connection) -> None:
        self._file = file
        self._connection = connection
        self._lock = threading.RLock()

    def close(self) -> None:
        with self._lock:
            self._connection.close()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Everything inside is written, or nothing is."""
        with self._lock, _translated(self._file):
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield
                self._connection.execute("COMMIT")
            except BaseException:
                # A full disk may have rolled back already.
                if self._connection.in_transaction:
                    self._connection.execute("ROLLBACK")
                raise

    def run_each(self, statement: str, rows: Sequence[tuple[Any, ...]]) -> None:
        """Executes one statement with the values of each row."""
        with self._lock, _translated(self._file):
            self._connection.executemany(statement, rows)

    def rows(self, statement: str, *values: Any) -> list[tuple[Any, ...]]:
        """Every row that *statement* selects."""
        with self._lock, _translated(self._file):
            return self._connection.execute(statement, values).fetchall()


def _open_to_write(file: FilePath) -> Database:
    """The ledger at *file*, made or migrated as needed; readable by its owner only."""
    with _translated(file):
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        _make_private(file)
        connection = _connect(file, str(file), uri=False)
        try:
            connection.execute("PRAGMA journal_mode=WAL")
            connection.execute("PRAGMA synchronous=FULL")
            _check_and_migrate(file, connection)
        except BaseException:
            connection.close()
            raise
    return Database(file, connection)


def _make_private(file: FilePath) -> None:
    """Makes *file*, empty, unless it is there; SQLite gives its permissions to its side files."""
    # One that is there is not opened: closing it again would take the locks away that this process
    # has on it by another connection, and then a stranger who leaves deletes the WAL below it.
    with suppress(FileExistsError):
        os.close(os.open(file, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))
    if file.is_file():
        os.chmod(file, 0o600)


def _open_to_read(file: FilePath) -> Database | None:
    """The ledger at *file* as it is, None when there is none. Writes nothing into the ledger."""
    if not os.path.exists(file):  # asked for every tenant: a pathlib question costs thrice as much
        return None
    with _translated(file):
        connection = _read_only(file)
        if _version(file, connection) < VERSION:
            # To make or migrate it is for apply; until then nothing is remembered.
            connection.close()
            return None
    return Database(file, connection)


def _read_only(file: FilePath) -> sqlite3.Connection:
    url = f"file:{pathname2url(str(file.absolute()))}"
    connection = _connect(file, f"{url}?mode=ro", uri=True)
    try:
        connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
    except sqlite3.OperationalError:
        # WAL needs a side file, which a folder that is read-only cannot have.
        connection.close()
        if os.access(file.parent, os.W_OK):
            raise
        connection = _connect(file, f"{url}?immutable=1", uri=True)
    return connection


def _connect(file: FilePath, where: str, *, uri: bool) -> sqlite3.Connection:
    with _translated(file):
        return sqlite3.connect(
            where, uri=uri, timeout=BUSY_S, isolation_level=None, check_same_thread=False
        )


def _version(file: FilePath, connection: sqlite3.Connection) -> int:
    version = int(connection.execute("PRAGMA user_version").fetchone()[0])
    if version > VERSION:
        connection.close()
        raise LedgerUnusable(
            str(file),
            f"a newer reconciler wrote it (format {version}, this one knows {VERSION})",
            "Use that newer reconciler, or delete the file: the next apply makes another.",
        )
    return version


def _check_and_migrate(file: FilePath, connection: sqlite3.Connection) -> None:
    if connection.execute("PRAGMA quick_check(1)").fetchone() != ("ok",):
        raise sqlite3.DatabaseError("database disk image is malformed")
    connection.execute("BEGIN IMMEDIATE")
    for number in range(_version(file, connection), VERSION):
        for statement in _MIGRATIONS[number].split(";"):
            connection.execute(statement)
        # The migration and its record are one transaction.
        connection.execute(f"PRAGMA user_version={number + 1}")
    connection.execute("COMMIT")


@contextmanager
def _translated(file: FilePath) -> Iterator[None]:
    try:
        yield
    except (sqlite3.Error, OSError) as problem:
        raise _unusable(file, problem) from problem


_DELETE = "Delete it: the next apply makes another, and nothing in Airbyte depends on it."

_SAID: Sequence[tuple[Callable[[str], bool], str, str]] = (
    (
        lambda text: "locked" in text or "busy" in text,
        "another process holds it",
        "Wait for the other reconciler, or for whatever program has the file open.",
    ),
    (
        lambda text: any(w in text for w in ("full", "no space", "too large", "i/o")),
        "the disk is full or failing",
        "Make room and run again: what was not noted is looked up in Airbyte.",
    ),
    (
        lambda text: "readonly" in text or "read-only" in text or "permission" in text,
        "it cannot be written",
        "Make the file and its folder writable for the user who applies.",
    ),
    (
        lambda text: "malformed" in text or "not a database" in text or "corrupt" in text,
        "it is damaged, or no ledger",
        _DELETE,
    ),
)


def _unusable(file: FilePath, problem: Exception) -> LedgerUnusable:
    text = str(problem).lower()
    for fits, reason, hint in _SAID:
        if fits(text):
            return LedgerUnusable(str(file), f"{reason} ({_words(problem)})", hint)
    return LedgerUnusable(str(file), _words(problem), _DELETE)


def _words(problem: Exception) -> str:
    return (isinstance(problem, OSError) and problem.strerror) or str(problem)
