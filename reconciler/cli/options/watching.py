"""The options of commands that start jobs and watch them."""

from __future__ import annotations

import click

from reconciler.cli.options.durations import DURATION
from reconciler.cli.options.groups import taken_as
from reconciler.operations.choices import Watching


def _watching(wait: bool, at_once: int, poll: float) -> Watching:
    return Watching(wait, at_once, poll)


watching_options = taken_as(
    "watching",
    _watching,
    click.option(
        "--wait",
        is_flag=True,
        help="Until the jobs have ended; tells by the exit code if any failed.",
    ),
    click.option(
        "--at-once",
        type=click.IntRange(1, 64),
        default=4,
        show_default=True,
        help="With --wait the most jobs that run at once, else the most requests.",
    ),
    click.option(
        "--poll",
        type=DURATION,
        default="5s",
        show_default=True,
        help="How often each running job is asked about.",
    ),
)
