"""Order, frontier and cycles over opaque nodes; knows nothing of what they stand for."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping
from graphlib import CycleError as _FoundCycle
from graphlib import TopologicalSorter
from typing import Generic, TypeVar

N = TypeVar("N", bound=Hashable)


class CycleError(ValueError):
    """The nodes of one cycle, each waiting for the one before it."""

    def __init__(self, nodes: list[object]) -> None:
        super().__init__(" → ".join(str(node) for node in nodes))
        self.nodes = nodes


def ordered(waits_for: Mapping[N, Iterable[N]]) -> list[N]:
    """The nodes, each after what it waits for; among free ones in the order given.

    Raises CycleError when there is no such order.
    """
    sorter: TopologicalSorter[N] = TopologicalSorter(waits_for)
    try:
        return list(sorter.static_order())
    except _FoundCycle as found:
        raise CycleError(list(found.args[1])) from None


class Frontier(Generic[N]):
    """Which nodes may start now, as others succeed or fail.

    Every node ends once: started by whoever asked for `ready` and then `succeeded` or `failed`, or
    blocked because something it waits for, directly or not, failed.
    """

    def __init__(self, waits_for: Mapping[N, Iterable[N]]) -> None:
        self._waiting = {node: set(others) for node, others in waits_for.items()}
        self._dependants: dict[N, list[N]] = {}
        for node, others in self._waiting.items():
            for other in others:
                self._dependants.setdefault(other, []).append(node)
        self._ready = [node for node, others in self._waiting.items() if not others]

    def ready(self) -> list[N]:
        """The nodes that wait for nothing more; each is handed out once."""
        handed, self._ready = self._ready, []
        for node in handed:
            del self._waiting[node]
        return handed

    def succeeded(self, node: N) -> None:
        """Frees whatever waited for *node* alone."""
        for dependant in self._dependants.get(node, ()):
            others = self._waiting.get(dependant)
            if others is not None:
                others.discard(node)
                if not others:
                    self._ready.append(dependant)

    def failed(self, node: N) -> list[N]:
        """Blocks whatever waits for *node*, at any distance; returns those nodes, nearest first."""
        blocked: list[N] = []
        causes = [node]
        while causes:
            for dependant in self._dependants.get(causes.pop(0), ()):
                if self._waiting.pop(dependant, None) is not None:
                    blocked.append(dependant)
                    causes.append(dependant)
        return blocked

    @property
    def waiting(self) -> list[N]:
        """The nodes that have been neither handed out nor blocked."""
        return list(self._waiting)
