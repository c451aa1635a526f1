"""API → the live state of workspaces of which nothing is known yet, by list calls only.

Nobody says how many rows a workspace has, so batches are sized by what was met so far: each is to
fill one page nearly, since a page that is full proves nothing. A batch that is too large loses its
last workspaces to the next one. Kinds that refer to one another have similar numbers, so that the
first kind read of a workspace foretells the others.
"""

from __future__ import annotations

import math
import statistics
from collections import deque
from collections.abc import Collection, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial

from reconciler.api.client import PAGE_SIZE, Body, Client
from reconciler.api.listing import list_complete
from reconciler.api.usage import WAITING
from reconciler.kinds import all_kinds, get
from reconciler.kinds.contract.kind import Kind
from reconciler.kinds.contract.terms import Expected, required
from reconciler.live.identity import Rows, identified
from reconciler.live.lists import Reading
from reconciler.live.reading import MAX_IDS, WORKSPACE_ID, ask_kind, by_workspace, read_batch
from reconciler.live.tenant import LiveTenant
from reconciler.model import DesiredResource, DesiredTenant, Origin, workspace_key
from reconciler.problems.errors import Forbidden, NotFound, ReconcilerError, ServerError

ROOM = PAGE_SIZE - 1  # rows that prove that a page holds all there are
CAUTION = 1.5  # standard deviations that a batch is planned to stay below the full page
USUAL = 6  # rows of a kind in a workspace: a guess, until some are read
GROUP = 1000  # workspaces read before the first of them is handed on: memory follows the group


def list_workspaces(client: Client) -> list[Body]:
    """Every workspace that may be read, by name and id."""
    kind = get("workspace")
    rows = list_complete(client, kind.collection, kind.id_field)
    return sorted(rows, key=lambda row: (str(row.get("name")), str(row.get(kind.id_field))))


def survey(
    client: Client,
    workspaces: Sequence[tuple[str, Body]],
    also: Collection[str] = (),
    known: Collection[str] = (),
) -> Iterator[tuple[str, LiveTenant | ReconcilerError]]:
    """Each tenant key with the live state of its workspace, or why that cannot be read.

    *also* are the sections of kinds that are left out unless they are asked for; *known* are ids
    that objects may refer to and that nothing has to be looked up for.
    """
    kinds = [
        kind
        for kind in all_kinds()
        if kind.is_read() and (kind.section in also or not kind.exporting.is_on_request)
    ]
    always = sum(not kind.listing.is_on_demand for kind in kinds)
    client.foretells(math.ceil(len(workspaces) * always * USUAL / ROOM))
    for start in range(0, len(workspaces), GROUP):
        group = workspaces[start : start + GROUP]
        ids = [required(body, WORKSPACE_ID, str) for _, body in group]
        with client.usage.phase(WAITING):
            rows = _read_group(client, kinds, ids, known)
        for key, body in group:
            id_ = str(body[WORKSPACE_ID])
            bodies: dict[str, Rows] = {"workspace": [body]}
            bodies |= {kind: found.pop(id_) for kind, found in rows.items()}
            try:
                yield key, identified(_undeclared(key, str(body.get("name"))), bodies)
            except ReconcilerError as problem:
                yield key, problem


def _undeclared(key: str, name: str) -> DesiredTenant:
    """A tenant of which only the workspace is known."""
    workspace = workspace_key(key)
    nowhere = Origin("", 1, 1)
    declared = DesiredResource(workspace, {"name": name}, nowhere)
    return DesiredTenant(key, {}, {workspace: declared}, nowhere)


def _read_group(
    client: Client, kinds: Sequence[Kind], ids: Sequence[str], known: Collection[str]
) -> dict[str, dict[str, Rows]]:
    """The rows of every kind, by kind and workspace; kinds that foretell others come first."""
    found: dict[str, dict[str, Rows]] = {}
    for kind in sorted(kinds, key=_order_of_reading):
        is_asked_for = kind.exporting.is_on_request or not kind.listing.is_on_demand
        wanted = [id_ for id_ in ids if is_asked_for or _used(kind, id_, found, known)]
        foretold = found.get(kind.exporting.named_after, {})
        expected = {id_: len(rows) for id_, rows in foretold.items() if isinstance(rows, list)}
        if kind.listing.rows:
            read = _asked(client, kind, {id_: _used(kind, id_, found, known) for id_ in wanted})
        else:
            read = _Sweep(client, kind, wanted, expected).read()
        found[kind.name] = {id_: read.get(id_, []) for id_ in ids}
    return found


