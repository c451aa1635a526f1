"""`--events FILE`: one JSON line for each thing that happens, for machines that audit."""

from __future__ import annotations

import contextlib
import json
import os
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import TextIO

from reconciler.api.usage import Exchange, Traffic
from reconciler.problems.errors import UsageError
from reconciler.render.reports import events
from reconciler.render.reports.events import Event


class EventLog:
    """Writes events as they come, each line at once; without a file, nowhere."""

    def __init__(
        self,
        out: TextIO | None,
        run_id: str,
        redact: Callable[[str], str],
        tell: Callable[[str], None],
    ) -> None:
        self._out = out
        self._run_id = run_id
        self._redact = redact
        self._tell = tell
        self._lock = threading.Lock()
        self._methods: Counter[str] = Counter()
        self._statuses: Counter[str] = Counter()

    def write(self, event: Event) -> None:
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

    def traffic(self, traffic: Traffic) -> None:
        """Counts a request; a retry is an event of its own."""
        if isinstance(traffic, Exchange):
            with self._lock:
                self._methods[traffic.method] += 1
                self._statuses[str(traffic.status)] += 1
            return
        self.write(
            events.retried(
                traffic.method, traffic.path, traffic.status, traffic.attempt, traffic.pause_s
            )
        )

    def requests(self) -> None:
        """Writes how many requests there were so far."""
        with self._lock:
            event = events.requests_sent(self._methods, self._statuses)
        self.write(event)


@contextlib.contextmanager
def event_log(
    file: str | None, run_id: str, redact: Callable[[str], str], tell: Callable[[str], None]
) -> Iterator[EventLog]:
    """A log that appends to *file*, which only its owner may read when it is new."""
    if file is None:
        yield EventLog(None, run_id, redact, tell)
        return
    try:
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    except OSError as problem:
        raise UsageError(
            f"the events file {file} cannot be written: {problem.strerror}"
        ) from problem
    with open(descriptor, "w", encoding="utf-8") as out:
        yield EventLog(out, run_id, redact, tell)
