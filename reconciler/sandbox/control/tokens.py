"""Access tokens: an application's id and secret exchanged for a bearer that expires."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from typing import Any

from reconciler.sandbox.core.call import Caller
from reconciler.sandbox.core.clock import Clock
from reconciler.sandbox.core.problems import Refusal, error_id, framework


class Tokens:
    """The tokens that were given out, any number at a time; none survives a restart."""

    def __init__(
        self, client_id: str, client_secret: str, lifetime_s: int, caller: Caller, clock: Clock
    ) -> None:
        self._client = (client_id, client_secret)
        self._lifetime_s = lifetime_s
        self._caller = caller
        self._clock = clock
        self._given: dict[str, tuple[float, Caller]] = {}

    def exchange(self, body: Mapping[str, Any], path: str) -> Mapping[str, Any]:
        """A new token for the right credentials."""
        for name in ("client_id", "client_secret"):
            if not isinstance(body.get(name), str):
                raise framework(400, f"Required property '{name}' is missing", path)
        if (body["client_id"], body["client_secret"]) != self._client:
            raise error_id(401)
        return self.give(self._caller)

    def give(self, caller: Caller) -> Mapping[str, Any]:
        """A new token of that caller."""
        token = secrets.token_urlsafe(32)
        self._given[token] = (self._clock.unhurried() + self._lifetime_s, caller)
        return {"access_token": token, "token_type": "Bearer", "expires_in": self._lifetime_s}

    def check(self, authorization: str | None, path: str) -> Caller:
        """Whose token it is. Refuses a request without one that is still good."""
        scheme, _, token = (authorization or "").partition(" ")
        expiry, caller = self._given.get(token, (0.0, self._caller))
        if scheme.lower() != "bearer" or expiry <= self._clock.unhurried():
            raise unauthorized(path)
        return caller

    def expire(self, authorization: str | None) -> None:
        """Ends one token early."""
        self._given.pop((authorization or "").partition(" ")[2], None)

    def expire_all(self) -> None:
        """Ends every token at once, early."""
        self._given.clear()


def unauthorized(path: str) -> Refusal:
    """401 in the shape of the web framework."""
    return framework(401, "Unauthorized", path)
