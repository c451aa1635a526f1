"""`reconciler destroy`: a whole tenant goes, by the same path as every apply."""

from __future__ import annotations

import sys

import click

from reconciler.cli.options import completing
from reconciler.cli.options.executing import events_option, executing_options
from reconciler.cli.options.plan_output import plan_look
from reconciler.cli.options.settings import Settings, global_options
from reconciler.cli.terminal.asking import can_be_asked
from reconciler.cli.terminal.console import attended
from reconciler.operations.choices import Pace
from reconciler.operations.destroy import DestroyChoices
from reconciler.operations.destroy import destroy as destroy_tenant


@click.command()
@click.argument("tenant", metavar="TENANT", shell_complete=completing.tenants)
@click.option(
    "--allow-deletes",
    type=click.IntRange(0),
    metavar="N",
    help="Allow up to N deletes, in place of the project's limits and of the typed name.",
)
@click.option("--auto-approve", is_flag=True, help="Do not ask for the tenant's name.")
@executing_options
@events_option
@global_options
def destroy(
    settings: Settings,
    tenant: str,
    allow_deletes: int | None,
    auto_approve: bool,
    pace: Pace,
    events: str | None,
) -> None:
    """Delete a tenant's workspace and all that is in it, also what no manifest mentions.

    Shows what goes and asks for the tenant's name, which allows all that is shown; with
    --auto-approve the project's limits count, and --allow-deletes N is what raises them. What is
    protected is not deleted. Before anything is deleted, a manifest of all of it is written to
    .reconciler/restore. The tenant's own manifest stays: remove it, or apply makes it anew.

    \b
    Examples:
      reconciler destroy acme
      reconciler --env production destroy acme --allow-deletes 18 --auto-approve
    """
    if allow_deletes is None and not auto_approve and can_be_asked():
        allow_deletes = sys.maxsize  # the name that is typed under the plan allows what it shows
    project = settings.open_project()
    choices = DestroyChoices(tenant, allow_deletes, pace)
    look = plan_look(settings, details=False)
    with attended(
        settings, project, look=look, auto_approve=auto_approve, events=events
    ) as console:
        sys.exit(destroy_tenant(project, console, choices).exit_code)
