"""A client of the Airbyte that a project is worked on with, open as long as an operation lasts."""

from __future__ import annotations

import contextlib
import os
import secrets
from collections.abc import Iterator
from dataclasses import dataclass, replace

from reconciler.api.client import Client
from reconciler.api.pacer import Pacer
from reconciler.api.throttle import Limits
from reconciler.api.transport import Manners
from reconciler.operations import stages
from reconciler.operations.open_project import OpenProject
from reconciler.problems.errors import UsageError
from reconciler.project.project import Environment


@dataclass(frozen=True, slots=True)
class Session:
    """A client of one environment."""

    client: Client
    environment: Environment


@contextlib.contextmanager
def connected(project: OpenProject, manners: Manners | None = None) -> Iterator[Session]:
    """A session with the chosen environment; the embedded sandbox runs as long as it lasts."""
    environment = project.environment
    manners = manners or usual_manners(project)
    if not environment.is_sandbox:
        yield Session(stages.connect(environment, manners), environment)
        return
    with _sandbox(project, environment) as started:
        yield Session(stages.connect(started, manners), started)


def usual_manners(project: OpenProject, *, most: int = 16) -> Manners:
    """How requests are sent unless an operation wants more: *most* at a time, within the limits."""
    environment = project.environment
    for value in (environment.client_secret, environment.token, environment.password):
        project.redaction.learn(value)
    return Manners(
        pacer=Pacer(Limits(most, project.file.requests_per_minute)),
        observe=project.observe,
        redact=project.redaction,
        run_id=secrets.token_hex(4),
        usage=project.usage,
    )


@contextlib.contextmanager
def _sandbox(project: OpenProject, environment: Environment) -> Iterator[Environment]:
    """*environment* with the address of an embedded sandbox on a free loopback port."""
    try:
        from reconciler.sandbox.server.serving import SandboxError, running
        from reconciler.sandbox.server.serving import Settings as SandboxSettings
    except ImportError as problem:
        raise UsageError(
            f"the sandbox needs the package {problem.name}",
            "Install reconciler with its extra: pip install '.[sandbox]' in a checkout of it.",
        ) from problem
    database = project.file.state_folder / "sandbox.db"
    database.parent.mkdir(mode=0o700, exist_ok=True)
    # SQLite gives its side files the permissions of this one.
    os.close(os.open(database, os.O_RDWR | os.O_CREAT, 0o600))
    settings = SandboxSettings(database=database)
    try:
        with running(settings) as sandbox:
            yield replace(
                environment,
                url=sandbox.url,
                client_id=settings.client_id,
                client_secret=settings.client_secret,
            )
    except SandboxError as problem:
        raise UsageError(f"the sandbox cannot run: {problem}") from problem
