"""The SQLite file of the ledger: opening, migrating, and saying in words why it cannot be used.

One connection behind a lock serves all workers. WAL lets a plan read while an apply writes; every
commit is on the disk before the request that it announces is sent.
"""

from __future__ import annotations

import os
import sqlite3
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path as FilePath
from typing import Any
from urllib.request import pathname2url

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


class Store:
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

    def run(self, statement: str, *values: Any) -> None:
        """Executes one statement."""
        with self._lock, _translated(self._file):
            self._connection.execute(statement, values)

    def rows(self, statement: str, *values: Any) -> list[tuple[Any, ...]]:
        """Every row that *statement* selects."""
        with self._lock, _translated(self._file):
            return self._connection.execute(statement, values).fetchall()


def open_for_writing(file: FilePath) -> Store:
    """The ledger at *file*, made or migrated as needed; readable by its owner only."""
    with _translated(file):
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        # SQLite gives its side files the permissions of this one.
        os.close(os.open(file, os.O_RDWR | os.O_CREAT, 0o600))
        os.chmod(file, 0o600)
        connection = _connect(file, str(file), uri=False)
        try:
            connection.execute("PRAGMA journal_mode=WAL")
            connection.execute("PRAGMA synchronous=FULL")
            _check_and_migrate(file, connection)
        except BaseException:
            connection.close()
            raise
    return Store(file, connection)


def open_for_reading(file: FilePath) -> Store | None:
    """The ledger at *file* as it is, None when there is none. Writes nothing into the ledger."""
    if not file.exists():
        return None
    with _translated(file):
        connection = _read_only(file)
        version = _version(file, connection)
        if version == 0:
            connection.close()
            return None
        if version < VERSION:
            # A migration is for apply to make; until then nothing is remembered.
            connection.close()
            return None
    return Store(file, connection)


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
