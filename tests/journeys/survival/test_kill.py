"""kill -9 at request boundaries, and lost answers, on a plan that does a bit of everything.

A sample of what `make soak` tries at every request of a plan of 60 operations.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.journeys.survival.harness import (
    APPLY,
    BOUNDARIES,
    Kill,
    Lose,
    Tool,
    World,
    assert_arrived,
    assert_converges,
    trial,
)

pytestmark = pytest.mark.xdist_group("kill")


def writes(world: World, method: str) -> list[int]:
    return [arrival.number for arrival in world.requests if arrival.method == method]


@pytest.mark.parametrize(
    ("method", "boundary"),
    [
        *(("POST", boundary) for boundary in BOUNDARIES),
        ("PUT", "arrived"),
        ("PATCH", "answered"),
        ("DELETE", "carried out"),
    ],
)
def test_a_killed_apply_is_finished_by_the_next(
    world: World, tool: Tool, tmp_path: Path, method: str, boundary: str
) -> None:
    with trial(world, tmp_path / "trial") as tried:
        harm = Kill(tool, writes(world, method)[-1], boundary)
        tried.proxy.inflict(harm)
        tool.run(tried.project, *APPLY)
        assert harm.struck
        assert_converges(tried, world, tool)


@pytest.mark.parametrize(
    ("method", "after"),
    [("POST", False), ("POST", True), ("PUT", True), ("PATCH", True), ("DELETE", True)],
)
def test_a_lost_answer_is_dealt_with_in_the_same_run(
    world: World, tool: Tool, tmp_path: Path, method: str, after: bool
) -> None:
    with trial(world, tmp_path / "trial") as tried:
        tried.proxy.inflict(Lose(writes(world, method)[-1], after=after))
        code, output = tool.run(tried.project, *APPLY)
        assert code == 0, output
        assert_arrived(tried, world, tool)
