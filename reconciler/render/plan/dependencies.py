"""What waits for what in one tenant, as a drawing needs it; alike tenants share one drawing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from reconciler.model import ResourceKey, referred, workspace_key
from reconciler.plan.operation import Action, DeleteStep, Step
from reconciler.render.plan.rows import Row


@dataclass(frozen=True, slots=True)
class Node:
    """A resource; without an action it stays as it is and others refer to it."""

    kind: str
    name: str
    action: Action | None


@dataclass(frozen=True, slots=True)
class Graph:
    """Nodes, and edges as pairs of positions: the second waits for, or refers to, the first."""

    nodes: tuple[Node, ...]
    edges: tuple[tuple[int, int], ...]


def graph_of(rows: Sequence[Row], steps: Sequence[Step]) -> Graph:
    """The graph of one tenant's rows and of what they refer to, without the tenant's name."""
    positions = {row.key: position for position, row in enumerate(rows)}
    owners = {step.id: positions[step.key] for step in steps}
    nodes = [Node(row.key.kind, _shown(row), row.action) for row in rows]
    edges: dict[tuple[int, int], None] = {}
    for step in sorted(steps, key=lambda step: positions[step.key]):
        position = positions[step.key]
        befores = {owners[id_] for id_ in step.waits_for if id_ in owners} - {position}
        edges |= {(before, position): None for before in sorted(befores)}
        for key in _referred(step):
            if key not in positions:
                positions[key] = len(nodes)
                nodes.append(Node(key.kind, key.name, None))
            if positions[key] >= len(rows):
                edges[positions[key], position] = None
    return Graph(tuple(nodes), tuple(edges))


def _shown(row: Row) -> str:
    """The key, but of what no manifest mentions: that is an id, which tells nobody anything."""
    return row.key.name if row.key.is_declared else row.operation.title


def _referred(step: Step) -> list[ResourceKey]:
    """What the resource refers to, but its workspace, which everything refers to."""
    resource = step.live if isinstance(step, DeleteStep) else step.desired
    scope = step.key.scope
    return [key for key in referred(resource.spec, scope) if key != workspace_key(scope)]
