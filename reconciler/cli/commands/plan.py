"""`reconciler plan`: what would apply do? Sends only GETs."""

from __future__ import annotations

import sys
from dataclasses import dataclass, replace
from datetime import UTC, datetime

import click

from reconciler.api.client import Client
from reconciler.cli.options import plan_file
from reconciler.cli.options.command_line import command_line
from reconciler.cli.options.plan_output import ONLY_OUTPUT, Made, Output, output_options, write
from reconciler.cli.options.planning import (
    Permissions,
    forgotten,
    lost_manifests,
    planning_options,
    remembered,
)
from reconciler.cli.options.selectors import revision, tenant_selection
from reconciler.cli.options.settings import Settings, global_options
from reconciler.cli.terminal.verdict import FailOn, plan_exit_code
from reconciler.operations import loading, session, stages
from reconciler.operations.loading import Then
from reconciler.plan.model import Base, Plan
from reconciler.problems.errors import NothingDeclared, ReconcilerError
from reconciler.problems.explain import explain
from reconciler.project.fleet import Loaded
from reconciler.project.project import Project
from reconciler.project.revisions import Reading
from reconciler.project.selection import Selection
from reconciler.render.parts.diagnostics import render_diagnostics

job_info_option = click.option(
    "--job-info",
    is_flag=True,
    help="Also what the connections in the plan have synced, and whether one syncs right now.",
)

base_option = click.option(
    "--base",
    metavar="REV",
    callback=revision,
    help="Tell what this branch changes against REV, such as origin/main, from what would be done "
    "without it (drift).",
)


@click.command()
@tenant_selection
@planning_options
@output_options
@click.option(
    "--explain-equal",
    is_flag=True,
    help="Also list what is written differently and counts as equal, and why.",
)
@job_info_option
@base_option
@click.option(
    "--detailed-exitcode", is_flag=True, help="Exit with 2 when there is something to change."
)
@click.option(
    "--fail-on",
    type=click.Choice([str(each) for each in FailOn]),
    multiple=True,
    help="Exit with 2 when there is such a row; may be repeated. With --base only drift counts "
    "what would be done without this branch.",
)
@global_options
def plan(
    settings: Settings,
    selection: Selection,
    permissions: Permissions,
    output: Output,
    explain_equal: bool,
    job_info: bool,
    base: str | None,
    detailed_exitcode: bool,
    fail_on: tuple[str, ...],
) -> None:
    """Show what would change in Airbyte, changing nothing.

    \b
    Examples:
      reconciler plan
      reconciler --env production plan --label tier=gold --detailed-exitcode
      reconciler plan --base origin/main --changed-since origin/main --fail-on loss
      reconciler plan --out plan.json && reconciler apply plan.json
      reconciler plan --format markdown --html plan.html > comment.md
    """
    if FailOn.DRIFT in fail_on and base is None:
        raise click.UsageError("What is drift is told against a revision: give --base too.")
    asked = Asked(explain_equal, job_info, base)
    made = make(settings, selection, permissions, asked, command_line(without=ONLY_OUTPUT))
    write(made, output, settings)
    failing = [FailOn(each) for each in fail_on]
    sys.exit(plan_exit_code(made.plan, detailed=detailed_exitcode, fail_on=failing))


@dataclass(frozen=True, slots=True)
class Asked:
    """What a plan is to tell beside itself."""

    explain_equal: bool
    job_info: bool
    base: str | None


def make(
    settings: Settings, selection: Selection, permissions: Permissions, asked: Asked, command: str
) -> Made:
    """The plan for what is selected, from what is live now; *command* is what makes it again."""
    now = datetime.now(UTC)
    try:
        project, plan = _planned(settings, selection, permissions, asked, now)
    except NothingDeclared as problem:
        project, plan = lost_manifests(settings, problem)
    place = plan_file.place_of(project.environment(settings.env, settings.environ))
    shard = str(selection.shard or "")
    return Made(plan, project, place, permissions.options, now, shard, command)


def _planned(
    settings: Settings,
    selection: Selection,
    permissions: Permissions,
    asked: Asked,
    now: datetime,
) -> tuple[Project, Plan]:
    project, loaded, then = _loaded(settings, selection, asked.base)
    with (
        session.connected(settings, project) as connection,
        remembered(settings, project, connection.environment) as recall,
    ):
        made = stages.make_plan(
            connection.client,
            permissions.applied_to(loaded.tenants),
            permissions.allowances(project),
            recall,
            explain=asked.explain_equal,
            base=_permitted(then, permissions) if then else None,
        )
        left = forgotten(settings, project, selection, loaded.declared)
        made = replace(made, forgotten=left)
        if then:
            made = replace(made, base=_base(then, loaded, selection))
        if asked.job_info:
            made = _with_jobs(connection.client, made, now, settings)
    return project, made


def _loaded(
    settings: Settings, selection: Selection, base: str | None
) -> tuple[Project, Loaded, Then | None]:
    if base:
        return loading.load_beside(settings, selection, base)
    return *loading.load(settings, selection), None


def _permitted(then: Then, permissions: Permissions) -> Reading:
    """The base's tenants, with what the command line asks for in both."""
    understood = permissions.applied_to([t for t in then.tenants.values() if t is not None])
    return then.tenants | {tenant.name: tenant for tenant in understood}


def _base(then: Then, loaded: Loaded, selection: Selection) -> Base:
    """What the plan is held against; what is gone is told unless certain tenants were asked for."""
    is_wide = replace(selection, changed_since="", shard=None).is_everything
    gone = (
        sorted(filter(selection.shares, then.tenants.keys() - loaded.declared)) if is_wide else []
    )
    return Base(then.revision, then.commit, tuple(gone))


def _with_jobs(client: Client, made: Plan, now: datetime, settings: Settings) -> Plan:
    """*made* with the jobs of its connections; without them, and told so, where they hide."""
    try:
        return stages.with_jobs(client, made, now)
    except ReconcilerError as problem:
        settings.tell("The jobs cannot be read, and the plan goes without them:")
        settings.tell(render_diagnostics([explain(problem)], settings.palette(sys.stderr)))
        return made
