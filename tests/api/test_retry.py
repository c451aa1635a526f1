"""Which failures are tried again, and for how long."""

from __future__ import annotations

import pytest

from reconciler.api.retry import Attempt, Patience, backoff_s, is_repeatable, pause_s
from reconciler.problems.errors import (
    ApiError,
    Conflict,
    ConflictState,
    ConnectionFailed,
    NotFound,
    RateLimited,
    Rejected,
    ResponseLost,
    ServerError,
)

METHODS = ("GET", "PUT", "PATCH", "DELETE", "POST")


def tried_again(problem: ApiError, *, number: int = 1, spent_s: float = 0.0) -> bool:
    attempt = Attempt(number, spent_s, is_repeatable(problem.method), was_reached=True)
    return pause_s(problem, attempt, Patience()) is not None


def conflict(method: str, state: ConflictState) -> Conflict:
    problem = Conflict(method, "/x", status=409)
    problem.state = state
    return problem


def explained(method: str) -> ServerError:
    problem = ServerError(method, "/x", status=500, problem="Something is wrong in the connector")
    problem.explains = True
    return problem


@pytest.mark.parametrize("method", METHODS)
def test_what_may_have_been_carried_out_is_repeated_unless_it_creates(method: str) -> None:
    lost: list[ApiError] = [
        ResponseLost(method, "/x"),
        *(ServerError(method, "/x", status=status) for status in (500, 502, 503, 504)),
        conflict(method, ConflictState.BUSY),
    ]
    assert {tried_again(problem) for problem in lost} == {method != "POST"}


@pytest.mark.parametrize("method", METHODS)
def test_what_was_not_even_looked_at_is_repeated_whatever_it_is(method: str) -> None:
    refused = ConnectionFailed(method, "/x")
    refused.is_refused = True
    assert tried_again(refused)
    assert tried_again(RateLimited(method, "/x", status=429))


@pytest.mark.parametrize("method", METHODS)
def test_what_will_fail_again_is_not_repeated(method: str) -> None:
    for problem in (
        Rejected(method, "/x", status=422),
        NotFound(method, "/x", status=404),
        ConnectionFailed(method, "/x"),  # bad TLS, no such host
        explained(method),
        conflict(method, ConflictState.LOCKED),
        conflict(method, ConflictState.OTHER),
    ):
        assert not tried_again(problem)


def test_a_server_that_never_answered_is_a_wrong_address() -> None:
    refused = ConnectionFailed("GET", "/x")
    refused.is_refused = True
    assert pause_s(refused, Attempt(1, 0.0, True, was_reached=False), Patience()) is None


def test_tries_are_bounded_in_number_and_in_time() -> None:
    lost = ResponseLost("GET", "/x")
    assert tried_again(lost, number=11)
    assert not tried_again(lost, number=12)
    assert not tried_again(lost, spent_s=300.0)
    assert not tried_again(ServerError("GET", "/x", status=500), number=3)
    assert tried_again(RateLimited("GET", "/x", status=429), number=99)
    assert not tried_again(RateLimited("GET", "/x", status=429), number=100)


def test_pauses_double_up_to_a_bound() -> None:
    for attempt in range(1, 60):
        nominal_s = min(2.0 ** (attempt - 1), 30.0) / 4
        assert nominal_s / 2 <= backoff_s(attempt) <= nominal_s


def test_no_pause_goes_beyond_the_time_that_is_left() -> None:
    attempt = Attempt(10, 299.9, is_repeatable=True, was_reached=True)
    pause = pause_s(ResponseLost("GET", "/x"), attempt, Patience())
    assert pause == pytest.approx(0.1)
