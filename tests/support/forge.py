"""A GitHub and a GitLab on a real socket, as far as comments and labels of one request need.

Written from the forges' own descriptions of their REST APIs: paths, bodies, pages, limits and the
words of their refusals. Both know the same comments, so that one test speaks to either.
"""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.middleware.base import BaseHTTPMiddleware, RequestResponseEndpoint
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

TOKEN = "ghs_planted-forge-token"
ME, SOMEBODY = 41898282, 7
GITHUB_MOST, GITLAB_MOST = 65_536, 1_000_000


@dataclass
class Comment:
    """A comment, by whoever wrote it; GitLab's system notes are comments too."""

    id: int
    body: str
    author: int = ME
    is_system: bool = False


@dataclass
class Forge:
    """What the forge knows of request 12 of `acme/airbyte`, and what it was asked."""

    url: str = ""
    comments: list[Comment] = field(default_factory=list)
    labels: set[str] = field(default_factory=set)
    seen: list[str] = field(default_factory=list)
    tokens: set[str] = field(default_factory=set)
    is_app: bool = True
    """Whether our token belongs to an app, as that of a workflow does, or to a person."""
    spoil: Callable[[str, str], Response | None] = lambda _method, _path: None
    """Given method and path: another answer than the right one."""
    lost: Callable[[str, str], Response | None] = lambda _method, _path: None
    """The same, after the request was carried out."""
    _last_id: int = 900

    def add(self, body: str, author: int = ME, *, is_system: bool = False) -> Comment:
        self._last_id += 1
        comment = Comment(self._last_id, body, author, is_system)
        self.comments.append(comment)
        return comment

    def find(self, id_: int) -> Comment | None:
        return next((comment for comment in self.comments if comment.id == id_), None)

    @property
    def writes(self) -> list[str]:
        """Every request that was to change something."""
        return [call for call in self.seen if not call.startswith("GET ")]


def page(request: Request, rows: list[Any], default: int) -> list[Any]:
    """The rows of one page; both forges give at most 100 however many are asked for."""
    size = min(int(request.query_params.get("per_page", default)), 100)
    start = (int(request.query_params.get("page", 1)) - 1) * size
    return rows[start : start + size]


class GitHub:
    """The endpoints of api.github.com."""

    prefix = ""

    def __init__(self, forge: Forge) -> None:
        self.forge = forge
        issue = "/repos/acme/airbyte/issues"
        self.routes = [
            Route("/user", self.user),
            Route(f"{issue}/12/comments", self.list),
            Route(f"{issue}/12/comments", self.create, methods=["POST"]),
            Route(f"{issue}/comments/{{id:int}}", self.change, methods=["PATCH", "DELETE"]),
            Route(f"{issue}/12/labels", self.add_labels, methods=["POST"]),
            Route(f"{issue}/12/labels/{{name}}", self.remove_label, methods=["DELETE"]),
        ]

    @staticmethod
    def refusal(status: int, message: str, **more: Any) -> Response:
        return JSONResponse({"message": message, "status": str(status), **more}, status)

    def shown(self, comment: Comment) -> dict[str, Any]:
        is_bot = comment.author == ME and self.forge.is_app
        kind = "Bot" if is_bot else "User"
        # The account of an author may be deleted since.
        user = {"id": comment.author, "type": kind} if comment.author else None
        return {"id": comment.id, "body": comment.body, "user": user}

    async def user(self, _request: Request) -> Response:
        if self.forge.is_app:
            return self.refusal(403, "Resource not accessible by integration")
        return JSONResponse({"id": ME, "type": "User"})

    async def list(self, request: Request) -> Response:
        return JSONResponse([self.shown(c) for c in page(request, self.forge.comments, 30)])

    async def create(self, request: Request) -> Response:
        body = (await request.json())["body"]
        return self.too_long(body) or JSONResponse(self.shown(self.forge.add(body)), 201)

    async def change(self, request: Request) -> Response:
        comment = self.forge.find(request.path_params["id"])
        if comment is None:
            return self.refusal(404, "Not Found")
        if request.method == "DELETE":
            self.forge.comments.remove(comment)
            return Response(status_code=204)
        body = (await request.json())["body"]
        if refused := self.too_long(body):
            return refused
        comment.body = body
        return JSONResponse(self.shown(comment))

    def too_long(self, body: str) -> Response | None:
        if len(body) <= GITHUB_MOST:
            return None
        problem = {"message": f"Body is too long (maximum is {GITHUB_MOST} characters)"}
        return self.refusal(422, "Validation Failed", errors=[problem])

    async def add_labels(self, request: Request) -> Response:
        self.forge.labels |= set((await request.json())["labels"])
        return JSONResponse([{"name": name} for name in sorted(self.forge.labels)])

    async def remove_label(self, request: Request) -> Response:
        if request.path_params["name"] not in self.forge.labels:
            return self.refusal(404, "Label does not exist")
        self.forge.labels.remove(request.path_params["name"])
        return JSONResponse([{"name": name} for name in sorted(self.forge.labels)])


