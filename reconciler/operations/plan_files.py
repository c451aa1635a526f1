"""Plan files of `plan --out` and `apply FILE`: reading, writing, and what they are good for."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path as FilePath
from typing import TypeAlias

from reconciler.model import DesiredTenant, Json
from reconciler.model.credentials import public_address
from reconciler.operations.choices import Permissions
from reconciler.operations.exit_codes import ExitCode
from reconciler.operations.open_project import OpenProject
from reconciler.plan.file import (
    MovedTenant,
    Place,
    PlanFile,
    check_place,
    check_plan,
    read_plan_file,
)
from reconciler.plan.model import Plan
from reconciler.problems.errors import PlanFileUnreadable
from reconciler.project.project import Environment
from reconciler.project.selection import Selection

SUFFIX = ".json"


Moved: TypeAlias = tuple[MovedTenant, ...]
"""The tenants of a plan file that are no longer what was planned."""


@dataclass(frozen=True, slots=True)
class Approved:
    """A plan file that may be applied here, with the tenants it is about and what it permits."""

    file: PlanFile
    selection: Selection
    permissions: Permissions

    def holds(self, desired: Sequence[DesiredTenant], fresh: Plan) -> tuple[Plan, Moved]:
        """What of *fresh*, the plan that follows from *desired* now, the file has approved."""
        return check_plan(self.file, desired, fresh)


def approve(path: str, project: OpenProject) -> Approved:
    """The plan file at *path*, which is for the chosen environment.

    Raises PlanFileUnreadable and PlanFileRefused.
    """
    file = read(path)
    check_place(file, place_of(project.environment), path)
    exactly = Selection(exactly=frozenset(file.operations))
    return Approved(file, exactly, permissions_of(file.options, path))


def exit_code(code: ExitCode, made: Plan, moved: Moved) -> ExitCode:
    """*code*, unless all went well with what there was to do, and some or all had moved."""
    if not moved or code is not ExitCode.DONE:
        return code
    return ExitCode.PARTLY_APPLIED if made.tenants else ExitCode.STALE


def planned_code(file: PlanFile, *, detailed: bool) -> ExitCode:
    """What `plan` itself ended with when it wrote *file*."""
    if file.summary["unreadable"]:
        return ExitCode.FAILED
    if file.is_refused or file.summary["refused"]:
        return ExitCode.REFUSED
    return ExitCode.CHANGES if detailed and file.operations else ExitCode.DONE


def read(path: str) -> PlanFile:
    """The plan file at *path*. Raises PlanFileUnreadable and PlanFileRefused."""
    return read_plan_file(text_at(path, "Make one with `plan --out FILE`."), path)


def text_at(path: str, hint: str) -> str:
    """The text of a file that `plan` wrote. Raises PlanFileUnreadable, with *hint* what to do."""
    try:
        return FilePath(path).read_text(encoding="utf-8")
    except OSError as problem:
        reason = f"cannot be read: {problem.strerror or problem}"
        raise PlanFileUnreadable(path, reason, hint) from problem
    except UnicodeDecodeError as problem:
        raise PlanFileUnreadable(path, "is no text", hint) from problem


def write(path: str, text: str) -> None:
    """Puts *text* at *path*, whole or not at all. Raises PlanFileUnreadable when that cannot be."""
    fresh = FilePath(f"{path}.{os.getpid()}.new")
    try:
        fresh.write_text(text, encoding="utf-8")
        os.replace(fresh, path)
    except OSError as problem:
        with contextlib.suppress(OSError):  # where nothing can be written, nothing was
            fresh.unlink(missing_ok=True)
        reason = f"cannot be written: {problem.strerror or problem}"
        raise PlanFileUnreadable(path, reason, "Choose another file.") from problem


def place_of(environment: Environment) -> Place:
    """*environment* without anything that lets one in."""
    return Place(environment.name, public_address(environment.url).rstrip("/"))


def permissions_of(options: Mapping[str, Json], path: str) -> Permissions:
    """What `Permissions.options` wrote. Raises PlanFileUnreadable for other options."""
    if options.keys() != Permissions().options.keys():
        raise PlanFileUnreadable(path, "has options unknown here", "Plan again.")
    return Permissions(
        tuple(options["replace"]),
        options["deletes"],
        bool(options["prune"]),
        tuple(options["resume"]),
    )
