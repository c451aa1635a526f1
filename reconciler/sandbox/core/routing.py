"""Which handler answers a method and a path.

Ids in a path that the API's description declares `format: uuid` are parsed by the framework, which
refuses what is none; those declared `format: UUID` reach the handlers as they are.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from reconciler.sandbox.core.call import Call
from reconciler.sandbox.core.shapes import Reader, is_uuid

PARSED_IDS = frozenset({"tagId", "definitionId", "regionId", "applicationId"})

Answer = tuple[int, Any]
"""A status, and JSON to send with it; None is an empty body."""

Handler = Callable[[Call], Answer]


@dataclass(frozen=True, slots=True)
class Route:
    """One operation. Without a body's shape the body is not read."""

    method: str
    template: str
    handler: Handler
    body: Reader | None = None
    is_anonymous: bool = False


class NoRoute(Exception):
    """Nothing answers here: 404, or 405 where another method would be answered."""

    def __init__(self, status: int, allowed: tuple[str, ...] = ()) -> None:
        super().__init__(status)
        self.status = status
        self.allowed = allowed


class Router:
    """Routes by their number of segments; a literal segment goes before a parameter."""

    def __init__(self, routes: Iterable[Route]) -> None:
        self._by_length: dict[int, list[tuple[tuple[str, ...], Route]]] = {}
        for route in sorted(routes, key=lambda route: route.template.count("{")):
            segments = _segments(route.template)
            self._by_length.setdefault(len(segments), []).append((segments, route))

    def match(self, method: str, path: str) -> tuple[Route, Mapping[str, str]]:
        """The route of a path below the API's prefix, and the path's parameters."""
        segments = _segments(path)
        allowed = []
        for template, route in self._by_length.get(len(segments), ()):
            if all(t == s or (t[:1] == "{" and s) for t, s in zip(template, segments, strict=True)):
                if route.method == method:
                    return route, _parameters(template, segments)
                allowed.append(route.method)
        raise NoRoute(405 if allowed else 404, tuple(sorted(set(allowed))))


def unparsable(template: str, params: Mapping[str, str]) -> str | None:
    """The name of a path's id that the framework cannot parse."""
    # A workspace's id is declared otherwise above definitions than anywhere else.
    parsed = PARSED_IDS | {"workspaceId"} if "/definitions/" in template else PARSED_IDS
    for name, value in params.items():
        if name in parsed and not is_uuid(value):
            return name
        if name == "jobId" and not _is_long(value):
            return name
    return None


def _segments(path: str) -> tuple[str, ...]:
    return tuple(path.split("/")[1:])


def _parameters(template: tuple[str, ...], segments: tuple[str, ...]) -> dict[str, str]:
    return {
        name[1:-1]: value for name, value in zip(template, segments, strict=True) if name[:1] == "{"
    }


def _is_long(value: str) -> bool:
    digits = value.removeprefix("-")
    return digits.isascii() and digits.isdigit() and len(digits) <= 19 and int(value) < 2**63
