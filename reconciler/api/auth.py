"""Credentials: client id and secret exchanged for a token, a token as it is, basic, or none.

Source: Airbyte public API, POST /applications/token. It must be sent as JSON; `expires_in` counts
seconds; there is no refresh token.
"""

from __future__ import annotations

import base64
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from reconciler.model import Json
from reconciler.problems.errors import ApiError, Unauthorized, UnexpectedAnswer

TOKEN_PATH = "/applications/token"
EARLY = 0.2  # of a token's life: renewed this long before it ends
DEFAULT_LIFE_S = 180.0  # the shortest that any release gave, for servers that do not say

_REFUSING = frozenset({400, 401, 403, 500})  # wrong credentials, by how the server was set up

Post = Callable[[str, Json], Json]


class Credentials(Protocol):
    """What goes into the Authorization header."""

    def header(self, post: Post) -> str | None:
        """The header's value for the next request, None for no header."""

    def renewed(self, refused: str | None, post: Post) -> str | None:
        """Another value after *refused* met a 401; None when there can be no other."""


@dataclass(frozen=True, slots=True)
class Fixed:
    """A header that never changes: a token, basic, or none at all."""

    value: str | None

    def header(self, post: Post) -> str | None:  # noqa: ARG002
        return self.value

    def renewed(self, refused: str | None, post: Post) -> str | None:  # noqa: ARG002
        return None


def bearer(token: str) -> Fixed:
    """The credentials of a token that somebody else keeps fresh."""
    return Fixed(f"Bearer {token}")


def basic(username: str, password: str) -> Fixed:
    """HTTP basic credentials, as old self-managed installs ask for."""
    pair = base64.b64encode(f"{username}:{password}".encode()).decode()
    return Fixed(f"Basic {pair}")


class ClientCredentials:
    """An application's id and secret, exchanged for tokens, once for all threads that ask."""

    def __init__(
        self,
        client_id: str,
        client_secret: str,
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._client_id = client_id
        self._client_secret = client_secret
        self._clock = clock
        self._lock = threading.Lock()
        self._value: str | None = None
        self._renew_at = 0.0

    def header(self, post: Post) -> str | None:
        with self._lock:
            if self._value is None or self._clock() >= self._renew_at:
                self._exchange(post)
            return self._value

    def renewed(self, refused: str | None, post: Post) -> str | None:
        with self._lock:
            # Another thread may have renewed it while this one waited for its answer.
            if self._value == refused:
                self._exchange(post)
            return self._value

    def _exchange(self, post: Post) -> None:
        asked_at = self._clock()
        body = {
            "client_id": self._client_id,
            "client_secret": self._client_secret,
            "grant-type": "client_credentials",  # spelt so in the API's description
        }
        try:
            answer = post(TOKEN_PATH, body)
        except ApiError as refusal:
            if refusal.status not in _REFUSING:
                raise
            raise Unauthorized(
                refusal.method, refusal.url, status=refusal.status, problem=refusal.problem
            ) from refusal
        token, life_s = _token(answer)
        self._value = f"Bearer {token}"
        self._renew_at = asked_at + life_s * (1 - EARLY)


def _token(answer: Json) -> tuple[str, float]:
    """The token and its life in seconds. Raises UnexpectedAnswer when *answer* is none."""
    token = answer.get("access_token") if isinstance(answer, dict) else None
    if not isinstance(token, str) or not token.isascii() or not token.isprintable():
        raise UnexpectedAnswer("POST", TOKEN_PATH, status=200, problem="It holds no access_token.")
    life = answer.get("expires_in")
    return token, float(life) if isinstance(life, int | float) and life > 0 else DEFAULT_LIFE_S
