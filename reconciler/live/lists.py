"""Reading: list calls of one run's reading of the live state that kinds ask for by themselves."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from concurrent.futures import Future
from contextlib import AbstractContextManager

from reconciler.api.client import Body, Client
from reconciler.model import Json
from reconciler.problems.errors import OrganizationUnclear


class Reading:
    """What was answered once is the answer for as long as this lives; for any number of threads."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._lock = threading.Lock()
        self._answers: dict[Json, Future[Sequence[Body]]] = {}
        self._locks: dict[str, threading.Lock] = {}

    @property
    def organization_id(self) -> str:
        """The environment's, else the only one there is. Raises OrganizationUnclear, ApiError."""
        if self._client.organization_id:
            return self._client.organization_id
        found = self.rows("/organizations", {})
        if len(found) != 1:
            raise OrganizationUnclear([str(row.get("organizationId")) for row in found])
        return str(found[0].get("organizationId"))

    def rows(self, path: str, query: Mapping[str, str]) -> Sequence[Body]:
        """The objects of one list call; whoever asks for the same waits for the one answer."""
        asked = (path, *sorted(query.items()))
        with self._lock:
            is_mine = asked not in self._answers
            answer = self._answers.setdefault(asked, Future())
        if is_mine:
            try:
                answer.set_result(self._client.found(path, query))
            except BaseException as problem:
                answer.set_exception(problem)
        return answer.result()

    def alone(self, what: str) -> AbstractContextManager[object]:
        """A lock of that name."""
        with self._lock:
            return self._locks.setdefault(what, threading.Lock())

    def passing_rows(self, path: str) -> Sequence[Body]:
        """The objects of one list call, asked for anew each time."""
        return self._client.found(path, {})
