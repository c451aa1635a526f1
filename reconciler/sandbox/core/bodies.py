"""The bodies of requests and answers: JSON as the server's framework takes and gives it."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import Any, NoReturn
from urllib.parse import parse_qsl

from starlette.requests import Request

from reconciler.sandbox.core import problems
from reconciler.sandbox.core.routing import Route
from reconciler.sandbox.core.shapes import Unfit

MAX_BYTES = 10 * 1024 * 1024


async def body(route: Route, request: Request) -> tuple[Any, Any]:
    """The JSON of a request as it came and as its shape reads it; nothing of one without."""
    if route.body is None:
        return {}, {}
    sent = await _parsed(request)
    try:
        return sent, route.body(sent, "body")
    except Unfit as problem:
        raise problems.framework(400, str(problem), request.url.path) from None


async def credentials(request: Request) -> Mapping[str, Any]:
    """The fields of a token request, which may be JSON or a form."""
    if "form-urlencoded" in request.headers.get("Content-Type", ""):
        raw = await _raw(request)
        return dict(parse_qsl(raw.decode("utf-8", "replace")))
    sent = await _parsed(request)
    if not isinstance(sent, dict):
        raise problems.framework(400, "Failed to convert argument [body]", request.url.path)
    return sent


def encoded(value: Any) -> bytes:
    """*value* as the body of an answer."""
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode()


async def _raw(request: Request) -> bytes:
    """The whole body. One that is too long is read to its end, so that its client hears why."""
    parts, size = [], 0
    async for part in request.stream():
        size += len(part)
        if size <= MAX_BYTES:
            parts.append(part)
    if size > MAX_BYTES:
        message = f"The content length [{size}] exceeds the maximum allowed [{MAX_BYTES}]"
        raise problems.framework(413, message, request.url.path)
    return b"".join(parts)


async def _parsed(request: Request) -> Any:
    raw = await _raw(request)
    try:
        value = json.loads(raw, parse_constant=_no_json, parse_float=_finite)
        if rb"\ud" in raw.lower():
            # A half of a surrogate pair is no character, and no database takes it.
            encoded(value)
    except (ValueError, RecursionError):
        raise problems.framework(400, "Bad Request", request.url.path) from None
    return value


def _no_json(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is no JSON")


def _finite(text: str) -> float:
    number = float(text)
    if math.isinf(number):
        raise ValueError("no number is as large")
    return number
