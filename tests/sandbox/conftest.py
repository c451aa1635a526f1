"""Fixtures of the tests that drive a sandbox with the official SDK."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from airbyte_api import AirbyteAPI

from reconciler.sandbox.server.serving import Sandbox
from tests.sandbox import sdk as official
from tests.sandbox.plain import Plain


@pytest.fixture
def sdk(sandbox: Sandbox) -> Iterator[AirbyteAPI]:
    """The official SDK against an empty sandbox."""
    with official.client(sandbox) as client:
        yield client


@pytest.fixture
def plain(sandbox: Sandbox) -> Plain:
    """A plain client of an empty sandbox."""
    return Plain(sandbox)
