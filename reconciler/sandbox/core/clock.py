"""The one clock of a sandbox, which can be put forward or run faster: jobs age without waiting."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

END = datetime(2099, 1, 1, tzinfo=UTC).timestamp()  # no clock goes further


class Clock:
    """Seconds since the epoch, later than *base* by what it was put forward and has hurried."""

    def __init__(self, base: Callable[[], float] = time.time) -> None:
        self._base = base
        self._forward_s = 0.0
        self._speed = 1.0
        self._hurried_s = 0.0
        self._hurries_since = base()
        self._then: float | None = None

    def now(self) -> float:
        return min(self.unhurried() + self._ahead_s(), END) if self._then is None else self._then

    def unhurried(self) -> float:
        """What it would show had it never run faster: by this one tokens live."""
        return self._base() + self._forward_s

    def seconds(self) -> int:
        """Whole seconds, as the API gives the time of creation."""
        return int(self.now())

    @contextmanager
    def set_back_to(self, moment: float) -> Iterator[None]:
        """It is *moment* inside: for what happened then and is carried out only now."""
        self._then = moment
        try:
            yield
        finally:
            self._then = None

    def advance(self, seconds: float) -> None:
        """Puts the clock forward; it never goes back."""
        self._forward_s += min(max(0.0, seconds), END - self.now())

    def hurry(self, speed: float) -> None:
        """Lets it run *speed* times as fast as time does, from now on."""
        self._hurried_s, self._hurries_since = self._ahead_s(), self._base()
        self._speed = speed

    def _ahead_s(self) -> float:
        return self._hurried_s + (self._base() - self._hurries_since) * (self._speed - 1)
