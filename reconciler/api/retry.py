"""Which failures are worth another try, and after how long.

Repeated are requests that the server refused to look at (429), that never left (a connection
refused by a server that was there before), and those that may be carried out twice without harm:
GET, PUT, PATCH (ours carry whole values) and DELETE. A POST whose answer is lost is not: the API
has no idempotency key. A 500 that explains itself is a mistake in the request more often than not.
"""

from __future__ import annotations

import random
from dataclasses import dataclass

from reconciler.problems.errors import (
    ApiError,
    Conflict,
    ConflictState,
    ConnectionFailed,
    RateLimited,
    ResponseLost,
    ServerError,
)

MAX_BACKOFF_S = 30.0
_REPEATABLE = frozenset({"GET", "PUT", "PATCH", "DELETE"})
_PROXY = frozenset({502, 503, 504})
_REFUSALS = 100  # of one request, by 429: the pacer spaces them


@dataclass(frozen=True, slots=True)
class Patience:
    """How long one request is tried, in seconds and in attempts.

    A 500 that says nothing has a bound of its own: it rarely passes.
    """

    retry_for_s: float = 300.0
    attempts: int = 12
    bare_500_attempts: int = 3


@dataclass(frozen=True, slots=True)
class Attempt:
    """One try of a request: the how-manieth, from 1, and how long the request takes so far.

    `is_repeatable` says that carrying it out twice does no harm; `was_reached`, that this server
    has answered before, so that a refused connection is an outage and no wrong address.
    """

    number: int
    spent_s: float
    is_repeatable: bool
    was_reached: bool


def is_repeatable(method: str) -> bool:
    """Whether requests of *method* may be carried out twice without harm."""
    return method in _REPEATABLE


def pause_s(problem: ApiError, attempt: Attempt, patience: Patience) -> float | None:
    """Seconds to wait before the next attempt, None when there should be none."""
    if attempt.spent_s >= patience.retry_for_s or attempt.number >= _most(problem, patience):
        return None
    if isinstance(problem, RateLimited):
        return 0.0  # the pacer knows when the next one may start
    if not _is_passing(problem, attempt):
        return None
    left_s = patience.retry_for_s - attempt.spent_s
    return min(backoff_s(attempt.number), left_s)


def backoff_s(attempt: int) -> float:
    """Seconds to wait after *attempt* (from 1): doubling, at most half a minute, with jitter."""
    return float(min(2.0 ** (attempt - 1), MAX_BACKOFF_S) * random.uniform(0.5, 1.0) / 4)


def _most(problem: ApiError, patience: Patience) -> int:
    if isinstance(problem, RateLimited):
        return _REFUSALS
    if problem.status == 500:
        return patience.bare_500_attempts
    return patience.attempts


def _is_passing(problem: ApiError, attempt: Attempt) -> bool:
    if isinstance(problem, ConnectionFailed):
        return problem.is_refused and attempt.was_reached
    if not attempt.is_repeatable:
        return False
    if isinstance(problem, Conflict):
        return problem.state is ConflictState.BUSY
    if isinstance(problem, ServerError):
        return problem.status in _PROXY or (problem.status == 500 and not problem.explains)
    return isinstance(problem, ResponseLost)
