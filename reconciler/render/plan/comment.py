"""What a comment says beside the plan itself: its labels, and why it could not be posted."""

from __future__ import annotations

from reconciler.model.effects import Effect, Weight
from reconciler.plan.file import PlanFile
from reconciler.plan.operation import Action
from reconciler.plan.record import Record
from reconciler.problems import rules
from reconciler.problems.errors import (
    ApiError,
    ConnectionFailed,
    Forbidden,
    NotFound,
    RateLimited,
    ResponseLost,
    ServerError,
    Unauthorized,
    UnexpectedAnswer,
    UsageError,
)
from reconciler.problems.problem import Problem

PREFIX = "reconciler:"
_LABELS = {
    Action.CREATE: "creates",
    Action.UPDATE: "updates",
    Action.REPLACE: "replaces",
    Action.DELETE: "deletes",
}


def labels_of(plan: PlanFile) -> tuple[str, ...]:
    """What a reviewer may filter requests by: what the request does, loses and refuses."""
    summary, counts = plan.summary, _counts(plan)
    words = [word for verb, word in _LABELS.items() if counts[verb]]
    losses = {effect.slug for effect in Effect if effect.weight is Weight.LOSS}
    if losses & counts["effects"].keys():
        words.append("data-loss")
    if plan.is_refused or summary["refused"]:
        words.append("refused")
    if summary["unreadable"]:
        words.append("unreadable")
    return tuple(PREFIX + word for word in words)


def has_news(plan: PlanFile) -> bool:
    """Whether there is anything to tell a reviewer: what is there without the request is not."""
    summary = plan.summary
    is_kept_back = plan.is_refused or summary["refused"] or summary["unreadable"]
    changes = any(_counts(plan)[verb] for verb in Action)
    return bool(changes or is_kept_back or summary.get("settled") or plan.base.get("gone"))


def _counts(plan: PlanFile) -> Record:
    """The sums of what the request itself does: all of it where no base was given."""
    counts: Record = plan.summary.get("thisChange", plan.summary)
    return counts


def comment_not_written(problem: ApiError | UsageError, forge: str, place: str) -> Problem:
    """Why the comment is not where it should be, and what to do; the plan itself is not in doubt.

    *forge* and *place* are empty as long as the job does not say them.
    """
    if isinstance(problem, UsageError):
        text = str(problem)
        return _warning(f"{text[:1].upper()}{text[1:]}.", problem.hint)
    said = f": {problem.problem}" if problem.problem else ""
    answered = f"answered {problem.status}" if problem.status else "did not answer"
    return _warning(f"{place}: {forge} {answered}{said}".rstrip(".") + ".", _advice(problem, forge))


def _warning(detail: str, hint: str) -> Problem:
    return Problem(rules.COMMENT_NOT_WRITTEN, detail=detail, hint=hint)


_HINTS: tuple[tuple[type[ApiError], str], ...] = (
    (RateLimited, "Too many requests were sent with this token: run the job again later."),
    (ConnectionFailed, "Is the address of its API right, and may this machine reach it?"),
    (ResponseLost, "Run the job again: a comment that was written all the same is found."),
    (ServerError, "Run the job again later: a comment that was written all the same is found."),
    (Unauthorized, "The token is wrong or has expired."),
    (NotFound, "Is there such a request, and may the token see it?"),
    (UnexpectedAnswer, "Is the address of its API right?"),
)
_PERMISSIONS = {
    "GitHub": "Give the job `permissions: {pull-requests: write}`. On a pull request from a fork "
    "it never has them.",
    "GitLab": "The token needs the scope `api` and the role Reporter or more; CI_JOB_TOKEN may "
    "not comment.",
}


def _advice(problem: ApiError, forge: str) -> str:
    if isinstance(problem, Forbidden):
        return _PERMISSIONS[forge]
    for class_, hint in _HINTS:
        if isinstance(problem, class_):
            return hint
    return "Where it is about the length: make the plan shorter with `plan --max-chars`."
