"""`reconciler comment`: the plan as a comment on the pull request that it is about."""

from __future__ import annotations

import sys

import click

from reconciler.api.retry import Patience
from reconciler.api.transport import Manners, unobserved
from reconciler.cli import plan_file
from reconciler.cli.ci import Request, Where, project_place, request_of
from reconciler.cli.durations import DURATION
from reconciler.cli.session import request_log
from reconciler.cli.settings import Settings, global_options
from reconciler.commenting import Note, Published, Topic, publish
from reconciler.errors import ApiError, UsageError
from reconciler.render.comment import comment_not_written, has_news, labels_of
from reconciler.render.diagnostics import render_diagnostics


@click.command()
@click.option("--github", "forge", flag_value="github", help="Comment on a pull request.")
@click.option("--gitlab", "forge", flag_value="gitlab", help="Comment on a merge request.")
@click.option("--plan", "plan_path", metavar="FILE", required=True, help="What `plan --out` wrote.")
@click.option(
    "--body",
    "body_path",
    metavar="FILE",
    required=True,
    help="What `plan --format markdown` wrote.",
)
@click.option("--repository", metavar="NAME", help="OWNER/NAME, if not the job's own.")
@click.option(
    "--pull-request",
    type=click.IntRange(1),
    metavar="NUMBER",
    help="Of the pull or merge request, if not the job's own.",
)
@click.option("--api-url", metavar="URL", help="The forge's API, if not the job's own.")
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
    forge: str | None,
    plan_path: str,
    body_path: str,
    repository: str | None,
    pull_request: int | None,
    api_url: str | None,
    no_labels: bool,
    retry_for: float,
    detailed_exitcode: bool,
) -> None:
    """Post a plan as a comment on a pull request, and keep the comment up to date.

    There is one comment for each project and environment. It is changed in place by the next run,
    and taken away when nothing is left to change. Labels such as reconciler:deletes go with it.
    The plan is printed too, and the exit code is the plan's, whether or not the comment could be
    written.

    The plan is made in a step of its own, so that neither step has the other's credentials. The
    token is GITHUB_TOKEN or GITLAB_TOKEN; the request is the one of the CI job.

    \b
    Examples:
      reconciler plan --changed-since origin/main --format markdown --out plan.json > plan.md
      reconciler comment --github --plan plan.json --body plan.md
      reconciler comment --gitlab --plan plan.json --body plan.md --pull-request 12
    """
    planned = plan_file.read(plan_path)
    text = plan_file.text_at(body_path, "Write it with `plan --format markdown > FILE`.")
    settings.result(text)
    topic = Topic(project_place(settings.folder, settings.environ), planned.place.name)
    labels = () if no_labels else labels_of(planned)
    note = Note(topic, text if has_news(planned) else "", labels)
    where = Where(forge, api_url, repository, pull_request)
    post(settings, note, where, Patience(retry_for_s=retry_for, attempts=4))
    sys.exit(plan_file.planned_code(planned, detailed=detailed_exitcode))


def post(settings: Settings, note: Note, where: Where, patience: Patience) -> None:
    """Puts *note* where the job's request is; tells when that cannot be, and what to do."""
    forge = place = ""
    try:
        request = request_of(where, settings.environ)
        forge, place = request.forge, request.place
        _check_length(note, request)
        manners = Manners(
            patience=patience,
            observe=request_log(settings) if settings.verbose else unobserved,
        )
        published = publish(request.connect(manners), note)
    except (UsageError, ApiError) as problem:
        told = comment_not_written(problem, forge, place)
        settings.tell(render_diagnostics([told], settings.palette(sys.stderr)))
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
