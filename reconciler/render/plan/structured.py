"""A plan as JSON: everything there is to know of it, for programs; also what a plan file holds.

Described by schemas/plan.schema.json. Only ASCII leaves it, so that no name can do harm anywhere.
"""

from __future__ import annotations

from collections.abc import Mapping

from reconciler.model import JobHistory, Json, LastJob, ResourceKey, Retired
from reconciler.model.changes import Equality, FieldChange
from reconciler.plan.file import FORMAT_VERSION, Place, sealed
from reconciler.plan.model import Base, Plan, TenantPlan, Whose
from reconciler.plan.operation import Step
from reconciler.plan.record import Record, change_record, digest, origin_record, step_record
from reconciler.plan.summary import Sums, sum_parts, sum_plan
from reconciler.problems.explain import explain
from reconciler.problems.problem import Problem


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


def _tenant(plan: TenantPlan) -> Record:
    """All there is to know of one tenant's plan."""
    return {
        "tenant": plan.tenant,
        "status": _status(plan),
        "unchanged": plan.unchanged,
        "operations": [_attributed(step, plan) for step in plan.steps],
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


def _attributed(step: Step, plan: TenantPlan) -> Record:
    record = step_record(step)
    if (of := plan.attributions.get(step.key)) is not None:
        record["attribution"] = _WHOSE[of.whose]
        record["alreadyThere"] = [list(path) for path in sorted(of.already, key=str)]
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


def _problem(problem: Problem) -> Record:
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
