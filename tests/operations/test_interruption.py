"""What a wish to stop means, from one part of a run to the next."""

from __future__ import annotations

import pytest

from reconciler.operations.interruption import Interruption, Stopping


def test_what_stopping_means_is_that_of_the_innermost_work_and_ends_with_it() -> None:
    interruption = Interruption()
    meant = [interruption.stopping]
    with interruption.finishing(Stopping.AFTER_WAVE):
        with interruption.finishing(Stopping.AFTER_OPERATIONS):
            meant.append(interruption.stopping)
        meant.append(interruption.stopping)
    meant.append(interruption.stopping)
    at_once = Stopping.AT_ONCE
    assert meant == [at_once, Stopping.AFTER_OPERATIONS, Stopping.AFTER_WAVE, at_once]


def test_it_ends_with_work_that_fails_too() -> None:
    interruption = Interruption()
    with pytest.raises(ValueError, match="gone"), interruption.finishing(Stopping.WATCHING):
        raise ValueError("gone")
    assert interruption.stopping is Stopping.AT_ONCE


def test_a_wait_ends_at_once_when_somebody_asks_to_stop() -> None:
    interruption = Interruption()
    assert interruption.wait(0)
    interruption.request()
    assert not interruption.wait(600)
    assert interruption.is_requested
