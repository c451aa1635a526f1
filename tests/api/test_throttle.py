"""The throttle against simulated servers, in virtual time: it finds their rate and keeps to it."""

from __future__ import annotations

import heapq
from collections import deque
from collections.abc import Callable

import pytest

from reconciler.api.throttle import Limits, Throttle, Verdict

Server = Callable[[float], bool]
"""Whether a request that arrives then is accepted."""


def fixed_windows(per_second: int) -> Server:
    counts: dict[int, int] = {}

    def accepts(now: float) -> bool:
        counts[int(now)] = counts.get(int(now), 0) + 1
        return counts[int(now)] <= per_second

    return accepts


def sliding_window(per_second: int) -> Server:
    accepted: deque[float] = deque()

    def accepts(now: float) -> bool:
        while accepted and accepted[0] <= now - 1:
            accepted.popleft()
        if len(accepted) < per_second:
            accepted.append(now)
            return True
        return False

    return accepts


def token_bucket(per_second: int, burst: int) -> Server:
    level, filled_at = float(burst), 0.0

    def accepts(now: float) -> bool:
        nonlocal level, filled_at
        level, filled_at = min(burst, level + (now - filled_at) * per_second), now
        if level < 1:
            return False
        level -= 1
        return True

    return accepts


def finish(throttle: Throttle, accepts: Server, count: int, latency_s: float) -> float:
    """Seconds until *count* requests are accepted, by clients that try again when refused."""
    now, to_send, done, number = 0.0, count, 0, 0
    under_way: list[tuple[float, int, float, bool]] = []
    while done < count:
        wait_s = throttle.wait_s(now) if to_send else None
        if wait_s == 0:
            throttle.begin(now)
            heapq.heappush(under_way, (now + latency_s, number, now, accepts(now)))
            to_send, number = to_send - 1, number + 1
        elif wait_s is not None and (not under_way or now + wait_s < under_way[0][0]):
            now += max(wait_s, 1e-6)
        else:
            now, _, started, is_good = heapq.heappop(under_way)
            verdict = Verdict.GOOD if is_good else Verdict.REFUSED
            throttle.end("GET /x", verdict, started=started, now=now)
            done, to_send = done + is_good, to_send + (not is_good)
    return now


@pytest.mark.parametrize("latency_s", [0.005, 0.05, 0.3])
@pytest.mark.parametrize(
    "server",
    [
        lambda: fixed_windows(20),
        lambda: sliding_window(20),
        lambda: token_bucket(20, 20),
        lambda: token_bucket(20, 5),
    ],
)
def test_a_rate_limit_is_found_and_used_to_more_than_three_quarters(
    server: Callable[[], Server], latency_s: float
) -> None:
    assert finish(Throttle(Limits()), server(), 400, latency_s) <= 1.3 * 400 / 20


def test_without_refusals_only_the_width_limits_and_it_grows_to_the_cap() -> None:
    throttle = Throttle(Limits(most=8))
    assert throttle.width == 4
    taken_s = finish(throttle, lambda _now: True, 400, 0.1)
    assert throttle.width == 8
    assert throttle.rate is None
    assert taken_s < 1.2 * 400 * 0.1 / 8


def test_requests_that_did_not_fill_the_width_are_no_reason_to_widen_it() -> None:
    throttle = Throttle(Limits())
    for now in range(100):
        throttle.begin(float(now))
        throttle.end("GET /x", Verdict.GOOD, started=float(now), now=now + 0.1)
    assert throttle.width == 4


def test_a_cap_per_minute_is_never_passed() -> None:
    throttle = Throttle(Limits(per_minute=600))
    assert finish(throttle, lambda _now: True, 100, 0.01) >= 99 / 10
    assert throttle.rate == 10


def test_failures_halve_the_width_once_for_all_that_were_under_way() -> None:
    throttle = Throttle(Limits())
    for _ in range(4):
        throttle.begin(0.0)
    for now in (1.0, 1.1, 1.2, 1.3):
        throttle.end("GET /x", Verdict.FAILED, started=0.0, now=now)
    assert throttle.width == 2
    assert throttle.rate is None


