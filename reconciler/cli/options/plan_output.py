"""What `plan` writes, and where: on stdout in a format, and into files beside it."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path as FilePath

import click

from reconciler.cli.options.groups import taken_as
from reconciler.cli.options.settings import Settings
from reconciler.model import Json
from reconciler.operations import plan_files
from reconciler.operations.catalogue import known_connectors
from reconciler.operations.open_project import OpenProject
from reconciler.operations.plan import MadePlan
from reconciler.plan.file import Place, plan_digest, write_plan
from reconciler.plan.model import Plan
from reconciler.problems.errors import PlanFileUnreadable, UsageError
from reconciler.project import git
from reconciler.render.parts.pieces import MAX_CHARS, MIN_CHARS
from reconciler.render.plan.equalities import render_equalities
from reconciler.render.plan.lines import Look
from reconciler.render.plan.text import render_plan

ONLY_OUTPUT = ("format_", "out", "page", "max_chars", "color", "no_progress", "quiet")

details_option = click.option(
    "--details", is_flag=True, help="Every field of new resources, and long lists in full."
)


max_chars_option = click.option(
    "--max-chars",
    type=click.IntRange(MIN_CHARS),
    default=MAX_CHARS,
    show_default=True,
    metavar="N",
    help="The most characters of Markdown, which is composed to fit; GitHub takes 65,536 in a "
    "comment, GitLab 1,000,000.",
)


@dataclass(frozen=True, slots=True)
class Output:
    """In which format, and in which files besides; `max_chars` bounds Markdown alone."""

    format: str
    details: bool
    out: str | None
    page: str | None
    max_chars: int


@dataclass(frozen=True, slots=True)
class Presentation:
    """A plan with all that its renderings say of where it comes from."""

    made: MadePlan
    project: OpenProject
    command: str  # what to type to make it again

    @property
    def plan(self) -> Plan:
        return self.made.plan

    @property
    def place(self) -> Place:
        return self.made.place

    @property
    def options(self) -> Mapping[str, Json]:
        """What was permitted, as a plan file has it."""
        return self.made.choices.permissions.options

    @property
    def shard(self) -> str:
        """The part of the fleet, such as `3/16`; empty for all of it."""
        return str(self.made.choices.selection.shard or "")


def plan_json(made: Presentation) -> str:
    """The plan as a plan file has it."""
    return write_plan(made.plan, made.place, made.options, made.shard)


def _page(made: Presentation, look: Look) -> str:
    # Imported here, as the others are: few plans are asked for as a page.
    from reconciler.render.plan.html import render_plan_html

    return render_plan_html(made.plan, made.place, look.names)


def plan_markdown(made: Presentation, look: Look, *, max_chars: int, page: str = "") -> str:
    """The plan as a comment, composed to fit; *page* is a file that has all of it."""
    from reconciler.render.plan.markdown import Colophon, render_plan_markdown

    colophon = Colophon(
        commit=_commit(made.project),
        taken_at=made.made.made_at,
        digest=plan_digest(made.plan, made.place, made.options, made.shard),
        command=made.command,
        page=os.path.basename(page),
    )
    return render_plan_markdown(made.plan, made.place, look, colophon=colophon, limit=max_chars)


def _text(made: Presentation, _output: Output, look: Look) -> str:
    return render_equalities(made.plan) + render_plan(made.plan, look)


def _json(made: Presentation, _output: Output, _look: Look) -> str:
    return plan_json(made)


def _markdown(made: Presentation, output: Output, look: Look) -> str:
    return plan_markdown(made, look, max_chars=output.max_chars, page=output.page or "")


def _html(made: Presentation, _output: Output, look: Look) -> str:
    return _page(made, look)


def _github(made: Presentation, _output: Output, look: Look) -> str:
    from reconciler.render.plan.github import render_plan_github

    return render_plan_github(made.plan, look, git.prefix(FilePath.cwd()))


FORMATS: Mapping[str, Callable[[Presentation, Output, Look], str]] = {
    "text": _text,
    "json": _json,
    "markdown": _markdown,
    "html": _html,
    "github": _github,
}
"""How a plan is written, by the name of the format."""


def _output(
    format_: str, details: bool, out: str | None, page: str | None, max_chars: int
) -> Output:
    if out is not None and not out.endswith(plan_files.SUFFIX):
        raise click.UsageError(f"The name of a plan file ends in {plan_files.SUFFIX}.")
    return Output(format_, details, out, page, max_chars)


output_options = taken_as(
    "output",
    _output,
    details_option,
    click.option(
        "--format",
        "format_",
        type=click.Choice(list(FORMATS)),
        default="text",
        show_default=True,
        help="How the plan is written on stdout.",
    ),
    click.option(
        "--out",
        metavar="FILE",
        help="Also write a plan file, which `apply FILE` carries out; its name ends in .json.",
    ),
    click.option("--html", "page", metavar="FILE", help="Also write the page of --format html."),
    max_chars_option,
)


def write(made: Presentation, output: Output, settings: Settings) -> None:
    """Writes the files that are asked for, then the plan on stdout. Raises PlanFileUnreadable."""
    look = plan_look(settings, details=output.details)
    if output.out is not None:
        plan_files.write(output.out, plan_json(made))
        settings.tell(f"Plan file written: {settings.again('apply', output.out)}")
    if output.page is not None:
        _write_page(output.page, _page(made, look))
    settings.result(FORMATS[output.format](made, output, look))


def _write_page(path: str, text: str) -> None:
    try:
        plan_files.write(path, text)
    except PlanFileUnreadable as problem:
        raise UsageError(f"the page {problem}", problem.hint) from problem


def _commit(project: OpenProject) -> str:
    """What is checked out; empty where there is no git to ask, which no plan needs."""
    try:
        return git.head(project.file.root)
    except UsageError:
        return ""


def plan_look(settings: Settings, *, details: bool) -> Look:
    """How plans are written on stdout; --verbose asks for details too."""
    return Look(
        palette=settings.palette(sys.stdout),
        details=details or bool(settings.verbose),
        names=known_connectors(settings.registry, None).type_names(),
    )
