"""A plan as JSON: everything there is to know of it, for programs; also what a plan file holds.

Described by schemas/plan.schema.json. Only ASCII leaves it, so that no name can do harm anywhere.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from reconciler.model import JobHistory, Json, LastJob, ResourceKey, Retired
from reconciler.model.changes import Equality, FieldChange
from reconciler.plan.file import FORMAT_VERSION, Place, sealed
from reconciler.plan.model import Base, Operation, Plan, TenantPlan, Whose
from reconciler.plan.record import Record, change_record, digest, operation_record, origin_record
from reconciler.problems.explain import explain
from reconciler.problems.problem import Problem
from reconciler.render.plan.rows import Row, Section, effect_counts, rows_of, verb_counts


def render_plan_json(plan: Plan, place: Place, options: Mapping[str, Json], shard: str = "") -> str:
    """*plan* as JSON text, a tenant a line; *options* are those that it was made with.

    *shard* says which part of the fleet it is about, such as `3/16`, if not all of it.
    """
    return sealed(_document(plan, place, options, shard))


def plan_digest(plan: Plan, place: Place, options: Mapping[str, Json], shard: str = "") -> str:
    """The digest that seals the plan file of the same."""
    return digest(_document(plan, place, options, shard))


def _document(plan: Plan, place: Place, options: Mapping[str, Json], shard: str) -> Record:
    return {
        "formatVersion": FORMAT_VERSION,
        "environment": {"name": place.name, "url": place.url},
        "options": dict(options),
        **({"base": _base(plan.base)} if plan.base else {}),
        **({"shard": shard} if shard else {}),
        **({"forgotten": list(plan.forgotten)} if plan.forgotten else {}),
        "summary": _summary(plan),
        "refusals": [_problem(refusal) for refusal in plan.refusals],
        "tenants": [_tenant(tenant) for tenant in plan.tenants],
    }


def _base(base: Base) -> Record:
    return {"revision": base.revision, "commit": base.commit, "gone": list(base.gone)}


def _summary(plan: Plan) -> Record:
    rows = [row for tenant in plan.tenants if tenant.may_be_applied for row in rows_of(tenant)]
    return {
        "tenants": len(plan.tenants),
        "refused": sum(bool(tenant.refusals) for tenant in plan.tenants),
        "unreadable": sum(tenant.failure is not None for tenant in plan.tenants),
        "unchanged": sum(tenant.unchanged for tenant in plan.tenants),
        **_counts(rows),
        **(_by_whose(rows, plan) if plan.base else {}),
    }


def _counts(rows: Sequence[Row], *, own: bool = False) -> Record:
    return {
        **{str(verb): count for verb, count in verb_counts(rows).items()},
        "effects": {effect.slug: count for effect, count in effect_counts(rows, own=own)},
    }


def _by_whose(rows: Sequence[Row], plan: Plan) -> Record:
    """The same sums for what this change does, and for what is there without it."""
    return {
        "thisChange": _counts([r for r in rows if r.section is not Section.DRIFT], own=True),
        "alreadyThere": _counts([row for row in rows if row.section is Section.DRIFT]),
        "settled": sum(len(tenant.settled) for tenant in plan.tenants),
    }


def _tenant(plan: TenantPlan) -> Record:
    return {
        "tenant": plan.tenant,
        "status": _status(plan),
        "unchanged": plan.unchanged,
        "operations": [_operation(operation, plan) for operation in plan.operations],
        "refusals": [_problem(refusal) for refusal in plan.refusals],
        **({"failure": _problem(explain(plan.failure))} if plan.failure else {}),
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


def _operation(operation: Operation, plan: TenantPlan) -> Record:
    record = operation_record(operation)
    if (of := plan.attributions.get(operation.key)) is not None:
        record["attribution"] = _WHOSE[of.whose]
        record["alreadyThere"] = [list(path) for path in sorted(of.already, key=str)]
    return record


_WHOSE = {Whose.CHANGE: "change", Whose.DRIFT: "drift", Whose.BOTH: "both"}


def _status(plan: TenantPlan) -> str:
    if plan.failure is not None:
        return "unreadable"
    if plan.refusals:
        return "refused"
    return "planned" if plan.operations else "unchanged"


def _named(key: ResourceKey) -> Record:
    return {"kind": key.kind, "name": key.name}


def _problem(problem: Problem) -> Record:
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
