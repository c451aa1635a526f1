"""HTTP to the API: base URL, credentials, timeouts, retries, errors; the only `import requests`.

Every request waits for its turn at the run's pacer. Answers are read up to a bound, redirects are
never followed (one could hand the credentials to another host), and TLS is always verified.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import count

import requests

from reconciler import __version__
from reconciler.api.auth import Credentials
from reconciler.api.pacer import Pacer, Slot
from reconciler.api.problems import Answer, api_error, error_class
from reconciler.api.retry import Attempt, Patience, is_repeatable, pause_s
from reconciler.api.throttle import Limits, Verdict
from reconciler.api.usage import Exchange, Retry, Traffic, Usage, route
from reconciler.model import Json
from reconciler.model.credentials import without_userinfo
from reconciler.problems.errors import (
    ApiError,
    ConnectionFailed,
    RateLimited,
    ResponseLost,
    Unauthorized,
    UnexpectedAnswer,
)

USER_AGENT = f"airbyte-reconciler/{__version__}"
CONNECT_TIMEOUT_S = 10.0
READ_TIMEOUT_S = 300.0  # creating a connection discovers the source inside the request
ANSWER_TIMEOUT_S = 600.0  # for a whole body, however slowly it drips
MAX_ANSWER_BYTES = 64 * 1024 * 1024  # streams of a big database are megabytes; this is no answer
_CHUNK_BYTES = 256 * 1024

Query = Mapping[str, str | int | Sequence[str]]


def unobserved(_traffic: Traffic) -> None:
    """Nobody asked to see the requests."""


def _as_it_is(text: str) -> str:
    return text


def wait_always(seconds: float) -> bool:
    """Waits that long; True, since nobody asks to stop waiting."""
    time.sleep(seconds)
    return True


@dataclass(frozen=True, slots=True)
class Manners:
    """How requests are sent: how fast, how often again, and who hears of them.

    `wait` sleeps before a retry and says whether there should be one still. `redact` hides secrets
    in what the server says. `run_id` goes into the user agent. `usage` counts.
    """

    pacer: Pacer = field(default_factory=lambda: Pacer(Limits()))
    patience: Patience = field(default_factory=Patience)
    observe: Callable[[Traffic], None] = unobserved
    wait: Callable[[float], bool] = wait_always
    clock: Callable[[], float] = time.monotonic
    redact: Callable[[str], str] = _as_it_is
    run_id: str = ""
    usage: Usage = field(default_factory=Usage)

    @property
    def user_agent(self) -> str:
        return f"{USER_AGENT} (run {self.run_id})" if self.run_id else USER_AGENT


@dataclass(frozen=True, slots=True)
class _Call:
    """One request as the caller wants it, whatever attempts it takes."""

    method: str
    path: str
    query: Query | None
    body: Json
    is_repeatable: bool

    @property
    def route(self) -> str:
        return route(self.method, self.path)


class Transport:
    """Sends requests to one Airbyte; safe to use from several threads."""

    def __init__(self, url: str, credentials: Credentials, manners: Manners | None = None) -> None:
        self.url = url.rstrip("/")
        self.manners = manners or Manners()
        self._credentials = credentials
        self._was_reached = False
        # requests does not promise that a Session may be shared.
        self._local = threading.local()

    def request(
        self,
        method: str,
        path: str,
        *,
        query: Query | None = None,
        body: Json = None,
        patience: Patience | None = None,
    ) -> Json:
        """The JSON of the answer, None when it has no body. Raises ApiError for anything else."""
        call = _Call(method, path, query, body, is_repeatable(method))
        return self._persisting(call, self._authorised, patience or self.manners.patience)

    def _persisting(
        self, call: _Call, send: Callable[[_Call, int], Json], patience: Patience
    ) -> Json:
        """What *send* gives, tried again as long as that is harmless and worth while."""
        manners = self.manners
        started = manners.clock()
        for number in count(1):
            try:
                return send(call, number)
            except ApiError as problem:
                spent_s = manners.clock() - started
                attempt = Attempt(number, spent_s, call.is_repeatable, self._was_reached)
                pause = pause_s(problem, attempt, patience)
                if pause is None:
                    raise
                self._tell(Retry(call.method, call.path, problem.status, number, pause))
                if not manners.wait(pause):
                    raise
        raise AssertionError("unreachable: the count has no end")

    def _authorised(self, call: _Call, attempt: int) -> Json:
        """One attempt; a 401 renews the token once, as Airbyte's API guide asks."""
        header = self._credentials.header(self._post_anonymous)
        try:
            return self._send(call, header, attempt)
        except Unauthorized:
            renewed = self._credentials.renewed(header, self._post_anonymous)
            if renewed is None:
                raise
            return self._send(call, renewed, attempt)

    def _post_anonymous(self, path: str, body: Json) -> Json:
        # A second token does no harm.
        call = _Call("POST", path, None, body, is_repeatable=True)
        return self._persisting(call, self._without_credentials, self.manners.patience)

    def _without_credentials(self, call: _Call, attempt: int) -> Json:
        return self._send(call, None, attempt)

    def _send(self, call: _Call, authorization: str | None, attempt: int) -> Json:
        asked = time.monotonic()
        with self.manners.pacer.slot(call.route) as slot:
            self.manners.usage.waited(time.monotonic() - asked)
            try:
                return self._exchanged(call, authorization, attempt)
            except ApiError as problem:
                _judge(problem, slot)
                raise

    def _exchanged(self, call: _Call, authorization: str | None, attempt: int) -> Json:
        url = self.url + call.path
        started = time.monotonic()
        status = 0
        try:
            with self._session().request(
                call.method,
                url,
                params=call.query,
                json=call.body,
                headers={"Authorization": authorization} if authorization else {},
                timeout=(CONNECT_TIMEOUT_S, READ_TIMEOUT_S),
                allow_redirects=False,
                stream=True,
            ) as response:
                self._was_reached = True
                status = response.status_code
                content = _read(response, call.method, url)
                answer = Answer(status, response.headers, content)
        except _UNSENDABLE:
            # Without its cause, whose text repeats the header or the URL.
            raise ConnectionFailed(call.method, url, problem=_UNSENDABLE_WORDS) from None
        except requests.RequestException as problem:
            raise _no_answer(problem, call.method, url) from problem
        finally:
            elapsed_s = time.monotonic() - started
            self._tell(Exchange(call.method, call.path, status, elapsed_s, attempt))
        return _content(answer, call.method, url, _redacting(self.manners.redact, authorization))

    def _tell(self, traffic: Traffic) -> None:
        self.manners.usage.heard(traffic)
        self.manners.observe(traffic)

    def _session(self) -> requests.Session:
        session: requests.Session | None = getattr(self._local, "session", None)
        if session is None:
            session = requests.Session()
            session.headers["User-Agent"] = self.manners.user_agent
            # Without an auth of its own, requests would put a .netrc entry over our header.
            session.auth = lambda request: request
            # The environment's proxies and certificates, looked up once and not for each request.
            usual = session.merge_environment_settings(self.url, {}, None, None, None)
            session.proxies, session.verify = usual["proxies"], usual["verify"]
            session.trust_env = False
            self._local.session = session
        return session


