"""Which connectors a command knows: a registry file, the fetched registry, or the starter set."""

from __future__ import annotations

from pathlib import Path

import platformdirs

from reconciler.cli.options.settings import Settings
from reconciler.connectors import Catalogue, bundled, read_registry
from reconciler.connectors.cache import DEFAULT_URL, cached
from reconciler.problems.errors import RegistryUnusable
from reconciler.project.project import Project


def known_connectors(settings: Settings, project: Project | None) -> Catalogue:
    """`--registry FILE`, else the project's registry over the starter set.

    Raises RegistryUnusable for a file that was asked for and cannot be read.
    """
    if settings.registry:
        return from_file(settings.registry)
    where = registry_of(project)
    if "://" not in where:
        return from_file(where).over(bundled())
    fetched = cached(cache_folder(), where)
    return fetched.over(bundled()) if fetched else bundled()


def registry_of(project: Project | None) -> str:
    """The URL or file of the project's registry."""
    return (project.registry if project else None) or DEFAULT_URL


def from_file(file: str) -> Catalogue:
    """The catalogue in a registry file. Raises RegistryUnusable."""
    try:
        content = Path(file).read_bytes()
    except OSError as problem:
        raise RegistryUnusable(file, f"{problem.strerror or problem}") from problem
    return read_registry(content, file)


def cache_folder() -> Path:
    """Where fetched registries are kept for this user."""
    return Path(platformdirs.user_cache_dir("airbyte-reconciler", appauthor=False))