class GitLab:
    """The endpoints of gitlab.com/api/v4; the project may be named by its id or its path."""

    prefix = "/api/v4"

    def __init__(self, forge: Forge) -> None:
        self.forge = forge
        request = "/api/v4/projects/{project:path}/merge_requests/12"
        self.routes = [
            Route("/api/v4/user", self.user),
            Route(f"{request}/notes", self.list),
            Route(f"{request}/notes", self.create, methods=["POST"]),
            Route(f"{request}/notes/{{id:int}}", self.change, methods=["PUT", "DELETE"]),
            Route(request, self.label, methods=["PUT"]),
        ]

    @staticmethod
    def refusal(status: int, message: str) -> Response:
        return JSONResponse({"message": f"{status} {message}"}, status)

    def shown(self, comment: Comment) -> dict[str, Any]:
        author = {"id": comment.author, "username": f"user-{comment.author}"}
        system = comment.is_system
        return {"id": comment.id, "body": comment.body, "author": author, "system": system}

    async def user(self, _request: Request) -> Response:
        return JSONResponse({"id": ME, "username": f"user-{ME}"})

    async def list(self, request: Request) -> Response:
        rows = self.forge.comments
        if request.query_params.get("sort", "desc") == "desc":
            rows = rows[::-1]
        return JSONResponse([self.shown(c) for c in page(request, rows, 20)])

    async def create(self, request: Request) -> Response:
        body = (await request.json())["body"]
        return self.too_long(body) or JSONResponse(self.shown(self.forge.add(body)), 201)

    async def change(self, request: Request) -> Response:
        comment = self.forge.find(request.path_params["id"])
        if comment is None:
            return self.refusal(404, "Not found")
        if request.method == "DELETE":
            self.forge.comments.remove(comment)
            return Response(status_code=204)
        body = (await request.json())["body"]
        if refused := self.too_long(body):
            return refused
        comment.body = body
        return JSONResponse(self.shown(comment))

    @staticmethod
    def too_long(body: str) -> Response | None:
        if len(body) <= GITLAB_MOST:
            return None
        message = {"note": [f"is too long (maximum is {GITLAB_MOST} characters)"]}
        return JSONResponse({"message": message}, 400)

    async def label(self, request: Request) -> Response:
        asked = await request.json()
        add, remove = (
            {name for name in asked.get(field, "").split(",") if name}
            for field in ("add_labels", "remove_labels")
        )
        self.forge.labels = (self.forge.labels | add) - remove
        return JSONResponse({"iid": 12, "labels": sorted(self.forge.labels)})


@contextmanager
def running(name: str) -> Iterator[Forge]:
    """A forge in a thread of this process: `github` or `gitlab`."""
    forge = Forge()
    api = GitHub(forge) if name == "github" else GitLab(forge)
    with socket.create_server(("127.0.0.1", 0)) as listening:
        forge.url = f"http://127.0.0.1:{listening.getsockname()[1]}{api.prefix}"
        config = uvicorn.Config(_application(forge, api), log_level="critical", lifespan="off")
        server = uvicorn.Server(config)
        thread = threading.Thread(
            target=server.run, kwargs={"sockets": [listening]}, name=name, daemon=True
        )
        thread.start()
        try:
            yield forge
        finally:
            server.should_exit = True
            thread.join(30)


def _application(forge: Forge, api: GitHub | GitLab) -> Starlette:
    async def watch(request: Request, proceed: RequestResponseEndpoint) -> Response:
        path = request.url.path.removeprefix(api.prefix)
        forge.seen.append(f"{request.method} {path}")
        _, _, token = request.headers.get("authorization", "").partition(" ")
        forge.tokens.add(token)
        if token != TOKEN:
            return api.refusal(401, "Bad credentials" if api.prefix == "" else "Unauthorized")
        if b"/projects/acme/" in request.scope["raw_path"]:
            return api.refusal(404, "Not Found")  # GitLab wants the slash of a path escaped
        if answer := forge.spoil(request.method, path):
            return answer
        right = await proceed(request)
        return forge.lost(request.method, path) or right

    application = Starlette(routes=api.routes)
    application.add_middleware(BaseHTTPMiddleware, dispatch=watch)
    return application
