"""`reconciler plan`: what would apply do? Sends only GETs."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime

import click

from reconciler import pipeline
from reconciler.api.client import Client
from reconciler.changed import Reading
from reconciler.cli import loading, plan_file, session
from reconciler.cli.catalogue import known_connectors
from reconciler.cli.loading import Then
from reconciler.cli.planning import Permissions, planning_options, remembered
from reconciler.cli.selectors import tenant_selection
from reconciler.cli.settings import Settings, global_options
from reconciler.cli.verdict import FailOn, plan_exit_code
from reconciler.errors import ReconcilerError
from reconciler.fleet import Loaded
from reconciler.manifest.project import Project
from reconciler.model import Json
from reconciler.plan.file import Place
from reconciler.plan.model import Base, Plan
from reconciler.render.diagnostics import render_diagnostics
from reconciler.render.equalities import render_equalities
from reconciler.render.lines import Look
from reconciler.render.plan import render_plan
from reconciler.render.problems import explain
from reconciler.render.structured import render_plan_json
from reconciler.selection import Selection

FORMATS = ("text", "json", "markdown", "html")

details_option = click.option(
    "--details", is_flag=True, help="Every field of new resources, and long lists in full."
)


@click.command()
@tenant_selection
@planning_options
@details_option
@click.option(
    "--format",
    "format_",
    type=click.Choice(FORMATS),
    default="text",
    show_default=True,
    help="How the plan is written on stdout.",
)
@click.option(
    "--out",
    metavar="FILE",
    help="Also write a plan file, which `apply FILE` carries out; its name ends in .json.",
)
@click.option(
    "--explain-equal",
    is_flag=True,
    help="Also list what is written differently and counts as equal, and why.",
)
@click.option(
    "--job-info",
    is_flag=True,
    help="Also what the connections in the plan have synced, and whether one syncs right now.",
)
@click.option(
    "--base",
    metavar="REV",
    help="Tell what this branch changes against REV, such as origin/main, from what would be done "
    "without it (drift).",
)
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
    details: bool,
    format_: str,
    out: str | None,
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
    """
    if out is not None and not out.endswith(plan_file.SUFFIX):
        raise click.UsageError(f"The name of a plan file ends in {plan_file.SUFFIX}.")
    if FailOn.DRIFT in fail_on and base is None:
        raise click.UsageError("What is drift is told against a revision: give --base too.")
    project, loaded, then = _loaded(settings, selection, base)
    chosen = permissions.applied_to(loaded.tenants)
    allowances = permissions.allowances(project)
    with (
        session.connected(settings, project) as connection,
        remembered(settings, project, connection.environment) as recall,
    ):
        made = pipeline.make_plan(
            connection.client,
            chosen,
            allowances,
            recall,
            explain=explain_equal,
            base=_permitted(then, permissions) if then else None,
        )
        if then:
            made = replace(made, base=_base(then, loaded, selection))
        if job_info:
            made = _with_jobs(connection.client, made, settings)
    place = plan_file.place_of(project.environment(settings.env, settings.environ))
    shard = str(selection.shard or "")
    if out is not None:
        plan_file.write(out, render_plan_json(made, place, permissions.options, shard))
        settings.tell(f"Plan file written: reconciler apply {out}")
    look = plan_look(settings, details=details)
    equal = render_equalities(made) if explain_equal and format_ == "text" else ""
    settings.result(equal + _rendered(format_, made, place, permissions.options, shard, look))
    failing = [FailOn(each) for each in fail_on]
    sys.exit(plan_exit_code(made, detailed=detailed_exitcode, fail_on=failing))


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


def _with_jobs(client: Client, made: Plan, settings: Settings) -> Plan:
    """*made* with the jobs of its connections; without them, and told so, where they hide."""
    try:
        return pipeline.with_jobs(client, made, datetime.now(UTC))
    except ReconcilerError as problem:
        settings.tell("The jobs cannot be read, and the plan goes without them:")
        settings.tell(render_diagnostics([explain(problem)], settings.palette(sys.stderr)))
        return made


def _rendered(
    format_: str, made: Plan, place: Place, options: Mapping[str, Json], shard: str, look: Look
) -> str:
    if format_ == "json":
        return render_plan_json(made, place, options, shard)
    if format_ == "html":
        # Imported here: few plans are asked for as a page.
        from reconciler.render.html import render_plan_html

        return render_plan_html(made, place, look.names)
    if format_ == "markdown":
        from reconciler.render.markdown import render_plan_markdown

        return render_plan_markdown(made, place, look)
    return render_plan(made, look)


def plan_look(settings: Settings, *, details: bool) -> Look:
    """How plans are written on stdout; --verbose asks for details too."""
    return Look(
        palette=settings.palette(sys.stdout),
        details=details or bool(settings.verbose),
        names=known_connectors(settings, None).type_names(),
    )
