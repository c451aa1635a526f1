"""Whether somebody asked to stop, and what stopping means just then."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator
from enum import Enum


class Stopping(Enum):
    """What the first wish to stop does. Outside of all these it ends the run at once."""

    AT_ONCE = "at once"
    AFTER_OPERATIONS = "what runs is finished"
    AFTER_WAVE = "no further wave"
    WATCHING = "the jobs that were started go on"


class Interruption:
    """The wish to stop, which may come at any time and from any thread."""

    def __init__(self) -> None:
        self._stop = threading.Event()
        self._stopping = Stopping.AT_ONCE

    @property
    def is_requested(self) -> bool:
        return self._stop.is_set()

    @property
    def stopping(self) -> Stopping:
        """What a wish to stop means now."""
        return self._stopping

    def request(self) -> None:
        """Asks to stop."""
        self._stop.set()

    def wait(self, seconds: float) -> bool:
        """Waits that long; False, at once, when somebody asks to stop."""
        return not self._stop.wait(seconds)

    @contextlib.contextmanager
    def finishing(self, stopping: Stopping) -> Iterator[None]:
        """Inside, the first wish to stop only sets `is_requested`; may be nested."""
        before = self._stopping
        self._stopping = stopping
        try:
            yield
        finally:
            self._stopping = before
