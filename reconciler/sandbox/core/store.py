"""The SQLite file: opening, locking, migrating, and the few statements that every table shares."""

from __future__ import annotations

import fcntl
import json
import os
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from importlib import resources
from pathlib import Path
from typing import Any

Row = sqlite3.Row


class SandboxError(Exception):
    """The sandbox cannot run; the text says why and what to do."""


class Store:
    """One open database. Used by one thread at a time; other processes are kept out by a lock."""

    def __init__(self, file: Path, *, migrates: bool = True) -> None:
        self._lock = _lock(file)
        try:
            self._connection = sqlite3.connect(
                file, isolation_level=None, check_same_thread=False, cached_statements=256
            )
            self._connection.row_factory = sqlite3.Row
            # Enough for a killed process; only a crash of the machine may lose the last writes.
            self._connection.executescript(
                "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA foreign_keys=ON;"
            )
            if migrates:
                self._migrate(file)
        except sqlite3.DatabaseError as problem:
            os.close(self._lock)
            raise SandboxError(
                f"{file} is not a sandbox's database ({problem}): delete it, or name another"
            ) from problem

    def close(self) -> None:
        """Closes the file and lets other processes have it."""
        self._connection.close()
        os.close(self._lock)

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Everything inside is written, or nothing is; inside another one, with that one."""
        if self._connection.in_transaction:
            yield
            return
        self._connection.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self._connection.execute("ROLLBACK")
            raise
        self._connection.execute("COMMIT")

    def all(self, statement: str, *values: Any) -> list[Row]:
        """Every row that *statement* selects."""
        return self._connection.execute(statement, values).fetchall()

    def one(self, statement: str, *values: Any) -> Row | None:
        """The first row that *statement* selects."""
        row: Row | None = self._connection.execute(statement, values).fetchone()
        return row

    def insert(self, table: str, values: Mapping[str, Any]) -> None:
        """Adds a row, at the end of the heap."""
        columns = {**values, "position": self._next_position()}
        marks = ", ".join("?" * len(columns))
        self._connection.execute(
            f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({marks})", list(columns.values())
        )

    def execute(self, statement: str, *values: Any) -> int:
        """Carries *statement* out; how many rows it touched."""
        return self._connection.execute(statement, values).rowcount

    def put_secret(self, coordinate: str, value: str) -> None:
        """Keeps a raw secret under a coordinate that is new."""
        self._connection.execute("INSERT OR REPLACE INTO secret VALUES (?, ?)", (coordinate, value))

    def update(self, table: str, id_: str, values: Mapping[str, Any]) -> None:
        """Changes a row, which moves it to the end of the heap as an update in PostgreSQL does."""
        columns = {**values, "position": self._next_position()}
        assignments = ", ".join(f"{column} = ?" for column in columns)
        self._connection.execute(
            f"UPDATE {table} SET {assignments} WHERE id = ?", [*columns.values(), id_]
        )

    def page(
        self,
        table: str,
        conditions: Sequence[str],
        values: Sequence[Any],
        limit: int,
        offset: int,
        order: str = "position",
    ) -> list[Row]:
        """Rows in the order of the heap, which promises nothing to whoever pages through it."""
        where = f"WHERE {' AND '.join(conditions)}" if conditions else ""
        # The rows are picked inside, from an index alone: a far offset passes by cheaply.
        picked = f"SELECT rowid FROM {table} {where} ORDER BY {order} LIMIT ? OFFSET ?"
        return self.all(
            f"SELECT * FROM {table} WHERE rowid IN ({picked}) ORDER BY {order}",
            *values,
            limit,
            offset,
        )

    @property
    def version(self) -> int:
        """How many of the schema's scripts have run."""
        row = self.one("PRAGMA user_version")
        return int(row[0]) if row else 0

    def tables(self) -> list[str]:
        """The names of the tables, in an order in which rows find what they refer to."""
        rows = self.all(
            "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' "
            "ORDER BY rowid"
        )
        return [row["name"] for row in rows]

    def restore(self, table: str, values: Mapping[str, Any]) -> None:
        """Puts a row of a dump back as it was. Raises SandboxError when it does not fit."""
        marks = ", ".join("?" * len(values))
        statement = f"INSERT OR REPLACE INTO {table} ({', '.join(values)}) VALUES ({marks})"
        try:
            if table == "heap":
                self.execute("UPDATE heap SET next = max(next, ?)", values.get("next"))
            else:
                self.execute(statement, *values.values())
        except (sqlite3.Error, OverflowError) as problem:
            raise SandboxError(f"a row does not fit into {table}: {problem}") from problem

    def _next_position(self) -> int:
        row = self.one("UPDATE heap SET next = next + 1 RETURNING next")
        assert row is not None, "the heap has its one row since the schema was made"
        return int(row["next"])

    def _migrate(self, file: Path) -> None:
        """Brings the schema up, one numbered script at a time, each whole or not at all."""
        version = self.version
        scripts = _migrations()
        if version > len(scripts):
            raise SandboxError(f"{file} was written by a newer version of this program")
        for number, script in enumerate(scripts[version:], version + 1):
            self._connection.executescript(
                f"BEGIN; {script}; PRAGMA user_version={number}; COMMIT;"
            )


def placeholders(values: Sequence[Any]) -> str:
    """`(?, ?, ?)` for as many values."""
    return f"({', '.join('?' * len(values))})"


def dumped(value: Any) -> str | None:
    """*value* as the text of a JSON column; None stays None."""
    return None if value is None else json.dumps(value, separators=(",", ":"))


def loaded(text: str | None) -> Any:
    """The value of a JSON column."""
    return None if text is None else json.loads(text)


def _migrations() -> list[str]:
    """The scripts by number, oldest first; the schema's version is how many have run."""
    folder = resources.files("reconciler.sandbox.core") / "migrations"
    files = sorted((f for f in folder.iterdir() if f.name.endswith(".sql")), key=lambda f: f.name)
    return [file.read_text(encoding="utf-8") for file in files]


def _lock(file: Path) -> int:
    """A descriptor that keeps other processes out while it is open; a killed process lets go."""
    if file.is_dir():
        raise SandboxError(f"{file} is a folder: name a file")
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(f"{file}.lock", os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as problem:
        raise SandboxError(f"cannot open {file}: {problem.strerror}") from problem
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as problem:
        os.close(descriptor)
        raise SandboxError(
            f"{file} is in use by another process: stop that one, or name another file"
        ) from problem
    return descriptor
