"""`reconciler adopt`: which live object a key means, where its name does not tell."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterator, Mapping

import click

from reconciler.cli.options import completing
from reconciler.cli.options.settings import Settings, global_options
from reconciler.ledger.memory import Ledger, places, recalling
from reconciler.model import DesiredTenant
from reconciler.operations import adopting, loading, session
from reconciler.operations.apply_run import writable_ledger
from reconciler.operations.catalogue import known_connectors
from reconciler.operations.exit_codes import ExitCode
from reconciler.problems.explain import explain
from reconciler.project.project import Project
from reconciler.project.selection import Selection
from reconciler.render.parts.diagnostics import render_diagnostic
from reconciler.render.reports.adoption import render_open


@click.command()
@click.argument(
    "tenants", nargs=-1, metavar="[TENANT]... [KEY=ID]...", shell_complete=completing.tenants
)
@global_options
def adopt(settings: Settings, tenants: tuple[str, ...]) -> None:
    """Settle which live object a key means, where names do not tell.

    Without KEY=ID it lists the names that several live objects have, and changes nothing. With
    them the ledger remembers: the key is that object from now on, whatever its name becomes.

    \b
    Examples:
      reconciler adopt
      reconciler adopt acme source/stripe=5b1b2ef3-6a7c-4c7e-9d3a-9a6a1d1f0c11
    """
    names = tuple(word for word in tenants if "=" not in word)
    pairs = [word.partition("=") for word in tenants if "=" in word]
    if pairs and len(names) != 1:
        raise click.UsageError("KEY=ID needs exactly one TENANT before it.")
    project, loaded = loading.load(settings, Selection(named=names))
    if pairs:
        given = {key: id_.strip().lower() for key, _, id_ in pairs}
        _adopt(settings, project, loaded.tenants[0], given)
    else:
        sys.exit(_list_open(settings, project, loaded.tenants))


def _adopt(
    settings: Settings, project: Project, tenant: DesiredTenant, given: Mapping[str, str]
) -> None:
    ids = {adopting.key_of(tenant, written): id_ for written, id_ in given.items()}
    with _connected(settings, project) as (connection, ledger):
        adopting.check_adoption(connection.client, tenant, ids, ledger.of_tenant)
        for key, id_ in ids.items():
            ledger.adopt(key, id_)
    for key, id_ in sorted(ids.items()):
        settings.result(f"{key} is {id_}.")


@contextlib.contextmanager
def _connected(settings: Settings, project: Project) -> Iterator[tuple[session.Session, Ledger]]:
    environment = project.environment(settings.env, settings.environ)
    with (
        writable_ledger(settings, project, environment.name) as ledger,
        session.connected(settings, project) as connection,
    ):
        yield connection, ledger


def _list_open(
    settings: Settings, project: Project, tenants: tuple[DesiredTenant, ...]
) -> ExitCode:
    with (
        session.connected(settings, project) as connection,
        recalling(places(project.state_folder, connection.environment.name)) as recall,
    ):
        found, failures = adopting.open_names(connection.client, tenants, recall.of_tenant)
    types = known_connectors(settings, project).type_names()
    settings.result(render_open(found, types, settings.palette(sys.stdout)))
    for name, problem in failures:
        settings.tell(f"tenant {name} could not be read:")
        settings.tell(render_diagnostic(explain(problem), settings.palette(sys.stderr)))
    return ExitCode.FAILED if failures else ExitCode.DONE
