"""`reconciler connectors`: which connectors are known, and how each is configured."""

from __future__ import annotations

import json
import sys

import click

from reconciler.api.registry import fetch_registry
from reconciler.cli.options import completing
from reconciler.cli.options.project_here import project_here
from reconciler.cli.options.settings import Settings, global_options
from reconciler.connectors import ROLES, Catalogue, Connector, read_registry
from reconciler.connectors.cache import etag_of, keep
from reconciler.model import Json
from reconciler.model.credentials import public_address
from reconciler.operations.catalogue import (
    cache_folder,
    find_connector,
    known_connectors,
    read_registry_file,
    registry_of,
)
from reconciler.problems.errors import UsageError
from reconciler.render.parts.values import counted
from reconciler.render.reports.connectors import (
    list_as_json,
    render_connector,
    render_connector_list,
    render_example,
)

role_option = click.option(
    "--role", type=click.Choice(ROLES), help="Only sources, or destinations."
)
format_option = click.option(
    "--format", "form", type=click.Choice(["text", "json"]), default="text", help="How to print."
)


@click.group()
@global_options
def connectors(settings: Settings) -> None:
    """The connectors that manifests can name, and the fields of each.

    \b
    Examples:
      reconciler connectors list postgres
      reconciler connectors show stripe
    """


@connectors.command("list")
@click.argument("texts", metavar="[TEXT]...", nargs=-1)
@role_option
@format_option
@global_options
def list_(settings: Settings, texts: tuple[str, ...], role: str | None, form: str) -> None:
    """List the known connectors whose type or title has every TEXT in it.

    \b
    Examples:
      reconciler connectors list
      reconciler connectors list google --role source
    """
    found = [c for c in _known(settings) if _is_wanted(c, texts, role)]
    text = _json(list_as_json(found)) if form == "json" else render_connector_list(found)
    settings.result(text)


@connectors.command()
@click.argument("type_", metavar="TYPE", shell_complete=completing.connector_types)
@role_option
@format_option
@global_options
def show(settings: Settings, type_: str, role: str | None, form: str) -> None:
    """Show the fields of a connector: types, defaults, what is required or secret, variants.

    \b
    Examples:
      reconciler connectors show stripe
      reconciler connectors show destination-s3 --format json
    """
    connector = find_connector(_known(settings), type_, role)
    if form == "json":
        (row,) = list_as_json([connector])
        settings.result(_json({**row, "configuration": connector.schema}))
    else:
        settings.result(render_connector(connector, settings.palette(sys.stdout)))


@connectors.command()
@click.argument("type_", metavar="TYPE", shell_complete=completing.connector_types)
@role_option
@global_options
def example(settings: Settings, type_: str, role: str | None) -> None:
    """Print a block for a manifest: required fields set, the others as comments.

    \b
    Examples:
      reconciler connectors example stripe >> tenants/acme.yaml
    """
    settings.result(render_example(find_connector(_known(settings), type_, role)))


@connectors.command()
@click.option("--file", metavar="FILE", help="Take this copy of the registry; fetch nothing.")
@global_options
def update(settings: Settings, file: str | None) -> None:
    """Fetch the registry of connectors, if it has changed, and keep it in the user's cache.

    The URL is `connectors: {registry: URL}` of the project file, else Airbyte's own.

    \b
    Examples:
      reconciler connectors update
      reconciler connectors update --file oss_registry.json
    """
    url, folder = registry_of(project_here(settings)), cache_folder()
    where = public_address(url)
    if "://" not in url:
        raise UsageError(f"the project's registry is the file {url}", "There is nothing to fetch.")
    if file:
        catalogue, etag = read_registry_file(file), ""
    else:
        fetched = fetch_registry(url, etag_of(folder, url))
        if fetched is None:
            settings.result(f"Unchanged: {where}")
            return
        catalogue, etag = read_registry(fetched.content, where), fetched.etag
    kept = keep(folder, url, catalogue, etag)
    settings.result(f"Updated: {counted(len(list(catalogue)), 'connector')}, kept in {kept}")


def _known(settings: Settings) -> Catalogue:
    return known_connectors(settings.registry, project_here(settings))


def _is_wanted(connector: Connector, texts: tuple[str, ...], role: str | None) -> bool:
    about = f"{connector.type} {connector.title}".lower()
    return role in (None, connector.role) and all(text.lower() in about for text in texts)


def _json(document: Json) -> str:
    return json.dumps(document, indent=2, ensure_ascii=False)
