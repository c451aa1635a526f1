"""An error answer of the API → the ApiError it means, with what the server said of it.

Source: Airbyte public API. Bodies are problem JSON, `message` alone, `errorId` alone, or a proxy's
HTML; the constant `detail` says little, what happened is in `data`.
"""

from __future__ import annotations

import contextlib
import re
from typing import TYPE_CHECKING

from reconciler.errors import (
    ApiError,
    Conflict,
    Forbidden,
    NotFound,
    RateLimited,
    Rejected,
    ServerError,
    Unauthorized,
)
from reconciler.model import Json

if TYPE_CHECKING:
    import requests

MAX_TEXT = 2000  # of a server's message that is repeated to the user
_BY_STATUS: dict[int, type[ApiError]] = {
    401: Unauthorized,
    403: Forbidden,
    404: NotFound,
    409: Conflict,
    429: RateLimited,
}


def error_class(status: int) -> type[ApiError]:
    """The error that an HTTP status from 400 on means."""
    return _BY_STATUS.get(status, ServerError if status >= 500 else Rejected)


def api_error(
    class_: type[ApiError], response: requests.Response, method: str, url: str
) -> ApiError:
    """The error of *class_* with what *response* says."""
    problem = class_(method, url, status=response.status_code, problem=_said(response))
    if isinstance(problem, RateLimited):
        with contextlib.suppress(ValueError):
            problem.retry_after_s = max(0.0, float(response.headers.get("Retry-After", "")))
    return problem


def _said(response: requests.Response) -> str:
    """The server's own words: problem JSON, another JSON with a message, or a page's title."""
    try:
        body = response.json()
    except ValueError:
        title = re.search(r"<title>(.*?)</title>", response.text[:MAX_TEXT], re.I | re.S)
        return f"({title[1].strip()})" if title else response.text[:200].strip()
    return "; ".join(_parts(body))[:MAX_TEXT] if isinstance(body, dict) else ""


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
