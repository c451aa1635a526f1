"""`apply`: plan, tell, ask, execute, and read again what was written."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from reconciler.apply.outcome import Report
from reconciler.model import DesiredTenant
from reconciler.operations.apply_run import ApplyRun, apply_run
from reconciler.operations.choices import Pace, Permissions, Watching
from reconciler.operations.console import Console, MayApply, ReadingLive, ReadingManifests
from reconciler.operations.execution import (
    Applied,
    CarryOut,
    Execution,
    carry_out_whole,
    execute_plan,
)
from reconciler.operations.exit_codes import ExitCode
from reconciler.operations.first_syncs import sync_new
from reconciler.operations.loading import load_tenants
from reconciler.operations.news import PlanReady, SecretsUnavailable, WavesReady
from reconciler.operations.open_project import OpenProject
from reconciler.operations.plan_files import Approved, Moved, place_of
from reconciler.operations.planning import make_plan
from reconciler.operations.remembered import (
    forgotten_tenants,
    refuse_lost_manifests,
)
from reconciler.operations.rollout import RollOut, check_canaries, in_waves, planned_waves
from reconciler.operations.stages import missing_secrets
from reconciler.operations.verdict import plan_exit_code
from reconciler.plan.guards import Allowances, refuse_unprovided
from reconciler.plan.model import Plan
from reconciler.plan.ownership import Ownership, find_owners
from reconciler.problems.errors import NothingDeclared
from reconciler.project.fleet import Loaded
from reconciler.project.selection import Selection


@dataclass(frozen=True, slots=True)
class ApplyChoices:
    """What is applied, how, and what follows it.

    `approved` is a plan file, which says itself what is selected and permitted. `sync` starts the
    first sync of each new connection; `rollout` goes wave by wave.
    """

    selection: Selection = field(default_factory=Selection)
    permissions: Permissions = field(default_factory=Permissions)
    pace: Pace = field(default_factory=Pace)
    approved: Approved | None = None
    rollout: RollOut | None = None
    watching: Watching = field(default_factory=Watching)
    sync: bool = False
    verify: bool = True

    def settled(self) -> ApplyChoices:
        """The same, with what the plan file says."""
        if self.approved is None:
            return self
        approved = self.approved
        return replace(self, selection=approved.selection, permissions=approved.permissions)

    @property
    def shard(self) -> str:
        """The part of the fleet that it is about, such as `3/16`; empty for all of it."""
        return self.approved.file.shard if self.approved else str(self.selection.shard or "")


DECLINED = Applied(Report(()), exit_code=ExitCode.FAILED)
"""Somebody was asked, and did not say yes: nothing was done."""


def apply(project: OpenProject, console: Console, choices: ApplyChoices) -> Applied:
    """Brings Airbyte to the manifests, once that was told and allowed; its exit code says how.

    Raises ManifestError, EnvironmentLocked, ApiError when nothing can be read.
    """
    choices = choices.settled()
    try:
        with console.progress(ReadingManifests()):
            loaded = load_tenants(project, choices.selection, console)
    except NothingDeclared as problem:
        refused = refuse_lost_manifests(project, problem)
        console.tell(PlanReady(refused))
        return Applied(Report(()), exit_code=plan_exit_code(refused))
    names = [tenant.name for tenant in loaded.tenants]
    with apply_run(project, console, choices.pace, names, shard=choices.shard) as run:
        return _apply_loaded(project, run, loaded, choices)


def _apply_loaded(
    project: OpenProject, run: ApplyRun, loaded: Loaded, choices: ApplyChoices
) -> Applied:
    console, permissions = run.console, choices.permissions
    chosen = permissions.applied_to(loaded.tenants)
    if choices.rollout:
        check_canaries(choices.rollout, chosen)
    ownership = find_owners(loaded.claims, run.ledger.workspaces)
    made = plan_for(run, chosen, permissions.allowances(project.file), ownership)
    left = forgotten_tenants(run.ledger, choices.selection, loaded.declared, made.tenants)
    made = replace(made, forgotten=left)
    moved: Moved = ()
    if choices.approved:
        made, moved = choices.approved.holds(chosen, made)
    made = refuse_lacking_secrets(run, made, permissions.allowances(project.file))
    console.tell(PlanReady(made, moved))
    if choices.rollout and made.operations:
        console.tell(WavesReady(planned_waves(choices.rollout, made, chosen)))
    if made.operations and not console.ask(MayApply(place_of(project.environment))):
        return DECLINED
    execution = Execution(project, run, run.journal(made), chosen, choices.pace, choices.verify)
    applied = execute_plan(execution, made, moved, carry_out=_way(choices))
    if not choices.sync or applied.report.interrupted:
        return applied
    run.unlock()  # what follows may take hours, and changes nothing that others could
    return sync_new(run, applied, choices.watching)


def _way(choices: ApplyChoices) -> CarryOut:
    if choices.rollout is None:
        return carry_out_whole
    return in_waves(choices.rollout, choices.watching)


def plan_for(
    run: ApplyRun,
    tenants: tuple[DesiredTenant, ...],
    allowances: Allowances,
    ownership: Ownership,
) -> Plan:
    """What would bring the live state to *tenants*, by what the ledger of this run remembers."""
    with run.console.progress(ReadingLive(len(tenants))):
        client = run.session.client
        return make_plan(client, tenants, allowances, run.ledger.of_tenant, ownership=ownership)


def refuse_lacking_secrets(run: ApplyRun, made: Plan, allowances: Allowances) -> Plan:
    """*made*, in which every tenant is refused that lacks a secret which it has to send.

    How the provider itself failed is told once, however many tenants lack something.
    """
    missing = missing_secrets(made, run.surroundings.resolve_secret)
    if failures := run.secrets.failures(missing):
        run.console.tell(SecretsUnavailable(tuple(failures)))

    def advice(name: str) -> tuple[str, str]:
        return run.secrets.why_missing(name), run.secrets.advice

    return refuse_unprovided(made, missing, advice, allowances)
