"""Operations on collections: one page of a list, get, create, update, delete, discovery."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Literal
from urllib.parse import quote

from reconciler.api.pacer import Pacer
from reconciler.api.retry import backoff_s
from reconciler.api.transport import Transport
from reconciler.api.usage import Usage
from reconciler.model import Json
from reconciler.problems.errors import NotFound, UnexpectedAnswer

PAGE_SIZE = 100  # the most that the API gives

Body = Mapping[str, Json]


class Client:
    """The API's objects as bodies, by the path of their collection."""

    def __init__(self, transport: Transport, organization_id: str = "") -> None:
        self._transport = transport
        self.organization_id = organization_id

    @property
    def pacer(self) -> Pacer:
        """What limits this client's requests."""
        return self._transport.manners.pacer

    @property
    def usage(self) -> Usage:
        """What the run has used so far."""
        return self._transport.manners.usage

    def foretells(self, requests: int) -> None:
        """Says that about so many requests are to come."""
        pacer = self.pacer
        self.usage.expects(requests, width=pacer.width, per_minute=pacer.limits.per_minute)

    @property
    def most_at_a_time(self) -> int:
        """How many requests this client may ever have under way."""
        return self.pacer.limits.most

    def wait(self, seconds: float) -> bool:
        """Waits; False when the run is asked to stop."""
        return self._transport.manners.wait(seconds) if seconds else True

    def pause(self, attempt: int) -> bool:
        """Waits as long as is due after the attempt of that number; False when asked to stop."""
        return self.wait(backoff_s(attempt))

    def page(
        self,
        collection: str,
        *,
        workspace_ids: Sequence[str] = (),
        offset: int = 0,
        order_by: str = "",
    ) -> list[Body]:
        """Up to PAGE_SIZE objects of these workspaces or of all that may be read.

        They are in no order; jobs alone take *order_by*.
        """
        query: dict[str, str | int] = {"limit": PAGE_SIZE, "offset": offset}
        if order_by:
            query["orderBy"] = order_by
        if workspace_ids:
            query["workspaceIds"] = ",".join(workspace_ids)
        patience = self._transport.manners.patience
        if len(workspace_ids) > 1:
            # The caller halves a batch that the server cannot show: no use in asking for it again.
            patience = replace(patience, bare_500_attempts=1)
        answer = self._transport.request("GET", collection, query=query, patience=patience)
        return self._rows(collection, answer)

    def found(self, collection: str, query: Mapping[str, str | int]) -> list[Body]:
        """The objects of one list call with a query of the caller's own."""
        return self._rows(collection, self._transport.request("GET", collection, query=query))

    def get(self, collection: str, id_: str, *, query: Mapping[str, str] | None = None) -> Body:
        """One object. Deleted ones may be answered too: the API does not hide them here."""
        return self._object("GET", _path(collection, id_), query=query)

    def create(self, collection: str, body: Body) -> Body:
        """The object as created. Raises ResponseLost when it may or may not have been."""
        return self._object("POST", collection, body=body)

    def update(
        self, method: Literal["PATCH", "PUT"], collection: str, id_: str, body: Body
    ) -> Body:
        """The object as it is afterwards."""
        return self._object(method, _path(collection, id_), body=body)

    def put(self, path: str, body: Body) -> None:
        """Makes or changes what is at *path*; an answer need not have a body."""
        self._transport.request("PUT", path, body=body)

    def delete(self, collection: str, id_: str) -> None:
        """Deletes one object; one that is gone already is as good."""
        try:
            self._transport.request("DELETE", _path(collection, id_))
        except NotFound:
            return

    def streams(self, source_id: str, destination_id: str) -> list[Body]:
        """What the source discovers. May run the connector, for minutes."""
        query = {"sourceId": source_id, "destinationId": destination_id}
        answer = self._transport.request("GET", "/streams", query=query)
        if not isinstance(answer, list) or not all(isinstance(row, dict) for row in answer):
            raise self._unexpected("GET", "/streams", "a list of streams")
        return answer

    def _rows(self, collection: str, answer: Json) -> list[Body]:
        rows = answer.get("data") if isinstance(answer, dict) else None
        if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
            raise self._unexpected("GET", collection, "a list of objects under `data`")
        return rows

    def _object(
        self, method: str, path: str, *, query: Mapping[str, str] | None = None, body: Json = None
    ) -> Body:
        answer = self._transport.request(method, path, query=query, body=body)
        if not isinstance(answer, dict):
            raise self._unexpected(method, path, "an object")
        return answer

    def _unexpected(self, method: str, path: str, expected: str) -> UnexpectedAnswer:
        problem = f"The JSON is not what the Airbyte API answers: {expected}."
        return UnexpectedAnswer(method, self._transport.url + path, status=200, problem=problem)


def _path(collection: str, id_: str) -> str:
    """The path of one object; ids come from the server, which may be anybody."""
    return f"{collection}/{quote(id_, safe='')}"
