"""How many requests at a time, and how many a second, one Airbyte takes: learnt while they run.

Two numbers in the manner of TCP. The concurrency grows by one for each round of good answers and
shrinks by a factor on failures, refusals and rising latency. The rate is free until the server
refuses with 429: then it is what was accepted in the last second, and from there it probes upwards.
Pure: every time is given by the caller, in seconds of one monotonic clock.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from enum import Enum
from statistics import median

START = 4  # a self-managed server has five threads for its public API
WINDOW_S = 1.0  # over which accepted requests are counted
MIN_RATE = 0.2  # requests a second, however much is refused: one in five seconds
FIRST_PAUSE_S = 0.1  # after a refusal; doubles while nothing is accepted
CALM_S = 4.0  # without a refusal: the server takes more than it once did
MAX_RATE = 10_000.0  # as good as no limit
SAMPLES = 8  # latencies of one route that make a median
RISEN = 2.0  # times the best median: a queue has formed at the server
NOISE_S = 0.05  # differences below this are the machine's, not the server's


class Verdict(Enum):
    """What an answer says of the server's load."""

    GOOD = "good"
    REFUSED = "refused"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Limits:
    """The user's bounds: requests at a time, and a minute (None for no such bound)."""

    most: int = 16
    per_minute: float | None = None


@dataclass(slots=True)
class _Route:
    """The latencies of one kind of request: the last few, and the best median so far."""

    recent: deque[float] = field(default_factory=lambda: deque(maxlen=SAMPLES))
    best: float = 0.0

    def has_risen(self, latency_s: float) -> bool:
        """Takes one latency in; whether the last few are far above what the server can do."""
        self.recent.append(latency_s)
        if len(self.recent) < SAMPLES:
            return False
        now = median(self.recent)
        self.best = min(self.best or now, now)
        risen = now > self.best * RISEN + NOISE_S
        if risen:
            # A baseline of better days must not keep the limit down for ever.
            self.best *= 1.05
            self.recent.clear()
        return risen


class Throttle:
    """Says when the next request may start, and learns from how each one ended."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._ceiling = limits.per_minute / 60 if limits.per_minute else None
        self._rate = self._ceiling
        self._target: float | None = None
        self._cuts = 0
        self._pause_s = FIRST_PAUSE_S
        self._width = float(min(START, limits.most))
        self._in_flight = 0
        self._next_start = 0.0
        self._width_cut_at = self._rate_cut_at = float("-inf")
        self._good_since_cut = 0
        self._accepted: deque[float] = deque()
        self._routes: dict[str, _Route] = {}

    @property
    def width(self) -> int:
        """How many requests may be under way now."""
        return max(1, int(self._width))

    @property
    def rate(self) -> float | None:
        """Requests a second that may start now; None while nothing limits them."""
        return self._rate

    def wait_s(self, now: float) -> float | None:
        """Seconds until a request may start, 0 for at once; None for "when another has ended"."""
        if self._in_flight >= self.width:
            return None
        return max(0.0, self._next_start - now)

    def begin(self, now: float) -> None:
        """A request starts."""
        self._in_flight += 1
        if self._rate is not None:
            self._next_start = max(now, self._next_start) + 1 / self._rate

    def end(
        self,
        route: str,
        verdict: Verdict,
        *,
        started: float,
        now: float,
        retry_after_s: float | None = None,
    ) -> None:
        """A request that *started* then has ended; *route* groups those that take alike long."""
        is_full = self._in_flight >= self.width
        self._in_flight -= 1
        if verdict is Verdict.GOOD:
            self._good(route, now, now - started, is_full)
        elif verdict is Verdict.FAILED:
            self._narrow(started, now, 0.5)
        else:
            self._narrow(started, now, 0.5)
            self._slow_down(started, now)
            if retry_after_s:
                self._next_start = max(self._next_start, now + retry_after_s)

    def _good(self, route: str, now: float, latency_s: float, is_full: bool) -> None:
        self._accepted.append(now)
        self._forget_before(now - WINDOW_S)
        self._good_since_cut += 1
        if self._routes.setdefault(route, _Route()).has_risen(latency_s):
            self._narrow(now - latency_s, now, 0.8)
        elif is_full:
            self._width = min(float(self._limits.most), self._width + 1 / self._width)
        if self._rate is not None:
            self._rate = min(self._rate + self._growth(self._rate), self._ceiling or MAX_RATE)

    def _growth(self, rate: float) -> float:
        """By how much one good answer raises the rate."""
        if self._cuts == 1:
            return 2.0  # a first guess from a burst may be far too low
        if rate < (self._target or 0.0) * 0.9 or self._good_since_cut > rate * CALM_S:
            return 1.0  # back to what was accepted once, or long untroubled: doubles in a second
        return 0.02 + 0.2 / rate

    def _narrow(self, started: float, now: float, factor: float) -> None:
        # What started before the last cut tells of the time before it.
        if started >= self._width_cut_at:
            self._width = max(1.0, self._width * factor)
            self._width_cut_at = now

    def _slow_down(self, started: float, now: float) -> None:
        if started < self._rate_cut_at:
            return
        self._forget_before(now - WINDOW_S)
        accepted = len(self._accepted) / WINDOW_S
        if self._rate is None:
            # Nothing accepted tells nothing of a rate; then only the pause below helps.
            self._rate = self._target = accepted or None
        elif self._good_since_cut:
            self._rate = max(MIN_RATE, min(self._rate * 0.9, max(accepted, self._rate * 0.5)))
            self._target = self._rate
        # Refused again with nothing accepted between: the rate may be right and its window used up.
        self._pause_s = (
            FIRST_PAUSE_S if self._good_since_cut else min(self._pause_s * 2, 1 / MIN_RATE)
        )
        self._next_start = max(self._next_start, now + self._pause_s)
        self._cuts += bool(self._good_since_cut)
        self._rate_cut_at = now
        self._good_since_cut = 0

    def _forget_before(self, then: float) -> None:
        while self._accepted and self._accepted[0] < then:
            self._accepted.popleft()
