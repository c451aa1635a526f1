"""The frontier: nothing starts before what it waits for, everything ends exactly once."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.plan.graph import CycleError, Frontier, ordered


@st.composite
def graphs(draw: st.DrawFn) -> dict[int, set[int]]:
    """A graph without cycles: every node waits for lower numbers only."""
    size = draw(st.integers(0, 12))
    return {
        node: draw(st.sets(st.integers(0, node - 1), max_size=3)) if node else set()
        for node in range(size)
    }


@given(graphs())
def test_an_order_puts_every_node_after_what_it_waits_for(graph: dict[int, set[int]]) -> None:
    order = ordered(graph)
    assert sorted(order) == sorted(graph)
    for node, others in graph.items():
        assert all(order.index(other) < order.index(node) for other in others)


@given(graphs(), st.data())
def test_every_node_starts_or_is_blocked_once(
    graph: dict[int, set[int]], data: st.DataObject
) -> None:
    frontier = Frontier(graph)
    running: list[int] = []
    succeeded: set[int] = set()
    failed: set[int] = set()
    blocked: list[int] = []
    while True:
        for node in frontier.ready():
            assert graph[node] <= succeeded, "started before what it waits for"
            running.append(node)
        if not running:
            break
        node = running.pop(data.draw(st.integers(0, len(running) - 1)))
        if data.draw(st.booleans()):
            succeeded.add(node)
            frontier.succeeded(node)
        else:
            failed.add(node)
            blocked += frontier.failed(node)
    assert sorted([*succeeded, *failed, *blocked]) == sorted(graph)
    assert frontier.waiting == []


def test_a_cycle_is_refused_by_name() -> None:
    with pytest.raises(CycleError, match="a"):
        ordered({"a": ["b"], "b": ["a"]})
