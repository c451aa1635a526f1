"""`reconciler destroy`: a whole tenant goes, by the same path as every apply."""

from __future__ import annotations

import sys

import click

from reconciler.cli.commands.apply import execute_plan, planned, show_plan
from reconciler.cli.options import completing
from reconciler.cli.options.executing import Wishes, executing_options
from reconciler.cli.options.plan_file import place_named
from reconciler.cli.options.planning import Permissions
from reconciler.cli.options.settings import Settings, global_options
from reconciler.cli.terminal.asking import can_be_asked, confirm
from reconciler.ledger.memory import places, recalling
from reconciler.manifest.discover import shown
from reconciler.model import DesiredTenant, Origin
from reconciler.operations import loading
from reconciler.operations.apply_run import apply_run
from reconciler.operations.exit_codes import ExitCode
from reconciler.plan.model import Action
from reconciler.problems.errors import NothingDeclared, UsageError
from reconciler.project.project import Project, read_project
from reconciler.project.retiring import known_tenant, retired_tenant
from reconciler.project.selection import Selection
from reconciler.render.parts.values import counted


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
@global_options
def destroy(
    settings: Settings,
    tenant: str,
    allow_deletes: int | None,
    auto_approve: bool,
    wishes: Wishes,
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
    project, goes, manifest = _meant(settings, tenant)
    desired = (goes,)
    if allow_deletes is None and not auto_approve and can_be_asked():
        allow_deletes = sys.maxsize  # the name that is typed under the plan allows what it shows
    permissions = Permissions(deletes=allow_deletes)
    environment = project.environment(settings.env, settings.environ)
    with apply_run(settings, project, wishes) as run:
        made = planned(run, desired, permissions.allowances(project), settings)
        show_plan(made, (), settings, details=False)
        if made.operations:
            confirm(
                f"\nAll of this is deleted: {counted(made.count(Action.DELETE), 'object')}. "
                f"This is {place_named(environment)}. "
                f'Type the name "{desired[0].name}" to go on',
                expected=desired[0].name,
                otherwise="Nothing was deleted.",
                auto_approve=auto_approve,
            )
        applied = execute_plan(run, made, (), desired, settings, wishes, verify=True)
        if applied.exit_code is ExitCode.DONE and manifest:
            settings.tell(f"Its manifest is still there: {manifest}.")
        elif not made.operations and made.tenants[0].may_be_applied:
            run.ledger.forget_tenant(goes.name)
            settings.tell(f"Nothing is left of {goes.name} in Airbyte; it is forgotten.")
        sys.exit(applied.exit_code)


def _meant(settings: Settings, tenant: str) -> tuple[Project, DesiredTenant, str]:
    """The project, the tenant as it is to go, and its manifest; empty if only the ledger knows it.

    Raises UsageError, or what the manifests are at fault with, where the ledger does not either.
    """
    try:
        project, loaded = loading.load(settings, Selection(named=(tenant,)))
    except (UsageError, NothingDeclared):
        project = read_project(settings.folder)
        at = places(project.state_folder, project.environment(settings.env, settings.environ).name)
        with recalling(at) as ledger:
            id_ = ledger.workspaces.get(tenant)
        if id_ is None:
            raise
        return project, known_tenant(tenant, id_, Origin(shown(at.ledger), 1, 1)), ""
    declared = loaded.tenants[0]
    return project, retired_tenant(declared), declared.origin.path
