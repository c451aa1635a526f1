"""The ASGI application: which request goes where, and what may happen to it on the way.

The API stands under the paths of self-managed Airbyte and of Cloud. What no API offers stands
apart, under `/_sandbox`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from functools import partial
from typing import Any
from urllib.parse import parse_qs, parse_qsl

from starlette.requests import ClientDisconnect, Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from reconciler.sandbox.api import timetable
from reconciler.sandbox.api.discovery import Running
from reconciler.sandbox.api.routes import ROUTES
from reconciler.sandbox.control.control import Control
from reconciler.sandbox.control.faults import RATE_LIMITED, Fault
from reconciler.sandbox.core import bodies, problems
from reconciler.sandbox.core.call import Call, Caller, RoleMissing, World
from reconciler.sandbox.core.problems import Refusal
from reconciler.sandbox.core.routing import NoRoute, Route, Router, unparsable
from reconciler.sandbox.platform import states
from reconciler.sandbox.server.observe import Observer, observed

PREFIXES = ("/api/public/v1", "/v1")
CONTROL = "/_sandbox"
DOCUMENTATION = "https://reference.airbyte.com/"


class Application:
    """The sandbox as an ASGI application over one world."""

    def __init__(
        self,
        world: World,
        control: Control,
        *,
        latency_s: float = 0.0,
        observe: Observer | None = None,
    ) -> None:
        self._world = world
        self._under_control = control
        self._latency_s = latency_s
        self._count = 0
        self._api = Router(ROUTES)
        self._control = Router(control.routes())
        app: ASGIApp = self._answered
        self._app = observed(app, observe) if observe else app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        path: str = scope["path"]
        prefix = next((p for p in PREFIXES if path == p or path.startswith(f"{p}/")), None)
        if prefix is not None:
            await self._observed(path.removeprefix(prefix) or "/", scope, receive, send)
        elif path.startswith(f"{CONTROL}/"):
            answer = await self._controlled(path.removeprefix(CONTROL), Request(scope, receive))
            await answer(scope, receive, send)
        else:
            await _refused(problems.framework(404, "Page Not Found", path))(scope, receive, send)

    async def _observed(self, path: str, scope: Scope, receive: Receive, send: Send) -> None:
        """One API request: delayed, spoilt if so asked, and written to the log."""
        status = 0

        async def noting(message: Message) -> None:
            nonlocal status
            status = message.get("status", status)
            await send(message)

        fault = self._under_control.faults.take(scope["method"], path)
        await asyncio.sleep(self._latency_s + (fault.delay_s if fault else 0.0))
        try:
            await self._spoilt(fault, scope, receive, noting)
        except ClientDisconnect:
            pass
        finally:
            self._count += 1
            self._under_control.log.append(
                {
                    "number": self._count,
                    "method": scope["method"],
                    "path": path,
                    "query": parse_qsl(scope["query_string"].decode("latin-1")),
                    "status": status,
                }
            )
        if fault and fault.shuffle:
            self._shuffle(path)

    async def _spoilt(
        self, fault: Fault | None, scope: Scope, receive: Receive, send: Send
    ) -> None:
        refusal = self._under_control.limiter.refusal()
        if refusal is not None:
            await Response(RATE_LIMITED, 429, dict(refusal))(scope, receive, send)
        elif fault and fault.close:
            await self._drop(fault, scope, receive, send)
        elif fault and fault.status:
            await Response(fault.body, fault.status, dict(fault.headers))(scope, receive, send)
        else:
            if fault and fault.expire:
                header = Request(scope).headers.get("Authorization")
                self._under_control.tokens.expire(header)
            await self._app(scope, receive, send)

    async def _drop(self, fault: Fault, scope: Scope, receive: Receive, send: Send) -> None:
        """Ends the connection inside an answer; before or after the request is carried out."""
        if fault.close == "after":
            await self._app(scope, receive, _swallow)
        await send(
            {
                "type": "http.response.start",
                "status": 200,
                "headers": [(b"content-length", b"1000")],
            }
        )
        await send({"type": "http.response.body", "body": b"{", "more_body": True})

    def _shuffle(self, path: str) -> None:
        """Moves a collection's first row to the end of the heap."""
        store = self._world.store
        role = path.strip("/").removesuffix("s")
        table = "actor" if role in ("source", "destination") else role
        if table not in ("actor", "workspace", "connection"):
            return
        condition, values = ("WHERE role = ?", [role]) if table == "actor" else ("", [])
        first = store.one(f"SELECT id FROM {table} {condition} ORDER BY position LIMIT 1", *values)
        if first is not None:
            with store.transaction():
                store.update(table, first["id"], {})

    async def _answered(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Carries an API request out, its path below the prefix being in the API or not."""
        request = Request(scope, receive)
        path = scope["path"]
        prefix = next(p for p in PREFIXES if path == p or path.startswith(f"{p}/"))
        answer = await self._answer(path.removeprefix(prefix) or "/", request)
        await answer(scope, receive, send)

    async def _answer(self, path: str, request: Request) -> Response:
        method = request.method
        try:
            if (method, path) == ("GET", "/health"):
                return PlainTextResponse("Successful operation")
            if (method, path) == ("GET", "/"):
                return RedirectResponse(DOCUMENTATION, 302)
            if (method, path) == ("POST", "/applications/token"):
                body = await bodies.credentials(request)
                return _json(self._under_control.tokens.exchange(body, request.url.path))
            route, params = self._api.match(method, path)
            caller = self._caller(route, request)
            return await self._carried_out(route, params, request, caller)
        except NoRoute as problem:
            return _refused(_nowhere(problem, request.url.path), problem.allowed)
        except RoleMissing as refusal:
            # What creates is guarded by the framework already, in its own shape.
            is_create = method == "POST"
            forbidden = problems.framework(403, "Forbidden", request.url.path)
            return _refused(forbidden if is_create else refusal)
        except Refusal as refusal:
            return _refused(refusal)

    def _caller(self, route: Route, request: Request) -> Caller:
        if route.is_anonymous:
            return self._world.caller
        header = request.headers.get("Authorization")
        return self._under_control.tokens.check(header, request.url.path)

    async def _controlled(self, path: str, request: Request) -> Response:
        try:
            route, params = self._control.match(request.method, path)
            return await self._carried_out(route, params, request, Caller.ADMIN)
        except NoRoute as problem:
            return _refused(_nowhere(problem, request.url.path), problem.allowed)
        except Refusal as refusal:
            return _refused(refusal)

    async def _carried_out(
        self, route: Route, params: Mapping[str, str], request: Request, caller: Caller
    ) -> Response:
        path = request.scope["path"]
        if (name := unparsable(route.template, params)) is not None:
            raise problems.framework(400, f"Failed to convert argument [{name}]", path)
        sent, body = await bodies.body(route, request)
        timetable.run_due(self._world)
        states.settle_failures(self._world)
        call = partial(
            Call,
            world=self._world,
            path=path,
            params=params,
            query=parse_qs(request.url.query),
            body=body,
            sent=sent,
            caller=caller,
        )
        try:
            status, answer = route.handler(call())
        except Running as running:
            # Nothing was written yet: the same request goes again when the discovery is done.
            await asyncio.sleep(running.seconds)
            status, answer = route.handler(call(discovered=frozenset({running.source_id})))
        return Response(status_code=status) if answer is None else _json(answer, status)


async def _swallow(_message: Any) -> None:
    """The answer that nobody gets."""


def _nowhere(problem: NoRoute, path: str) -> Refusal:
    message = "Page Not Found" if problem.status == 404 else "Method Not Allowed"
    return problems.framework(problem.status, message, path)


def _refused(refusal: Refusal, allowed: tuple[str, ...] = ()) -> Response:
    answer = _json(refusal.body, refusal.status)
    if allowed:
        answer.headers["allow"] = ", ".join(allowed)
    return answer


def _json(value: Any, status: int = 200) -> Response:
    return Response(bodies.encoded(value), status, media_type="application/json")
