"""The options of a roll-out in waves."""

from __future__ import annotations

import click

from reconciler.cli.options.durations import DURATION
from reconciler.cli.options.groups import taken_as
from reconciler.cli.options.selectors import parsed_labels
from reconciler.operations.rollout import RollOut
from reconciler.operations.waves import Labels, Size, parse_sizes


def _sizes(
    _context: click.Context, _parameter: click.Parameter, text: str | None
) -> tuple[Size, ...] | None:
    try:
        return None if text is None else parse_sizes(text)
    except ValueError as problem:
        raise click.BadParameter(f"{problem}, as in 1,10%,100%.") from problem


def _rollout(
    waves: tuple[Size, ...] | None,
    canaries: Labels,
    soak_for: float,
    verify_first_sync: bool,
    max_failures: int,
) -> RollOut | None:
    """None without --waves."""
    rollout = RollOut(waves or (), canaries, soak_for, verify_first_sync, max_failures)
    if waves is None and rollout != RollOut((), (), 0.0, False, 0):
        raise click.UsageError(
            "--canary, --soak, --verify-first-sync and --max-failures go with --waves."
        )
    return rollout if waves else None


rollout_options = taken_as(
    "rollout",
    _rollout,
    click.option(
        "--waves",
        metavar="SIZES",
        callback=_sizes,
        help="Roll out in waves, such as 1,10%,100%: so many of the tenants that change, those of "
        "the waves before included.",
    ),
    click.option(
        "--canary",
        "canaries",
        multiple=True,
        metavar="KEY=VALUE",
        callback=parsed_labels,
        help="Tenants with this label come first; may be repeated.",
    ),
    click.option(
        "--soak",
        "soak_for",
        type=DURATION,
        default="0s",
        help="Between waves, watch for so long the jobs that start by themselves.",
    ),
    click.option(
        "--verify-first-sync",
        is_flag=True,
        help="After each wave, sync the connections that it has touched, and wait for them.",
    ),
    click.option(
        "--max-failures",
        type=click.IntRange(0),
        default=0,
        show_default=True,
        metavar="N",
        help="Go on as long as no more than N tenants have failed.",
    ),
)
