"""Fixtures of every test that speaks through the command line to a real sandbox."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from reconciler.sandbox.server.serving import Sandbox, Settings, running
from tests.support import Api, Project

# Some environments forbid bytecode: every worker and every process that a test starts would then
# compile all again, and rewrite each assertion.
sys.dont_write_bytecode = False
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)

pytest_plugins = [
    "tests.support.golden_plugin",
    "tests.support.properties_plugin",
    "tests.support.published_plugin",
    "tests.support.rules_plugin",
]


@pytest.fixture
def sandbox(tmp_path: Path) -> Iterator[Sandbox]:
    """A sandbox of its own on a free port, empty."""
    with running(Settings(database=tmp_path / "sandbox.db")) as server:
        yield server


@pytest.fixture
def api(sandbox: Sandbox) -> Api:
    """The sandbox's API by another client than ours."""
    return Api(sandbox)


@pytest.fixture
def project(tmp_path: Path, sandbox: Sandbox) -> Project:
    """An empty project whose default environment is the sandbox."""
    folder = tmp_path / "project"
    folder.mkdir()
    return Project(folder, sandbox.url)


@pytest.fixture(autouse=True)
def cache_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cache folder of the test's own: what the developer has fetched must not count."""
    folder = tmp_path / "cache"
    monkeypatch.setenv("XDG_CACHE_HOME", str(folder))
    return folder
