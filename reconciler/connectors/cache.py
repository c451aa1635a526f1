"""The fetched registries in the user's cache folder: one file a URL, with the ETag it came with."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
from pathlib import Path

from reconciler.connectors import Catalogue, as_registry, parse
from reconciler.model import Json
from reconciler.problems.errors import RegistryUnusable

DEFAULT_URL = "https://connectors.airbyte.com/files/registries/v0/oss_registry.json"

_KEPT_ETAG = "etag"


def cached(folder: Path, url: str) -> Catalogue | None:
    """The catalogue that was fetched from *url*; None when there is none, or it is damaged."""
    content = _content(folder, url)
    return parse(content) if content else None


def etag_of(folder: Path, url: str) -> str:
    """The ETag of the copy that is kept, or nothing."""
    content = _content(folder, url)
    return str(content.get(_KEPT_ETAG, "")) if content else ""


def keep(folder: Path, url: str, catalogue: Catalogue, etag: str) -> Path:
    """Writes the catalogue into the cache, whole or not at all. Raises RegistryUnusable."""
    file = _file(folder, url)
    new = file.with_suffix(f".{os.getpid()}.new")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        new.write_text(json.dumps({_KEPT_ETAG: etag, **as_registry(catalogue)}), encoding="utf-8")
        new.replace(file)
    except OSError as problem:
        with contextlib.suppress(OSError):
            new.unlink()
        raise RegistryUnusable(str(file), f"it cannot be written: {problem.strerror}") from problem
    return file


def _content(folder: Path, url: str) -> dict[str, Json] | None:
    try:
        content = json.loads(_file(folder, url).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    is_whole = isinstance(content, dict) and {"sources", "destinations"} <= content.keys()
    return content if is_whole else None


def _file(folder: Path, url: str) -> Path:
    return folder / f"connectors-{hashlib.sha256(url.encode()).hexdigest()[:12]}.json"
