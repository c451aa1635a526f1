"""What happens during an apply, as the JSON lines of `--events`; see schemas/events.schema.json."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from reconciler.apply.outcome import Outcome
from reconciler.model import Json
from reconciler.plan.model import Plan
from reconciler.plan.operation import STEP_ACTIONS
from reconciler.problems.explain import explain
from reconciler.problems.problem import Problem

VERSION = 1

Event = Mapping[str, Json]


def started(environment: str, who: str, tool: str, shard: str) -> Event:
    """An apply begins; *shard* is empty when it is about the whole fleet."""
    part = {"shard": shard} if shard else {}
    return {"event": "started", "environment": environment, "who": who, "tool": tool, **part}


def planned(plan: Plan, digest: str) -> Event:
    """What it is going to do."""
    return {
        "event": "planned",
        "digest": digest,
        "tenants": len(plan.tenants),
        "operations": {action.value: plan.count_steps(action) for action in STEP_ACTIONS},
    }


def refused(plan: Plan) -> Iterator[Event]:
    """Each tenant that is left alone, and why; one whose live state could not be read, too."""
    for tenant in plan.tenants:
        failure = [explain(tenant.failure)] if tenant.failure else []
        if problems := [*tenant.refusals, *failure]:
            yield {
                "event": "refused",
                "tenant": tenant.tenant,
                "problems": [_problem(problem) for problem in problems],
            }


def _problem(problem: Problem) -> Mapping[str, Json]:
    """One thing that speaks against it, with its rule, and its place where it has one."""
    return {
        "rule": problem.rule.id,
        "summary": problem.rule.title,
        "detail": problem.detail,
        **({"at": str(problem.origin)} if problem.origin else {}),
    }


def operation(outcome: Outcome) -> Event:
    """One operation ended."""
    problem = explain(outcome.problem) if outcome.problem else None
    return {
        "event": "operation",
        "action": outcome.step.action.value,
        "key": str(outcome.step.key),
        "name": outcome.step.title,
        "status": outcome.status.value,
        "id": outcome.id,
        "durationS": round(outcome.duration_s, 3),
        **({"found": True} if outcome.was_found else {}),
        **({"blockedBy": outcome.blocked_by} if outcome.blocked_by else {}),
        **(
            {"problem": {"summary": problem.rule.title, "detail": problem.detail}}
            if problem
            else {}
        ),
    }


def retried(method: str, path: str, status: int, attempt: int, pause_s: float) -> Event:
    """A request failed and is tried again; status 0 stands for no answer."""
    return {
        "event": "retry",
        "method": method,
        "path": path,
        "status": status,
        "attempt": attempt,
        "pauseS": round(pause_s, 3),
    }


def requests_sent(counts: Mapping[str, int], statuses: Mapping[str, int]) -> Event:
    """How many requests there were, by method and by status."""
    return {"event": "requests", "methods": dict(counts), "statuses": dict(statuses)}


def finished(outcome: str, counts: Mapping[str, int], exit_code: int) -> Event:
    """An apply ended, however it did."""
    return {"event": "finished", "outcome": outcome, "counts": dict(counts), "exitCode": exit_code}
