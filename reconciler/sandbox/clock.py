"""The one clock of a sandbox, which can be put forward: jobs and tokens age without waiting."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager


class Clock:
    """Seconds since the epoch, later than *base* by what it was put forward."""

    def __init__(self, base: Callable[[], float] = time.time) -> None:
        self._base = base
        self._forward_s = 0.0
        self._then: float | None = None

    def now(self) -> float:
        return self._base() + self._forward_s if self._then is None else self._then

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
        self._forward_s += max(0.0, seconds)
