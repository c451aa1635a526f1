"""The ledger in a folder: its files, its formats, and what is told of a bad file or disk."""

from __future__ import annotations

import resource as limits
import shutil
import sqlite3
import stat
import subprocess
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path as FilePath

import pytest

from reconciler.ledger import Address, sqlite
from reconciler.ledger.protocol import Changes, Held, Intent, Run
from reconciler.ledger.sqlite import SqliteStore
from reconciler.model import ALL, UNREADABLE, Fingerprint, Ref, RememberedResource, ResourceKey
from reconciler.problems.errors import LedgerUnusable

KEY = ResourceKey("source", "acme", "stripe")


def remembering(id_: str, **spec: str) -> Changes:
    return Changes(remembered={KEY: RememberedResource(id_, {"name": "stripe", **spec})})


@pytest.fixture
def folder(tmp_path: FilePath) -> FilePath:
    return tmp_path / ".reconciler"


@pytest.fixture
def file(folder: FilePath) -> FilePath:
    return folder / "ledger-production.db"


@pytest.fixture
def store(folder: FilePath) -> Iterator[SqliteStore]:
    with store_in(folder) as opened:
        yield opened


def store_in(folder: FilePath) -> closing[SqliteStore]:
    return closing(SqliteStore(Address(str(folder), "production")))


def write(folder: FilePath, changes: Changes) -> None:
    with store_in(folder) as store:
        store.write(changes)


def known_id(folder: FilePath) -> str:
    with store_in(folder) as store:
        return store.read(["acme"])["acme"][KEY].id


def test_every_file_is_for_its_owner_only(folder: FilePath, store: SqliteStore) -> None:
    assert not isinstance(store.take(["acme"], "me"), Held)
    assert store.fingerprint_key(make=True)
    store.write(Changes(announced=[Intent(KEY, "create", (), run="r", at=0.0)]))
    files = list(folder.iterdir())
    assert len(files) >= 4, "the ledger, its WAL, the key, and the lock"
    assert {stat.S_IMODE(file.stat().st_mode) for file in files} == {0o600}


def test_no_folder_is_made_by_reading(folder: FilePath, store: SqliteStore) -> None:
    assert (store.tenants(), store.intents(), store.runs(5)) == ({}, [], [])
    assert store.fingerprint_key(make=False) is None
    assert not folder.exists()


LEDGER_OF_BEFORE = """
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
INSERT INTO resource VALUES ('workspace/acme', 'acme', 'ws-1', '{"name":"Acme Inc"}', 0, '[]');
INSERT INTO resource VALUES (
    'source/acme/stripe', 'acme', 'src-1',
    '{"configuration":{"key":{"$fingerprint":["4f","9a"]},"$$odd":[1,null,"é"]},'
    || '"workspace":{"$ref":["workspace",""]},"streams":{"$marker":"ALL"},'
    || '"token":{"$marker":"UNREADABLE"}}',
    1, '[[["configuration", "keys", 0], "secret_coordinate::x_v1"]]'
);
INSERT INTO intent VALUES ('source/acme/stripe', 'delete', 'r1', 12.5, '["src-1"]');
INSERT INTO run VALUES ('r1', 1.0, NULL, 'me@host', 'digest', 'unfinished', '{}');
INSERT INTO run VALUES ('r0', 0.5, 0.75, 'me@host', 'digest', 'succeeded', '{"created": 4}');
PRAGMA user_version=1;
"""


@pytest.mark.parametrize("is_written_before", [False, True])
def test_a_ledger_of_before_is_still_read(
    folder: FilePath, file: FilePath, is_written_before: bool
) -> None:
    folder.mkdir()
    with closing(sqlite3.connect(file)) as raw:
        raw.executescript(LEDGER_OF_BEFORE)
    with store_in(folder) as store:
        if is_written_before:
            store.write(remembering("src-2"))
            store.write(Changes(forgotten=[KEY]))
        records = store.read(["acme"])["acme"]
        assert store.tenants() == {"acme": "ws-1"}
        assert store.intents() == [Intent(KEY, "delete", ("src-1",), run="r1", at=12.5)]
        assert store.runs(9) == [
            Run("r1", 1.0, None, "me@host", "digest", "unfinished", {}),
            Run("r0", 0.5, 0.75, "me@host", "digest", "succeeded", {"created": 4}),
        ]
    assert records[ResourceKey("workspace", "acme", "")] == RememberedResource(
        "ws-1", {"name": "Acme Inc"}
    )
    if not is_written_before:
        assert records[KEY] == RememberedResource(
            "src-1",
            {
                "configuration": {"key": Fingerprint("4f", "9a"), "$odd": [1, None, "é"]},
                "workspace": Ref("workspace", ""),
                "streams": ALL,
                "token": UNREADABLE,
            },
            is_protected=True,
            coordinates={("configuration", "keys", 0): "secret_coordinate::x_v1"},
        )


