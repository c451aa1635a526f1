"""`adopt`: which live object a key means, where its name does not tell."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from reconciler.model import ResourceKey
from reconciler.operations.apply_run import holding_ledger
from reconciler.operations.console import Console
from reconciler.operations.loading import load_tenants
from reconciler.operations.open_names import Open, check_adoption, find_open_names, key_of
from reconciler.operations.open_project import OpenProject
from reconciler.operations.remembered import open_project_ledger
from reconciler.operations.session import connected
from reconciler.problems.errors import ReconcilerError
from reconciler.project.selection import Selection


@dataclass(frozen=True, slots=True)
class OpenNames:
    """Names that several live objects have, and the tenants that cannot be read."""

    found: tuple[Open, ...]
    failures: tuple[tuple[str, ReconcilerError], ...]


def list_open_names(project: OpenProject, console: Console, tenants: tuple[str, ...]) -> OpenNames:
    """What names do not tell in these tenants, in all of them where none is named."""
    loaded = load_tenants(project, Selection(named=tenants), console)
    with connected(project) as session, open_project_ledger(project) as ledger:
        found, failures = find_open_names(session.client, loaded.tenants, ledger.of_tenant)
    return OpenNames(tuple(found), tuple(failures))


def adopt(
    project: OpenProject, console: Console, tenant: str, ids: Mapping[str, str]
) -> Mapping[ResourceKey, str]:
    """Has the ledger remember which live objects these keys of *tenant* are; by whole keys.

    *ids* are by key as people write it, such as `source/stripe`. Raises UsageError for a key that
    stands for nothing, AdoptionFailed for an id that is not there.
    """
    loaded = load_tenants(project, Selection(named=(tenant,)), console)
    desired = loaded.tenants[0]
    meant = {key_of(desired, written): id_ for written, id_ in ids.items()}
    with holding_ledger(project, console, [tenant]) as ledger, connected(project) as session:
        check_adoption(session.client, desired, meant, ledger.of_tenant)
        for key, id_ in meant.items():
            ledger.adopt(key, id_)
    return meant
