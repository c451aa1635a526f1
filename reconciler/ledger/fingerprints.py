"""Secrets → keyed fingerprints: equal values are recognised, and nothing can be read back.

HMAC-SHA256 under a random key of its own file, so that a copy of the ledger alone does not even
allow guesses at short passwords. Without the key the old fingerprints compare with nothing, which
reads as "not known to have changed".
"""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets
from collections.abc import Callable, Mapping
from itertools import zip_longest
from pathlib import Path as FilePath

from reconciler.model import Fingerprint, Json, Secret, Spec
from reconciler.problems.errors import LedgerUnusable

KEY_BYTES = 32

Reveal = Callable[[Secret], str | None]
"""The text of a secret, None when it is not at hand."""


class Fingerprints:
    """Makes fingerprints under one key."""

    def __init__(self, key: bytes) -> None:
        self._key = key
        self.key_id = hashlib.sha256(b"reconciler fingerprint key" + key).hexdigest()[:12]

    def of(self, text: str) -> Fingerprint:
        """The fingerprint of *text*."""
        digest = hmac.new(self._key, text.encode(), hashlib.sha256).hexdigest()
        return Fingerprint(self.key_id, digest)

    def veiled(self, spec: Spec, reveal: Reveal, before: Spec) -> Spec:
        """*spec* with a Fingerprint in the place of each Secret.

        One that is not at hand keeps what *before* has in its place, and is None without that.
        """
        return {name: self._veiled(v, reveal, before.get(name)) for name, v in spec.items()}

    def _veiled(self, value: Json, reveal: Reveal, before: Json) -> Json:
        if isinstance(value, Secret):
            text = reveal(value)
            known = before if isinstance(before, Fingerprint) else None
            return known if text is None else self.of(text)
        if isinstance(value, Mapping):
            inner = before if isinstance(before, Mapping) else {}
            return {key: self._veiled(v, reveal, inner.get(key)) for key, v in value.items()}
        if isinstance(value, list):
            items = before if isinstance(before, list) else []
            pairs = zip_longest(value, items[: len(value)])
            return [self._veiled(item, reveal, old) for item, old in pairs]
        return value


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
