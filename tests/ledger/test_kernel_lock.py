"""The lock of a folder: who holds it is told, and it lies on the file that everybody sees."""

from __future__ import annotations

import fcntl
from pathlib import Path as FilePath

import pytest

from reconciler.ledger.kernel_lock import KernelLease, take_lock
from reconciler.ledger.protocol import Held


@pytest.fixture
def file(tmp_path: FilePath) -> FilePath:
    return tmp_path / "apply-production.lock"


def taken(file: FilePath, holder: str) -> KernelLease:
    lease = take_lock(file, holder)
    assert isinstance(lease, KernelLease)
    return lease


def test_who_is_refused_is_told_who_holds_it_until_it_is_let_go(file: FilePath) -> None:
    lease = taken(file, "ada")
    assert take_lock(file, "bob") == Held("ada")
    lease.release()
    taken(file, "bob").release()


def test_a_holder_that_died_is_told_and_one_that_ended_is_not(file: FilePath) -> None:
    taken(file, "a holder of many words").release()
    ended = taken(file, "bob")
    assert ended.died == ""
    ended.release()
    file.write_text("eve")
    lease = taken(file, "bob")
    assert lease.died == "eve"
    assert file.read_text() == "bob"
    lease.release()


def test_a_file_that_was_deleted_before_it_was_locked_is_not_trusted(
    file: FilePath, monkeypatch: pytest.MonkeyPatch
) -> None:
    really_lock = fcntl.flock
    deleted: list[FilePath] = []

    def flock(descriptor: int, operation: int) -> None:
        if not deleted:
            file.unlink()
            deleted.append(file)
        really_lock(descriptor, operation)

    monkeypatch.setattr(fcntl, "flock", flock)
    lease = taken(file, "ada")
    assert deleted
    assert take_lock(file, "bob") == Held("ada")
    lease.release()
