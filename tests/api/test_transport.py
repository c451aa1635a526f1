"""What the pacer learns from answers: only what tells of the server's load slows a run down."""

from __future__ import annotations

import time
from typing import Any
from uuid import uuid4

import pytest

from reconciler.api.auth import bearer
from reconciler.api.pacer import Pacer
from reconciler.api.throttle import Limits
from reconciler.api.transport import Manners, Transport
from reconciler.problems.errors import ApiError
from tests.support import Api

START = Pacer(Limits()).width


def once(_seconds: float) -> bool:
    """Nobody waits for another attempt."""
    return False


def width_after(url: str, token: str, path: str = "/workspaces") -> int:
    """How many requests at a time are left to a run whose first request has failed."""
    transport = Transport(url, bearer(token), Manners(wait=once))
    with pytest.raises(ApiError):
        transport.request("GET", path)
    return transport.manners.pacer.width


@pytest.mark.parametrize("fault", [{"status": 500}, {"status": 503}, {"close": "after"}])
def test_a_failure_of_the_server_narrows_what_is_sent_at_a_time(
    api: Api, fault: dict[str, Any]
) -> None:
    api.fault(path="/workspaces", **fault)
    assert width_after(api.url, api.token) < START


def test_a_server_that_takes_no_connection_is_given_fewer_at_a_time() -> None:
    assert width_after("http://127.0.0.1:9", "token") < START


def test_a_mistake_in_the_request_says_nothing_of_the_load(api: Api) -> None:
    assert width_after(api.url, api.token, f"/workspaces/{uuid4()}") == START


def test_a_refusal_narrows_and_the_wish_that_comes_with_it_is_kept_to(api: Api) -> None:
    transport = Transport(api.url, bearer(api.token))
    api.fault(path="/workspaces", status=429, headers={"Retry-After": "1"})
    started = time.monotonic()
    transport.request("GET", "/workspaces")
    assert time.monotonic() - started >= 1
    assert transport.manners.pacer.width < START
