"""`destroy`: a whole tenant goes, by the same path as every apply."""

from __future__ import annotations

from dataclasses import dataclass, field

from reconciler.model import Claims, DesiredTenant, Origin
from reconciler.operations.apply import DECLINED, plan_for
from reconciler.operations.apply_run import ApplyRun, apply_run
from reconciler.operations.choices import Pace, Permissions
from reconciler.operations.console import Console, MayDestroy
from reconciler.operations.execution import Applied, Execution, execute_plan
from reconciler.operations.exit_codes import ExitCode
from reconciler.operations.loading import load_tenants, read_claims
from reconciler.operations.news import ManifestStays, PlanReady, TenantForgotten
from reconciler.operations.open_project import OpenProject
from reconciler.operations.plan_files import place_of
from reconciler.operations.remembered import open_project_ledger
from reconciler.plan.model import Plan
from reconciler.plan.operation import Action
from reconciler.plan.ownership import find_owners
from reconciler.problems.errors import NothingDeclared, UsageError
from reconciler.project.retiring import known_tenant, retired_tenant
from reconciler.project.selection import Selection


@dataclass(frozen=True, slots=True)
class DestroyChoices:
    """Which tenant goes, and how many deletes that may take; None for the project's limits."""

    tenant: str
    allowed_deletes: int | None = None
    pace: Pace = field(default_factory=Pace)


def destroy(project: OpenProject, console: Console, choices: DestroyChoices) -> Applied:
    """Deletes all that the tenant has in Airbyte, once that was told and allowed.

    Raises UsageError, or what the manifests are at fault with, where neither they nor the ledger
    know the tenant.
    """
    goes, manifest, claims = _meant(project, console, choices.tenant)
    allowances = Permissions(deletes=choices.allowed_deletes).allowances(project.file)
    with apply_run(project, console, choices.pace, [goes.name]) as run:
        made = plan_for(run, (goes,), allowances, find_owners(claims, run.ledger.workspaces))
        console.tell(PlanReady(made))
        if made.operations and not console.ask(_question(project, goes, made)):
            return DECLINED
        execution = Execution(project, run, run.journal(made), (goes,), choices.pace, True)
        applied = execute_plan(execution, made)
        _conclude(run, made, applied, manifest)
        return applied


def _question(project: OpenProject, goes: DesiredTenant, made: Plan) -> MayDestroy:
    return MayDestroy(goes.name, made.count_steps(Action.DELETE), place_of(project.environment))


def _conclude(run: ApplyRun, made: Plan, applied: Applied, manifest: str) -> None:
    """Tells what still speaks of the tenant; forgets one of which nothing was left."""
    (plan,) = made.tenants
    if applied.exit_code is ExitCode.DONE and manifest:
        run.console.tell(ManifestStays(manifest))
    elif not made.operations and plan.may_be_applied:
        run.ledger.forget_tenant(plan.tenant)
        run.console.tell(TenantForgotten(plan.tenant))


def _meant(
    project: OpenProject, console: Console, tenant: str
) -> tuple[DesiredTenant, str, Claims]:
    """The tenant as it is to go, its manifest, and what all manifests claim.

    The manifest is empty if only the ledger knows the tenant.
    """
    try:
        loaded = load_tenants(project, Selection(named=(tenant,)), console)
    except (UsageError, NothingDeclared):
        with open_project_ledger(project) as ledger:
            id_, place = ledger.workspaces.get(tenant), ledger.place
        if id_ is None:
            raise
        goes = known_tenant(tenant, id_, Origin(place, 1, 1))
        return goes, "", read_claims(project)
    declared = loaded.tenants[0]
    return retired_tenant(declared), declared.origin.path, loaded.claims
