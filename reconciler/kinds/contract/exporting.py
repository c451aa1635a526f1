"""What every kind needs to write a live resource as a manifest block: the way back from a spec.

A block says only what a manifest can say. What it cannot is left out, which leaves it unmanaged,
with a remark: reading the block again and planning must find nothing to change.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field

from reconciler.connectors import Catalogue, Connector
from reconciler.model import MISSING, UNREADABLE, Json, Path, Ref, ResourceKey, Secret, Spec
from reconciler.problems.rules import Rule

OPENING = "${{"  # begins an expression in a manifest, and there is no way to write it as a text
MAX_DEPTH = 60  # of a value; the reader of manifests stops at 100, counted from the top of a file


@dataclass(frozen=True, slots=True)
class Remark:
    """What is to be said of the field at *at* of a block; `is_left_out` when it is unmanaged.

    `waives` is a rule that the field breaks, which does not count, since it is live as it is.
    """

    at: Path
    text: str
    is_left_out: bool = True
    waives: Rule | None = None


@dataclass(frozen=True, slots=True)
class Block:
    """A manifest block in the order in which people write it, and what is to be said of it."""

    fields: Mapping[str, Json]
    remarks: tuple[Remark, ...] = ()


@dataclass(frozen=True, slots=True)
class Found:
    """A live resource that is to be written, and what may matter for that.

    `declared` are the names of the tenant's resources that the manifest has, by kind. `defaults`
    are the project's for the section. `connectors` are those that are in the manifest themselves.
    `secret` gives the expression for the secret at a path of the block. With `is_full` what the
    server fills in by itself is written too.
    """

    key: ResourceKey
    spec: Spec
    declared: Mapping[str, Collection[str]]
    catalogue: Catalogue
    secret: Callable[[Path], str]
    defaults: Mapping[str, Json] = field(default_factory=dict)
    is_full: bool = False
    connectors: Mapping[str, Connector] = field(default_factory=dict)

    def name(self) -> Mapping[str, Json]:
        """The field `name`, where the key does not say it already."""
        own = self.key.name or self.key.scope
        name = self.spec["name"]
        return {} if name == own and not self.is_full else {"name": name}

    def told(self, fields: Mapping[str, Json], filled: Mapping[str, Json]) -> Mapping[str, Json]:
        """*fields* without those that are as they would be if nobody wrote them.

        *filled* is what the server makes of fields that are left out; the project's defaults win.
        """
        implied = {**filled, **self.defaults}
        return {
            name: value
            for name, value in fields.items()
            if self.is_full or value != implied.get(name, MISSING)
        }


def plain_block(found: Found) -> Block:
    """The block of a kind that has no more to say than its spec: references by key."""
    fields: dict[str, Json] = dict(found.name())
    remarks: list[Remark] = []
    for name, value in found.spec.items():
        if name == "name" or value == Ref("workspace", ""):
            continue
        told = value.name if isinstance(value, Ref) else written(value, found, (name,), remarks)
        if told is not MISSING:
            fields[name] = told
    return Block(fields, tuple(remarks))


def written(value: Json, found: Found, at: Path, remarks: list[Remark]) -> Json:
    """*value* as a manifest can have it, MISSING when it cannot; says in *remarks* what is missing.

    Nothing is left out inside a list, whose elements have no names: a list is whole or missing.
    """
    if isinstance(value, Mapping):
        if len(at) > MAX_DEPTH:
            remarks.append(Remark(at, "is nested too deeply for a manifest"))
            return MISSING
        inner = {k: written(v, found, (*at, k), remarks) for k, v in value.items() if v is not None}
        return {key: item for key, item in inner.items() if item is not MISSING}
    if isinstance(value, list):
        missing: list[Remark] = []
        items = [_element(item, found, (*at, i), missing) for i, item in enumerate(value)]
        remarks += [Remark(at, remark.text) for remark in missing[:1]]
        return MISSING if missing else items
    if value is UNREADABLE or isinstance(value, Secret):
        return found.secret(at)
    if problem := unsayable(value):
        remarks.append(Remark(at, problem))
        return MISSING
    return value


def _element(value: Json, found: Found, at: Path, missing: list[Remark]) -> Json:
    """An element of a list, in which null is a value."""
    if isinstance(value, Mapping) and None in value.values():
        missing.append(Remark(at, "has a null inside a list, which a manifest takes for a removal"))
    return written(value, found, at, missing)


def unsayable(value: Json) -> str:
    """Why a manifest cannot have this text or number; empty when it can."""
    if isinstance(value, float) and not math.isfinite(value):
        return "is no number that JSON has"
    if not isinstance(value, str):
        return ""
    if OPENING in value:
        return f"has `{OPENING}` in it, which a manifest takes for an expression"
    if any("\ud800" <= letter <= "\udfff" for letter in value):
        return "has half a character in it, which no file can have"
    return ""


def listed(names: Sequence[str]) -> str:
    """*names* in quotes, for a remark."""
    return ", ".join(f'"{name}"' for name in names)
