"""`reconciler comment`: the plan as a comment on the pull request that it is about."""

from __future__ import annotations

import os
import sys

import click

from reconciler.api.retry import Patience
from reconciler.api.transport import Manners, unobserved
from reconciler.cli.options.command_line import command_line
from reconciler.cli.options.durations import DURATION
from reconciler.cli.options.groups import taken_as
from reconciler.cli.options.plan_output import (
    ONLY_OUTPUT,
    Presentation,
    max_chars_option,
    plan_json,
    plan_look,
    plan_markdown,
)
from reconciler.cli.options.planning import base_option, job_info_option, planning_options
from reconciler.cli.options.selectors import tenant_selection
from reconciler.cli.options.settings import Settings, global_options
from reconciler.cli.terminal.console import Terminal
from reconciler.operations import plan_files
from reconciler.operations.choices import Permissions
from reconciler.operations.plan import PlanChoices
from reconciler.operations.plan import plan as make_plan
from reconciler.plan.file import read_plan_file
from reconciler.problems.errors import ApiError, UsageError
from reconciler.project.selection import Selection
from reconciler.render.parts.problems import render_problems
from reconciler.render.plan.comment import comment_not_written, has_news, labels_of
from reconciler.review.comment import Note, Published, Topic, publish
from reconciler.review.request import Request, Where, project_place, request_of

_ONLY_COMMENT = ("forge", "repository", "number", "api_url", "no_labels", "retry_for")


where_options = taken_as(
    "where",
    Where,
    click.option("--github", "forge", flag_value="github", help="Comment on a pull request."),
    click.option("--gitlab", "forge", flag_value="gitlab", help="Comment on a merge request."),
    click.option("--repository", metavar="NAME", help="OWNER/NAME, if not the job's own."),
    click.option(
        "--pull-request",
        "number",
        type=click.IntRange(1),
        metavar="NUMBER",
        help="Of the pull or merge request, if not the job's own.",
    ),
    click.option("--api-url", metavar="URL", help="The forge's API, if not the job's own."),
)


@click.command()
@tenant_selection
@planning_options
@where_options
@click.option("--plan", "plan_path", metavar="FILE", help="Post the plan that `plan --out` wrote.")
@click.option("--body", "body_path", metavar="FILE", help="As `plan --format markdown` wrote it.")
@base_option
@job_info_option
@max_chars_option
@click.option("--no-labels", is_flag=True, help="Only the comment.")
@click.option(
    "--retry-for",
    type=DURATION,
    default="30s",
    show_default=True,
    help="How long one request is tried when the forge is away or refuses.",
)
@click.option(
    "--detailed-exitcode", is_flag=True, help="Exit with 2 when there is something to change."
)
@global_options
def comment(
    settings: Settings,
    selection: Selection,
    permissions: Permissions,
    where: Where,
    plan_path: str | None,
    body_path: str | None,
    base: str | None,
    job_info: bool,
    max_chars: int,
    no_labels: bool,
    retry_for: float,
    detailed_exitcode: bool,
) -> None:
    """Post a plan as a comment on a pull request, and keep the comment up to date.

    There is one comment for each project and environment. It is changed in place by the next run,
    and taken away when nothing is left to change. Labels such as reconciler:deletes go with it.
    The plan is printed too, and the exit code is the plan's, whether or not the comment could be
    written. The token is GITHUB_TOKEN or GITLAB_TOKEN; the request is the one of the CI job.

    With --plan and --body, what an earlier step has planned is posted: then no step has both the
    credentials of Airbyte and those of the forge. Without, the plan is made here.

    \b
    Examples:
      reconciler plan --base origin/main --format markdown --out plan.json > plan.md
      reconciler comment --github --plan plan.json --body plan.md
      reconciler comment --gitlab --plan plan.json --body plan.md --pull-request 12
      reconciler comment --github --base origin/main --changed-since origin/main
    """
    if plan_path or body_path:
        if not (plan_path and body_path):
            raise click.UsageError("--plan and --body go together: one `plan` writes both.")
        if selection != Selection() or permissions.any or base or job_info:
            raise click.UsageError("A plan file says itself what is planned: no options of that.")
        planned = plan_files.read(plan_path)
        text = plan_files.text_at(body_path, "Write it with `plan --format markdown > FILE`.")
    else:
        command = command_line(without=(*ONLY_OUTPUT, *_ONLY_COMMENT), called="plan")
        choices = PlanChoices(selection, permissions, job_info=job_info, base=base or "")
        project = settings.open_project()
        made = Presentation(make_plan(project, Terminal(settings), choices), project, command)
        planned = read_plan_file(plan_json(made), "the plan")
        text = plan_markdown(made, plan_look(settings, details=False), max_chars=max_chars)
    settings.result(text)
    topic = Topic(project_place(settings.folder, os.environ), planned.place.name)
    labels = () if no_labels else labels_of(planned)
    note = Note(topic, text if has_news(planned) else "", labels)
    post(settings, note, where, Patience(retry_for_s=retry_for, attempts=4))
    sys.exit(plan_files.planned_code(planned, detailed=detailed_exitcode))


def post(settings: Settings, note: Note, where: Where, patience: Patience) -> None:
    """Puts *note* where the job's request is; tells when that cannot be, and what to do."""
    forge = place = ""
    try:
        request = request_of(where, os.environ)
        forge, place = request.forge, request.place
        _check_length(note, request)
        manners = Manners(
            patience=patience,
            observe=settings.heard if settings.verbose else unobserved,
        )
        published = publish(request.connect(manners), note)
    except (UsageError, ApiError) as problem:
        told = comment_not_written(problem, forge, place)
        settings.tell(render_problems([told], settings.palette(sys.stderr)))
    else:
        settings.tell(f"{place}: {_DONE[published]}.")


_DONE = {
    Published.POSTED: "comment written",
    Published.UPDATED: "comment brought up to date",
    Published.LEFT: "the comment says so already",
    Published.REMOVED: "comment removed, since nothing is to change any more",
    Published.NOTHING: "no comment, since nothing is to change",
}


def _check_length(note: Note, request: Request) -> None:
    if len(note.body) > request.max_chars:
        raise UsageError(
            f"the comment has {len(note.body):,} characters, and {request.forge} takes "
            f"{request.max_chars:,}",
            "Make it shorter with `plan --format markdown --max-chars`.",
        )
