"""Secrets → keyed fingerprints: equal values are recognised, and nothing can be read back.

HMAC-SHA256 under a random key that is kept apart, so that a copy of the ledger alone does not even
allow guesses at short passwords. Without the key the old fingerprints compare with nothing, which
reads as "not known to have changed".
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from itertools import zip_longest

from reconciler.model import Fingerprint, FingerprintOf, Json, Secret, Spec


class Fingerprints:
    """Makes fingerprints under one key."""

    def __init__(self, key: bytes) -> None:
        self._key = key
        self.key_id = hashlib.sha256(b"reconciler fingerprint key" + key).hexdigest()[:12]

    def of(self, text: str) -> Fingerprint:
        """The fingerprint of *text*."""
        digest = hmac.new(self._key, text.encode(), hashlib.sha256).hexdigest()
        return Fingerprint(self.key_id, digest)


def veil_secrets(spec: Spec, fingerprint: FingerprintOf, before: Spec) -> Spec:
    """*spec* with a Fingerprint in the place of each Secret.

    One that is not at hand keeps what *before* has in its place, and is None without that.
    """
    return {name: _veil(value, fingerprint, before.get(name)) for name, value in spec.items()}


def _veil(value: Json, fingerprint: FingerprintOf, before: Json) -> Json:
    if isinstance(value, str):
        return value
    if isinstance(value, Secret):
        return fingerprint(value) or (before if isinstance(before, Fingerprint) else None)
    if isinstance(value, Mapping):
        inner = before if isinstance(before, Mapping) else {}
        return {key: _veil(v, fingerprint, inner.get(key)) for key, v in value.items()}
    if isinstance(value, list):
        items = before if isinstance(before, list) else []
        pairs = zip_longest(value, items[: len(value)])
        return [_veil(item, fingerprint, old) for item, old in pairs]
    return value
