"""The options of every command that makes a plan, and what they ask for."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, replace

import click

from reconciler.apply.perform import reveal
from reconciler.cli.options.groups import taken_as
from reconciler.cli.options.settings import Settings
from reconciler.ledger.fingerprints import Reveal
from reconciler.ledger.memory import Recall, places, recalling
from reconciler.model import DesiredTenant, Json, Secret
from reconciler.plan.guards import Allowances, Limits, no_manifests_left
from reconciler.plan.memory import Recollection
from reconciler.plan.model import Plan
from reconciler.problems.errors import ManifestError, NothingDeclared
from reconciler.project.project import Environment, Project, read_project
from reconciler.project.selection import Selection
from reconciler.secrets.providers import secrets_of


@dataclass(frozen=True, slots=True)
class Permissions:
    """What the command line permits beyond the project's defaults."""

    replace: tuple[str, ...] = ()
    deletes: int | None = None
    prune: bool = False
    resume: tuple[str, ...] = ()

    @property
    def any(self) -> bool:
        """Whether anything is permitted at all."""
        return self != Permissions()

    @property
    def options(self) -> dict[str, Json]:
        """The same as JSON, for a plan file."""
        return {
            "replace": list(self.replace),
            "deletes": self.deletes,
            "prune": self.prune,
            "resume": list(self.resume),
        }

    def allowances(self, project: Project) -> Allowances:
        """The same with the project's limits."""
        limits = Limits(
            deletes=project.limits.get("maxDeletes", Limits().deletes),
            percent=project.limits.get("maxDeletePercent", Limits().percent),
        )
        return Allowances(self.replace, self.deletes, limits, self.resume)

    def applied_to(self, tenants: Sequence[DesiredTenant]) -> tuple[DesiredTenant, ...]:
        """*tenants*, all of them with pruning where the command line asks for it."""
        return tuple(replace(t, prune=True) if self.prune else t for t in tenants)


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
def remembered(
    settings: Settings, project: Project, environment: Environment
) -> Iterator[Callable[[str], Recollection]]:
    """The memory of an environment, for reading; there need be none.

    A plan needs no secrets: those that are not to be had are not compared with what was applied.
    """
    provided = secrets_of(project.secrets(environment.name), settings.environ)

    def at_hand(secret: Secret) -> str | None:
        try:
            return reveal(provided, secret)
        except ManifestError:
            return None

    with recalling(places(project.state_folder, environment.name)) as ledger:
        yield recollections(ledger, at_hand)


def forgotten(
    settings: Settings, project: Project, selection: Selection, declared: Collection[str]
) -> tuple[str, ...]:
    """The tenants that the ledger knows and no manifest declares; none for a narrow selection."""
    if not replace(selection, shard=None).is_everything:
        return ()
    environment = project.environment(settings.env, settings.environ)
    with recalling(places(project.state_folder, environment.name)) as ledger:
        known = ledger.workspaces
    kept = {known[name] for name in declared if name in known}  # renamed ones have one workspace
    return tuple(
        name
        for name, id_ in known.items()
        if name not in declared and id_ not in kept and selection.shares(name)
    )


def lost_manifests(settings: Settings, problem: NothingDeclared) -> tuple[Project, Plan]:
    """The refusal to plan without any manifest; raises *problem* where nothing was applied yet."""
    project = read_project(settings.folder)
    environment = project.environment(settings.env, settings.environ)
    with recalling(places(project.state_folder, environment.name)) as ledger:
        refusal = no_manifests_left(ledger.tenants, problem.diagnostics[0])
    if refusal is None:
        raise problem
    return project, Plan((), refusals=(refusal,))


planning_options = taken_as(
    "permissions",
    Permissions,
    click.option(
        "--allow-replace",
        "replace",
        multiple=True,
        metavar="KEY",
        help="Allow this resource, such as connection/acme/stripe, to be deleted and created "
        "anew; a pattern allows several.",
    ),
    click.option(
        "--allow-deletes",
        "deletes",
        type=click.IntRange(0),
        metavar="N",
        help="Allow up to N deletes in this run, in place of the project's limits.",
    ),
    click.option(
        "--resume",
        multiple=True,
        metavar="KEY",
        help="Make this connection active again although it was paused in Airbyte.",
    ),
    click.option("--prune", is_flag=True, help="Also delete what is live and in no manifest."),
)
