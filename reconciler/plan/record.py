"""The parts of a plan → JSON, as plan files and `plan --format json` have them; digests of JSON.

Described by schemas/plan.schema.json.
"""

from __future__ import annotations

import hashlib
import json
from typing import TypeAlias

from reconciler.model import (
    MISSING,
    DesiredResource,
    Fingerprint,
    JobHistory,
    Json,
    LastJob,
    Origin,
    Path,
    ResourceKey,
    Retired,
    Secret,
    SecretName,
    Spec,
    StreamKey,
)
from reconciler.model.changes import Equality, FieldChange
from reconciler.model.effects import Consequence
from reconciler.model.tagged import name_secrets, tag_value
from reconciler.plan.model import Plan, TenantPlan, Whose
from reconciler.plan.operation import CreateStep, Delete, DeleteStep, Step, UpdateStep
from reconciler.plan.summary import Sums, sum_parts, sum_plan
from reconciler.problems.explain import explain
from reconciler.problems.problem import Problem

Record: TypeAlias = dict[str, Json]
"""A JSON object made of plain values."""


def summary_record(plan: Plan) -> Record:
    """The sums of *plan*; with a base, also what the change does and what is there without it."""
    summary = {
        "tenants": len(plan.tenants),
        "refused": sum(bool(tenant.refusals) for tenant in plan.tenants),
        "unreadable": sum(tenant.failure is not None for tenant in plan.tenants),
        "unchanged": sum(tenant.unchanged for tenant in plan.tenants),
        **_sums(sum_plan(plan)),
    }
    if plan.base is None:
        return summary
    parts = sum_parts(plan)
    return {
        **summary,
        "thisChange": _sums(parts.own),
        "alreadyThere": _sums(parts.drift),
        "settled": sum(len(tenant.settled) for tenant in plan.tenants),
    }


def _sums(sums: Sums) -> Record:
    return {
        **{str(action): count for action, count in sums.actions.items()},
        "effects": {effect.slug: count for effect, count in sums.effects},
    }


def tenant_record(plan: TenantPlan) -> Record:
    """All there is to know of one tenant's plan."""
    return {
        "tenant": plan.tenant,
        "status": _status(plan),
        "unchanged": plan.unchanged,
        "operations": [_attributed(step, plan) for step in plan.steps],
        "refusals": [problem_record(refusal) for refusal in plan.refusals],
        **({"failure": problem_record(explain(plan.failure))} if plan.failure else {}),
        **({"settled": [_named(key) for key in plan.settled]} if plan.settled else {}),
        "undeclared": [
            {"kind": r.key.kind, "title": str(r.spec["name"]), "id": r.id} for r in plan.undeclared
        ],
        "gone": [_retired(retired) for retired in plan.gone],
        "notes": [_note(note) for note in plan.notes],
        "equalities": [
            {**_named(key), **_equality(equality)}
            for key, equalities in plan.equalities.items()
            for equality in equalities
        ],
        "jobs": [{**_named(key), **_history(jobs)} for key, jobs in sorted(plan.jobs.items())],
    }


def _attributed(step: Step, plan: TenantPlan) -> Record:
    record = step_record(step)
    if (of := plan.attributions.get(step.key)) is not None:
        record["attribution"] = _WHOSE[of.whose]
        record["alreadyThere"] = [list(plain_path(path)) for path in sorted(of.already, key=str)]
    return record


_WHOSE = {Whose.CHANGE: "change", Whose.DRIFT: "drift", Whose.BOTH: "both"}


def _status(plan: TenantPlan) -> str:
    if plan.failure is not None:
        return "unreadable"
    if plan.refusals:
        return "refused"
    return "planned" if plan.steps else "unchanged"


def _named(key: ResourceKey) -> Record:
    return {"kind": key.kind, "name": key.name}


def problem_record(problem: Problem) -> Record:
    """A refusal, or why a tenant could not be read."""
    return {
        "rule": problem.rule.id,
        "severity": str(problem.severity),
        "summary": problem.rule.title,
        "detail": problem.detail,
        "hint": problem.hint,
        **({"origin": origin_record(problem.origin)} if problem.origin else {}),
    }


