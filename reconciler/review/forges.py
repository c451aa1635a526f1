"""Comments and labels of a pull request on GitHub, or of a merge request on GitLab.

Sources: GitHub REST API (issue comments, labels), GitLab REST API (notes, merge requests). Lists
are read to their end. Who wrote a comment counts: anybody may write one that looks like ours.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol
from urllib.parse import quote

from reconciler.api.auth import bearer
from reconciler.api.transport import Manners, Transport
from reconciler.model import Json
from reconciler.problems.errors import Forbidden, NotFound, UnexpectedAnswer

PAGE = 100  # the most that both give
MAX_PAGES = 200  # of comments on one request: more are a server that pages without end


@dataclass(frozen=True, slots=True)
class Comment:
    """One comment as the forge has it; `is_bot` where the forge says that a program wrote it."""

    id: int
    body: str
    author: int
    is_bot: bool = False


@dataclass(frozen=True, slots=True)
class Target:
    """A pull or merge request: the API's base, the repository as the forge names it, a number."""

    api_url: str
    repository: str
    number: int


class Forge(Protocol):
    """One pull or merge request, as far as a comment on it needs. Every call may raise ApiError."""

    def comments(self) -> Sequence[Comment]:
        """Every comment, oldest first."""

    def is_own(self, comment: Comment) -> bool:
        """Whether the holder of our token wrote it."""

    def create(self, body: str) -> None:
        """Adds a comment."""

    def update(self, comment: Comment, body: str) -> None:
        """Puts another text into a comment."""

    def delete(self, comment: Comment) -> None:
        """Removes a comment; one that is gone already is fine."""

    def label(self, add: Sequence[str], remove: Sequence[str]) -> None:
        """Adds and removes labels of the request."""


class GitHub:
    """A pull request. Its comments and labels are those of an issue of the same number."""

    max_chars = 65_536

    def __init__(self, target: Target, token: str, manners: Manners) -> None:
        self._transport = Transport(target.api_url, bearer(token), manners)
        self._repository = f"/repos/{quote(target.repository)}"
        self._issue = f"{self._repository}/issues/{target.number}"

    def comments(self) -> Sequence[Comment]:
        return _comments(self._transport, f"{self._issue}/comments", self._comment)

    @staticmethod
    def _comment(row: Json) -> Comment:
        user = row["user"] or {}  # none: the account is deleted
        return Comment(row["id"], row["body"] or "", user.get("id", 0), user.get("type") == "Bot")

    def is_own(self, comment: Comment) -> bool:
        try:
            return comment.author == _account(self._transport)
        except Forbidden:
            # The token of a workflow belongs to an app, which is no user, and may not ask.
            return comment.is_bot

    def create(self, body: str) -> None:
        self._transport.request("POST", f"{self._issue}/comments", body={"body": body})

    def update(self, comment: Comment, body: str) -> None:
        path = f"{self._repository}/issues/comments/{comment.id}"
        self._transport.request("PATCH", path, body={"body": body})

    def delete(self, comment: Comment) -> None:
        with contextlib.suppress(NotFound):
            path = f"{self._repository}/issues/comments/{comment.id}"
            self._transport.request("DELETE", path)

    def label(self, add: Sequence[str], remove: Sequence[str]) -> None:
        for name in remove:
            with contextlib.suppress(NotFound):
                self._transport.request("DELETE", f"{self._issue}/labels/{quote(name, safe='')}")
        if add:
            self._transport.request("POST", f"{self._issue}/labels", body={"labels": list(add)})


class GitLab:
    """A merge request. Its comments are notes, among which are the system's own."""

    max_chars = 1_000_000

    def __init__(self, target: Target, token: str, manners: Manners) -> None:
        # A personal, project or group access token may be sent so, and an OAuth token must be.
        self._transport = Transport(target.api_url, bearer(token), manners)
        repository = quote(target.repository, safe="")
        self._request = f"/projects/{repository}/merge_requests/{target.number}"

    def comments(self) -> Sequence[Comment]:
        in_order = {"sort": "asc", "order_by": "created_at"}
        return _comments(self._transport, f"{self._request}/notes", self._comment, **in_order)

    @staticmethod
    def _comment(row: Json) -> Comment | None:
        return None if row["system"] else Comment(row["id"], row["body"], row["author"]["id"])

    def is_own(self, comment: Comment) -> bool:
        return comment.author == _account(self._transport)

    def create(self, body: str) -> None:
        self._transport.request("POST", f"{self._request}/notes", body={"body": body})

    def update(self, comment: Comment, body: str) -> None:
        path = f"{self._request}/notes/{comment.id}"
        self._transport.request("PUT", path, body={"body": body})

    def delete(self, comment: Comment) -> None:
        with contextlib.suppress(NotFound):
            self._transport.request("DELETE", f"{self._request}/notes/{comment.id}")

    def label(self, add: Sequence[str], remove: Sequence[str]) -> None:
        if add or remove:
            body = {"add_labels": ",".join(add), "remove_labels": ",".join(remove)}
            self._transport.request("PUT", self._request, body=body)


def _account(transport: Transport) -> int | None:
    """The id of the account that our token is of."""
    user = transport.request("GET", "/user")
    return user.get("id") if isinstance(user, dict) else None


def _comments(
    transport: Transport, path: str, read: Callable[[Json], Comment | None], **query: str
) -> list[Comment]:
    """The comments of all pages. Raises UnexpectedAnswer for what is no list of any."""
    found: list[Comment] = []
    for page in range(1, MAX_PAGES + 1):
        rows = transport.request("GET", path, query={**query, "per_page": PAGE, "page": page})
        try:
            found += [comment for row in rows if (comment := read(row))]
        except (TypeError, KeyError, AttributeError) as problem:
            raise _no_list(transport.url + path) from problem
        if len(rows) < PAGE:
            return found
    raise _no_list(transport.url + path)


def _no_list(url: str) -> UnexpectedAnswer:
    return UnexpectedAnswer("GET", url, status=200, problem="It is no list of comments.")
