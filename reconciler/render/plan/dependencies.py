"""What waits for what in one tenant, as a drawing needs it; alike tenants share one drawing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from reconciler.model import ResourceKey, referred, workspace_key
from reconciler.plan.model import Operation
from reconciler.render.plan.rows import Row, Verb


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
    positions = {row.key: position for position, row in enumerate(rows)}
    owners = {op.id: position for position, row in enumerate(rows) for op in row.operations}
    nodes = [Node(row.key.kind, _shown(row), row.verb) for row in rows]
    edges: dict[tuple[int, int], None] = {}
    for position, row in enumerate(rows):
        for operation in row.operations:
            befores = {owners[id_] for id_ in operation.waits_for if id_ in owners} - {position}
            edges |= {(before, position): None for before in sorted(befores)}
            for key in _referred(operation):
                if key not in positions:
                    positions[key] = len(nodes)
                    nodes.append(Node(key.kind, key.name, None))
                if positions[key] >= len(rows):
                    edges[positions[key], position] = None
    return Graph(tuple(nodes), tuple(edges))


def _shown(row: Row) -> str:
    """The key, but of what no manifest mentions: that is an id, which tells nobody anything."""
    return row.key.name if row.key.is_declared else row.operation.title


def _referred(operation: Operation) -> list[ResourceKey]:
    """What the resource refers to, but its workspace, which everything refers to."""
    resource = operation.desired or operation.live
    if resource is None:
        return []
    scope = operation.key.scope
    return [key for key in referred(resource.spec, scope) if key != workspace_key(scope)]
