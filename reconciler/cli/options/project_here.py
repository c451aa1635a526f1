"""The project of the folder that a command runs in, for commands that need none."""

from __future__ import annotations

from reconciler.cli.options.settings import Settings
from reconciler.project.project import FILE, Project, read_project


def project_here(settings: Settings) -> Project | None:
    """The project of the folder; None where there is none and none is named."""
    is_one = (settings.folder / FILE).exists() or settings.project is not None
    return read_project(settings.folder) if is_one else None
