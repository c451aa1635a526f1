"""A lease within one machine: a locked file that says who holds it.

The lock is the kernel's, so it ends with its process however that ends; the words in the file are
for people. Words without a lock are of a holder that died. Runs from other checkouts do not see the
file: between machines, the CI's own concurrency control is needed.
"""

from __future__ import annotations

import fcntl
import os
from pathlib import Path as FilePath

from reconciler.ledger.protocol import Held
from reconciler.problems.errors import LedgerUnusable


class KernelLease:
    """The lock on one file, from `take_lock`."""

    def __init__(self, file: FilePath, descriptor: int, died: str) -> None:
        self._file = file
        self._descriptor: int | None = descriptor
        self.died = died

    def check(self) -> None:
        """Raises LedgerUnusable after `release`; before it, the lock is as sure as the process."""
        if self._descriptor is None:
            raise LedgerUnusable(str(self._file), "this run has given its lock back")

    def release(self) -> None:
        """Takes the words away and the lock off."""
        if self._descriptor is not None:
            _write(self._descriptor, "")
            os.close(self._descriptor)
            self._descriptor = None


def take_lock(file: FilePath, holder: str) -> KernelLease | Held:
    """The lock on *file*, with *holder* written into it; else who has it. Does not wait."""
    while True:
        descriptor = _open(file)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            other = _words(descriptor) or "another process"
            os.close(descriptor)
            return Held(other)
        if _is_still(file, descriptor):
            died = _words(descriptor)
            _write(descriptor, holder)
            return KernelLease(file, descriptor, died)
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
