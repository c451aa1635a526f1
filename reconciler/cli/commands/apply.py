"""`reconciler apply`: plan, show, ask, execute, and read again what was written."""

from __future__ import annotations

import sys

import click

from reconciler.cli.options.executing import events_option, executing_options
from reconciler.cli.options.plan_output import details_option, plan_look
from reconciler.cli.options.planning import planning_options
from reconciler.cli.options.rollout import rollout_options
from reconciler.cli.options.selectors import tenant_selection
from reconciler.cli.options.settings import Settings, global_options
from reconciler.cli.options.watching import watching_options
from reconciler.cli.terminal.console import attended
from reconciler.operations.apply import ApplyChoices
from reconciler.operations.apply import apply as apply_manifests
from reconciler.operations.choices import Pace, Permissions, Watching
from reconciler.operations.plan_files import SUFFIX, approve
from reconciler.operations.rollout import RollOut
from reconciler.project.selection import Selection


@click.command()
@tenant_selection
@planning_options
@details_option
@click.option("--auto-approve", is_flag=True, help="Do not ask before applying.")
@click.option("--no-verify", is_flag=True, help="Do not read again what was written.")
@click.option("--sync", is_flag=True, help="Start a first sync of each new connection.")
@watching_options
@rollout_options
@executing_options
@events_option
@global_options
def apply(
    settings: Settings,
    selection: Selection,
    permissions: Permissions,
    details: bool,
    auto_approve: bool,
    no_verify: bool,
    sync: bool,
    watching: Watching,
    rollout: RollOut | None,
    pace: Pace,
    events: str | None,
) -> None:
    """Bring Airbyte to what the manifests say.

    Shows the plan and asks before anything is changed. Running it again is always safe. A plan
    file of `plan --out` (NAME.json) is applied as it is: a tenant that has changed since, in its
    manifests or in Airbyte, is skipped.

    \b
    Examples:
      reconciler apply
      reconciler apply plan.json
      reconciler --env production apply --auto-approve acme
      reconciler apply acme --sync --wait
      reconciler apply --waves 1,10%,100% --canary tier=test --verify-first-sync
    """
    if watching.waits and not sync:
        raise click.UsageError("--wait goes with --sync.")
    if rollout and sync:
        raise click.UsageError("--waves has --verify-first-sync in place of --sync.")
    file = _plan_file(selection, permissions)
    project = settings.open_project()
    choices = ApplyChoices(
        selection=selection,
        permissions=permissions,
        pace=pace,
        approved=approve(file, project) if file else None,
        rollout=rollout,
        watching=watching,
        sync=sync,
        verify=not no_verify,
    )
    look = plan_look(settings, details=details)
    with attended(
        settings, project, look=look, auto_approve=auto_approve, events=events
    ) as console:
        sys.exit(apply_manifests(project, console, choices).exit_code)


def _plan_file(selection: Selection, permissions: Permissions) -> str:
    """The plan file among the arguments, empty without one. It goes without anything else."""
    files = [name for name in selection.named if name.endswith(SUFFIX)]
    if not files:
        return ""
    if selection != Selection((files[0],)) or permissions.any:
        raise click.UsageError(
            "A plan file says itself what is applied: give no tenants and no options of planning."
        )
    return files[0]
