"""Request bodies: what the server takes for JSON, and how much of it.

Its JSON is stricter than Python's (no NaN, no half of a surrogate pair, a bounded depth). Source:
the framework's limit in the platform's application.yml and the defaults of its JSON library.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import Any, Never
from urllib.parse import parse_qsl

from starlette.requests import Request

from reconciler.sandbox.problems import framework
from reconciler.sandbox.shapes import Fields, known, misfit

MAX_BYTES = 10 * 1024 * 1024


async def read_object(request: Request, shape: Fields) -> Mapping[str, Any]:
    """The JSON object of a request; anything of another shape is a 400, a very long one a 413."""
    text = await _read(request)
    path = request.url.path
    try:
        body = json.loads(text, parse_constant=_refuse, parse_float=_finite)
        if b"\\ud" in text.lower():
            json.dumps(body, ensure_ascii=False).encode()  # fails for a half of a surrogate pair
    except (ValueError, RecursionError):
        raise framework(400, "Bad Request", path) from None
    if message := misfit(body, shape):
        raise framework(400, message, path)
    fields: Mapping[str, Any] = known(body, shape)
    return fields


async def read_form_or_object(request: Request) -> Mapping[str, Any]:
    """The fields of a request that may also be a form."""
    if "form-urlencoded" not in request.headers.get("Content-Type", ""):
        return await read_object(request, Fields())
    return dict(parse_qsl((await _read(request)).decode(errors="replace")))


async def _read(request: Request) -> bytes:
    """The whole body. One that is too long is read to its end, so that its client hears why."""
    parts, length = [], 0
    async for part in request.stream():
        length += len(part)
        if length <= MAX_BYTES:
            parts.append(part)
    if length > MAX_BYTES:
        message = f"The content length [{length}] exceeds the maximum allowed [{MAX_BYTES}]"
        raise framework(413, message, request.url.path)
    return b"".join(parts)


def _refuse(_constant: str) -> Never:
    raise ValueError("NaN and the infinities are not JSON")


def _finite(text: str) -> float:
    number = float(text)
    if math.isinf(number):
        raise ValueError("no number is as large")
    return number
