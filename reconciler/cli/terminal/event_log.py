"""`--events FILE`: one JSON line for each thing that happens, for machines that audit."""

from __future__ import annotations

import contextlib
import json
import os
import threading
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime
from typing import TextIO, assert_never

from reconciler import __version__
from reconciler.api.usage import Exchange, Retry
from reconciler.apply.outcome import Outcome
from reconciler.operations.console import Event, RunFinished, RunPlanned, RunStarted
from reconciler.problems.errors import UsageError
from reconciler.render.reports import events


class EventLog:
    """Appends events to a file as they come, each line at once.

    The file is opened when the apply begins: one that waits for another in vain leaves no trace.
    """

    def __init__(
        self, file: str, redact: Callable[[str], str], tell: Callable[[str], None]
    ) -> None:
        self._file = file
        self._redact = redact
        self._tell = tell
        self._out: TextIO | None = None
        self._run_id = ""
        self._lock = threading.Lock()
        self._methods: Counter[str] = Counter()
        self._statuses: Counter[str] = Counter()

    def record(self, event: Event) -> None:
        """Writes what *event* is worth. Raises UsageError when the file cannot be opened."""
        match event:
            case RunStarted():
                self._run_id = event.run
                self._out = _opened(self._file)
                tool = f"reconciler {__version__}"
                self._write(events.started(event.environment, event.who, tool, event.shard))
            case RunPlanned(plan, digest):
                self._write(events.planned(plan, digest))
                for refused in events.refused(plan):
                    self._write(refused)
            case Outcome():
                self._write(events.operation(event))
            case Exchange():
                with self._lock:
                    self._methods[event.method] += 1
                    self._statuses[str(event.status)] += 1
            case Retry(method, path, status, attempt, pause_s):
                self._write(events.retried(method, path, status, attempt, pause_s))
            case RunFinished(outcome, counts, exit_code):
                with self._lock:
                    sent = events.requests_sent(self._methods, self._statuses)
                self._write(sent)
                self._write(events.finished(outcome, counts, exit_code))
            case _:
                assert_never(event)

    def close(self) -> None:
        """Nothing more is written."""
        with self._lock, contextlib.suppress(OSError):
            if self._out is not None:
                self._out.close()
            self._out = None

    def _write(self, event: events.Event) -> None:
        """Appends one line. When the file fails, that is told once and the apply goes on."""
        head = {
            "version": events.VERSION,
            "time": datetime.now(UTC).isoformat(timespec="milliseconds"),
            "run": self._run_id,
        }
        line = self._redact(json.dumps({**head, **event}, ensure_ascii=False))
        with self._lock:
            if self._out is None:
                return
            try:
                self._out.write(line + "\n")
                self._out.flush()
            except OSError as problem:
                self._out = None
                self._tell(f"warning: no more events are written: {problem.strerror}")


def _opened(file: str) -> TextIO:
    """*file* to append to; only its owner may read it when it is new."""
    try:
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    except OSError as problem:
        raise UsageError(
            f"the events file {file} cannot be written: {problem.strerror}"
        ) from problem
    return open(descriptor, "w", encoding="utf-8")
