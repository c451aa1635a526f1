"""What a command works with: the project, the selected tenants, and a client of its Airbyte."""

from __future__ import annotations

import contextlib
import secrets
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from reconciler import connectors, fleet, git, pipeline
from reconciler.api.client import Client
from reconciler.api.pacer import Pacer
from reconciler.api.throttle import Limits
from reconciler.api.transport import Exchange, Manners, Traffic, unobserved
from reconciler.cli.settings import Settings
from reconciler.errors import UsageError
from reconciler.fleet import Loaded
from reconciler.manifest.project import FILE as PROJECT_FILE
from reconciler.manifest.project import Environment, Project, read_project
from reconciler.redaction import Redaction
from reconciler.render.changed import render_gone
from reconciler.render.diagnostics import render_diagnostics
from reconciler.render.values import safe
from reconciler.selection import Selection


@dataclass(frozen=True, slots=True)
class Session:
    """A client of one environment, open as long as the command runs."""

    client: Client
    environment: Environment


def load(settings: Settings, selection: Selection) -> tuple[Project, Loaded]:
    """The project and its selected tenants; what is doubtful in them is told."""
    project = read_project(settings.folder)
    loaded = read(settings, project, selection)
    if loaded.warnings:
        settings.tell(render_diagnostics(loaded.warnings, settings.palette(sys.stderr)))
    if loaded.gone:
        settings.tell(render_gone(loaded.gone, selection.changed_since))
    return project, loaded


def read(settings: Settings, project: Project, selection: Selection) -> Loaded:
    """The project's selected tenants, with what is doubtful in them untold."""
    catalogue = connectors.bundled()
    base = _base(settings, project, selection.changed_since) if selection.changed_since else None
    return fleet.load(
        project,
        selection,
        settings.environ,
        catalogue,
        strict=bool(settings.strict),
        base=base,
    )


def settled(settings: Settings, project: Project, selection: Selection) -> Selection:
    """*selection* without a revision: the tenants that differ from it, by name."""
    if not selection.changed_since:
        return selection
    tenants = read(settings, project, selection).tenants
    return Selection(exactly=frozenset(tenant.name for tenant in tenants))


def _base(settings: Settings, project: Project, revision: str) -> fleet.Reading:
    """Every tenant as *revision* has it; none where there was no project yet."""
    with git.project_at(project.root, revision) as folder:
        if not (folder / PROJECT_FILE).exists():
            return {}
        return fleet.read_all(read_project(folder), settings.environ, connectors.bundled())


@contextlib.contextmanager
def connected(
    settings: Settings, project: Project, manners: Manners | None = None
) -> Iterator[Session]:
    """A session with the chosen environment; the embedded sandbox runs as long as it lasts."""
    environment = project.environment(settings.env, settings.environ)
    manners = manners or polite(settings, project, Redaction())
    if not environment.is_sandbox:
        yield Session(pipeline.connect(environment, manners), environment)
        return
    with _sandbox(project, environment) as started:
        yield Session(pipeline.connect(started, manners), started)


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
    )


@contextlib.contextmanager
def _sandbox(project: Project, environment: Environment) -> Iterator[Environment]:
    """*environment* with the address of an embedded sandbox on a free loopback port."""
    try:
        from reconciler.sandbox.server import SandboxError, running
        from reconciler.sandbox.server import Settings as SandboxSettings
    except ImportError as problem:
        raise UsageError(
            f"the sandbox needs the package {problem.name}",
            "Install it with: pip install 'airbyte-reconciler[sandbox]'",
        ) from problem
    database = project.state_folder / "sandbox.db"
    database.parent.mkdir(mode=0o700, exist_ok=True)
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
