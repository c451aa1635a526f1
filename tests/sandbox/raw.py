"""Requests as no decent client sends them: any bytes, any path, any token."""

from __future__ import annotations

import http.client
import json
from dataclasses import dataclass
from typing import Any

from reconciler.sandbox.server.serving import Sandbox
from tests.support import Api

PREFIX = "/api/public/v1"


@dataclass(frozen=True)
class Answer:
    """A status and whatever came with it."""

    status: int
    content_type: str
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body) if self.body else None


class RawClient:
    """One connection to a sandbox that is kept open as long as the server keeps it."""

    def __init__(self, sandbox: Sandbox) -> None:
        self.token: str = Api(sandbox).token
        self._connection = http.client.HTTPConnection(sandbox.host, sandbox.port, timeout=60)

    def close(self) -> None:
        self._connection.close()

    def send(
        self,
        method: str,
        path: str,
        body: bytes | None = None,
        *,
        authorization: str | None = None,
        prefix: str = PREFIX,
    ) -> Answer:
        """The answer to exactly these bytes; a good token unless another header is given."""
        headers = {"Content-Type": "application/json", "User-Agent": "hostile/1"}
        if value := f"Bearer {self.token}" if authorization is None else authorization:
            headers["Authorization"] = value
        for is_last in (False, True):
            try:
                self._connection.request(method, prefix + path, body, headers)
                response = self._connection.getresponse()
                content_type = response.headers.get("Content-Type", "")
                return Answer(response.status, content_type, response.read())
            except (OSError, http.client.HTTPException):
                # A kept connection may have been closed for being idle.
                self._connection.close()
                if is_last:
                    raise
        raise AssertionError("unreachable")

    def call(self, method: str, path: str, body: Any = None) -> Any:
        """The JSON of a call that must succeed."""
        answer = self.send(method, path, None if body is None else json.dumps(body).encode())
        assert answer.status < 300, (method, path, answer)
        return answer.json

    def every(self, collection: str, page: int = 100) -> list[dict[str, Any]]:
        """Every row of a list, page by page."""
        rows: list[dict[str, Any]] = []
        while True:
            data = self.call("GET", f"/{collection}?limit={page}&offset={len(rows)}")["data"]
            rows += data
            if len(data) < page:
                return rows
