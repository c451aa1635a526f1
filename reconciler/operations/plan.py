"""`plan`: what would bring the live state to the manifests, with all that is told beside it."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from reconciler.api.client import Client
from reconciler.operations.choices import Permissions
from reconciler.operations.console import Console
from reconciler.operations.loading import Then, load_beside, load_tenants
from reconciler.operations.news import JobsUnreadable
from reconciler.operations.open_project import OpenProject
from reconciler.operations.plan_files import place_of
from reconciler.operations.planning import make_plan, with_jobs
from reconciler.operations.remembered import (
    forgotten_tenants,
    open_project_ledger,
    refuse_lost_manifests,
    reveal_at_hand,
)
from reconciler.operations.session import connected
from reconciler.plan.file import Place
from reconciler.plan.model import Base, Plan
from reconciler.plan.ownership import find_owners
from reconciler.problems.errors import NothingDeclared, ReconcilerError
from reconciler.project.fleet import Loaded
from reconciler.project.revisions import Reading
from reconciler.project.selection import Selection


@dataclass(frozen=True, slots=True)
class PlanChoices:
    """About which tenants a plan is, what is permitted, and what it is to tell beside itself.

    `base` is a revision that the plan is held against, empty for none.
    """

    selection: Selection = field(default_factory=Selection)
    permissions: Permissions = field(default_factory=Permissions)
    explain_equal: bool = False
    job_info: bool = False
    base: str = ""


@dataclass(frozen=True, slots=True)
class MadePlan:
    """A plan, the Airbyte that it is for, when it was made, and by which choices."""

    plan: Plan
    place: Place
    made_at: datetime
    choices: PlanChoices


def plan(project: OpenProject, console: Console, choices: PlanChoices) -> MadePlan:
    """The plan for what is selected, from what is live now. Sends only GETs.

    Raises ManifestError, and ApiError when nothing can be read; what concerns one tenant is in it.
    """
    now = datetime.now(UTC)
    try:
        made = _plan_declared(project, console, choices, now)
    except NothingDeclared as problem:
        made = refuse_lost_manifests(project, problem)
    return MadePlan(made, place_of(project.environment), now, choices)


def _plan_declared(
    project: OpenProject, console: Console, choices: PlanChoices, now: datetime
) -> Plan:
    loaded, then = _load(project, console, choices)
    permissions = choices.permissions
    opened = open_project_ledger(project, reveal_at_hand(project))
    with connected(project) as session, opened as ledger:
        made = make_plan(
            session.client,
            permissions.applied_to(loaded.tenants),
            permissions.allowances(project.file),
            ledger.of_tenant,
            explain=choices.explain_equal,
            base=_permitted(then, permissions) if then else None,
            ownership=find_owners(loaded.claims, ledger.workspaces),
        )
        left = forgotten_tenants(ledger, choices.selection, loaded.declared, made.tenants)
        made = replace(made, forgotten=left)
        if then:
            made = replace(made, base=_base(then, loaded, choices.selection))
        if choices.job_info:
            made = _add_jobs(session.client, made, now, console)
    return made


def _load(
    project: OpenProject, console: Console, choices: PlanChoices
) -> tuple[Loaded, Then | None]:
    if choices.base:
        return load_beside(project, choices.selection, choices.base, console)
    return load_tenants(project, choices.selection, console), None


def _permitted(then: Then, permissions: Permissions) -> Reading:
    """The base's tenants, with what is permitted in both."""
    understood = permissions.applied_to([t for t in then.tenants.values() if t is not None])
    return then.tenants | {tenant.name: tenant for tenant in understood}


def _base(then: Then, loaded: Loaded, selection: Selection) -> Base:
    """What the plan is held against; what is gone is told unless certain tenants were asked for."""
    is_wide = replace(selection, changed_since="", shard=None).is_everything
    gone = (
        sorted(filter(selection.shares, then.tenants.keys() - loaded.declared)) if is_wide else []
    )
    return Base(then.revision, then.commit, tuple(gone))


def _add_jobs(client: Client, made: Plan, now: datetime, console: Console) -> Plan:
    """*made* with the jobs of its connections; without them, and told so, where they hide."""
    try:
        return with_jobs(client, made, now)
    except ReconcilerError as problem:
        console.tell(JobsUnreadable(problem))
        return made
