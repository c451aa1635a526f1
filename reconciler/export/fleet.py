"""Which workspaces are exported, under which tenant keys; and which cannot be."""

from __future__ import annotations

import fnmatch
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from reconciler.export.keys import slug, unique_keys
from reconciler.export.page import LeftOut
from reconciler.kinds.contract.exporting import unsayable
from reconciler.model import Json
from reconciler.problems.errors import UsageError
from reconciler.problems.wording import did_you_mean

Body = Mapping[str, Json]

ID = "workspaceId"
LONGEST_NAME = 256


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the command line asks for: names, ids, patterns of names or keys; or everything."""

    named: tuple[str, ...] = ()
    ids: tuple[str, ...] = ()
    patterns: tuple[str, ...] = ()
    is_everything: bool = False


@dataclass(frozen=True, slots=True)
class Chosen:
    """The workspaces to export by their tenant keys, in that order.

    `by_id` are the keys of those that their name does not tell apart.
    """

    workspaces: tuple[tuple[str, Body], ...]
    by_id: Collection[str]
    left_out: tuple[LeftOut, ...]


def choose(
    workspaces: Sequence[Body], wanted: Wanted, *, claimed: Mapping[str, str], adopts: bool
) -> Chosen:
    """The workspaces that are asked for. Raises UsageError for what fits none.

    *claimed* are the names of workspaces that manifests have already, with the file of each; the
    one that this export would write itself does not count. Keys come from the names of all
    workspaces, so that a part is exported under the same keys as the whole.
    """
    names = {str(body[ID]): str(body.get("name", "")) for body in workspaces}
    counts = Counter(names.values())
    keys = unique_keys(names, "tenant")
    selected = [body for body in workspaces if _is_wanted(body, keys, wanted)]
    _check(wanted, names, keys)
    kept: list[tuple[str, Body]] = []
    by_id: set[str] = set()
    left_out: list[LeftOut] = []
    for body in selected:
        id_ = str(body[ID])
        is_twin = counts[names[id_]] > 1
        claim = claimed.get(names[id_], "")
        if claim == file_of(keys[id_]):
            claim = ""
        if reason := _reason(names[id_], claim, counts[names[id_]], adopts=adopts):
            left_out.append(LeftOut("workspace", names[id_], "", reason))
            continue
        kept.append((keys[id_], body))
        by_id |= {keys[id_]} if is_twin else set()
    return Chosen(tuple(sorted(kept, key=lambda pair: pair[0])), by_id, tuple(left_out))


def file_of(tenant: str) -> str:
    """The name of the file that a tenant is exported to."""
    return f"{tenant}.yaml"


def _reason(name: str, claim: str, count: int, *, adopts: bool) -> str:
    """Why the workspace is not exported, empty when it is."""
    if not name or len(name) > LONGEST_NAME:
        return "its name is empty or too long for a manifest"
    if problem := unsayable(name):
        return f"its name {problem}"
    if claim:
        return f"{claim} has it already"
    if count > 1 and not adopts:
        return f"{count} workspaces have that name; rename one, or export with --adopt"
    return ""


def _is_wanted(body: Body, keys: Mapping[str, str], wanted: Wanted) -> bool:
    id_, name = str(body[ID]), str(body.get("name"))
    if wanted.is_everything or id_ in wanted.ids:
        return True
    key = keys[id_]
    return name in wanted.named or key in wanted.named or _fits(name, key, wanted.patterns)


def _fits(name: str, key: str, patterns: Sequence[str]) -> bool:
    return any(fnmatch.fnmatchcase(text, p) for p in patterns for text in (name, key))


def _check(wanted: Wanted, names: Mapping[str, str], keys: Mapping[str, str]) -> None:
    """Raises UsageError for a name, id or pattern that fits no workspace."""
    known = {*names.values(), *keys.values()}
    for name in wanted.named:
        if name not in known:
            hint = did_you_mean(name, known) or did_you_mean(slug(name, "tenant"), known)
            raise UsageError(f'there is no workspace "{name}" that may be read', hint)
    for id_ in wanted.ids:
        if id_ not in names:
            raise UsageError(f"there is no workspace with the id {id_} that may be read")
    for pattern in wanted.patterns:
        if not any(_fits(names[id_], key, (pattern,)) for id_, key in keys.items()):
            raise UsageError(f'no workspace matches "{pattern}"')
