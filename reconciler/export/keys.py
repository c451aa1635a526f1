"""Names as people gave them → keys that manifests and file systems can have.

A key depends on nothing but the names, so that exporting twice gives the same. Names in scripts
that have no Latin letters, and names that would share a key, are told apart by a digest.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Collection, Mapping

LONGEST = 60  # of a key; manifests allow 128, which nobody wants to read
_KEY = re.compile(r"[a-z0-9][a-z0-9_-]*")

# Files of these names cannot exist on Windows, whatever their suffix.
RESERVED = frozenset(
    {"con", "prn", "aux", "nul"} | {f"{port}{n}" for port in ("com", "lpt") for n in range(1, 10)}
)


def slug(name: str, fallback: str) -> str:
    """A key that resembles *name*; *fallback* with a digest where nothing of it can be kept."""
    if _KEY.fullmatch(name) and len(name) <= LONGEST:
        return name
    folded = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    key = re.sub(r"[^a-z0-9_]+", "-", folded).strip("-_")
    if len(key) > LONGEST:
        key = key[:LONGEST].rpartition("-")[0] or key[:LONGEST]
    if not any(letter.isalnum() for letter in key):
        return f"{fallback}-{digest(name)}"
    return key


def digest(name: str, length: int = 6) -> str:
    """A few characters that stand for *name*, the same for the same name."""
    return hashlib.sha256(name.encode(errors="surrogatepass")).hexdigest()[:length]


def unique_keys(
    names: Mapping[str, str],
    fallback: str,
    *,
    taken: Collection[str] = (),
    reserved: Collection[str] = RESERVED,
) -> dict[str, str]:
    """A key for each id, from its name; no two alike, and none of *taken* or *reserved*.

    Of the names that share a slug, the first by alphabet has it; the others add a digest of
    themselves. Equal names are told apart by a digest of their ids, since nothing else differs.
    """
    keys: dict[str, str] = {}
    used = {*taken, *reserved}
    for id_, name in sorted(names.items(), key=lambda item: (item[1], item[0])):
        stem = slug(name, fallback)
        choices = (stem, f"{stem}-{digest(name, 4)}", f"{stem}-{digest(id_)}")
        key = next(
            (choice for choice in choices if choice not in used), f"{stem}-{digest(id_, 16)}"
        )
        used.add(key)
        keys[id_] = key
    return keys
