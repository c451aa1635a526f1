"""The arguments and options that choose tenants, alike in every command."""

from __future__ import annotations

import functools
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
    """Adds TENANT arguments, --tenant, --label, --changed-since; they come as one `selection`."""

    @functools.wraps(function)
    def wrapped(
        *arguments: Any,
        tenants: tuple[str, ...],
        patterns: tuple[str, ...],
        labels: tuple[tuple[str, str], ...],
        changed_since: str | None,
        **options: Any,
    ) -> Any:
        selection = Selection(tenants, patterns, labels, changed_since=changed_since or "")
        return function(*arguments, selection=selection, **options)

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
        click.option(
            "--changed-since",
            metavar="REV",
            help="Only tenants that this branch changes against REV, such as origin/main: by their "
            "own files, a template, a set or the project file.",
        ),
    )
    decorated: Any = wrapped
    for decorator in reversed(decorators):
        decorated = decorator(decorated)
    return decorated  # type: ignore[no-any-return]
