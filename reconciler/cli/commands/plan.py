"""`reconciler plan`: what would apply do? Sends only GETs."""

from __future__ import annotations

import sys

import click

from reconciler.cli.options.command_line import command_line
from reconciler.cli.options.plan_output import (
    ONLY_OUTPUT,
    Output,
    Presentation,
    output_options,
    write,
)
from reconciler.cli.options.planning import base_option, job_info_option, planning_options
from reconciler.cli.options.selectors import tenant_selection
from reconciler.cli.options.settings import Settings, global_options
from reconciler.cli.terminal.console import Terminal
from reconciler.operations.choices import Permissions
from reconciler.operations.plan import PlanChoices
from reconciler.operations.plan import plan as make_plan
from reconciler.operations.verdict import FailOn, plan_exit_code
from reconciler.project.selection import Selection


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
    choices = PlanChoices(selection, permissions, explain_equal, job_info, base or "")
    project = settings.open_project()
    made = make_plan(project, Terminal(settings), choices)
    write(Presentation(made, project, command_line(without=ONLY_OUTPUT)), output, settings)
    failing = [FailOn(each) for each in fail_on]
    sys.exit(plan_exit_code(made.plan, detailed=detailed_exitcode, fail_on=failing))
