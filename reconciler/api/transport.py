"""HTTP to the API: base URL, credentials, timeouts, retries, errors; the only `import requests`.

Retried with back-off are the methods that may be repeated without harm: GET, PUT, PATCH (ours carry
whole values) and DELETE. A POST is never repeated here: the API has no idempotency key.
"""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import requests

from reconciler import __version__
from reconciler.api.auth import Credentials
from reconciler.api.problems import api_error, error_class
from reconciler.errors import (
    ApiError,
    ConnectionFailed,
    RateLimited,
    ResponseLost,
    Unauthorized,
    UnexpectedAnswer,
)
from reconciler.model import Json

USER_AGENT = f"airbyte-reconciler/{__version__}"
CONNECT_TIMEOUT_S = 10.0
READ_TIMEOUT_S = 300.0  # creating a connection discovers the source inside the request
MAX_ATTEMPTS = 6
MAX_BACKOFF_S = 30.0
_REPEATABLE = frozenset({"GET", "PUT", "PATCH", "DELETE"})
_PASSING = frozenset({429, 502, 503, 504})

Query = Mapping[str, str | int | Sequence[str]]


@dataclass(frozen=True, slots=True)
class Exchange:
    """One request and its answer, for logs: never a body, a header or a token."""

    method: str
    path: str
    status: int
    elapsed_s: float
    attempt: int


class Transport:
    """Sends requests to one Airbyte; safe to use from several threads."""

    def __init__(
        self,
        url: str,
        credentials: Credentials,
        *,
        observe: Callable[[Exchange], None] = lambda _exchange: None,
        sleep: Callable[[float], object] = time.sleep,
    ) -> None:
        self.url = url.rstrip("/")
        self._credentials = credentials
        self._observe = observe
        self._sleep = sleep
        # requests does not promise that a Session may be shared.
        self._local = threading.local()

    def request(
        self, method: str, path: str, *, query: Query | None = None, body: Json = None
    ) -> Json:
        """The JSON of the answer, None when it has no body. Raises ApiError for anything else."""
        for attempt in range(1, MAX_ATTEMPTS + 1):
            try:
                return self._authorised(method, path, query, body, attempt)
            except ApiError as problem:
                if attempt == MAX_ATTEMPTS or not _may_repeat(method, problem):
                    raise
                asked_s = problem.retry_after_s if isinstance(problem, RateLimited) else None
                self._sleep(backoff_s(attempt, asked_s))
        raise AssertionError("unreachable: the last attempt returns or raises")

    def _authorised(
        self, method: str, path: str, query: Query | None, body: Json, attempt: int
    ) -> Json:
        """One attempt; a 401 renews the token once, as Airbyte's API guide asks."""
        header = self._credentials.header(self._post_anonymous)
        try:
            return self._send(method, path, query, body, header, attempt)
        except Unauthorized:
            renewed = self._credentials.renewed(header, self._post_anonymous)
            if renewed is None:
                raise
            return self._send(method, path, query, body, renewed, attempt)

    def _post_anonymous(self, path: str, body: Json) -> Json:
        return self._send("POST", path, None, body, None, 1)

    def _send(
        self,
        method: str,
        path: str,
        query: Query | None,
        body: Json,
        authorization: str | None,
        attempt: int,
    ) -> Json:
        url = self.url + path
        started = time.monotonic()
        status = 0
        try:
            response = self._session().request(
                method,
                url,
                params=query,
                json=body,
                headers={"Authorization": authorization} if authorization else {},
                timeout=(CONNECT_TIMEOUT_S, READ_TIMEOUT_S),
                # Following one could hand the credentials to another host.
                allow_redirects=False,
            )
            status = response.status_code
        except requests.RequestException as problem:
            raise _no_answer(problem, method, url) from problem
        finally:
            self._observe(Exchange(method, path, status, time.monotonic() - started, attempt))
        return _content(response, method, url)

    def _session(self) -> requests.Session:
        session: requests.Session | None = getattr(self._local, "session", None)
        if session is None:
            session = requests.Session()
            session.headers["User-Agent"] = USER_AGENT
            # Without an auth of its own, requests would put a .netrc entry over our header.
            session.auth = lambda request: request
            self._local.session = session
        return session


def backoff_s(attempt: int, retry_after_s: float | None = None) -> float:
    """Seconds to wait after *attempt* (1-based): the server's wish, else doubling, with jitter."""
    if retry_after_s is not None:
        return min(retry_after_s, MAX_BACKOFF_S)
    return float(min(2.0 ** (attempt - 1), MAX_BACKOFF_S) * random.uniform(0.5, 1.0) / 2)


def _may_repeat(method: str, problem: ApiError) -> bool:
    if isinstance(problem, ConnectionFailed):
        # Nothing listens: the user must hear of it now, not after a minute of tries.
        return False
    if isinstance(problem, RateLimited):
        # Refused before anything was done, so even a POST may be repeated.
        return True
    if method not in _REPEATABLE:
        return False
    return isinstance(problem, ResponseLost) or problem.status in _PASSING


def _no_answer(problem: requests.RequestException, method: str, url: str) -> ApiError:
    """A failure of requests in our terms: was anything sent, or may it have been carried out?"""
    never_sent = (
        requests.exceptions.ConnectTimeout,
        requests.exceptions.SSLError,
        requests.exceptions.ProxyError,
        requests.exceptions.InvalidURL,
        requests.exceptions.InvalidSchema,
        requests.exceptions.MissingSchema,
        requests.exceptions.InvalidHeader,
    )
    reason = _reason(problem)
    refused = any(
        sign in reason for sign in ("Connection refused", "Failed to resolve", "NewConnectionError")
    )
    if isinstance(problem, never_sent) or refused:
        return ConnectionFailed(method, url, problem=reason)
    return ResponseLost(method, url, problem=reason)


def _reason(problem: BaseException) -> str:
    """The innermost reason, without the object addresses that urllib3 puts in front."""
    inner: object = problem
    while isinstance(inner, BaseException):
        following = getattr(inner, "reason", None) or (inner.args[0] if inner.args else None)
        if not isinstance(following, BaseException):
            break
        inner = following
    text = str(inner)
    _, found, tail = text.partition("object at 0x")
    return tail.partition(": ")[2] or text if found else text


def _content(response: requests.Response, method: str, url: str) -> Json:
    """The answer's JSON. Raises the ApiError that its status or its shape means."""
    if 300 <= response.status_code < 400:
        target = response.headers.get("Location", "another place")
        raise UnexpectedAnswer(
            method, url, status=response.status_code, problem=f"It redirects to {target}."
        )
    if not response.ok:
        raise api_error(error_class(response.status_code), response, method, url)
    if not response.content:
        return None
    try:
        return response.json()
    except ValueError as problem:
        kind = response.headers.get("Content-Type", "no content type")
        raise UnexpectedAnswer(
            method, url, status=response.status_code, problem=f"The answer is no JSON ({kind})."
        ) from problem