def test_rising_latency_narrows_and_steady_slowness_does_not() -> None:
    throttle = Throttle(Limits(most=16))
    finish(throttle, lambda _now: True, 200, 3.0)
    assert throttle.width == 16
    finish(throttle, lambda _now: True, 60, 9.0)
    assert throttle.width < 16


def test_a_wish_to_come_later_is_heard_by_every_request() -> None:
    throttle = Throttle(Limits())
    throttle.begin(0.0)
    throttle.end("GET /x", Verdict.REFUSED, started=0.0, now=1.0, retry_after_s=30.0)
    assert throttle.wait_s(1.0) == pytest.approx(30.0)


def test_an_outage_of_refusals_is_tried_seldom_and_left_quickly() -> None:
    def accepts(now: float) -> bool:
        return not 1 < now < 61

    sent: list[float] = []

    def noting(now: float) -> bool:
        sent.append(now)
        return accepts(now)

    taken_s = finish(Throttle(Limits()), noting, 2000, 0.05)
    assert len([now for now in sent if 1 < now < 61]) < 60
    assert taken_s < 61 + 30


def refused(throttle: Throttle, now: float, *, retry_after_s: float | None = None) -> None:
    """One request that starts and is refused at that time."""
    throttle.begin(now)
    throttle.end("GET /x", Verdict.REFUSED, started=now, now=now, retry_after_s=retry_after_s)


def test_a_later_refusal_does_not_shorten_the_wait_that_an_earlier_one_asked_for() -> None:
    throttle = Throttle(Limits())
    throttle.begin(0.0)
    throttle.begin(0.0)
    for wish_s in (30.0, 1.0):
        throttle.end("GET /x", Verdict.REFUSED, started=0.0, now=1.0, retry_after_s=wish_s)
    assert throttle.wait_s(1.0) == pytest.approx(30.0)


def test_starts_that_were_due_already_are_spaced_from_each_other_and_not_from_now() -> None:
    throttle = Throttle(Limits(most=100, per_minute=60))
    for _ in range(3):
        throttle.begin(0.0)
    assert throttle.wait_s(0.0) == pytest.approx(3.0)


def test_a_cap_below_the_usual_start_holds_from_the_first_request() -> None:
    assert Throttle(Limits(most=2)).width == 2


def test_at_least_one_request_may_be_under_way_however_much_fails() -> None:
    throttle = Throttle(Limits())
    for now in range(20):
        throttle.begin(float(now))
        throttle.end("GET /x", Verdict.FAILED, started=float(now), now=now + 0.5)
        assert throttle.width >= 1
    assert throttle.wait_s(30.0) == 0
    throttle.begin(30.0)
    throttle.end("GET /x", Verdict.GOOD, started=30.0, now=30.5)
    assert throttle.width == 2, "and it widens from one, not from next to nothing"


def test_the_rate_after_the_first_refusal_is_what_the_last_second_accepted() -> None:
    throttle = Throttle(Limits(most=100))
    for number in range(50):
        at = number / 10
        throttle.begin(at)
        throttle.end("GET /x", Verdict.GOOD, started=at, now=at)
    refused(throttle, 5.0)
    assert throttle.rate == pytest.approx(10.0)


def test_refusals_with_nothing_accepted_between_leave_the_first_guess_open() -> None:
    throttle = Throttle(Limits())
    refused(throttle, 0.0)
    refused(throttle, 10.0)
    assert throttle.rate is None, "nothing accepted tells nothing of a rate"
    for now in (20.0, 20.1):
        throttle.begin(now)
        throttle.end("GET /x", Verdict.GOOD, started=now, now=now)
    refused(throttle, 20.2)
    assert throttle.rate == pytest.approx(2.0)
    throttle.begin(21.0)
    throttle.end("GET /x", Verdict.GOOD, started=21.0, now=21.0)
    assert throttle.rate == pytest.approx(4.0), "a first guess from a burst grows fast"


def test_a_latency_that_stays_high_becomes_the_measure_of_good_days() -> None:
    throttle = Throttle(Limits(most=16))
    finish(throttle, lambda _now: True, 200, 1.0)
    finish(throttle, lambda _now: True, 2000, 3.0)
    assert throttle.width == 16
