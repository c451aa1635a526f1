"""An error answer of the API → the ApiError it means, with what the server said of it.

Source: Airbyte public API. Bodies are problem JSON, `message` alone, `errorId` alone, or a proxy's
HTML; the constant `detail` says little, what happened is in `data`.
"""

from __future__ import annotations

import contextlib
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from reconciler.model import Json
from reconciler.problems.errors import (
    ApiError,
    Conflict,
    ConflictState,
    Forbidden,
    NotFound,
    NotOffered,
    RateLimited,
    Rejected,
    ServerError,
    Unauthorized,
)

MAX_TEXT = 2000  # of a server's message that is repeated to the user
MAX_RETRY_AFTER_S = 300.0  # a longer wish is one to run again later

_STATES = {
    "#try-again-later": ConflictState.BUSY,
    "connection/locked": ConflictState.LOCKED,
    "already-exists": ConflictState.EXISTS,
}


@dataclass(frozen=True, slots=True)
class Answer:
    """A whole answer of the server, its body read and bounded."""

    status: int
    headers: Mapping[str, str]
    content: bytes


_BY_STATUS: dict[int, type[ApiError]] = {
    401: Unauthorized,
    403: Forbidden,
    404: NotFound,
    409: Conflict,
    429: RateLimited,
    501: NotOffered,
}


def error_class(answer: Answer) -> type[ApiError]:
    """The error that an answer with a status from 400 on means."""
    if answer.status == 403 and _refuses_rate(answer):
        return RateLimited
    return _BY_STATUS.get(answer.status, ServerError if answer.status >= 500 else Rejected)


def _refuses_rate(answer: Answer) -> bool:
    """Whether a 403 is about too many requests: GitHub's limits answer so as often as with 429."""
    headers = answer.headers
    spent = "Retry-After" in headers or headers.get("X-RateLimit-Remaining") == "0"
    return spent or b"secondary rate limit" in answer.content[:MAX_TEXT]


def api_error(
    class_: type[ApiError], answer: Answer, method: str, url: str, redact: Callable[[str], str]
) -> ApiError:
    """The error of *class_* with what *answer* says, as far as *redact* lets it be shown."""
    body = _body(answer)
    said = _said(answer) if body is None else "; ".join(_parts(body))
    problem = class_(method, url, status=answer.status, problem=redact(said)[:MAX_TEXT])
    if isinstance(problem, RateLimited):
        problem.retry_after_s = _retry_after_s(answer.headers)
    elif isinstance(problem, Conflict):
        problem.state = _state(body or {})
    elif isinstance(problem, ServerError):
        problem.explains = bool(_told(body or {}))
    return problem


def _body(answer: Answer) -> dict[str, Json] | None:
    """The JSON object that explains the error; empty for other JSON, None where there is none."""
    try:
        body = json.loads(answer.content)
    except (ValueError, RecursionError):
        return None
    return body if isinstance(body, dict) else {}


def _said(answer: Answer) -> str:
    """The server's own words where they are no JSON: a page's title, or a short text."""
    text = answer.content[:MAX_TEXT].decode("utf-8", "replace")
    title = re.search(r"<title>(.*?)</title>", text, re.I | re.S)
    return f"({title[1].strip()})" if title else text[:200].strip()


def _retry_after_s(headers: Mapping[str, str]) -> float | None:
    """The wish of a Retry-After header in seconds; it may also be a date."""
    text = headers.get("Retry-After", "")
    with contextlib.suppress(ValueError):
        return min(max(0.0, float(text)), MAX_RETRY_AFTER_S)
    with contextlib.suppress(ValueError, TypeError):
        asked = parsedate_to_datetime(text) - datetime.now(UTC)
        return min(max(0.0, asked.total_seconds()), MAX_RETRY_AFTER_S)
    return None


def _state(body: Mapping[str, Json]) -> ConflictState:
    """What a 409 is about, by the problem's type."""
    type_ = str(body.get("type", ""))
    for ending, state in _STATES.items():
        if type_.endswith(ending):
            return state
    return ConflictState.OTHER


def _told(body: Mapping[str, Json]) -> str:
    """What happened in this case, as opposed to the constant words of its kind."""
    data = body.get("data")
    if not isinstance(data, dict):
        # Outside the problem JSON, `message` is all there is.
        return "" if "title" in body else str(body.get("message") or "")
    return str(data.get("message") or data.get("errors") or "")


def _parts(body: dict[str, Json]) -> list[str]:
    data: dict[str, Json] = body["data"] if isinstance(body.get("data"), dict) else {}
    told = data.get("message") or data.get("errors") or ""
    specifics = [
        f"{k}: {v}" for k, v in sorted(data.items()) if k not in ("message", "errors") and v
    ]
    parts = [str(told), *specifics]
    if not told:
        parts.insert(0, str(body.get("detail") or body.get("message") or body.get("title") or ""))
    if not any(parts) and body.get("errorId"):
        parts.append(f"error id {body['errorId']}, see the server's log")
    return [" ".join(part.split()) for part in parts if part]
