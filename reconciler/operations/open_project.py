"""A project with all that a run needs to work on it: one environment, variables, connectors."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path as FilePath

from reconciler.api.transport import unobserved
from reconciler.api.usage import Traffic, Usage
from reconciler.connectors import Catalogue
from reconciler.operations.catalogue import known_connectors
from reconciler.project.project import Environment, Project, read_project
from reconciler.secrets.redaction import Redaction


@dataclass(frozen=True, slots=True)
class OpenProject:
    """A project file and how this run takes it; what every operation is given first.

    `env` names an environment, None the project's default. `environ` are the variables that
    manifests and credentials may name. `registry` is a file of connectors in place of the
    project's. With `strict` some warnings are errors. `usage` counts what the run takes, `observe`
    hears of every request, and `redaction` learns every secret that is used.
    """

    file: Project
    env: str | None
    environ: Mapping[str, str]
    registry: str | None = None
    strict: bool = False
    usage: Usage = field(default_factory=Usage)
    observe: Callable[[Traffic], None] = unobserved
    redaction: Redaction = field(default_factory=Redaction)

    @property
    def environment(self) -> Environment:
        """The chosen environment. Raises ManifestError where it is unknown or incomplete."""
        return self.file.environment(self.env, self.environ)

    @property
    def catalogue(self) -> Catalogue:
        """The connectors that are known. Raises RegistryUnusable."""
        return known_connectors(self.registry, self.file)


def open_project(
    folder: FilePath | str, env: str | None = None, environ: Mapping[str, str] | None = None
) -> OpenProject:
    """The project in *folder*, to work on its environment *env* with the variables *environ*.

    Raises ManifestError when there is none, or its file has mistakes.
    """
    return OpenProject(read_project(FilePath(folder)), env, environ or {})
