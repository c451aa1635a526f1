"""Misbehaviour on request: which answers to spoil, how, and how often."""

from __future__ import annotations

import fnmatch
import json
import random
import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from typing import Any, Literal

from reconciler.sandbox.core.problems import forbidden

HTML_502 = "<html><head><title>502 Bad Gateway</title></head><body>nginx</body></html>"
RATE_LIMITED = '{"message":"You are being rate limited."}'
UNLIMITED = 0
_METHODS = ("*", "GET", "POST", "PUT", "PATCH", "DELETE")
_MOST = 1_000_000


@dataclass
class Fault:
    """One way to misbehave, for requests that `method` and the glob `path` fit.

    The first `count` of them are spoilt, all of them when it is 0, each with `probability`; the
    dice are the same for the same `seed`. With a `status` the request is not carried out and
    answered so. `close` "before" drops the connection instead of carrying it out, "after" carries
    it out and loses the answer. `delay_s` seconds pass before anything else. `expire` ends the
    request's token before it is looked at. `shuffle` moves the first row that a list has to its
    end once the answer is made, as a write between two pages can.
    """

    method: str = "*"
    path: str = "*"
    count: int = 1
    status: int = 0
    headers: Mapping[str, str] = field(default_factory=dict)
    body: str = ""
    close: Literal["", "before", "after"] = ""
    delay_s: float = 0.0
    probability: float = 1.0
    seed: int = 0
    expire: bool = False
    shuffle: bool = False

    def __post_init__(self) -> None:
        self._dice = random.Random(self.seed)
        self._left = self.count
        if not self.body and self.status:
            self.body, type_ = _usual_body(self.status)
            self.headers = {"content-type": type_, **self.headers}

    def fits(self, method: str, path: str) -> bool:
        """Whether a request is one to spoil, if there are any left and the dice say so."""
        fitting = self.method in ("*", method) and fnmatch.fnmatchcase(path, self.path)
        return fitting and self._dice.random() < self.probability

    def count_off(self) -> bool:
        """Takes one off; whether that was the last."""
        self._left -= 1
        return self.count != UNLIMITED and self._left <= 0


class Faults:
    """The faults that are still to come, in the order they were asked for."""

    def __init__(self) -> None:
        self._coming: list[Fault] = []

    def add(self, wanted: Mapping[str, Any]) -> None:
        """Takes one in. Raises TypeError or ValueError for what is no fault."""
        self._coming.append(read_fault(wanted))

    def clear(self) -> None:
        self._coming.clear()

    def take(self, method: str, path: str) -> Fault | None:
        """The fault for this request, counted off."""
        for fault in self._coming:
            if fault.fits(method, path):
                if fault.count_off():
                    self._coming.remove(fault)
                return fault
        return None


def read_fault(wanted: Mapping[str, Any]) -> Fault:
    """A fault of JSON. Raises TypeError for a field that faults have not, or of a wrong type."""
    kinds: Mapping[str, tuple[type, ...]] = {
        "str": (str,),
        "int": (int,),
        "float": (int, float),
        "bool": (bool,),
    }
    for one in fields(Fault):
        expected = kinds.get(str(one.type))
        value = wanted.get(one.name)
        is_wrong = isinstance(value, bool) and bool not in (expected or ())
        if expected and one.name in wanted and (is_wrong or not isinstance(value, expected)):
            raise TypeError(f"{one.name} is not a {one.type}")
    if unknown := sorted(set(wanted) - {one.name for one in fields(Fault)}):
        raise TypeError(f"a fault has no {', '.join(unknown)}")
    _check(wanted)
    return Fault(**wanted)


