"""The manifests' folder → the files of each tenant, in sorted order."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path as FilePath

from reconciler.model import Origin
from reconciler.problems import rules
from reconciler.problems.errors import ManifestError
from reconciler.problems.problem import Problem

_SUFFIXES = (".yaml", ".yml")


@dataclass(frozen=True, slots=True)
class TenantFiles:
    """Where one tenant is written: a file, or a folder whose files are merged.

    `shared` are the files that it has in common with others: templates, and the table of a set.
    """

    path: FilePath
    files: tuple[FilePath, ...]
    shared: tuple[FilePath, ...] = ()

    @property
    def all_paths(self) -> tuple[FilePath, ...]:
        return (self.path, *self.files, *self.shared)

    @property
    def is_folder(self) -> bool:
        return self.files != (self.path,)

    @property
    def guessed_name(self) -> str:
        """The tenant's likely key, for messages about files that cannot be read."""
        return self.path.name if self.is_folder else self.path.stem


def discover(folder: FilePath) -> tuple[list[TenantFiles], list[Problem]]:
    """Every tenant under *folder*, and what is wrong with the folder.

    A YAML file is a tenant, and a folder is one; hidden names are left out.
    """
    if not folder.is_dir():
        return [], [_nothing(folder, rules.NO_MANIFESTS_FOLDER, "There is no such folder.")]
    tenants: list[TenantFiles] = []
    problems: list[Problem] = []
    with os.scandir(folder) as scan:  # it knows folders without asking the disk for each
        entries = sorted((entry.name, entry.is_dir()) for entry in scan)
    for name, is_dir in entries:
        if name.startswith("."):
            continue
        path = folder / name
        if is_dir:
            files = tuple(yaml_files(path))
            if files:
                tenants.append(TenantFiles(path, files))
            else:
                problems.append(_nothing(path, rules.EMPTY_FOLDER, "It holds no YAML file."))
        elif path.suffix in _SUFFIXES:
            tenants.append(TenantFiles(path, (path,)))
    if not tenants and not problems:
        problems.append(_nothing(folder, rules.NO_MANIFESTS, "The folder holds no YAML file."))
    return tenants, problems


def yaml_files(folder: FilePath) -> list[FilePath]:
    """The YAML files under *folder*, however deep, in sorted order."""
    return sorted(file for file in folder.rglob("*") if _is_manifest(file))


def confined(path: FilePath, root: FilePath) -> None:
    """Raises ManifestError when *path*, its links followed, leads out of the project at *root*.

    Who may propose a manifest need not be allowed to read every file of the machine that checks it.
    """
    if not path.resolve().is_relative_to(root.resolve()):
        detail = f"{shown(path)} leads to a file that is not in the project's folder."
        hint = "Copy the file into the project."
        problem = Problem(rules.OUTSIDE_THE_PROJECT, Origin(shown(path), 1, 1), detail, hint)
        raise ManifestError([problem])


def shown(path: FilePath) -> str:
    """*path* as messages name it: relative to where the user stands, when that is not longer."""
    relative = os.path.relpath(path)
    return min(relative, str(path), key=len)


def _is_manifest(path: FilePath) -> bool:
    return path.suffix in _SUFFIXES and not path.name.startswith(".") and not path.is_dir()


def _nothing(path: FilePath, rule: rules.Rule, detail: str) -> Problem:
    hint = "A tenant is a .yaml file there, or a folder of them."
    return Problem(rule, Origin(shown(path), 1, 1), detail=detail, hint=hint)
