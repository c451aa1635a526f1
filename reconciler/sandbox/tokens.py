"""Access tokens: an application's id and secret exchanged for a bearer that expires."""

from __future__ import annotations

import secrets
import time
from collections.abc import Mapping
from typing import Any

from reconciler.sandbox.problems import Refusal, error_id, framework


class Tokens:
    """The tokens that were given out; none survives a restart."""

    def __init__(self, client_id: str, client_secret: str, lifetime_s: int) -> None:
        self._client_id = client_id
        self._client_secret = client_secret
        self._lifetime_s = lifetime_s
        self._expiries: dict[str, float] = {}

    def exchange(self, body: Mapping[str, Any], path: str) -> Mapping[str, Any]:
        """A new token for the right credentials."""
        for name in ("client_id", "client_secret"):
            if not isinstance(body.get(name), str):
                raise framework(400, f"Required property '{name}' is missing", path)
        if (body["client_id"], body["client_secret"]) != (self._client_id, self._client_secret):
            raise error_id(401)
        token = secrets.token_urlsafe(32)
        self._expiries[token] = time.monotonic() + self._lifetime_s
        return {"access_token": token, "token_type": "Bearer", "expires_in": self._lifetime_s}

    def check(self, authorization: str | None, path: str) -> None:
        """Refuses a request without a token that is still good."""
        token = (authorization or "").removeprefix("Bearer ")
        if self._expiries.get(token, 0.0) <= time.monotonic():
            raise unauthorized(path)

    def expire_all(self) -> None:
        """Ends every token at once, early."""
        self._expiries.clear()


def unauthorized(path: str) -> Refusal:
    """401 in the shape of the web framework."""
    return framework(401, "Unauthorized", path)
