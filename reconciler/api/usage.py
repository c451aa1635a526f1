"""What a run uses: requests by route, time by phase; and what it will use, as soon as it is known.

One of these goes through a run, and everything is counted here alone.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TypeAlias

READING, WAITING, COMPARING = "reading manifests", "waiting for lists", "comparing"
APPLYING, PROVING = "applying", "reading again"
OTHER = "all else"


@dataclass(frozen=True, slots=True)
class Exchange:
    """One request and its answer, for logs: never a body, a header or a token."""

    method: str
    path: str
    status: int
    elapsed_s: float
    attempt: int

    @property
    def route(self) -> str:
        return route(self.method, self.path)


@dataclass(frozen=True, slots=True)
class Retry:
    """A request that failed and is tried again after a pause."""

    method: str
    path: str
    status: int
    attempt: int
    pause_s: float


Traffic: TypeAlias = Exchange | Retry


def route(method: str, path: str) -> str:
    """Requests of one route take alike long: `GET /sources`."""
    return f"{method} /{path.lstrip('/').partition('/')[0]}"


@dataclass(slots=True)
class RouteUse:
    """The requests of one route; `failed` are those answered by a 4xx or 5xx, or not at all."""

    count: int = 0
    failed: int = 0
    elapsed_s: float = 0.0


@dataclass(slots=True)
class PhaseUse:
    """The time of one phase without those inside it, and the requests that ended meanwhile."""

    wall_s: float = 0.0
    cpu_s: float = 0.0
    requests: int = 0


@dataclass(frozen=True, slots=True)
class Budget:
    """About how many requests a run is going to send, and how long that takes, in seconds."""

    requests: int
    seconds: float


def unforetold(_budget: Budget) -> None:
    """Nobody asked for the budget."""


@dataclass(slots=True)
class Usage:
    """The counts of one run. `foretell` hears of the budget; phases are the main thread's alone."""

    foretell: Callable[[Budget], None] = unforetold
    clock: Callable[[], float] = time.monotonic
    cpu_clock: Callable[[], float] = time.process_time
    routes: dict[str, RouteUse] = field(default_factory=dict)
    phases: dict[str, PhaseUse] = field(default_factory=dict)
    retries: int = 0
    throttled_s: float = 0.0
    _started: float = 0.0
    _marked: tuple[float, float] = (0.0, 0.0)
    _open: list[str] = field(default_factory=lambda: [OTHER])
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def __post_init__(self) -> None:
        self._started = self.clock()
        self._marked = (self._started, self.cpu_clock())

    @property
    def requests(self) -> int:
        return sum(each.count for each in self.routes.values())

    @property
    def wall_s(self) -> float:
        """Seconds since the run began."""
        return self.clock() - self._started

    @property
    def cpu_s(self) -> float:
        """Seconds of CPU of the whole process."""
        return self.cpu_clock()

    def heard(self, traffic: Traffic) -> None:
        """Counts a request, of whatever thread."""
        with self._lock:
            if isinstance(traffic, Retry):
                self.retries += 1
                return
            use = self.routes.setdefault(traffic.route, RouteUse())
            use.count += 1
            use.failed += not 0 < traffic.status < 400
            use.elapsed_s += traffic.elapsed_s
            self._phase().requests += 1

    def waited(self, seconds: float) -> None:
        """Counts the time that a request waited for its turn."""
        with self._lock:
            self.throttled_s += seconds

    def expects(self, requests: int, *, width: int, per_minute: float | None) -> None:
        """Foretells so many more requests, at the pace of those so far."""
        elapsed_s = sum(each.elapsed_s for each in self.routes.values())
        each_s = elapsed_s / max(self.requests, 1) / width
        slowest_s = 60 / per_minute if per_minute else 0.0
        self.foretell(Budget(requests, requests * max(each_s, slowest_s)))

    @contextmanager
    def phase(self, name: str) -> Iterator[None]:
        """Counts the time until it ends as that phase's; one inside it has its own."""
        self._mark()
        self._open.append(name)
        try:
            yield
        finally:
            self._mark()
            self._open.pop()

    def _mark(self) -> None:
        """Gives the time since the last mark to the phase that is open."""
        now = (self.clock(), self.cpu_clock())
        with self._lock:
            use = self._phase()
            use.wall_s += now[0] - self._marked[0]
            use.cpu_s += now[1] - self._marked[1]
        self._marked = now

    def _phase(self) -> PhaseUse:
        return self.phases.setdefault(self._open[-1], PhaseUse())

    def settle(self) -> None:
        """Gives the time up to now to the phase that is open."""
        self._mark()
