"""The one limit of a run, for all its threads: a throttle behind a lock, with a clock."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from reconciler.api.throttle import Limits, Throttle, Verdict


@dataclass(slots=True)
class Slot:
    """One request under way; whoever sends it says how it ended, else it counts as good."""

    verdict: Verdict = Verdict.GOOD
    retry_after_s: float | None = None


class Pacer:
    """Lets requests start as fast as the server takes them."""

    def __init__(self, limits: Limits, *, clock: Callable[[], float] = time.monotonic) -> None:
        self.limits = limits
        self._throttle = Throttle(limits)
        self._clock = clock
        self._changed = threading.Condition()

    @property
    def width(self) -> int:
        """How many requests may be under way now."""
        return self._throttle.width

    @property
    def rate(self) -> float | None:
        """Requests a second that may start now; None while nothing limits them."""
        return self._throttle.rate

    @contextmanager
    def slot(self, route: str) -> Iterator[Slot]:
        """Waits for a turn and holds it; *route* groups the requests that take alike long."""
        started = self._enter()
        slot = Slot()
        try:
            yield slot
        finally:
            with self._changed:
                self._throttle.end(
                    route,
                    slot.verdict,
                    started=started,
                    now=self._clock(),
                    retry_after_s=slot.retry_after_s,
                )
                self._changed.notify_all()

    def _enter(self) -> float:
        with self._changed:
            while True:
                now = self._clock()
                wait_s = self._throttle.wait_s(now)
                if wait_s == 0:
                    self._throttle.begin(now)
                    return now
                self._changed.wait(wait_s)
