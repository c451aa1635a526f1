"""The ledger: what goes in comes out, no secret stays in it, and a bad file is told in words."""

from __future__ import annotations

import resource as limits
import shutil
import sqlite3
import stat
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path as FilePath
from typing import Any

import pytest

from reconciler.ledger import sqlite
from reconciler.ledger.memory import Ledger, Places, Run, Written, places, recalling, writing
from reconciler.model import (
    ALL,
    DesiredResource,
    Origin,
    Path,
    Ref,
    ResourceKey,
    Secret,
    SecretName,
)
from reconciler.problems.errors import LedgerUnusable

KEY = ResourceKey("source", "acme", "stripe")
PASSWORD = Secret((SecretName("PW"),))
ORIGIN = Origin("tenants/acme.yaml", 1, 1)


def revealing(value: str | None) -> Any:
    return lambda _secret: value


def desired(**spec: Any) -> DesiredResource:
    return DesiredResource(
        KEY, {"name": "stripe", "workspace": Ref("workspace", ""), **spec}, ORIGIN
    )


@pytest.fixture
def at(tmp_path: FilePath) -> Places:
    return places(tmp_path / ".reconciler", "production")


@pytest.fixture
def ledger(at: Places) -> Iterator[Ledger]:
    with writing(at) as opened:
        yield opened


def test_what_is_remembered_comes_back_by_tenant(ledger: Ledger, at: Places) -> None:
    coordinates: dict[Path, str] = {("configuration", "keys", 0): "secret_coordinate::x_v1"}
    protected = replace(desired(streams=ALL), is_protected=True)
    written = Written(protected, "id-1", coordinates)
    ledger.remember([written], revealing(None))
    with recalling(at) as recall:
        (known,) = recall.of_tenant("acme").values()
        assert recall.of_tenant("other") == {}
        assert recall.tenants == ["acme"]
    assert (known.id, known.is_protected, known.coordinates) == ("id-1", True, coordinates)
    assert known.spec["streams"] is ALL
    assert known.spec["workspace"] == Ref("workspace", "")


def test_a_secret_is_kept_as_a_fingerprint_and_never_as_its_value(
    ledger: Ledger, at: Places
) -> None:
    ledger.remember([Written(desired(configuration={"pw": PASSWORD}), "i")], revealing("hunter22"))
    spec = ledger.of_tenant("acme")[KEY].spec
    kept = spec["configuration"]["pw"]
    assert kept == ledger.fingerprint(PASSWORD, revealing("hunter22"))
    assert kept != ledger.fingerprint(PASSWORD, revealing("hunter23"))
    for file in at.ledger.parent.iterdir():
        assert b"hunter22" not in file.read_bytes()


def test_a_secret_that_is_not_at_hand_keeps_its_fingerprint(ledger: Ledger) -> None:
    content = desired(configuration={"pw": PASSWORD, "list": [PASSWORD]})
    ledger.remember([Written(content, "i")], revealing("hunter22"))
    before = ledger.of_tenant("acme")[KEY].spec
    ledger.remember([Written(content, "i")], revealing(None))
    assert ledger.of_tenant("acme")[KEY].spec == before
    assert ledger.fingerprint(PASSWORD, revealing(None)) is None


def test_fingerprints_under_another_key_do_not_compare(at: Places) -> None:
    with writing(at) as ledger:
        before = ledger.fingerprint(PASSWORD, revealing("x"))
    at.key.unlink()
    with recalling(at) as recall:
        assert recall.fingerprint(PASSWORD, revealing("x")) is None
    with writing(at) as ledger:
        after = ledger.fingerprint(PASSWORD, revealing("x"))
    assert before is not None
    assert after is not None
    assert before.key_id != after.key_id


def test_every_file_is_for_its_owner_only(ledger: Ledger, at: Places) -> None:
    ledger.intend(KEY, "create", run="r", at=0.0)
    files = list(at.ledger.parent.iterdir())
    assert len(files) >= 3, "the ledger, its WAL, and the key"
    assert {stat.S_IMODE(file.stat().st_mode) for file in files} == {0o600}


def test_an_intent_stays_until_its_end_is_known(at: Places) -> None:
    with writing(at) as ledger:
        ledger.intend(KEY, "create", run="r1", at=12.0, known_ids=["b", "a"])
    with writing(at) as ledger:
        (intent,) = ledger.intents()
        assert (intent.key, intent.action, intent.known_ids) == (KEY, "create", ("a", "b"))
        ledger.remember([Written(desired(), "id-1")], revealing(None))
        assert ledger.intents() == []
        ledger.intend(KEY, "delete", run="r1", at=13.0, known_ids=["id-1"])
        assert ledger.doomed("acme") == {"id-1"}
        ledger.remember([Written(desired(), "id-2")], revealing(None))
        ledger.forget(KEY, "id-1")
        assert ledger.doomed("acme") == frozenset()
        assert ledger.of_tenant("acme")[KEY].id == "id-2"
        ledger.forget(KEY, "id-2")
        assert ledger.intents() == []
        assert ledger.of_tenant("acme") == {}


