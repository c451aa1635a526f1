"""What a command works with: the project, the selected tenants, and a client of its Airbyte."""

from __future__ import annotations

import contextlib
import os
import secrets
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from reconciler.api.client import Client
from reconciler.api.pacer import Pacer
from reconciler.api.throttle import Limits
from reconciler.api.transport import Manners, unobserved
from reconciler.api.usage import Exchange, Traffic
from reconciler.cli.options.settings import Settings
from reconciler.operations import stages
from reconciler.problems.errors import UsageError
from reconciler.project.project import Environment, Project
from reconciler.render.parts.values import safe
from reconciler.secrets.redaction import Redaction


@dataclass(frozen=True, slots=True)
class Session:
    """A client of one environment, open as long as the command runs."""

    client: Client
    environment: Environment


@contextlib.contextmanager
def connected(
    settings: Settings, project: Project, manners: Manners | None = None
) -> Iterator[Session]:
    """A session with the chosen environment; the embedded sandbox runs as long as it lasts."""
    environment = project.environment(settings.env, settings.environ)
    manners = manners or polite(settings, project, Redaction())
    if not environment.is_sandbox:
        yield Session(stages.connect(environment, manners), environment)
        return
    with _sandbox(project, environment) as started:
        yield Session(stages.connect(started, manners), started)


def polite(
    settings: Settings, project: Project, redaction: Redaction, *, most: int = 16
) -> Manners:
    """How requests are sent unless a command wants more: within the project's limits, logged."""
    environment = project.environment(settings.env, settings.environ)
    for value in (environment.client_secret, environment.token, environment.password):
        redaction.learn(value)
    return Manners(
        pacer=Pacer(Limits(most, project.requests_per_minute)),
        observe=request_log(settings) if settings.verbose else unobserved,
        redact=redaction,
        run_id=secrets.token_hex(4),
        usage=settings.usage,
    )


@contextlib.contextmanager
def _sandbox(project: Project, environment: Environment) -> Iterator[Environment]:
    """*environment* with the address of an embedded sandbox on a free loopback port."""
    try:
        from reconciler.sandbox.server.serving import SandboxError, running
        from reconciler.sandbox.server.serving import Settings as SandboxSettings
    except ImportError as problem:
        raise UsageError(
            f"the sandbox needs the package {problem.name}",
            "Install reconciler with its extra: pip install '.[sandbox]' in a checkout of it.",
        ) from problem
    database = project.state_folder / "sandbox.db"
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


def request_log(settings: Settings) -> Callable[[Traffic], None]:
    """Tells of every request: method, path, status, time, attempt; no body and no token."""

    def log(traffic: Traffic) -> None:
        if isinstance(traffic, Exchange):
            took = f"{traffic.elapsed_s * 1000:.0f} ms"
            again = f", attempt {traffic.attempt}" if traffic.attempt > 1 else ""
            status = traffic.status or "-"
            settings.tell(f"{traffic.method} {safe(traffic.path)} {status} {took}{again}")

    return log
