"""What the ledger of a project's environment remembers, as planning asks for it."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from contextlib import AbstractContextManager
from dataclasses import replace
from functools import partial

from reconciler.apply.perform import reveal
from reconciler.ledger import Address, Ledger, Reveal, open_ledger, reveal_nothing
from reconciler.model import workspace_key
from reconciler.operations.open_project import OpenProject
from reconciler.plan.guards import no_manifests_left
from reconciler.plan.model import Plan, TenantPlan
from reconciler.problems.errors import NothingDeclared
from reconciler.project.selection import Selection
from reconciler.secrets.providers import secrets_of


def open_project_ledger(
    project: OpenProject, reveal: Reveal = reveal_nothing
) -> AbstractContextManager[Ledger]:
    """The ledger of the chosen environment, for reading; there need be none."""
    address = Address(str(project.file.state_folder), project.environment.name)
    return open_ledger(address, reveal)


def reveal_at_hand(project: OpenProject) -> Reveal:
    """The texts of the project's secrets, as far as they are to be had.

    A plan needs none: those that are missing are not compared with what was applied.
    """
    provided = secrets_of(project.file.secrets(project.environment.name), project.environ)
    return partial(reveal, provided)


def forgotten_tenants(
    ledger: Ledger,
    selection: Selection,
    declared: Collection[str],
    planned: Sequence[TenantPlan] = (),
) -> tuple[str, ...]:
    """The tenants that the ledger knows and no manifest declares; none for a narrow selection.

    Nor those whose workspace one of *planned* has taken over: only their key was changed.
    """
    if not replace(selection, shard=None).is_everything:
        return ()
    known = ledger.workspaces
    kept = {known[name] for name in declared if name in known}  # renamed ones have one workspace
    kept |= {plan.live_ids.get(workspace_key(plan.tenant), "") for plan in planned}
    return tuple(
        name
        for name, id_ in known.items()
        if name not in declared and id_ not in kept and selection.shares(name)
    )


def refuse_lost_manifests(project: OpenProject, problem: NothingDeclared) -> Plan:
    """The refusal to plan without any manifest; raises *problem* where nothing was applied yet."""
    with open_project_ledger(project) as ledger:
        refusal = no_manifests_left(ledger.tenants, problem.problems[0])
    if refusal is None:
        raise problem
    return Plan((), refusals=(refusal,))
