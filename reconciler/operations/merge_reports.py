"""The reports of all shards of a fleet → the one report that a single run would have made.

Plans merge into the very plan file that planning all tenants at once writes. The event logs of
applies merge into their sums, with all that went wrong.
"""

from __future__ import annotations

import contextlib
import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from reconciler.model import Json
from reconciler.plan.file import read_document, sealed
from reconciler.plan.record import Record
from reconciler.problems.errors import UsageError

FORMAT_VERSION = 1
UNFINISHED = "unfinished"
_OWN = frozenset({"shard", "summary", "refusals", "tenants"})
"""What each shard of a plan has of its own; all else must be alike."""


@dataclass(frozen=True, slots=True)
class Report:
    """The text of one file, and what to call it."""

    path: str
    text: str

    @property
    def is_event_log(self) -> bool:
        """Whether it is of an apply: an event on each line, and not one plan over all of them."""
        with contextlib.suppress(ValueError):
            first = json.loads(self.text.partition("\n")[0])
            return isinstance(first, dict) and "event" in first
        return False


def merge_plans(reports: Sequence[Report]) -> str:
    """The plan file of all shards.

    Raises UsageError for shards that do not make one whole, and what `read_document` raises.
    """
    documents = [(each.path, read_document(each.text, each.path)) for each in reports]
    documents = _in_order([(path, str(doc.get("shard", "")), doc) for path, doc in documents])
    (first, plan), *others = documents
    for path, document in others:
        _check_alike((first, _common(plan)), (path, _common(document)))
    tenants = [tenant for _, document in documents for tenant in document["tenants"]]
    _check_distinct([(p, t["tenant"]) for p, document in documents for t in document["tenants"]])
    return sealed(
        {
            # The order of a plan file's fields; nothing else depends on it.
            **{name: value for name, value in plan.items() if name != "shard"},
            **_base([document for _, document in documents]),
            "summary": _sum([document["summary"] for _, document in documents]),
            "refusals": [refusal for _, document in documents for refusal in document["refusals"]],
            "tenants": sorted(tenants, key=lambda tenant: str(tenant["tenant"])),
        }
    )


def merge_applies(reports: Sequence[Report]) -> Record:
    """The report of all shards: schemas/apply-report.schema.json. Raises UsageError."""
    runs = [(each.path, _last_run(each)) for each in reports]
    ordered = _in_order([(path, str(run[0].get("shard", "")), run) for path, run in runs])
    (first, run), *others = ordered
    for path, other in others:
        _check_alike((first, _environment(run)), (path, _environment(other)))
    records = [_run(events) for _, events in ordered]
    counts: Counter[str] = Counter()
    for record in records:
        counts.update(record["counts"])
    return {
        "formatVersion": FORMAT_VERSION,
        **_environment(run),
        "counts": dict(sorted(counts.items())),
        "runs": records,
        "problems": [problem for _, events in ordered for problem in _problems(events)],
        "refused": [tenant for _, events in ordered for tenant in _refused(events)],
    }


def _in_order(reports: Sequence[tuple[str, str, Any]]) -> list[tuple[str, Any]]:
    """*reports* (path, shard, content) by shard. Raises UsageError unless each is there once."""
    shards: dict[int, tuple[str, Any]] = {}
    counts: dict[str, str] = {}
    for path, shard, content in reports:
        index, _, count = shard.partition("/")
        if not (index.isdecimal() and count.isdecimal()):
            raise UsageError(f"{path} is of no shard", "Make each with --shard N/COUNT.")
        if int(index) in shards and count in counts:
            raise UsageError(f"{path} and {shards[int(index)][0]} are both shard {shard}")
        counts.setdefault(count, path)
        shards[int(index)] = path, content
    if len(counts) > 1:
        told = ", ".join(f"{path} is one of {count}" for count, path in counts.items())
        raise UsageError(f"the shards are not of one count: {told}")
    (count,) = counts
    missing = [str(number) for number in range(1, int(count) + 1) if number not in shards]
    if missing:
        raise UsageError(
            f"of the {count} shards, {_listed(missing)} missing",
            "Name the files of all: what is missing may be what went wrong.",
        )
    return [content for _, content in sorted(shards.items())]


