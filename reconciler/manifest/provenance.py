"""A manifest as it is in effect, and where each of its values was written."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from reconciler.manifest.tenant import Manifest, Place
from reconciler.model import Json, Path, Secret
from reconciler.model.paths import map_leaves, walk_leaves

FIRST = ("version", "tenant", "state", "reason", "labels", "prune", "workspace", "sources")


@dataclass(frozen=True, slots=True)
class Effective:
    """One tenant without templates, params and defaults; secrets are expressions again."""

    tenant: str
    value: Mapping[str, Json]
    manifest: Manifest

    def places(self) -> Iterator[tuple[Path, Json, Place]]:
        """Every value that is no mapping and no list, with its path and its place, in order."""
        for at, value in walk_leaves(self.value):
            yield at, value, self.manifest.place(at)


def effective(manifest: Manifest) -> Effective:
    """*manifest* as one would write it without templates and defaults, sections in usual order."""
    known = [key for key in FIRST if key in manifest.value]
    order = [*known, *(key for key in manifest.value if key not in known)]
    value = map_leaves({key: manifest.value[key] for key in order}, _written)
    return Effective(manifest.tenant, value, manifest)


def _written(leaf: Json) -> Json:
    return str(leaf) if isinstance(leaf, Secret) else leaf
