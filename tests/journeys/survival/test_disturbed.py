"""An apply among faults, a dying server, a second writer, a jumping clock and a full disk."""

from __future__ import annotations

import threading
import time
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.journeys.survival.chaos import (
    FAULTS,
    Chaos,
    LateWriter,
    RateLimit,
    Restart,
    clock_jump,
    disk_limit,
)
from tests.journeys.survival.harness import (
    APPLY,
    Tool,
    World,
    assert_arrived,
    assert_converges,
    prepare,
    trial,
)
from tests.journeys.survival.proxy import Harm

pytestmark = pytest.mark.xdist_group("disturbed")


@settings(
    max_examples=4,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(faults=st.dictionaries(st.integers(2, 40), st.sampled_from(FAULTS), min_size=1, max_size=5))
def test_any_faults_end_in_the_same_state(
    world: World, tool: Tool, tmp_path_factory: pytest.TempPathFactory, faults: dict[int, str]
) -> None:
    with trial(world, tmp_path_factory.mktemp("trials") / "trial") as tried:
        tried.proxy.inflict(Chaos(faults, tool.kill))
        tool.run(tried.project, *APPLY)
        assert_converges(tried, world, tool)


def test_a_server_that_is_killed_and_comes_back_is_waited_for(
    world: World, tool: Tool, tmp_path: Path
) -> None:
    with trial(world, tmp_path / "trial", own_process=True) as tried:
        assert tried.server is not None
        middle = len(world.requests) // 2
        tried.proxy.inflict(Restart(tried.server, middle))
        code, output = tool.run(tried.project, *APPLY)
        assert tried.server.starts == 2
        assert code in (0, 4), output
        assert_converges(tried, world, tool)


def test_a_second_writer_is_noticed_and_the_next_run_repairs(
    world: World, tool: Tool, tmp_path: Path
) -> None:
    with trial(world, tmp_path / "trial") as tried:
        harm = LateWriter(tried.api)
        tried.proxy.inflict(harm)
        code, output = tool.run(tried.project, *APPLY)
        assert harm.edits >= 2
        assert code == 4, output
        assert "Accepted by the API but not in effect" in output
        assert_converges(tried, world, tool)


@pytest.mark.parametrize("calls", [20, 200])
def test_a_clock_that_jumps_an_hour_changes_nothing(
    world: World, tool: Tool, tmp_path: Path, calls: int
) -> None:
    with trial(world, tmp_path / "trial") as tried:
        code, output = tool.run(tried.project, *APPLY, environ=clock_jump(3600, calls))
        assert code == 0, output
        assert_arrived(tried, world, tool)


@pytest.mark.parametrize("size", [1_000, 60_000])
def test_a_full_disk_under_the_ledger_is_told_and_loses_nothing(
    world: World, tool: Tool, tmp_path: Path, size: int
) -> None:
    with trial(world, tmp_path / "trial") as tried:
        code, output = tool.run(tried.project, *APPLY, environ=disk_limit(size))
        assert code in (1, 4), output
        assert "the disk is full" in output
        assert_converges(tried, world, tool)


def test_a_second_apply_is_refused_and_waits_when_asked_to(
    world: World, tool: Tool, tmp_path: Path
) -> None:
    other = Tool()
    with trial(world, tmp_path / "trial") as tried:
        gate, reached = threading.Event(), threading.Event()

        class Hold(Harm):
            def arrived(self, _arrival: object) -> None:
                reached.set()
                gate.wait(30)

        tried.proxy.inflict(Hold())
        first = threading.Thread(target=tool.run, args=(tried.project, *APPLY))
        first.start()
        assert reached.wait(10)
        code, output = other.run(tried.project, *APPLY, out="second.txt")
        assert code == 1
        assert "is being applied to by" in output
        assert "process" in output
        gate.set()
        code, output = other.run(tried.project, *APPLY, "--lock-timeout", "30s", out="second.txt")
        assert code == 0, output
        first.join()
        assert_arrived(tried, world, tool)
    other.close()


@pytest.mark.long
def test_a_server_that_takes_twenty_requests_a_second_is_used_well(
    tool: Tool, tmp_path: Path
) -> None:
    world = prepare(tmp_path, tool, tenants=4, sources=6)
    with trial(world, tmp_path / "trial") as tried:
        harm = RateLimit(20)
        tried.proxy.inflict(harm)
        started = time.monotonic()
        code, output = tool.run(tried.project, *APPLY)
        taken_s = time.monotonic() - started
        assert code == 0, output
        assert harm.refused > 0
        assert taken_s <= 1.3 * harm.accepted / 20
        assert_arrived(tried, world, tool)
