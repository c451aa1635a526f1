"""Misbehaviour on request: which answers to spoil, how, and how often."""

from __future__ import annotations

import fnmatch
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal


@dataclass
class Fault:
    """One way to misbehave, for requests that `method` and the glob `path` fit, `count` times.

    With a `status` the request is not carried out and answered so. `close` "before" drops the
    connection instead of carrying it out, "after" carries it out and loses the answer. `delay_s`
    seconds pass before anything else.
    """

    method: str = "*"
    path: str = "*"
    count: int = 1
    status: int = 0
    headers: Mapping[str, str] = field(default_factory=dict)
    body: str = ""
    close: Literal["", "before", "after"] = ""
    delay_s: float = 0.0

    def fits(self, method: str, path: str) -> bool:
        """Whether a request is one to spoil."""
        return self.method in ("*", method) and fnmatch.fnmatchcase(path, self.path)


class Faults:
    """The faults that are still to come, in the order they were asked for."""

    def __init__(self) -> None:
        self._coming: list[Fault] = []

    def add(self, wanted: Mapping[str, Any]) -> None:
        """Takes one in. Raises TypeError for a field that faults have not."""
        self._coming.append(Fault(**wanted))

    def clear(self) -> None:
        self._coming.clear()

    def take(self, method: str, path: str) -> Fault | None:
        """The fault for this request, counted off."""
        for fault in self._coming:
            if fault.fits(method, path):
                fault.count -= 1
                if fault.count <= 0:
                    self._coming.remove(fault)
                return fault
        return None
