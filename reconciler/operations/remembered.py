"""What the ledger of a project's environment remembers, as planning asks for it."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import replace

from reconciler.apply.perform import reveal
from reconciler.ledger.fingerprints import Reveal
from reconciler.ledger.memory import Places, Recall, places, recalling
from reconciler.model import Claims, workspace_key
from reconciler.operations.open_project import OpenProject
from reconciler.plan.guards import no_manifests_left
from reconciler.plan.memory import Recollection
from reconciler.plan.model import Plan, TenantPlan
from reconciler.plan.ownership import Ownership, ownership
from reconciler.problems.errors import NothingDeclared
from reconciler.project.selection import Selection
from reconciler.secrets.providers import secrets_of


def ledger_places(project: OpenProject) -> Places:
    """Where the ledger of the chosen environment is."""
    return places(project.file.state_folder, project.environment.name)


def recollections(ledger: Recall, reveal: Reveal) -> Callable[[str], Recollection]:
    """What the ledger remembers of each tenant, and how its secrets compare with today's."""

    def recall(tenant: str) -> Recollection:
        return Recollection(
            ledger.of_tenant(tenant),
            lambda secret: ledger.fingerprint(secret, reveal),
            ledger.doomed(tenant),
        )

    return recall


@contextlib.contextmanager
def remembered(project: OpenProject) -> Iterator[Callable[[str], Recollection]]:
    """The memory of an environment, for reading; there need be none.

    A plan needs no secrets: those that are not to be had are not compared with what was applied.
    """
    provided = secrets_of(project.file.secrets(project.environment.name), project.environ)

    with recalling(ledger_places(project)) as ledger:
        yield recollections(ledger, lambda secret: reveal(provided, secret))


def known_owners(project: OpenProject, claims: Claims) -> Ownership:
    """Whose each live workspace is, by *claims* and by what the ledger knows was applied."""
    with recalling(ledger_places(project)) as ledger:
        return ownership(claims, ledger.workspaces)


def forgotten_tenants(
    project: OpenProject,
    selection: Selection,
    declared: Collection[str],
    planned: Sequence[TenantPlan] = (),
) -> tuple[str, ...]:
    """The tenants that the ledger knows and no manifest declares; none for a narrow selection.

    Nor those whose workspace one of *planned* has taken over: only their key was changed.
    """
    if not replace(selection, shard=None).is_everything:
        return ()
    with recalling(ledger_places(project)) as ledger:
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
    with recalling(ledger_places(project)) as ledger:
        refusal = no_manifests_left(ledger.tenants, problem.problems[0])
    if refusal is None:
        raise problem
    return Plan((), refusals=(refusal,))
