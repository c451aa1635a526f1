"""The lock on an environment: who holds it is told, and nobody waits longer than asked."""

from __future__ import annotations

import fcntl
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from reconciler.ledger.lock import locked
from reconciler.problems.errors import EnvironmentLocked

MOST_STEPS = 50  # a test that waits for ever must fail and not hang


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "apply.lock"


def hold(
    file: Path,
    owner: str = "ada",
    *,
    timeout_s: float = 0.0,
    wait: Callable[[float], bool] = lambda _seconds: False,
    tell: Callable[[str], None] = lambda _text: None,
) -> AbstractContextManager[None]:
    return locked(file, "production", owner, timeout_s=timeout_s, wait=wait, tell=tell)


def test_who_is_refused_is_told_who_holds_it(file: Path) -> None:
    with hold(file, "ada"), pytest.raises(EnvironmentLocked, match="ada"), hold(file, "bob"):
        pass


def test_a_wait_ends_when_its_time_is_over(file: Path) -> None:
    waited: list[float] = []
    told: list[str] = []

    def wait(seconds: float) -> bool:
        waited.append(seconds)
        return len(waited) < MOST_STEPS

    with (
        hold(file),
        pytest.raises(EnvironmentLocked),
        hold(file, timeout_s=1.25, wait=wait, tell=told.append),
    ):
        pass
    assert sum(waited) == 1.25
    assert len(told) == 1, "waiting is told once"


def test_whoever_waits_has_it_once_it_is_let_go(file: Path) -> None:
    first = hold(file)
    first.__enter__()

    def wait(_seconds: float) -> bool:
        first.__exit__(None, None, None)
        return True

    with hold(file, "bob", timeout_s=9.0, wait=wait):
        assert file.read_text() == "bob"


def test_a_holder_that_died_is_told_and_one_that_ended_is_not(file: Path) -> None:
    told: list[str] = []
    with hold(file, "ada", tell=told.append):
        pass
    with hold(file, "bob", tell=told.append):
        pass
    assert told == []
    file.write_text("eve")
    with hold(file, "bob", tell=told.append):
        pass
    (text,) = told
    assert "eve" in text


def test_a_file_that_was_deleted_before_it_was_locked_is_not_trusted(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    really_lock = fcntl.flock
    deleted: list[Path] = []

    def flock(descriptor: int, operation: int) -> None:
        if not deleted:
            file.unlink()
            deleted.append(file)
        really_lock(descriptor, operation)

    monkeypatch.setattr(fcntl, "flock", flock)
    with hold(file, "ada"), pytest.raises(EnvironmentLocked, match="ada"), hold(file, "bob"):
        pass
    assert deleted
