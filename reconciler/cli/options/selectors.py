"""The arguments and options that choose tenants, alike in every command."""

from __future__ import annotations

import os

import click

from reconciler.cli.options import completing
from reconciler.cli.options.groups import taken_as
from reconciler.project.selection import Selection, Shard, parse_label, parse_shard


def parsed_labels(
    _context: click.Context, _parameter: click.Parameter, texts: tuple[str, ...]
) -> tuple[tuple[str, str], ...]:
    try:
        return tuple(parse_label(text) for text in texts)
    except ValueError as problem:
        raise click.BadParameter(str(problem)) from problem


def _shard(_context: click.Context, _parameter: click.Parameter, text: str | None) -> Shard | None:
    try:
        return parse_shard(text, os.environ) if text else None
    except ValueError as problem:
        raise click.BadParameter(str(problem)) from problem


def revision(_context: click.Context, _parameter: click.Parameter, text: str | None) -> str | None:
    """A revision as it was given; an empty one is a variable of CI that is not set."""
    if text is not None and not text.strip():
        raise click.BadParameter("It is empty; name a branch, tag or commit.")
    return text


def _selection(
    tenants: tuple[str, ...],
    patterns: tuple[str, ...],
    labels: tuple[tuple[str, str], ...],
    changed_since: str | None,
    shard: Shard | None,
) -> Selection:
    return Selection(tenants, patterns, labels, changed_since=changed_since or "", shard=shard)


tenant_selection = taken_as(
    "selection",
    _selection,
    click.argument(
        "tenants",
        nargs=-1,
        metavar="[TENANT|FILE]...",
        shell_complete=completing.tenants_or_files,
    ),
    click.option(
        "--tenant",
        "patterns",
        multiple=True,
        metavar="GLOB",
        help="Tenants by pattern.",
        shell_complete=completing.tenants,
    ),
    click.option(
        "--label",
        "labels",
        multiple=True,
        metavar="KEY=VALUE",
        callback=parsed_labels,
        help="Only tenants with this label; may be repeated.",
    ),
    click.option(
        "--changed-since",
        metavar="REV",
        callback=revision,
        help="Only tenants that this branch changes against REV, such as origin/main: by their "
        "own files, a template, a set or the project file.",
    ),
    click.option(
        "--shard",
        metavar="N/COUNT",
        callback=_shard,
        help="Only the Nth of COUNT parts of the tenants, for jobs that share a fleet; "
        "auto/COUNT takes N from JOB_COMPLETION_INDEX or CI_NODE_INDEX.",
    ),
)
