"""Ctrl-C and SIGTERM: the first finishes what runs, the second stops now."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import threading
from collections.abc import Iterator, Mapping
from types import FrameType

from reconciler.operations.exit_codes import ExitCode
from reconciler.operations.interruption import Interruption, Stopping

_SHOW_CURSOR = "\x1b[?25h"  # a progress bar hides it, and nothing of it runs any more

_STOPPED: Mapping[Stopping, str] = {
    Stopping.AFTER_OPERATIONS: "Stopping: running operations are finished.",
    Stopping.AFTER_WAVE: "Stopping: no longer watching, and no further wave.",
    Stopping.WATCHING: "No longer watching: the jobs that were started go on.",
}


@contextlib.contextmanager
def interruptible(interruption: Interruption) -> Iterator[None]:
    """Takes Ctrl-C and SIGTERM over as long as it lasts."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def handle(_number: int, _frame: FrameType | None) -> None:
        _interrupt(interruption)

    signals = (signal.SIGINT, signal.SIGTERM)
    before = [signal.signal(number, handle) for number in signals]
    try:
        yield
    finally:
        for number, handler in zip(signals, before, strict=True):
            signal.signal(number, handler)


def _interrupt(interruption: Interruption) -> None:
    if interruption.stopping is Stopping.AT_ONCE:
        raise KeyboardInterrupt
    if interruption.is_requested:
        # The journal knows what was under way.
        _say(_SHOW_CURSOR if sys.stderr.isatty() else "")
        os._exit(ExitCode.INTERRUPTED)
    interruption.request()
    _say(f"\n{_STOPPED[interruption.stopping]} Again to stop at once.\n")


def _say(text: str) -> None:
    """Writes past all buffers: a signal may come inside any of them."""
    with contextlib.suppress(OSError):
        os.write(2, text.encode())
