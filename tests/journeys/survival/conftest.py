"""What every trial needs: the tool ready to run, and a prepared project with its requests known."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.journeys.survival.harness import Tool, World, prepare


@pytest.fixture(scope="module")
def tool() -> Iterator[Tool]:
    tool = Tool()
    yield tool
    tool.close()


@pytest.fixture(scope="module")
def world(tool: Tool, tmp_path_factory: pytest.TempPathFactory) -> World:
    return prepare(tmp_path_factory.mktemp("world"), tool, tenants=1, sources=2)
