"""One apply at a time on an environment: a locked file that says who holds it.

The lock is the kernel's, so it ends with its process however that ends; the words in the file are
for people. Words without a lock are of a holder that died. Runs from other checkouts do not see the
file: between machines, the CI's own concurrency control is needed.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path as FilePath

from reconciler.problems.errors import EnvironmentLocked, LedgerUnusable

STEP_S = 0.5  # between two looks at a lock that somebody else holds


@contextmanager
def locked(
    file: FilePath,
    environment: str,
    owner: str,
    *,
    timeout_s: float,
    wait: Callable[[float], bool],
    tell: Callable[[str], None],
) -> Iterator[None]:
    """Holds the lock on *environment* in *file*; *owner* is what others are told of this run.

    Waits *timeout_s* seconds for another holder, in steps, and then raises EnvironmentLocked; so it
    does when *wait* says to stop. *tell* hears of waiting, and of a holder that died.
    """
    descriptor = _acquired(file, environment, timeout_s, wait, tell)
    try:
        if died := _words(descriptor):
            tell(f"An apply did not end by itself: {died}. Its journal is taken into account.")
        _write(descriptor, owner)
        yield
    finally:
        _write(descriptor, "")
        os.close(descriptor)


def _acquired(
    file: FilePath,
    environment: str,
    timeout_s: float,
    wait: Callable[[float], bool],
    tell: Callable[[str], None],
) -> int:
    left_s = timeout_s
    while True:
        descriptor = _open(file)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = _words(descriptor) or "another process"
            os.close(descriptor)
            if left_s <= 0:
                raise EnvironmentLocked(environment, holder) from None
            if left_s == timeout_s:
                tell(f'Waiting for environment "{environment}", held by {holder}.')
            step_s = min(STEP_S, left_s)
            left_s -= step_s
            if not wait(step_s):
                raise EnvironmentLocked(environment, holder) from None
            continue
        if _is_still(file, descriptor):
            return descriptor
        # Whoever held it deleted the file, so others would lock a new one.
        os.close(descriptor)


def _open(file: FilePath) -> int:
    try:
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        return os.open(file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as problem:
        reason = problem.strerror or str(problem)
        raise LedgerUnusable(
            str(file), f"it cannot be written: {reason}", "Make the folder writable."
        ) from problem


def _is_still(file: FilePath, descriptor: int) -> bool:
    try:
        return os.path.samestat(os.stat(file), os.fstat(descriptor))
    except FileNotFoundError:
        return False


def _words(descriptor: int) -> str:
    return os.pread(descriptor, 1000, 0).decode("utf-8", "replace").strip()


def _write(descriptor: int, text: str) -> None:
    os.ftruncate(descriptor, 0)
    try:
        os.pwrite(descriptor, text.encode(), 0)
    except OSError:
        # A full disk: the lock holds all the same, only its words are missing.
        return