def _listed(numbers: Sequence[str], most: int = 8) -> str:
    shown = ", ".join(numbers[:most]) + (", …" if len(numbers) > most else "")
    return f"{shown} is" if len(numbers) == 1 else f"{shown} are"


def _common(document: Record) -> Record:
    """What must be the same in every shard of a plan."""
    base = {"base": document["base"] | {"gone": []}} if "base" in document else {}
    return {name: value for name, value in document.items() if name not in _OWN} | base


def _base(documents: Sequence[Record]) -> Record:
    """The revision that all are held against, if any, with the tenants that each knew of."""
    if "base" not in documents[0]:
        return {}
    gone = sorted(name for document in documents for name in document["base"]["gone"])
    return {"base": {**documents[0]["base"], "gone": gone}}


def _check_alike(one: tuple[str, Record], other: tuple[str, Record]) -> None:
    for name in sorted({*one[1], *other[1]}):
        if one[1].get(name) != other[1].get(name):
            shown = [f"{path} has {json.dumps(record.get(name))}" for path, record in (one, other)]
            raise UsageError(f"the shards differ in `{name}`: {'; '.join(shown)}")


def _check_distinct(tenants: Sequence[tuple[str, str]]) -> None:
    seen: dict[str, str] = {}
    for path, tenant in tenants:
        if tenant in seen:
            raise UsageError(f'the tenant "{tenant}" is in {seen[tenant]} and in {path}')
        seen[tenant] = path


def _sum(values: Sequence[Json]) -> Json:
    """Numbers added, and mappings field by field."""
    if all(isinstance(value, Mapping) for value in values):
        names = dict.fromkeys(name for value in values for name in value)
        return {name: _sum([value[name] for value in values if name in value]) for name in names}
    return sum(values)


def _last_run(report: Report) -> list[Record]:
    """The events of the last apply in a log: a job that was started anew appends to it."""
    runs: dict[str, list[Record]] = {}
    for line in report.text.splitlines():
        try:
            event = json.loads(line)
            runs.setdefault(event["run"], []).append(event)
        except (ValueError, TypeError, KeyError) as problem:
            hint = "Name files of `plan --out FILE`, or of `apply --events FILE`."
            raise UsageError(f"{report.path} is no report of ours", hint) from problem
    events = list(runs.values())[-1]
    if events[0].get("event") != "started":
        raise UsageError(f"{report.path} does not begin with an apply")
    return events


def _environment(run: Sequence[Record]) -> Record:
    return {"environment": run[0]["environment"]}


def _run(events: Sequence[Record]) -> Record:
    """What became of one apply; one that was killed has no end."""
    started = events[0]
    finished = next((e for e in events if e["event"] == "finished"), None)
    return {
        "shard": started["shard"],
        "run": started["run"],
        "who": started["who"],
        "started": started["time"],
        "ended": finished["time"] if finished else None,
        "outcome": finished["outcome"] if finished else UNFINISHED,
        "exitCode": finished["exitCode"] if finished else None,
        "counts": finished["counts"] if finished else {},
    }


def _refused(events: Sequence[Record]) -> list[Record]:
    """The tenants that one apply left alone, and why."""
    return [
        {"tenant": event["tenant"], "problems": event["problems"]}
        for event in events
        if event["event"] == "refused"
    ]


def _problems(events: Sequence[Record]) -> list[Record]:
    """The operations of one apply that did not succeed."""
    fields = ("action", "key", "name", "status", "blockedBy", "problem")
    return [
        {name: event[name] for name in fields if name in event}
        for event in events
        if event["event"] == "operation" and event["status"] != "succeeded"
    ]
