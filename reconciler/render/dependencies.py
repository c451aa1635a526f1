"""What waits for what in one tenant, as a drawing needs it; alike tenants share one drawing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from reconciler.model import ResourceKey, referred, workspace_key
from reconciler.plan.model import Operation
from reconciler.render.rows import Row, Verb


@dataclass(frozen=True, slots=True)
class Node:
    """A resource; without a verb it stays as it is and others refer to it."""

    kind: str
    name: str
    verb: Verb | None


@dataclass(frozen=True, slots=True)
class Graph:
    """Nodes, and edges as pairs of positions: the second waits for, or refers to, the first."""

    nodes: tuple[Node, ...]
    edges: tuple[tuple[int, int], ...]


def graph_of(rows: Sequence[Row]) -> Graph:
    """The graph of one tenant's rows and of what they refer to, without the tenant's name."""
    owners = {operation.id: row.key for row in rows for operation in row.operations}
    verbs: dict[ResourceKey, Verb | None] = {row.key: row.verb for row in rows}
    edges = dict.fromkeys(edge for row in rows for edge in _edges(row, owners, verbs))
    for before, _ in edges:
        verbs.setdefault(before, None)
    positions = {key: position for position, key in enumerate(verbs)}
    # The key of what no manifest mentions is an id, which tells nobody anything.
    titles = {row.key: row.operation.title for row in rows if not row.key.is_declared}
    nodes = tuple(Node(key.kind, titles.get(key, key.name), verb) for key, verb in verbs.items())
    return Graph(nodes, tuple((positions[a], positions[b]) for a, b in edges))


def _edges(
    row: Row, owners: Mapping[str, ResourceKey], verbs: Mapping[ResourceKey, Verb | None]
) -> Iterator[tuple[ResourceKey, ResourceKey]]:
    for operation in row.operations:
        for other in sorted(operation.waits_for):
            if other in owners and owners[other] != row.key:
                yield owners[other], row.key
        for key in _referred(operation):
            if key not in verbs:
                yield key, row.key


def _referred(operation: Operation) -> list[ResourceKey]:
    """What the resource refers to, but its workspace, which everything refers to."""
    resource = operation.desired or operation.live
    if resource is None:
        return []
    scope = operation.key.scope
    return [key for key in referred(resource.spec, scope) if key != workspace_key(scope)]
