"""`reconciler adopt`: which live object a key means, where its name does not tell."""

from __future__ import annotations

import sys

import click

from reconciler.cli.options import completing
from reconciler.cli.options.settings import Settings, global_options
from reconciler.cli.terminal.console import Terminal
from reconciler.operations.adopt import OpenNames, list_open_names
from reconciler.operations.adopt import adopt as adopt_objects
from reconciler.operations.exit_codes import ExitCode
from reconciler.problems.explain import explain
from reconciler.render.parts.problems import render_problem
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
    project, console = settings.open_project(), Terminal(settings)
    if pairs:
        given = {key: id_.strip().lower() for key, _, id_ in pairs}
        adopted = adopt_objects(project, console, names[0], given)
        for key, id_ in sorted(adopted.items()):
            settings.result(f"{key} is {id_}.")
        return
    names_open = list_open_names(project, console, names)
    types = project.catalogue.type_names()
    settings.result(render_open(names_open.found, types, settings.palette(sys.stdout)))
    _tell_failures(names_open, settings)
    sys.exit(ExitCode.FAILED if names_open.failures else ExitCode.DONE)


def _tell_failures(names_open: OpenNames, settings: Settings) -> None:
    for name, problem in names_open.failures:
        settings.tell(f"tenant {name} could not be read:")
        settings.tell(render_problem(explain(problem), settings.palette(sys.stderr)))
