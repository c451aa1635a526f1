"""`reconciler schema`: JSON Schemas for editors and other programs."""

from __future__ import annotations

import json

import click

from reconciler.cli.options import completing
from reconciler.cli.options.project_here import project_here
from reconciler.cli.options.settings import Settings, global_options
from reconciler.connectors import Catalogue
from reconciler.manifest.schema import own_schemas
from reconciler.model import Json
from reconciler.operations.catalogue import find_connector, known_connectors
from reconciler.problems.errors import UsageError
from reconciler.problems.wording import did_you_mean
from reconciler.project.editor_schema import DRAFT, connector_schema, in_one_piece, tenant_schema


@click.command()
@click.argument("what", metavar="NAME")
@click.argument(
    "type_", metavar="[TYPE]", required=False, shell_complete=completing.connector_types
)
@global_options
def schema(settings: Settings, what: str, type_: str | None) -> None:
    """Print the JSON Schema of a file's format, in one piece.

    That of `tenant` knows every connector of the catalogue: it completes `type`, and offers the
    fields of the type that is written. Put its file's name into a manifest's first line:

    \b
      # yaml-language-server: $schema=../tenant.schema.json

    \b
    Names of files that people write:
      project, tenant, tenant-set, template, workspace, source, destination,
      connection, tag, definition, permission, oauthCredentials
    Names of what commands print or keep:
      plan, apply-report, events, findings, drift, status, history, render
    And of a connector's configuration:
      connector TYPE

    \b
    Examples:
      reconciler schema tenant > tenant.schema.json
      reconciler schema connector source-postgres
    """
    settings.result(json.dumps(_schema(settings, what, type_), indent=2, ensure_ascii=False))


def _schema(settings: Settings, what: str, type_: str | None) -> Json:
    if what == "connector" and type_ is None:
        hint = "Name one: `reconciler schema connector source-postgres`."
        raise UsageError("`schema connector` needs a TYPE", hint)
    if what != "connector" and type_ is not None:
        raise UsageError("a TYPE goes with `connector`, and with nothing else")
    if what == "tenant":
        return tenant_schema(known_connectors(settings.registry, project_here(settings)))
    if type_ is not None:
        connector = find_connector(
            known_connectors(settings.registry, project_here(settings)), type_, None
        )
        return {"$schema": DRAFT, **connector_schema(connector)}
    known = [*own_schemas(), "connector"]
    if what not in known:
        hint = did_you_mean(what, known) or f"Known: {', '.join(known)}."
        raise UsageError(f'there is no schema "{what}"', hint)
    return in_one_piece(what)


def _known(settings: Settings) -> Catalogue:
    return known_connectors(settings.registry, project_here(settings))