_UNSENDABLE = (
    requests.exceptions.InvalidURL,
    requests.exceptions.InvalidSchema,
    requests.exceptions.MissingSchema,
    requests.exceptions.InvalidHeader,
    UnicodeError,  # of a proxy's password
)
_UNSENDABLE_WORDS = (
    "its address, or that of a proxy (HTTPS_PROXY, HTTP_PROXY), is no URL of http or https"
)


def _judge(problem: ApiError, slot: Slot) -> None:
    """What a failure says of the server's load: a mistake in the request says nothing."""
    if isinstance(problem, RateLimited):
        slot.verdict = Verdict.REFUSED
        slot.retry_after_s = problem.retry_after_s
    elif isinstance(problem, ResponseLost | ConnectionFailed) or problem.status >= 500:
        slot.verdict = Verdict.FAILED


def _read(response: requests.Response, method: str, url: str) -> bytes:
    """The whole body. Raises UnexpectedAnswer for one without an end, in bytes or in time."""
    chunks: list[bytes] = []
    size = 0
    deadline = time.monotonic() + ANSWER_TIMEOUT_S
    for chunk in response.iter_content(_CHUNK_BYTES):
        # What has come in one piece is whole, however late the clock says that it is.
        is_late = bool(chunks) and time.monotonic() > deadline
        size += len(chunk)
        chunks.append(chunk)
        if size > MAX_ANSWER_BYTES or is_late:
            reason = f"The answer does not end: {size:,} bytes so far."
            raise UnexpectedAnswer(method, url, status=response.status_code, problem=reason)
    return b"".join(chunks)


def _no_answer(problem: requests.RequestException, method: str, url: str) -> ApiError:
    """A failure of requests in our terms: was anything sent, or may it have been carried out?"""
    never_sent = (
        requests.exceptions.ConnectTimeout,
        requests.exceptions.SSLError,
        requests.exceptions.ProxyError,
    )
    reason = _reason(problem)
    refused = any(
        sign in reason for sign in ("Connection refused", "Failed to resolve", "NewConnectionError")
    )
    if isinstance(problem, never_sent) or refused:
        failure = ConnectionFailed(method, url, problem=reason)
        failure.is_refused = refused or isinstance(problem, requests.exceptions.ConnectTimeout)
        return failure
    return ResponseLost(method, url, problem=reason)


def _reason(problem: BaseException) -> str:
    """The innermost reason, without the object addresses that urllib3 puts in front."""
    inner: object = problem
    while isinstance(inner, BaseException):
        following = getattr(inner, "reason", None) or (inner.args[0] if inner.args else None)
        if not isinstance(following, BaseException):
            break
        inner = following
    text = without_userinfo(str(inner))
    _, found, tail = text.partition("object at 0x")
    return tail.partition(": ")[2] or text if found else text


def _redacting(redact: Callable[[str], str], authorization: str | None) -> Callable[[str], str]:
    """*redact*, and the credentials of this request: a server may repeat its headers."""
    credentials = (authorization or "").rpartition(" ")[2]
    if not credentials:
        return redact
    return lambda text: redact(text.replace(credentials, "(credentials)"))


def _content(answer: Answer, method: str, url: str, redact: Callable[[str], str]) -> Json:
    """The answer's JSON. Raises the ApiError that its status or its shape means."""
    if 300 <= answer.status < 400:
        target = answer.headers.get("Location", "another place")
        raise _unexpected(answer, method, url, redact(f"It redirects to {target}."))
    if answer.status >= 400:
        raise api_error(error_class(answer), answer, method, url, redact)
    if not answer.content:
        return None
    try:
        return json.loads(answer.content)
    except RecursionError:
        raise _unexpected(answer, method, url, "The JSON is nested too deeply.") from None
    except ValueError as problem:
        kind = answer.headers.get("Content-Type", "no content type")
        raise _unexpected(
            answer, method, url, redact(f"The answer is no JSON ({kind}).")
        ) from problem


def _unexpected(answer: Answer, method: str, url: str, problem: str) -> UnexpectedAnswer:
    return UnexpectedAnswer(method, url, status=answer.status, problem=problem)
