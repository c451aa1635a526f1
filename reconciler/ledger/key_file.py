"""The key of fingerprints in a file of its own, for its owner only."""

from __future__ import annotations

import os
import secrets
from pathlib import Path as FilePath

from reconciler.problems.errors import LedgerUnusable

KEY_BYTES = 32


def read_key(file: FilePath) -> bytes | None:
    """The key in *file*; None when there is none yet, or it is no key."""
    try:
        key = file.read_bytes()
    except OSError:
        return None
    return key if len(key) == KEY_BYTES else None


def read_or_make_key(file: FilePath) -> bytes:
    """The key in *file*, which is made when it is missing; readable by its owner only."""
    key = read_key(file)
    if key is not None:
        return key
    key = secrets.token_bytes(KEY_BYTES)
    # Written whole and then put in place, so that nobody ever meets half a key.
    fresh = file.with_name(f"{file.name}.{os.getpid()}.new")
    try:
        with open(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as out:
            out.write(key)
        os.replace(fresh, file)
    except OSError as problem:
        fresh.unlink(missing_ok=True)
        reason = problem.strerror or str(problem)
        raise LedgerUnusable(str(file), f"it cannot be written: {reason}") from problem
    return key
