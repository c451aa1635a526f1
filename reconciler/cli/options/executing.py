"""The options of every command that executes a plan: how the user wants it to go."""

from __future__ import annotations

import click

from reconciler.cli.options.durations import DURATION
from reconciler.cli.options.groups import taken_as
from reconciler.operations.choices import Pace

events_option = click.option(
    "--events", metavar="FILE", help="Append one JSON line for each event to this file."
)

executing_options = taken_as(
    "pace",
    Pace,
    click.option(
        "--parallelism",
        type=click.IntRange(1, 64),
        default=16,
        show_default=True,
        help="The most requests at a time; fewer are sent while Airbyte is slow or refuses.",
    ),
    click.option(
        "--retry-for",
        "retry_for_s",
        type=DURATION,
        default="5m",
        show_default=True,
        help="How long one request is tried when Airbyte is away or refuses.",
    ),
    click.option(
        "--lock-timeout",
        "lock_timeout_s",
        type=DURATION,
        default="0s",
        show_default=True,
        help="How long to wait for another apply on the same environment.",
    ),
    click.option("--fail-fast", is_flag=True, help="Begin nothing new after the first failure."),
)
