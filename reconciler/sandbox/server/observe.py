"""Answers shown to an observer as they are sent: tests hold them against the published API."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from starlette.types import ASGIApp, Message, Receive, Scope, Send


@dataclass(frozen=True, slots=True)
class Exchange:
    """A request and its whole answer. *path* is as the client sent it, prefix included."""

    method: str
    path: str
    status: int
    content_type: str
    body: bytes


Observer = Callable[[Exchange], None]


def observed(app: ASGIApp, observe: Observer) -> ASGIApp:
    """*app*, showing every answer to *observe* before its last byte is sent."""

    async def application(scope: Scope, receive: Receive, send: Send) -> None:
        status, content_type, parts = 0, "", list[bytes]()

        async def noting(message: Message) -> None:
            nonlocal status, content_type
            if message["type"] == "http.response.start":
                status = message["status"]
                content_type = dict(message["headers"]).get(b"content-type", b"").decode()
            elif message["type"] == "http.response.body":
                parts.append(message.get("body", b""))
                if not message.get("more_body", False):
                    method, path = scope["method"], scope["path"]
                    observe(Exchange(method, path, status, content_type, b"".join(parts)))
            await send(message)

        await app(scope, receive, noting)

    return application
