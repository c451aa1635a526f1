"""The global options, which every command takes before or behind its name."""

from __future__ import annotations

import functools
import os
import shutil
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path as FilePath
from typing import Any, TextIO, TypeVar

import click

from reconciler.cli import completing
from reconciler.render.palette import COLOUR, PLAIN, Palette

F = TypeVar("F", bound=Callable[..., Any])


@dataclass(frozen=True, slots=True)
class Settings:
    """What the global options ask for; None is "not given" and gives way to the outer ones."""

    project: str | None = None
    env: str | None = None
    color: str | None = None
    quiet: bool | None = None
    verbose: bool | None = None
    no_progress: bool | None = None
    strict: bool | None = None
    registry: str | None = None

    def over(self, outer: Settings) -> Settings:
        """These settings, with those of *outer* where none was given."""
        given = {name: value for name in self.__slots__ if (value := getattr(self, name))}
        return replace(outer, **given)

    @property
    def folder(self) -> FilePath:
        return FilePath(self.project or ".")

    @property
    def environ(self) -> Mapping[str, str]:
        return os.environ

    def palette(self, stream: TextIO) -> Palette:
        """Colours for *stream*: as asked, else only on a terminal, and never with NO_COLOR."""
        if self.color in ("always", "never"):
            return COLOUR if self.color == "always" else PLAIN
        plain = os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb"
        return COLOUR if stream.isatty() and not plain else PLAIN

    def width(self, stream: TextIO) -> int | None:
        """The columns of the terminal that *stream* is; None where it is none."""
        return shutil.get_terminal_size().columns if stream.isatty() else None

    def tell(self, text: str) -> None:
        """Prints a message on stderr, unless told to be quiet."""
        if text and not self.quiet:
            click.echo(text, err=True, color=True)

    def result(self, text: str) -> None:
        """Prints what the command was asked for, on stdout."""
        click.echo(text, nl=not text.endswith("\n"), color=True)

    @property
    def shows_progress_bar(self) -> bool:
        return sys.stderr.isatty() and not self.no_progress


_OPTIONS = (
    click.option("--project", metavar="DIR", help="The project's folder [default: .]"),
    click.option(
        "--env",
        metavar="NAME",
        help="The environment of the project file to work on.",
        shell_complete=completing.environments,
    ),
    click.option("--color", type=click.Choice(["auto", "always", "never"]), help="Colours."),
    click.option("-q", "--quiet", is_flag=True, default=None, help="Only results and errors."),
    click.option("-v", "--verbose", is_flag=True, default=None, help="Also every request."),
    click.option("--no-progress", is_flag=True, default=None, help="Lines in place of a bar."),
    click.option("--strict", is_flag=True, default=None, help="Some warnings become errors."),
    click.option("--registry", metavar="FILE", help="The connectors of this registry file."),
)


def global_options(function: F) -> F:
    """Adds the global options; *function* is given the Settings that hold for it."""

    @functools.wraps(function)
    def wrapped(**options: Any) -> Any:
        names = Settings.__slots__
        own = Settings(**{name: options.pop(name) for name in names})
        context = click.get_current_context()
        settings = own.over(context.obj if isinstance(context.obj, Settings) else Settings())
        context.obj = settings
        return function(settings, **options)

    decorated: Any = wrapped
    for option in reversed(_OPTIONS):
        decorated = option(decorated)
    return decorated  # type: ignore[no-any-return]
