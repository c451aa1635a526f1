"""The global options, which every command takes before or behind its name."""

from __future__ import annotations

import functools
import os
import resource
import shlex
import shutil
import sys
from collections.abc import Callable
from dataclasses import dataclass, field, fields, replace
from pathlib import Path as FilePath
from typing import TYPE_CHECKING, Any, TextIO, TypeVar

import click

from reconciler.api.usage import Budget, Exchange, Traffic, Usage
from reconciler.cli.options import completing
from reconciler.problems.wording import safe
from reconciler.render.parts.palette import COLOUR, PLAIN, Palette
from reconciler.render.reports.usage import render_budget, render_stats, render_use

if TYPE_CHECKING:
    from reconciler.operations.open_project import OpenProject

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
    stats: bool | None = None
    usage: Usage = field(default_factory=Usage)

    def over(self, outer: Settings) -> Settings:
        """These settings, with those of *outer* where none was given; they are of one run."""
        given = {name: value for name in OPTION_NAMES if (value := getattr(self, name))}
        return replace(outer, **given)

    @property
    def folder(self) -> FilePath:
        return FilePath(self.project or ".")

    def open_project(self) -> OpenProject:
        """The project to work on. Raises ManifestError when there is none."""
        from reconciler.operations.open_project import open_project

        opened = open_project(self.folder, self.env, os.environ)
        return replace(
            opened,
            registry=self.registry,
            strict=bool(self.strict),
            usage=self.usage,
            observe=self.heard if self.verbose else opened.observe,
        )

    def heard(self, traffic: Traffic) -> None:
        """Tells of a request: method, path, status, time, attempt; no body and no token."""
        if isinstance(traffic, Exchange):
            took = f"{traffic.elapsed_s * 1000:.0f} ms"
            again = f", attempt {traffic.attempt}" if traffic.attempt > 1 else ""
            status = traffic.status or "-"
            self.tell(f"{traffic.method} {safe(traffic.path)} {status} {took}{again}")

    def again(self, *words: str) -> str:
        """What to type for another command on the same project and environment."""
        where = {"--project": self.project, "--env": self.env}
        given = [word for name, value in where.items() if value for word in (name, value)]
        return shlex.join(["reconciler", *given, *words])

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

    def tell_budget(self, budget: Budget) -> None:
        """Says what a run is about to use, when that is worth a line."""
        if self._accounts_for(budget.requests):
            self.tell(render_budget(budget))

    def tell_use(self) -> None:
        """Says what the run has used, in detail if that was asked for."""
        usage = self.usage
        if self.stats:
            usage.settle()
            click.echo(render_stats(usage, _peak_mb()), err=True)
        elif self._accounts_for(usage.requests):
            self.tell(render_use(usage))

    def _accounts_for(self, requests: int) -> bool:
        """A few requests need no account where nobody watches."""
        if not requests:
            return False
        return bool(self.stats or self.verbose or sys.stderr.isatty() or requests >= MANY)

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
    click.option("--stats", is_flag=True, default=None, help="What the run took, phase by phase."),
)
OPTION_NAMES = tuple(each.name for each in fields(Settings) if each.name != "usage")
MANY = 30  # requests: from there on a run takes seconds, and a log should say what it cost


def global_options(function: F) -> F:
    """Adds the global options; *function* is given the Settings that hold for it."""

    @functools.wraps(function)
    def wrapped(**options: Any) -> Any:
        own = Settings(**{name: options.pop(name) for name in OPTION_NAMES})
        context = click.get_current_context()
        settings = own.over(context.obj if isinstance(context.obj, Settings) else Settings())
        context.obj = settings
        settings.usage.foretell = settings.tell_budget
        try:
            return function(settings, **options)
        finally:
            if context.invoked_subcommand is None:
                settings.tell_use()

    decorated: Any = wrapped
    for option in reversed(_OPTIONS):
        decorated = option(decorated)
    return decorated  # type: ignore[no-any-return]


def _peak_mb() -> float:
    """The most memory that this process has had."""
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 1e6
