"""A create that makes one object, whatever happens to its request.

The API has no idempotency key and lets names repeat, so a POST whose answer is lost is never simply
sent again. Its intent is in the journal, with the objects of that name that were there before;
afterwards the workspace is listed, and one that was not there is the one that was made. Only when
none appears is the POST repeated, a few times.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from reconciler.api.client import Body, Client
from reconciler.api.listing import list_complete
from reconciler.apply.journal import Done, Journal
from reconciler.kinds import get
from reconciler.kinds.contract.kind import Kind
from reconciler.kinds.contract.terms import Context, Expected, required
from reconciler.live.lists import Reading
from reconciler.live.reading import by_workspace
from reconciler.model import Spec
from reconciler.plan.operation import CreateStep
from reconciler.problems.errors import (
    AmbiguousName,
    ApiError,
    Conflict,
    ConnectionFailed,
    Forbidden,
    ListingInconsistent,
    NotFound,
    RateLimited,
    Rejected,
    ResponseLost,
    ServerError,
    Unauthorized,
)

ATTEMPTS = 4  # POSTs of one create
LOOKS_S = (0.0, 0.25, 0.75)  # pauses before each look: a server may still be at work

_REFUSING = (
    Conflict,
    ConnectionFailed,
    Forbidden,
    ListingInconsistent,
    NotFound,
    RateLimited,
    Rejected,
    Unauthorized,
)
"""Answers that say that nothing was made."""


class Place(Context, Protocol):
    """What a create needs to know of where it happens."""

    @property
    def workspace_id(self) -> str:
        """The id of the tenant's workspace, empty while there is none."""


def create(step: CreateStep, place: Place, client: Client, journal: Journal) -> Done:
    """Makes the object of *step*, or finds the one that a lost request has made."""
    making = _Making(step, place, client, journal)
    kind = get(step.key.kind)
    if kind.is_shared(step.desired.spec):
        # Every tenant that declares it has this row, and one of them makes it for all.
        with place.reader.alone(f"{kind.name} {step.title}"):
            return making.already_there() or _created(step, place, making, journal)
    return _created(step, place, making, journal)


def _created(step: CreateStep, place: Place, making: _Making, journal: Journal) -> Done:
    # An earlier run may have sent it and died; the server may even be at work on it.
    if journal.is_unsettled(step) and (found := making.looked_for_long()):
        return found
    body = get(step.key.kind).create_body(step.desired.spec, place)
    journal.announce(step)
    return making.made(body)


class _Making:
    """One create under way."""

    def __init__(self, step: CreateStep, place: Place, client: Client, journal: Journal) -> None:
        self._step = step
        self._desired = step.desired
        self._kind = get(step.key.kind)
        self._collection = self._kind.collection_in(place.workspace_id, step.desired.spec)
        self._place = place
        self._client = client
        self._journal = journal

    def made(self, body: Body) -> Done:
        """Sends *body* until its object is there or is refused."""
        for attempt in range(1, ATTEMPTS + 1):
            try:
                created = self._client.create(self._collection, body)
            except _REFUSING:
                self._journal.not_done(self._step)
                raise
            except (ResponseLost, ServerError) as problem:
                if found := self._after(problem):
                    return found
                if attempt == ATTEMPTS or _explains(problem) or not self._client.pause(attempt):
                    raise _lost(problem) from problem
                continue
            if attempt > 1:
                self._refuse_twins()
            return Done(str(required(created, self._kind.id_field, str)))
        raise AssertionError("unreachable: the last attempt returns or raises")

    def already_there(self) -> Done | None:
        """The object that another tenant has made since the plan."""
        found = self._looked_for()
        return Done(found.id) if found else None

    def looked_for_long(self) -> Done | None:
        """The object if it appears within the time that the server may take to make it."""
        if found := self._looked_for():
            return found
        # Whatever the server still does for a lost request, it has done when this returns.
        if self._kind.await_create:
            self._kind.await_create(self._desired.spec, self._place)
        for pause_s in LOOKS_S:
            self._client.wait(pause_s)
            if found := self._looked_for():
                return found
        return None

    def _after(self, problem: ApiError) -> Done | None:
        if _explains(problem):
            return self._looked_for()
        try:
            return self.looked_for_long()
        except (ApiError, ListingInconsistent) as unseen:
            # Not even looking works: then nobody knows whether it is there.
            raise ResponseLost(
                problem.method, problem.url, status=problem.status, problem=problem.problem
            ) from unseen

    def _looked_for(self) -> Done | None:
        ids = self._appeared()
        if len(ids) > 1:
            raise self._ambiguous(ids)
        return Done(ids[0], was_found=True) if ids else None

    def _refuse_twins(self) -> None:
        """After a repeated POST: a server that carried out both must be told of, not lived with."""
        ids = self._appeared()
        if len(ids) > 1:
            raise self._ambiguous(ids)

    def _appeared(self) -> list[str]:
        """The ids of the objects of this name that were not there before."""
        kind = self._kind
        spec = self._desired.spec
        rows = live_rows(kind, self._place, self._client, spec)
        known = self._journal.known_ids(self._step)
        mine = [row for row in rows if row.get("name") == self._step.title]
        ids = {str(row[kind.id_field]) for row in mine if not kind.listing.excludes(row, spec)}
        return sorted(ids - known)

    def _ambiguous(self, ids: list[str]) -> AmbiguousName:
        return AmbiguousName(
            self._kind.name,
            self._step.title,
            ids,
            self._desired.origin,
            self._step.key,
        )


def live_rows(kind: Kind, place: Place, client: Client, spec: Spec) -> Sequence[Body]:
    """Every live object of *kind* in a workspace; of them all when the kind is in none.

    Raises ListingInconsistent for rows of another workspace: one of the name would be taken over.
    """
    if kind.listing.rows:
        everything = {place.workspace_id: Expected((spec,), everything=True)}
        return kind.listing.rows(Reading(client), everything)[place.workspace_id]
    places = [place.workspace_id] if kind.in_workspace() else []
    if not kind.listing.is_paged:
        rows = client.page(kind.collection, workspace_ids=places)
    else:
        rows = list_complete(client, kind.collection, kind.id_field, workspace_ids=places)
    if places:
        by_workspace(kind, rows, places)  # which refuses a row that is out of place
    return rows


def _lost(problem: ApiError) -> ApiError:
    """*problem*, as unknown where a proxy gave up and the server may have gone on."""
    if problem.status not in (502, 503, 504):
        return problem
    return ResponseLost(problem.method, problem.url, status=problem.status, problem=problem.problem)


def _explains(problem: ApiError) -> bool:
    """Whether the server says what was wrong: sending the same again is useless."""
    return isinstance(problem, ServerError) and problem.explains
