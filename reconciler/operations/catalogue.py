"""Which connectors a command knows: a registry file, the fetched registry, or the starter set."""

from __future__ import annotations

from pathlib import Path

import platformdirs

from reconciler.connectors import ROLES, Catalogue, Connector, bundled, read_registry
from reconciler.connectors.cache import DEFAULT_URL, cached
from reconciler.connectors.soundness import unsound
from reconciler.problems.errors import RegistryUnusable, UsageError
from reconciler.problems.wording import did_you_mean
from reconciler.project.project import Project


def known_connectors(registry: str | None, project: Project | None) -> Catalogue:
    """Those of the file *registry*, else of the project's registry over the starter set.

    Raises RegistryUnusable for a file that was asked for and cannot be read.
    """
    if registry:
        return read_registry_file(registry)
    where = registry_of(project)
    if "://" not in where:
        return read_registry_file(where).over(bundled())
    fetched = cached(cache_folder(), where)
    return fetched.over(bundled()) if fetched else bundled()


def registry_of(project: Project | None) -> str:
    """The URL or file of the project's registry."""
    return (project.registry if project else None) or DEFAULT_URL


def read_registry_file(file: str) -> Catalogue:
    """The catalogue in a registry file. Raises RegistryUnusable."""
    try:
        content = Path(file).read_bytes()
    except OSError as problem:
        raise RegistryUnusable(file, f"{problem.strerror or problem}") from problem
    return read_registry(content, file)


def cache_folder() -> Path:
    """Where fetched registries are kept for this user."""
    return Path(platformdirs.user_cache_dir("airbyte-reconciler", appauthor=False))


_MENDED = "`reconciler connectors update` may fetch a mended one."


def find_connector(catalogue: Catalogue, type_: str, role: str | None) -> Connector:
    """The connector of that type. Raises UsageError when there is none, or it is not decided.

    *type_* may have its role before it: `source-s3`.
    """
    asked, _, bare = type_.partition("-")
    if asked in ROLES and bare and role in (None, asked):
        role, type_ = asked, bare
    found = [c for each in ROLES if role in (None, each) if (c := catalogue.named(each, type_))]
    if len(found) == 1:
        if reason := unsound(found[0].schema):
            raise UsageError(f'the schema of "{type_}" is none: {reason.rstrip(".")}', _MENDED)
        return found[0]
    if found:
        hint = f"Write `source-{type_}` or `destination-{type_}`."
        raise UsageError(f'"{type_}" is a source and a destination', hint)
    known = [t for each in ROLES if role in (None, each) for t in catalogue.types(each)]
    hint = did_you_mean(type_, known) or "`reconciler connectors update` may know more of them."
    raise UsageError(f'no connector "{type_}" is known', hint)
