"""The arguments and options that choose tenants, alike in every command."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import click

from reconciler.selection import Selection, parse_label

F = TypeVar("F", bound=Callable[..., Any])


def _labels(
    _context: click.Context, _parameter: click.Parameter, texts: tuple[str, ...]
) -> tuple[tuple[str, str], ...]:
    try:
        return tuple(parse_label(text) for text in texts)
    except ValueError as problem:
        raise click.BadParameter(str(problem)) from problem


def tenant_selection(function: F) -> F:
    """Adds TENANT arguments, --tenant and --label; `selection(…)` makes a Selection of them."""
    decorators = (
        click.argument("tenants", nargs=-1, metavar="[TENANT|FILE]..."),
        click.option(
            "--tenant", "patterns", multiple=True, metavar="GLOB", help="Tenants by pattern."
        ),
        click.option(
            "--label",
            "labels",
            multiple=True,
            metavar="KEY=VALUE",
            callback=_labels,
            help="Only tenants with this label; may be repeated.",
        ),
    )
    decorated: Any = function
    for decorator in reversed(decorators):
        decorated = decorator(decorated)
    return decorated  # type: ignore[no-any-return]


def selection(
    tenants: tuple[str, ...], patterns: tuple[str, ...], labels: tuple[tuple[str, str], ...]
) -> Selection:
    """The Selection that the command line asks for."""
    return Selection(named=tenants, patterns=patterns, labels=labels)