def _order_of_reading(kind: Kind) -> tuple[bool, bool]:
    """What to sort kinds by, so that those which foretell others are read before them."""
    return kind.listing.is_on_demand, bool(kind.exporting.named_after)


def _asked(client: Client, kind: Kind, used: Mapping[str, frozenset[str]]) -> Mapping[str, Rows]:
    """The rows of a kind that reads them itself, several workspaces at a time."""
    reading = Reading(client)
    each = [{id_: Expected(everything=True, used=ids)} for id_, ids in used.items()]
    with ThreadPoolExecutor(client.most_at_a_time) as pool:
        answers = pool.map(partial(ask_kind, reading, kind), each)
        return {id_: rows for answer in answers for id_, rows in answer.items()}


def _used(
    kind: Kind, id_: str, found: Mapping[str, Mapping[str, Rows]], known: Collection[str]
) -> frozenset[str]:
    """Which objects of that kind others of the workspace refer to."""
    is_used_by = kind.listing.is_used_by
    return frozenset(
        str(row[reference.api_field])
        for name, by_id in found.items()
        for reference in get(name).references.values()
        if reference.kind == kind.name and isinstance(rows := by_id[id_], list)
        for row in rows
        if (id_of := row.get(reference.api_field)) and (is_used_by is None or is_used_by(row))
        if str(id_of).lower() not in known
    )


class _Sweep:
    """The rows of one kind over many workspaces, in as few pages as can be."""

    def __init__(
        self, client: Client, kind: Kind, ids: Sequence[str], expected: Mapping[str, int]
    ) -> None:
        self._client = client
        self._kind = kind
        # The largest first: what is known is packed like boxes, small ones into what is left.
        self._waiting = deque(sorted(ids, key=lambda id_: -expected.get(id_, 0)))
        self._expected = expected
        self._found: dict[str, Rows] = {}
        self._counts: list[int] = []

    def read(self) -> dict[str, Rows]:
        """Several batches at a time, each sized by what the ones before it had."""
        most = self._client.most_at_a_time
        with ThreadPoolExecutor(most) as pool:
            while self._waiting:
                # Before anything is known, one batch is read alone, to learn from.
                width = most if self._found or self._expected else 1
                batches = [batch for _ in range(width) if (batch := self._next_batch())]
                for batch, rows in zip(batches, pool.map(self._attempt, batches), strict=True):
                    self._take(batch, rows)
        return self._found

    def _next_batch(self) -> list[str]:
        """Workspaces that fit one page: surely, where their numbers are known, else probably."""
        batch: list[str] = []
        filled, guessed, left = 0.0, 0, deque[str]()
        mean, deviation = self._usual()
        while self._waiting and len(batch) < MAX_IDS:
            id_ = self._waiting.popleft()
            is_guess = id_ not in self._expected
            more = filled + (mean if is_guess else self._expected[id_])
            likely = more + CAUTION * deviation * math.sqrt(guessed + is_guess)
            if batch and self._kind.listing.is_paged and likely > ROOM:
                left.append(id_)
                if is_guess or len(left) >= MAX_IDS:
                    break
                continue
            batch.append(id_)
            filled, guessed = more, guessed + is_guess
        self._waiting.extendleft(reversed(left))
        return batch

    def _usual(self) -> tuple[float, float]:
        """How many rows the workspaces met so far have, and by how much that differs."""
        if not self._counts:
            return 10.0, 0.0
        return statistics.fmean(self._counts), statistics.pstdev(self._counts)

    def _attempt(self, batch: Sequence[str]) -> list[Body] | None:
        """The rows of a batch in one page; None when it does not fit, or cannot be read so."""
        try:
            rows = self._client.page(self._kind.collection, workspace_ids=batch)
        except (Forbidden, ServerError):
            return None
        except NotFound:
            # A server that is too old for this kind has none of it.
            if self._kind.listing.is_on_demand:
                return []
            raise
        return rows if len(rows) < PAGE_SIZE or not self._kind.listing.is_paged else None

    def _take(self, batch: Sequence[str], rows: list[Body] | None) -> None:
        if rows is not None:
            self._keep(by_workspace(self._kind, rows, batch))
            return
        # Nearly all of it fits, mostly; whatever else is wrong, halving will find.
        size = max(len(batch) - max(len(batch) // 6, 1), 1)
        self._waiting.extendleft(reversed(batch[size:]))
        self._keep(read_batch(self._client, self._kind, batch[:size]))

    def _keep(self, found: Mapping[str, Rows]) -> None:
        self._found |= found
        self._counts += [len(rows) for rows in found.values() if isinstance(rows, list)]
