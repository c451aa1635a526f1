"""API → the live state of workspaces of which nothing is known yet, by list calls only.

Nobody says how many rows a workspace has, so batches are sized by what was met so far: each is to
fill one page nearly, since a page that is full proves nothing. A batch that is too large loses its
last workspaces to the next one. Kinds that refer to one another have similar numbers, so that the
first kind read of a workspace foretells the others.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor

from reconciler.api.client import PAGE_SIZE, Body, Client
from reconciler.api.listing import list_complete
from reconciler.errors import Forbidden, NotFound, ReconcilerError, ServerError
from reconciler.identity import Rows, identified
from reconciler.kinds import all_kinds, get
from reconciler.kinds._base import Kind, required
from reconciler.live import MAX_IDS, WORKSPACE_ID, by_workspace, read_batch
from reconciler.model import (
    DesiredResource,
    DesiredTenant,
    LiveTenant,
    Origin,
    workspace_key,
)

FILL = 96  # rows that a batch is planned for
GROUP = 500  # workspaces read before the first of them is handed on: memory follows the group


def list_workspaces(client: Client) -> list[Body]:
    """Every workspace that may be read, by name and id."""
    kind = get("workspace")
    rows = list_complete(client, kind.collection, kind.id_field)
    return sorted(rows, key=lambda row: (str(row.get("name")), str(row.get(kind.id_field))))


def survey(
    client: Client, workspaces: Sequence[tuple[str, Body]]
) -> Iterator[tuple[str, LiveTenant | ReconcilerError]]:
    """Each tenant key with the live state of its workspace, or why that cannot be read."""
    for start in range(0, len(workspaces), GROUP):
        group = workspaces[start : start + GROUP]
        rows = _read_group(client, [required(body, WORKSPACE_ID, str) for _, body in group])
        for key, body in group:
            id_ = str(body[WORKSPACE_ID])
            bodies: dict[str, Rows] = {"workspace": [body]}
            bodies |= {kind: found.pop(id_) for kind, found in rows.items()}
            try:
                yield key, identified(_undeclared(key, str(body.get("name"))), bodies, {})
            except ReconcilerError as problem:
                yield key, problem


def _undeclared(key: str, name: str) -> DesiredTenant:
    """A tenant of which only the workspace is known."""
    workspace = workspace_key(key)
    nowhere = Origin("", 1, 1)
    declared = DesiredResource(workspace, {"name": name}, nowhere)
    return DesiredTenant(key, {}, {workspace: declared}, nowhere)


def _read_group(client: Client, ids: Sequence[str]) -> dict[str, dict[str, Rows]]:
    """The rows of every kind, by kind and workspace; kinds that others refer to come first."""
    expected: dict[str, int] = {}
    found: dict[str, dict[str, Rows]] = {}
    kinds = [kind for kind in all_kinds() if kind.in_workspace()]
    for kind in sorted(kinds, key=lambda k: _is_foretold(k)):
        known = expected if _is_foretold(kind) else {}
        found[kind.name] = _Sweep(client, kind, ids, known).read()
        if not expected or any(kind.name == other.named_after for other in kinds):
            expected = {
                id_: len(rows) for id_, rows in found[kind.name].items() if isinstance(rows, list)
            }
    return found


def _is_foretold(kind: Kind) -> bool:
    """Whether there are about as many as of another kind: one connection a source."""
    return bool(kind.named_after)


class _Sweep:
    """The rows of one kind over many workspaces, in as few pages as can be."""

    def __init__(
        self, client: Client, kind: Kind, ids: Sequence[str], expected: Mapping[str, int]
    ) -> None:
        self._client = client
        self._kind = kind
        self._waiting = deque(ids)
        self._expected = expected
        self._found: dict[str, Rows] = {}
        self._rows = 0

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
        batch: list[str] = []
        filled = 0.0
        while self._waiting and len(batch) < MAX_IDS:
            filled += self._guess(self._waiting[0])
            if batch and filled > FILL and self._kind.is_paged:
                break
            batch.append(self._waiting.popleft())
        return batch

    def _guess(self, id_: str) -> float:
        """How many rows the workspace will have."""
        if id_ in self._expected:
            return self._expected[id_]
        return self._rows / len(self._found) if self._found else 10.0

    def _attempt(self, batch: Sequence[str]) -> list[Body] | None:
        """The rows of a batch in one page; None when it does not fit, or cannot be read so."""
        try:
            rows = self._client.page(self._kind.collection, workspace_ids=batch)
        except (Forbidden, ServerError):
            return None
        except NotFound:
            # A server that is too old for this kind has none of it.
            if self._kind.is_listed_on_demand:
                return []
            raise
        return rows if len(rows) < PAGE_SIZE or not self._kind.is_paged else None

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
        self._rows += sum(len(rows) for rows in found.values() if isinstance(rows, list))