def test_history_has_the_newest_first(ledger: Ledger) -> None:
    for number in range(3):
        run = Run(f"r{number}", float(number), None, "me", "digest", "unfinished", {})
        ledger.started(run)
    ledger.ended(Run("r1", 1.0, 2.0, "me", "digest", "done", {"created": 4}))
    assert [run.id for run in ledger.runs(2)] == ["r2", "r1"]
    assert ledger.runs(2)[1].counts == {"created": 4}


def test_no_ledger_remembers_nothing_and_is_not_made(at: Places) -> None:
    with recalling(at) as recall:
        assert recall.of_tenant("acme") == {}
        assert recall.intents() == []
        assert recall.runs(5) == []
    assert not at.ledger.parent.exists()


def unusable(at: Places) -> LedgerUnusable:
    with pytest.raises(LedgerUnusable) as caught, writing(at):
        pass
    assert str(at.ledger) in str(caught.value)
    return caught.value


@pytest.mark.parametrize("content", [b"no database" * 200, b"SQLite format 3\0" + b"\xff" * 4096])
def test_a_damaged_ledger_may_be_deleted_and_says_so(at: Places, content: bytes) -> None:
    at.ledger.parent.mkdir()
    at.ledger.write_bytes(content)
    problem = unusable(at)
    assert "damaged" in problem.reason
    assert "Delete it" in problem.hint


def test_a_ledger_of_a_newer_version_is_left_alone(at: Places) -> None:
    with writing(at):
        pass
    with sqlite3.connect(at.ledger) as raw:
        raw.execute(f"PRAGMA user_version={sqlite.VERSION + 1}")
    raw.close()
    assert "newer" in unusable(at).reason
    with pytest.raises(LedgerUnusable, match="newer"), recalling(at):
        pass


def test_a_ledger_that_another_program_holds_is_told_as_such(
    at: Places, monkeypatch: pytest.MonkeyPatch
) -> None:
    with writing(at):
        pass
    monkeypatch.setattr(sqlite, "BUSY_S", 0.01)
    holder = sqlite3.connect(at.ledger, isolation_level=None)
    holder.execute("BEGIN EXCLUSIVE")
    assert "another process" in unusable(at).reason
    holder.close()


def test_a_ledger_that_is_a_folder_cannot_be_opened(at: Places) -> None:
    at.ledger.mkdir(parents=True)
    assert unusable(at).reason


def test_a_full_disk_is_told_as_such_and_keeps_what_was_there(at: Places) -> None:
    with writing(at) as ledger:
        ledger.remember([Written(desired(), "id-1")], revealing(None))
        size = max(file.stat().st_size for file in at.ledger.parent.iterdir())
        before = limits.getrlimit(limits.RLIMIT_FSIZE)
        limits.setrlimit(limits.RLIMIT_FSIZE, (size, before[1]))
        try:
            with pytest.raises(LedgerUnusable, match="disk is full"):
                ledger.remember([Written(desired(x="y" * 50_000), "id-2")], revealing(None))
        finally:
            limits.setrlimit(limits.RLIMIT_FSIZE, before)
        assert ledger.of_tenant("acme")[KEY].id == "id-1"
        ledger.remember([Written(desired(), "id-3")], revealing(None))
    with recalling(at) as recall:
        assert recall.of_tenant("acme")[KEY].id == "id-3"


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
    at = places(small_disk / ".reconciler", "production")
    with writing(at) as ledger:
        ledger.remember([Written(desired(), "id-1")], revealing(None))
    subprocess.run(["mount", "-o", "remount,ro", str(small_disk)], check=True)
    with recalling(at) as recall:
        assert recall.of_tenant("acme")[KEY].id == "id-1"
    problem = unusable(at)
    assert "cannot be written" in problem.reason
    assert "writable" in problem.hint


def test_a_disk_that_is_really_full_is_told_as_such(small_disk: FilePath) -> None:
    at = places(small_disk / ".reconciler", "production")
    with writing(at) as ledger:
        ledger.remember([Written(desired(), "id-1")], revealing(None))
        with pytest.raises(LedgerUnusable, match="the disk is full"):
            ledger.remember([Written(desired(x="y" * 2_000_000), "id-2")], revealing(None))
        assert ledger.of_tenant("acme")[KEY].id == "id-1"
