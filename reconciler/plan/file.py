"""A plan file: what was shown and approved, and whether it is still what would be done.

The file is the plan as JSON, all there is to know of it, sealed with a digest against edits; it is
also what `plan --format json` writes. It is not executed: apply plans again and carries out only
operations that the file has, word for word. So nothing in it can do harm, no value of a secret
needs to be in it, and running it again goes on where it stopped, since operations that are no
longer needed are simply left out.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from reconciler.model import MISSING, DesiredTenant, Json, Path, ResourceKey
from reconciler.model.tagged import untag_value
from reconciler.plan.model import Base, Plan, TenantPlan
from reconciler.plan.operation import Step
from reconciler.plan.record import (
    Record,
    canonical,
    digest,
    plain_path,
    problem_record,
    spec_digest,
    step_record,
    summary_record,
    tenant_record,
)
from reconciler.problems.errors import PlanFileRefused, PlanFileUnreadable

FORMAT_VERSION = 1
NOT_DECLARED = "no manifest declares it any more"

_ESSENTIAL = ("id", "cause", "changes", "digests")


@dataclass(frozen=True, slots=True)
class Place:
    """The Airbyte that a plan is for; the address without any credentials in it."""

    name: str
    url: str


@dataclass(frozen=True, slots=True)
class PlanFile:
    """What a plan file says: for which Airbyte, planned with which options, which operations."""

    place: Place
    options: Mapping[str, Json]
    operations: Mapping[str, tuple[Record, ...]]
    """By tenant; tenants with none are left out."""
    summary: Record
    is_refused: bool
    """As a whole; the summary counts the refused tenants."""
    base: Record
    """The revision that the plan is held against; empty for none."""
    shard: str
    """The part of the fleet that was planned, such as `3/16`; empty for all of it."""


@dataclass(frozen=True, slots=True)
class MovedValue:
    """One field three ways: as it was live when planned, as it is live now, and as it is wanted.

    `wanted_then` differs from `wanted` where the manifest has changed since.
    """

    path: Path
    planned: Json
    now: Json
    wanted_then: Json
    wanted: Json


@dataclass(frozen=True, slots=True)
class MovedResource:
    """A resource that would now be treated otherwise than the file says, and why in a few words."""

    key: ResourceKey
    why: str
    values: tuple[MovedValue, ...] = ()


@dataclass(frozen=True, slots=True)
class MovedTenant:
    """A tenant that is skipped, since it is no longer what was planned."""

    tenant: str
    resources: tuple[MovedResource, ...]


def write_plan(plan: Plan, place: Place, options: Mapping[str, Json], shard: str = "") -> str:
    """*plan* as the text of a plan file; *options* are those that it was made with.

    *shard* says which part of the fleet it is about, such as `3/16`, if not all of it. Only ASCII
    leaves it, so that no name can do harm anywhere.
    """
    return sealed(_plan_record(plan, place, options, shard))


def plan_digest(plan: Plan, place: Place, options: Mapping[str, Json], shard: str = "") -> str:
    """The digest that seals the plan file of the same."""
    return digest(_plan_record(plan, place, options, shard))


def _plan_record(plan: Plan, place: Place, options: Mapping[str, Json], shard: str) -> Record:
    return {
        "formatVersion": FORMAT_VERSION,
        "environment": {"name": place.name, "url": place.url},
        "options": dict(options),
        **({"base": _base_record(plan.base)} if plan.base else {}),
        **({"shard": shard} if shard else {}),
        **({"forgotten": list(plan.forgotten)} if plan.forgotten else {}),
        "summary": summary_record(plan),
        "refusals": [problem_record(refusal) for refusal in plan.refusals],
        "tenants": [tenant_record(tenant) for tenant in plan.tenants],
    }


def _base_record(base: Base) -> Record:
    return {"revision": base.revision, "commit": base.commit, "gone": list(base.gone)}


def sealed(document: Record) -> str:
    """*document* as the text of a plan file, a tenant a line, with the digest that seals it."""
    head = {name: value for name, value in document.items() if name != "tenants"}
    lines = [f' "{name}": {json.dumps(value, sort_keys=True)},' for name, value in head.items()]
    tenants = ",\n  ".join(json.dumps(tenant, sort_keys=True) for tenant in document["tenants"])
    seal = json.dumps(digest(document))
    return (
        "\n".join(["{", *lines, f' "tenants": [\n  {tenants}\n ],', f' "digest": {seal}', "}"])
        + "\n"
    )


def read_plan_file(text: str, path: str) -> PlanFile:
    """The plan in *text*. Raises PlanFileUnreadable and PlanFileRefused, which say why."""
    document = read_document(text, path)
    try:
        return _plan_file(document)
    except (KeyError, TypeError, AttributeError) as problem:
        reason = "does not have the parts of a plan"
        raise PlanFileUnreadable(path, reason, "Plan again.") from problem


def read_document(text: str, path: str) -> Record:
    """What `sealed` made *text* of. Raises PlanFileUnreadable and PlanFileRefused."""
    document = _document(text, path)
    version = document.get("formatVersion")
    if isinstance(version, int) and version > FORMAT_VERSION:
        raise PlanFileRefused(
            path,
            f"is of format {version}, and this reconciler knows none above {FORMAT_VERSION}",
            "Apply it with the version of reconciler that made it, or plan again.",
        )
    seal = document.pop("digest", None)
    if version != FORMAT_VERSION or not isinstance(seal, str):
        raise PlanFileUnreadable(path, "is JSON, and no plan", "Make one with `plan --out FILE`.")
    if seal != digest(document):
        raise PlanFileRefused(
            path,
            "has been edited: its digest does not fit its contents",
            "A plan file is applied as it was made or not at all. Plan again.",
        )
    return document


def check_place(file: PlanFile, place: Place, path: str) -> None:
    """Raises PlanFileRefused when *file* was made for another Airbyte than *place*."""
    if file.place == place:
        return
    made_for, here = (f'"{p.name}" ({p.url})' for p in (file.place, place))
    hint = f"Choose it with --env {file.place.name}."
    if file.place.name == place.name:
        hint = "The environment's url has changed since: plan again."
    raise PlanFileRefused(path, f"is for the environment {made_for}, not for {here}", hint)


def check_plan(
    file: PlanFile, desired: Sequence[DesiredTenant], fresh: Plan
) -> tuple[Plan, tuple[MovedTenant, ...]]:
    """What of *file* still holds, as a plan to execute, and what has moved.

    *fresh* is the plan that follows now from *desired* and from what is live.
    """
    wanted = {tenant.name: tenant for tenant in desired}
    plans = {tenant.tenant: tenant for tenant in fresh.tenants}
    kept: list[TenantPlan] = []
    moved: list[MovedTenant] = []
    for name, records in file.operations.items():
        if name not in plans:
            gone = MovedResource(
                ResourceKey("tenant", name, ""), "no manifest declares it any more"
            )
            moved.append(MovedTenant(name, (gone,)))
        elif plans[name].failure is None and (
            found := tuple(_moved(records, wanted[name], plans[name]))
        ):
            moved.append(MovedTenant(name, found))
        else:
            kept.append(plans[name])
    return Plan(tuple(kept), fresh.refusals), tuple(moved)


def _document(text: str, path: str) -> Record:
    try:
        document = json.loads(text)
    except (ValueError, RecursionError) as problem:
        if text.lstrip()[:1] == "{" and text.rstrip()[-1:] != "}":
            hint = "It was cut short while it was written or copied: plan again."
            raise PlanFileUnreadable(path, "is not whole", hint) from problem
        hint = "Make a plan file with `plan --out FILE`."
        raise PlanFileUnreadable(path, "is not JSON", hint) from problem
    if not isinstance(document, dict):
        raise PlanFileUnreadable(path, "is JSON, and no plan", "Make one with `plan --out FILE`.")
    return document


def _plan_file(document: Record) -> PlanFile:
    place = document["environment"]
    return PlanFile(
        Place(str(place["name"]), str(place["url"])),
        dict(document["options"]),
        {
            str(tenant["tenant"]): tuple(tenant["operations"])
            for tenant in document["tenants"]
            if tenant["status"] == "planned" and tenant["operations"]
        },
        dict(document["summary"]),
        bool(document["refusals"]),
        dict(document.get("base", {})),
        str(document.get("shard", "")),
    )


def _moved(
    records: Sequence[Record], desired: DesiredTenant, fresh: TenantPlan
) -> Iterator[MovedResource]:
    """The resources of one tenant that would now be treated otherwise than *records* say."""
    approved: dict[ResourceKey, list[Record]] = {}
    for record in records:
        key = ResourceKey(record["kind"], fresh.tenant, record["name"])
        approved.setdefault(key, []).append(record)
    needed: dict[ResourceKey, list[Step]] = {}
    for step in fresh.steps:
        needed.setdefault(step.key, []).append(step)
    for key in dict.fromkeys([*approved, *needed]):
        then, now = approved.get(key, []), needed.get(key, [])
        if why := _why_moved(then, now, key, desired):
            yield MovedResource(key, why, tuple(_three_ways(then, now)))


def _why_moved(
    then: Sequence[Record], now: Sequence[Step], key: ResourceKey, desired: DesiredTenant
) -> str:
    """Which side has moved, in a few words; nothing when the approved operations still hold."""
    resource = desired.resources.get(key)
    wanted = spec_digest(resource.spec) if resource else None
    was_wanted = next((r["digests"]["desired"] for r in then if "desired" in r["digests"]), None)
    if then and wanted != was_wanted:
        if wanted is None:
            return NOT_DECLARED
        return "the manifest has changed" if was_wanted else "a manifest declares it now"
    essences = {record["id"]: _essence(record) for record in then}
    records = [step_record(step) for step in now]
    if all(_essence(record) == essences.get(record["id"]) for record in records):
        return ""
    if not then:
        return f"not in the plan: {', '.join(str(step.action) for step in now)}"
    if [record["id"] for record in then] != [record["id"] for record in records]:
        was, is_ = (" and ".join(str(r["action"]) for r in side) for side in (then, records))
        return f"to {was} when planned, to {is_} now"
    return "changed in Airbyte"


def _essence(record: Record) -> str:
    """What must be the same for an operation to be the one that was approved.

    Neither the line of the manifest nor what it waits for: that may have been done meanwhile.
    """
    return canonical({name: record[name] for name in _ESSENTIAL})


def _three_ways(then: Sequence[Record], now: Sequence[Step]) -> Iterator[MovedValue]:
    """Every field that is not now as it was planned; a field that no side changes is as wanted."""
    planned = {tuple(c["path"]): _sides(c) for record in then for c in record["changes"]}
    needed = {
        plain_path(c.path): (c.before, c.after) for step in now for c in step.operation.changes
    }
    for path in dict.fromkeys([*planned, *needed]):
        before, wanted_then = planned.get(path) or (needed[path][1],) * 2
        current, wanted = needed.get(path) or (wanted_then,) * 2
        if (before, wanted_then) != (current, wanted):
            yield MovedValue(path, before, current, wanted_then, wanted)


def _sides(change: Record) -> tuple[Json, Json]:
    """What a recorded change had live, and what it wanted."""
    before, after = (change.get(side, MISSING) for side in ("before", "after"))
    return untag_value(before), untag_value(after)