def _retired(retired: Retired) -> Record:
    place = origin_record(retired.origin)
    return {**_named(retired.key), "reason": retired.reason, "origin": place}


def _note(note: Problem) -> Record:
    texts = {"summary": note.rule.title, "detail": note.detail, "hint": note.hint}
    return {**_named(note.key), "rule": note.rule.id, **texts}


def _equality(equality: Equality) -> Record:
    sides = change_record(FieldChange(equality.path, equality.live, equality.desired))
    return {**sides, "reason": equality.reason.slug}


def _history(jobs: JobHistory) -> Record:
    """Without an age: the same state is the same bytes whenever it is written."""
    return {
        **({"running": jobs.running} if jobs.running else {}),
        **({"last": _job(jobs.last)} if jobs.last else {}),
    }


def _job(job: LastJob) -> Record:
    counters = {"rows": job.rows, "bytes": job.bytes}
    return {
        "type": job.kind,
        "status": job.status,
        "started": job.started,
        "ended": job.ended,
        "duration": job.duration,
        **{name: count for name, count in counters.items() if count is not None},
    }


def step_record(step: Step) -> Record:
    """All there is to know of *step*, with no value of a secret."""
    operation = step.operation
    return _present(
        id=step.id,
        action=str(step.action),
        kind=step.key.kind,
        name=step.key.name,
        title=step.title,
        cause=str(operation.cause),
        reason=operation.reason,
        waitsFor=sorted(step.waits_for),
        consequences=[_consequence(consequence) for consequence in step.consequences],
        changes=[change_record(change) for change in operation.changes],
        **_sides(step),
    )


def _sides(step: Step) -> Record:
    """What a step makes of what, and who asks for it."""
    match step:
        case CreateStep():
            return _wanted(step.desired)
        case UpdateStep():
            # What it compares is in its changes.
            return {**_wanted(step.desired), "liveId": step.live.id}
        case DeleteStep():
            asks = step.operation.origin if isinstance(step.operation, Delete) else None
            digests = {"live": spec_digest(step.live.spec)}
            return {"origin": origin_record(asks), "liveId": step.live.id, "digests": digests}


def _wanted(desired: DesiredResource) -> Record:
    return {
        "origin": origin_record(desired.origin),
        "desired": tag_value(desired.spec),
        "digests": {"desired": spec_digest(desired.spec)},
    }


def change_record(change: FieldChange) -> Record:
    """One field change; a side that is absent is left out."""
    sides = {"before": change.before, "after": change.after}
    return {
        "path": list(plain_path(change.path)),
        **{name: tag_value(value) for name, value in sides.items() if value is not MISSING},
        **({"mark": str(change.mark)} if change.mark else {}),
    }


def plain_path(path: Path) -> tuple[str | int, ...]:
    """*path* as JSON has it."""
    return tuple(str(step) if isinstance(step, StreamKey) else step for step in path)


def origin_record(origin: Origin | None) -> Record | None:
    """A place in a file."""
    if origin is None:
        return None
    return {"path": origin.path, "line": origin.line, "column": origin.column}


def _consequence(consequence: Consequence) -> Record:
    return _present(
        effect=consequence.effect.slug,
        weight=consequence.effect.weight.name.lower(),
        subject=consequence.subject or None,
        detail=consequence.detail or None,
    )


def _present(**fields: Json) -> Record:
    """The fields that have a value."""
    return {name: value for name, value in fields.items() if value is not None}


def spec_digest(spec: Spec) -> str:
    """A digest of all of *spec*, of the texts around its secrets too."""
    return digest(tag_value(spec, _whole_secret))


def _whole_secret(hidden: Secret | Fingerprint) -> Json:
    if isinstance(hidden, Fingerprint):
        return name_secrets(hidden)
    return {"$secret": [_part(part) for part in hidden.parts]}


def _part(part: str | SecretName) -> Json:
    return part if isinstance(part, str) else [part.name, part.default]


def digest(value: Json) -> str:
    """SHA-256 over the canonical JSON of *value*: keys sorted, no spaces, only ASCII."""
    return f"sha256:{hashlib.sha256(canonical(value).encode()).hexdigest()}"


def canonical(value: Json) -> str:
    """The one text of *value*."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"))
