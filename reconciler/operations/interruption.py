"""Ctrl-C and SIGTERM during an apply: the first finishes what runs, the second stops now."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import threading
from collections.abc import Iterator
from types import FrameType

from reconciler.operations.exit_codes import ExitCode

_STOPPING = "\nStopping: running operations are finished. Again to stop at once.\n"
_SHOW_CURSOR = "\x1b[?25h"  # a progress bar hides it, and nothing of it runs any more


class Interruption:
    """Whether somebody asked to stop. Outside `finishing` a signal is a KeyboardInterrupt."""

    def __init__(self) -> None:
        self._stop = threading.Event()
        self._is_finishing = False
        self._notice = ""

    @property
    def is_requested(self) -> bool:
        return self._stop.is_set()

    def wait(self, seconds: float) -> bool:
        """Waits that long; False, at once, when somebody asks to stop."""
        return not self._stop.wait(seconds)

    @contextlib.contextmanager
    def finishing(self, notice: str = _STOPPING) -> Iterator[None]:
        """The first signal inside only sets `is_requested`, and tells *notice*; may be nested."""
        before = self._is_finishing, self._notice
        self._is_finishing, self._notice = True, notice
        try:
            yield
        finally:
            self._is_finishing, self._notice = before

    def handle(self, _number: int, _frame: FrameType | None) -> None:
        """The signal handler."""
        if not self._is_finishing:
            raise KeyboardInterrupt
        if self._stop.is_set():
            # The journal knows what was under way.
            _say(_SHOW_CURSOR if sys.stderr.isatty() else "")
            os._exit(ExitCode.INTERRUPTED)
        self._stop.set()
        _say(self._notice)


@contextlib.contextmanager
def interruptible() -> Iterator[Interruption]:
    """Takes Ctrl-C and SIGTERM over as long as it lasts."""
    interruption = Interruption()
    if threading.current_thread() is not threading.main_thread():
        yield interruption
        return
    signals = (signal.SIGINT, signal.SIGTERM)
    before = [signal.signal(number, interruption.handle) for number in signals]
    try:
        yield interruption
    finally:
        for number, handler in zip(signals, before, strict=True):
            signal.signal(number, handler)


def _say(text: str) -> None:
    """Writes past all buffers: a signal may come inside any of them."""
    with contextlib.suppress(OSError):
        os.write(2, text.encode())
