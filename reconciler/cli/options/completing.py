"""What the shell offers for tenants, environments and connector types, from the project at hand.

A shell that completes must never see a message: what cannot be read has nothing to offer.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Iterator
from pathlib import Path as FilePath
from typing import TYPE_CHECKING

import click
from click.shell_completion import CompletionItem

from reconciler.problems.errors import ReconcilerError

if TYPE_CHECKING:
    from reconciler.project.project import Project

# Beyond, tenants are offered by the names of their files: nobody waits seconds for a key.
MANY_FILES = 500


def tenants(context: click.Context, _parameter: click.Parameter, begun: str) -> list[str]:
    """The tenants of the project that begin so."""
    with _quietly():
        return _beginning(begun, _tenants(_project(context)))
    return []


def tenants_or_files(
    context: click.Context, parameter: click.Parameter, begun: str
) -> list[CompletionItem]:
    """The tenants that begin so; where none does, the shell's own files."""
    names = tenants(context, parameter, begun)
    return [CompletionItem(name) for name in names] or [CompletionItem(begun, type="file")]


def environments(context: click.Context, _parameter: click.Parameter, begun: str) -> list[str]:
    """The environments of the project file that begin so, and the sandbox."""
    with _quietly():
        declared = _project(context).document.value.get("environments") or {}
        return _beginning(begun, {*declared, "sandbox"})
    return _beginning(begun, {"sandbox"})


def connector_types(_context: click.Context, _parameter: click.Parameter, begun: str) -> list[str]:
    """The types of the bundled connectors that begin so."""
    from reconciler.connectors import bundled

    return _beginning(begun, {connector.type for connector in bundled()})


def _beginning(begun: str, names: Iterable[str]) -> list[str]:
    return sorted({name for name in names if name.startswith(begun)})


def _quietly() -> contextlib.suppress:
    return contextlib.suppress(ReconcilerError, OSError)


def _project(context: click.Context) -> Project:
    # Imported here, as below: every command line comes by this module, and few complete.
    from reconciler.project.project import read_project

    return read_project(FilePath(_given(context, "project") or "."))


def _given(context: click.Context | None, option: str) -> str | None:
    """A global option, which may stand before or behind the command's name."""
    while context is not None:
        if value := context.params.get(option):
            return str(value)
        context = context.parent
    return None


def _tenants(project: Project) -> Iterator[str]:
    import os

    from reconciler.manifest.discover import discover
    from reconciler.project import fleet

    found, _ = discover(project.manifests)
    if len(found) > MANY_FILES:
        yield from (files.guessed_name for files in found)
    else:
        yield from fleet.tenant_names(project, os.environ)
