"""The ASGI application: routes, tokens, faults, the request log, and the control endpoints.

The API stands under the paths of self-managed Airbyte and of Cloud. What no API offers (reading the
request log, asking for faults) stands apart, under `/_sandbox`.
"""

from __future__ import annotations

import asyncio
import json
from collections import deque
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any
from urllib.parse import parse_qs, parse_qsl

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Mount, Route, Router
from starlette.types import ASGIApp, Receive, Scope, Send

from reconciler.sandbox import actors, connections, problems, workspaces
from reconciler.sandbox.bodies import read_form_or_object, read_object
from reconciler.sandbox.call import Call, World
from reconciler.sandbox.faults import Fault, Faults
from reconciler.sandbox.observe import Observer, observed
from reconciler.sandbox.problems import Refusal
from reconciler.sandbox.shapes import Fields, shape_of
from reconciler.sandbox.tokens import Tokens

PREFIXES = ("/api/public/v1", "/v1")
LOGGED = 200_000  # requests that the log remembers

Handler = Callable[[Call], tuple[int, Any]]

_WORKSPACE = "/workspaces/{id}"
_CONNECTION = "/connections/{id}"
ROUTES: Mapping[tuple[str, str], Handler] = {
    ("GET", "/workspaces"): workspaces.list_workspaces,
    ("POST", "/workspaces"): workspaces.create_workspace,
    ("GET", _WORKSPACE): workspaces.get_workspace,
    ("PATCH", _WORKSPACE): workspaces.patch_workspace,
    ("DELETE", _WORKSPACE): workspaces.delete_workspace,
    **{
        (method, f"/{role}s{suffix}"): partial(handler, role=role)
        for role in ("source", "destination")
        for method, suffix, handler in (
            ("GET", "", actors.list_actors),
            ("POST", "", actors.create_actor),
            ("GET", "/{id}", actors.get_actor),
            ("PATCH", "/{id}", actors.patch_actor),
            ("PUT", "/{id}", actors.put_actor),
            ("DELETE", "/{id}", actors.delete_actor),
        )
    },
    ("GET", "/connections"): connections.list_connections,
    ("POST", "/connections"): connections.create_connection,
    ("GET", _CONNECTION): connections.get_connection,
    ("PATCH", _CONNECTION): connections.patch_connection,
    ("DELETE", _CONNECTION): connections.delete_connection,
    ("GET", "/streams"): connections.get_streams,
}


class Application:
    """The sandbox as an ASGI application over one world."""

    def __init__(
        self,
        world: World,
        tokens: Tokens,
        *,
        latency_s: float = 0.0,
        observe: Observer | None = None,
    ) -> None:
        self._world = world
        self._tokens = tokens
        self._latency_s = latency_s
        self._faults = Faults()
        self._log: deque[Mapping[str, Any]] = deque(maxlen=LOGGED)
        self._count = 0
        api = [
            Route("/health", _health, methods=["GET"]),
            Route("/applications/token", self._token, methods=["POST"]),
            *(
                Route(
                    path, partial(self._handle, handler, shape_of(method, path)), methods=[method]
                )
                for (method, path), handler in ROUTES.items()
            ),
        ]
        control = [
            Route("/requests", self._requests, methods=["GET", "DELETE"]),
            Route("/faults", self._set_faults, methods=["POST", "DELETE"]),
            Route("/expire-tokens", self._expire_tokens, methods=["POST"]),
            Route("/fail-discovery", self._fail_discovery, methods=["POST"]),
        ]
        app: ASGIApp = Starlette(
            routes=[
                Mount("/_sandbox", routes=control),
                *(Mount(prefix, Router(api, redirect_slashes=False)) for prefix in PREFIXES),
            ],
            exception_handlers={HTTPException: _framework_error},
        )
        self._app = observed(app, observe) if observe else app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = scope.get("path", "")
        prefix = next((p for p in PREFIXES if path.startswith(f"{p}/")), None)
        if scope["type"] != "http" or prefix is None:
            await self._app(scope, receive, send)
            return
        await self._observed(path.removeprefix(prefix), scope, receive, send)

    async def _observed(self, path: str, scope: Scope, receive: Receive, send: Send) -> None:
        """One API request: delayed, spoilt if so asked, and written to the log."""
        status = 0

        async def noting(message: Any) -> None:
            nonlocal status
            status = message.get("status", status)
            await send(message)

        fault = self._faults.take(scope["method"], path)
        await asyncio.sleep(self._latency_s + (fault.delay_s if fault else 0.0))
        try:
            if fault and fault.close:
                await self._drop(fault, scope, receive, send)
            elif fault and fault.status:
                answer = Response(fault.body, fault.status, dict(fault.headers))
                await answer(scope, receive, noting)
            else:
                await self._app(scope, receive, noting)
        finally:
            self._count += 1
            self._log.append(
                {
                    "number": self._count,
                    "method": scope["method"],
                    "path": path,
                    "query": parse_qsl(scope["query_string"].decode()),
                    "status": status,
                }
            )

    async def _drop(self, fault: Fault, scope: Scope, receive: Receive, send: Send) -> None:
        """Ends the connection inside an answer; before or after the request is carried out."""
        if fault.close == "after":
            await self._app(scope, receive, _swallow)
        start = {
            "type": "http.response.start",
            "status": 200,
            "headers": [(b"content-length", b"1000")],
        }
        await send(start)
        await send({"type": "http.response.body", "body": b"{", "more_body": True})

    async def _handle(self, handler: Handler, shape: Fields, request: Request) -> Response:
        path = request.url.path
        try:
            self._tokens.check(request.headers.get("Authorization"), path)
            body = {} if request.method in ("GET", "DELETE") else await read_object(request, shape)
            call = Call(
                world=self._world,
                path=path,
                params=request.path_params,
                query=parse_qs(request.url.query),
                body=body,
            )
            status, answer = handler(call)
        except Refusal as refusal:
            return _json(refusal.body, refusal.status)
        return Response(status_code=204) if answer is None else _json(answer, status)

    async def _token(self, request: Request) -> Response:
        try:
            body = await read_form_or_object(request)
            return _json(self._tokens.exchange(body, request.url.path))
        except Refusal as refusal:
            return _json(refusal.body, refusal.status)

    async def _requests(self, request: Request) -> Response:
        if request.method == "DELETE":
            self._log.clear()
            return Response(status_code=204)
        return _json({"data": list(self._log)})

    async def _set_faults(self, request: Request) -> Response:
        if request.method == "DELETE":
            self._faults.clear()
            return Response(status_code=204)
        try:
            self._faults.add(await request.json())
        except (TypeError, ValueError) as problem:
            return _json({"message": str(problem)}, 400)
        return Response(status_code=204)

    async def _expire_tokens(self, _request: Request) -> Response:
        self._tokens.expire_all()
        return Response(status_code=204)

    async def _fail_discovery(self, request: Request) -> Response:
        wanted = await request.json()
        self._world.failing_sources[wanted["sourceId"]] = wanted["message"]
        return Response(status_code=204)


async def _health(_request: Request) -> Response:
    return PlainTextResponse("Successful operation")


async def _swallow(_message: Any) -> None:
    """The answer that nobody gets."""


def _framework_error(request: Request, problem: Exception) -> Response:
    assert isinstance(problem, HTTPException), "only these are handed here"
    refusal = problems.framework(problem.status_code, problem.detail, request.url.path)
    return _json(refusal.body, refusal.status)


def _json(value: Any, status: int = 200) -> Response:
    text = json.dumps(value, separators=(",", ":"), ensure_ascii=False)
    return Response(text, status, media_type="application/json")
