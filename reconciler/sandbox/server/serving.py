"""A sandbox that listens: uvicorn over one database, in this process."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import uvicorn

from reconciler.sandbox.api import jobs, timetable
from reconciler.sandbox.control.control import Control
from reconciler.sandbox.control.faults import Faults, Limiter
from reconciler.sandbox.control.tokens import Tokens
from reconciler.sandbox.core.call import Behaviour, Caller, World
from reconciler.sandbox.core.clock import Clock
from reconciler.sandbox.core.registry import Registry
from reconciler.sandbox.core.store import SandboxError, Store
from reconciler.sandbox.server.app import PREFIXES, Application
from reconciler.sandbox.server.observe import Observer

__all__ = ["Sandbox", "SandboxError", "Settings", "running", "serve"]


@dataclass(frozen=True, slots=True)
class Settings:
    """How a sandbox runs. Port 0 is any free port; no registry is the bundled one.

    An observer is shown every answer of the API, but those that a fault has spoilt. A request that
    still runs when the sandbox is stopped has `grace_s` whole seconds to end, and then is cut.
    """

    database: Path
    host: str = "127.0.0.1"
    port: int = 0
    client_id: str = "sandbox-client"
    client_secret: str = "sandbox-secret"
    registry: Path | None = None
    token_lifetime_s: int = 900
    latency_s: float = 0.0
    caller: Caller = Caller.ADMIN
    observe: Observer | None = None
    faults: Sequence[Mapping[str, Any]] = ()
    requests_per_second: float = 0.0  # 0 is any number
    clock_speed: float = 1.0  # how many times as fast as time
    behaviour: Behaviour = field(default_factory=Behaviour)
    grace_s: int = 2


@dataclass(frozen=True, slots=True)
class Sandbox:
    """A running sandbox."""

    host: str
    port: int

    @property
    def url(self) -> str:
        """The API's base, as of a self-managed Airbyte."""
        return f"http://{self.host}:{self.port}{PREFIXES[0]}"


@contextmanager
def running(settings: Settings) -> Iterator[Sandbox]:
    """A sandbox in a thread of this process, stopped at the end.

    At the end nobody is served any more, and other processes can have the database. Raises
    SandboxError when the port or the database cannot be had.
    """
    with ExitStack() as opened:
        server, listening, sandbox = opened.enter_context(_prepared(settings))
        # What the thread uses is closed by the thread: SQLite ends the whole process when a
        # connection is closed under a statement, and waiting for the thread can be interrupted.
        thread = threading.Thread(
            target=_serve, args=(server, listening, opened.pop_all()), name="sandbox", daemon=True
        )
        thread.start()
        try:
            yield sandbox
        finally:
            server.should_exit = True
            thread.join()


def serve(settings: Settings, announce: Callable[[Sandbox], None]) -> None:
    """Runs a sandbox until it is interrupted. Raises SandboxError as `running` does."""
    with _prepared(settings) as (server, listening, sandbox):
        announce(sandbox)
        server.run(sockets=[listening])


def _serve(server: uvicorn.Server, listening: socket.socket, opened: ExitStack) -> None:
    """Answers until the server is told to exit and every request has ended; then closes."""
    with opened:
        server.run(sockets=[listening])


@contextmanager
def _prepared(settings: Settings) -> Iterator[tuple[uvicorn.Server, socket.socket, Sandbox]]:
    """Everything that can fail, done before anybody is told that the sandbox runs."""
    registry = Registry(settings.registry)
    store = Store(settings.database)
    try:
        listening = _listen(settings)
        with listening:
            application = _application(settings, store, registry)
            config = uvicorn.Config(
                application,
                loop="asyncio",  # "auto" tries to import another one at each start
                log_config=None,
                log_level="critical",
                access_log=False,
                server_header=False,
                lifespan="off",
                ws="none",
                timeout_graceful_shutdown=settings.grace_s,
            )
            port = listening.getsockname()[1]
            yield uvicorn.Server(config), listening, Sandbox(settings.host, port)
    finally:
        store.close()


def _application(settings: Settings, store: Store, registry: Registry) -> Application:
    clock = Clock()
    clock.hurry(settings.clock_speed)
    world = World(store, registry, settings.caller, clock, settings.behaviour, settings.client_id)
    clock.advance(jobs.latest(world) - clock.now())
    timetable.plan_all(world)
    client = (settings.client_id, settings.client_secret)
    tokens = Tokens(*client, settings.token_lifetime_s, settings.caller, clock)
    faults = Faults()
    for fault in settings.faults:
        faults.add(fault)
    control = Control(tokens, faults, Limiter(settings.requests_per_second))
    return Application(world, control, latency_s=settings.latency_s, observe=settings.observe)


def _listen(settings: Settings) -> socket.socket:
    """A socket that takes connections from now on, so that nobody needs to wait for the thread."""
    # asyncio sends at once only on sockets that say they are TCP; on others every answer would wait
    # 40 ms for the client's delayed acknowledgement.
    listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((settings.host, settings.port))
        listening.listen(128)
    except OSError as problem:
        listening.close()
        raise SandboxError(
            f"cannot listen on {settings.host}:{settings.port}: {problem.strerror}"
        ) from problem
    return listening