def _check(wanted: Mapping[str, Any]) -> None:
    """Refuses what no server could do. Raises TypeError or ValueError."""
    if wanted.get("close", "") not in ("", "before", "after"):
        raise ValueError('close is "before" or "after"')
    if wanted.get("status", 400) not in range(200, 600):
        raise ValueError("status is one that ends a request, from 200 to 599")
    if wanted.get("method", "*") not in _METHODS:
        raise ValueError(f"method is one of {', '.join(_METHODS)}")
    path = wanted.get("path", "*")
    if not path.startswith(("/", "*")) or path.startswith(("/api/", "/v1/")):
        raise ValueError("path is below the API's prefix, for instance /workspaces or /sources/*")
    if not 0 <= wanted.get("probability", 1) <= 1:
        raise ValueError("probability is from 0 to 1")
    for name in ("count", "delay_s"):
        if not 0 <= wanted.get(name, 0) <= _MOST:
            raise ValueError(f"{name} is from 0 to {_MOST}")
    headers = wanted.get("headers", {})
    if not (isinstance(headers, dict) and all(isinstance(v, str) for v in headers.values())):
        raise TypeError("headers is no object of texts")
    if not _asks_for_something(wanted):
        raise ValueError("nothing goes wrong: say status, close, delay_s, expire or shuffle")


def _asks_for_something(wanted: Mapping[str, Any]) -> bool:
    return any(wanted.get(name) for name in ("status", "close", "delay_s", "expire", "shuffle"))


_SPOKEN = re.compile(
    r"(?P<method>\*|[A-Z]+) (?P<path>\S+) (?P<what>\S+)"
    r"(?: x(?P<count>\d+)| p(?P<chance>\d*\.?\d+))?"
)
_STATUS = re.compile(r"(?P<status>\d{1,9})(?::(?P<retry_after>\d+))?")
_DELAY = re.compile(r"(?P<number>\d*\.?\d+)(?P<unit>ms|s)")


def spoken(text: str) -> dict[str, Any]:
    """A fault as an option says it: "POST /sources 429", "* * close-after p0.1", "GET * 50ms x5".

    What happens is a status, with `:3` behind it for a Retry-After of 3, `close-before`,
    `close-after`, `expire`, `shuffle`, or a delay; then how often: once, x and a count, or p and a
    probability. Raises ValueError.
    """
    match = _SPOKEN.fullmatch(text)
    if match is None:
        raise ValueError(f'"{text}" is no fault: say for instance "POST /sources 429 x3"')
    wanted: dict[str, Any] = {"method": match["method"], "path": match["path"]}
    what = match["what"]
    if status := _STATUS.fullmatch(what):
        wanted["status"] = int(status["status"])
        if status["retry_after"]:
            wanted["headers"] = {"Retry-After": status["retry_after"]}
    elif what.startswith("close-"):
        wanted["close"] = what.removeprefix("close-")
    elif what in ("expire", "shuffle"):
        wanted[what] = True
    elif delay := _DELAY.fullmatch(what):
        wanted["delay_s"] = float(delay["number"]) / (1000 if delay["unit"] == "ms" else 1)
    else:
        raise ValueError(f'"{what}" is nothing that can go wrong here')
    if match["count"]:
        wanted["count"] = int(match["count"])
    if match["chance"]:
        wanted |= {"probability": float(match["chance"]), "count": UNLIMITED}
    return wanted


class Limiter:
    """At most so many requests a second, with no more than a second's worth saved up."""

    def __init__(self, per_second: float = 0.0, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self.set(per_second, None)

    def set(self, per_second: float, retry_after_s: float | None) -> None:
        """Another limit, 0 for none; the seconds to name in Retry-After, None to be silent."""
        self._per_second = per_second
        self._retry_after_s = retry_after_s
        self._saved = per_second
        self._at = self._now()

    def refusal(self) -> Mapping[str, str] | None:
        """The headers to refuse a request with, None when it may go on."""
        if not self._per_second:
            return None
        now = self._now()
        self._saved = min(
            max(self._per_second, 1.0), self._saved + (now - self._at) * self._per_second
        )
        self._at = now
        if self._saved >= 1.0:
            self._saved -= 1.0
            return None
        headers = {"content-type": "application/json"}
        if self._retry_after_s is not None:
            headers["retry-after"] = f"{self._retry_after_s:g}"
        return headers


def _usual_body(status: int) -> tuple[str, str]:
    if status == 429:
        return RATE_LIMITED, "application/json"
    if status == 403:
        return json.dumps(forbidden().body), "application/json"
    if status in (502, 503, 504):
        return HTML_502, "text/html"
    if status >= 500:
        return '{"errorId":"00000000-0000-0000-0000-000000000500"}', "application/json"
    return "", "text/plain"
