"""Secrets out of texts that others wrote: a server may repeat in an error what it was sent."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from typing import TypeVar

HIDDEN = "(secret)"
SHORTEST = 4  # shorter values are in every text by chance

N = TypeVar("N")


class Redaction:
    """The values that must not be shown; it learns them as they are used."""

    def __init__(self) -> None:
        self._values: set[str] = set()
        self._lock = threading.Lock()

    def learn(self, value: str | None) -> None:
        """Takes *value*, and every long line of it, for a secret from now on."""
        if not value:
            return
        forms = {value, json.dumps(value)[1:-1], *value.splitlines()}
        with self._lock:
            self._values |= {form for form in forms if len(form.strip()) >= SHORTEST}

    def learning(self, resolve: Callable[[N], str | None]) -> Callable[[N], str | None]:
        """*resolve*, with everything that it gives learnt."""

        def resolved(name: N) -> str | None:
            value = resolve(name)
            self.learn(value)
            return value

        return resolved

    def __call__(self, text: str) -> str:
        """*text* with every known value hidden."""
        with self._lock:
            # The longest first: one secret may be a part of another.
            values = sorted(self._values, key=len, reverse=True)
        for value in values:
            text = text.replace(value, HIDDEN)
        return text