def unusable(folder: FilePath) -> LedgerUnusable:
    with store_in(folder) as store, pytest.raises(LedgerUnusable) as caught:
        store.take(["acme"], "me")
    assert str(folder / "ledger-production.db") in str(caught.value)
    return caught.value


@pytest.mark.parametrize("content", [b"no database" * 200, b"SQLite format 3\0" + b"\xff" * 4096])
def test_a_damaged_ledger_may_be_deleted_and_says_so(file: FilePath, content: bytes) -> None:
    file.parent.mkdir()
    file.write_bytes(content)
    problem = unusable(file.parent)
    assert "damaged" in problem.reason
    assert "Delete it" in problem.hint


def test_a_lease_on_a_ledger_that_cannot_be_used_is_given_back(file: FilePath) -> None:
    file.parent.mkdir()
    file.write_bytes(b"no database" * 200)
    unusable(file.parent)
    file.unlink()
    with store_in(file.parent) as store:
        assert not isinstance(store.take(["acme"], "me"), Held)


def test_a_ledger_of_a_newer_version_is_left_alone(folder: FilePath, file: FilePath) -> None:
    write(folder, remembering("id-1"))
    with closing(sqlite3.connect(file)) as raw, raw:
        raw.execute(f"PRAGMA user_version={sqlite.VERSION + 1}")
    assert "newer" in unusable(folder).reason
    with store_in(folder) as store, pytest.raises(LedgerUnusable, match="newer"):
        store.read(["acme"])


def test_a_ledger_that_another_program_holds_is_told_as_such(
    folder: FilePath, file: FilePath, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(folder, remembering("id-1"))
    monkeypatch.setattr(sqlite, "BUSY_S", 0.01)
    holder = sqlite3.connect(file, isolation_level=None)
    holder.execute("BEGIN EXCLUSIVE")
    assert "another process" in unusable(folder).reason
    holder.close()


def test_a_ledger_that_is_a_folder_cannot_be_opened(file: FilePath) -> None:
    file.mkdir(parents=True)
    assert unusable(file.parent).reason


def test_a_full_disk_is_told_as_such_and_keeps_what_was_there(
    folder: FilePath, store: SqliteStore
) -> None:
    store.write(remembering("id-1"))
    size = max(file.stat().st_size for file in folder.iterdir())
    before = limits.getrlimit(limits.RLIMIT_FSIZE)
    limits.setrlimit(limits.RLIMIT_FSIZE, (size, before[1]))
    try:
        with pytest.raises(LedgerUnusable, match="disk is full"):
            store.write(remembering("id-2", x="y" * 50_000))
    finally:
        limits.setrlimit(limits.RLIMIT_FSIZE, before)
    assert known_id(folder) == "id-1"
    store.write(remembering("id-3"))
    assert known_id(folder) == "id-3"


@pytest.fixture
def small_disk(tmp_path: FilePath) -> Iterator[FilePath]:
    """A file system of its own, of a megabyte; only who may mount can test with one."""
    mounted = tmp_path / "disk"
    mounted.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(mounted)]
    if shutil.which("mount") is None or subprocess.run(command, capture_output=True).returncode:
        pytest.skip("mounting is not allowed here")
    yield mounted
    subprocess.run(["umount", "--lazy", str(mounted)], check=True)


def test_a_read_only_disk_can_be_read_and_says_why_it_cannot_be_written(
    small_disk: FilePath,
) -> None:
    folder = small_disk / ".reconciler"
    write(folder, remembering("id-1"))
    subprocess.run(["mount", "-o", "remount,ro", str(small_disk)], check=True)
    assert known_id(folder) == "id-1"
    with store_in(folder) as store, pytest.raises(LedgerUnusable) as caught:
        store.write(remembering("id-2"))
    assert "cannot be written" in caught.value.reason
    assert "writable" in caught.value.hint


def test_a_disk_that_is_really_full_is_told_as_such(small_disk: FilePath) -> None:
    folder = small_disk / ".reconciler"
    write(folder, remembering("id-1"))
    with pytest.raises(LedgerUnusable, match="the disk is full"):
        write(folder, remembering("id-2", x="y" * 2_000_000))
    assert known_id(folder) == "id-1"
