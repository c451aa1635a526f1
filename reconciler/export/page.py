"""Page: a manifest as it will be written, values and comments; what did not get into it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from reconciler.model import Json, Path


@dataclass(frozen=True, slots=True)
class Page:
    """A file to be: its values in the order of writing, and comments by the path they stand before.

    A comment at a path that has no value stands at the end of the mapping it would be in.
    """

    value: Mapping[str, Json]
    head: str = ""
    comments: Mapping[Path, tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class LeftOut:
    """Something live that the manifest does not manage: which, and why. `field` may be empty."""

    kind: str
    name: str
    field: str
    reason: str


@dataclass(frozen=True, slots=True)
class Exported:
    """One workspace as a manifest."""

    tenant: str
    page: Page
    resources: int
    left_out: tuple[LeftOut, ...] = ()
