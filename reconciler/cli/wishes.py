"""The options of every command that executes a plan: how the user wants it to go."""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

import click

from reconciler.cli.durations import DURATION

F = TypeVar("F", bound=Callable[..., Any])


@dataclass(frozen=True, slots=True)
class Wishes:
    """How the user wants an apply to go; durations in seconds."""

    parallelism: int
    retry_for_s: float
    lock_timeout_s: float
    fail_fast: bool
    events: str | None


def executing_options(function: F) -> F:
    """Adds --parallelism, --retry-for, --lock-timeout, --fail-fast and --events, as `wishes`."""

    @functools.wraps(function)
    def wrapped(
        *arguments: Any,
        parallelism: int,
        retry_for: float,
        lock_timeout: float,
        fail_fast: bool,
        events: str | None,
        **options: Any,
    ) -> Any:
        wishes = Wishes(parallelism, retry_for, lock_timeout, fail_fast, events)
        return function(*arguments, wishes=wishes, **options)

    decorated: Any = wrapped
    for option in reversed(_OPTIONS):
        decorated = option(decorated)
    return decorated  # type: ignore[no-any-return]


_OPTIONS = (
    click.option(
        "--parallelism",
        type=click.IntRange(1, 64),
        default=16,
        show_default=True,
        help="The most requests at a time; fewer are sent while Airbyte is slow or refuses.",
    ),
    click.option(
        "--retry-for",
        type=DURATION,
        default="5m",
        show_default=True,
        help="How long one request is tried when Airbyte is away or refuses.",
    ),
    click.option(
        "--lock-timeout",
        type=DURATION,
        default="0s",
        show_default=True,
        help="How long to wait for another apply on the same environment.",
    ),
    click.option("--fail-fast", is_flag=True, help="Begin nothing new after the first failure."),
    click.option(
        "--events", metavar="FILE", help="Append one JSON line for each event to this file."
    ),
)
