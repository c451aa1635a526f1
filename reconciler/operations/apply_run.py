"""One apply from lock to history: what is held while it runs, and what is noted of it."""

from __future__ import annotations

import contextlib
import getpass
import os
import secrets
import socket
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path as FilePath

from reconciler import __version__
from reconciler.api.retry import Patience
from reconciler.api.transport import Manners
from reconciler.api.usage import Traffic
from reconciler.apply.journal import Journal
from reconciler.apply.outcome import Report, Status
from reconciler.apply.perform import Surroundings, reveal
from reconciler.cli.options.executing import Wishes
from reconciler.cli.options.settings import Settings
from reconciler.cli.terminal.event_log import EventLog, event_log
from reconciler.ledger import memory as ledgers
from reconciler.ledger.lock import locked
from reconciler.ledger.memory import Ledger, Run
from reconciler.live.lists import Reading
from reconciler.model import Secret
from reconciler.operations import session
from reconciler.operations.catalogue import known_connectors
from reconciler.operations.exit_codes import ExitCode
from reconciler.operations.interruption import Interruption, interruptible
from reconciler.operations.session import Session
from reconciler.plan.model import Plan
from reconciler.problems.errors import LedgerUnusable, ReconcilerError, SecretsMissing
from reconciler.project.project import Project
from reconciler.render.reports import events
from reconciler.secrets.providers import secrets_of
from reconciler.secrets.redaction import Redaction


@dataclass(slots=True)
class ApplyRun:
    """An apply under way: it holds the environment's ledger, and its lock until `unlock`."""

    id: str
    connection: Session
    ledger: Ledger
    events: EventLog
    interruption: Interruption
    redaction: Redaction
    surroundings: Surroundings
    record: Run
    state_folder: FilePath
    unlock: Callable[[], None]

    def reveal(self, secret: Secret) -> str | None:
        """The text of a secret, None when it is not provided."""
        return reveal(self.surroundings.resolve_secret, secret)

    def journal(self, plan: Plan) -> Journal:
        """The notes for *plan*."""
        return Journal(self.ledger, plan, self.reveal, run_id=self.id, time=time.time)

    def begins(self, digest: str) -> None:
        """Notes that the plan of that digest is about to be executed."""
        self.record = replace(self.record, plan=digest)
        self.ledger.started(self.record)

    def ends(self, report: Report, exit_code: ExitCode) -> LedgerUnusable | None:
        """Notes how it ended; why that could not be noted, if so."""
        self._finish(OUTCOMES[exit_code], events.counts(report), exit_code)
        try:
            self.ledger.ended(self.record)
        except LedgerUnusable as problem:
            return problem
        return None

    def _finish(self, outcome: str, counts: Mapping[str, int], exit_code: int) -> None:
        self.record = replace(self.record, ended=time.time(), outcome=outcome, counts=counts)
        self.events.requests()
        self.events.write(events.finished(outcome, counts, exit_code))

    def breaks_off(self, exit_code: ExitCode) -> None:
        """Notes that it ended before there was a report."""
        if self.record.ended is None:
            self._finish(OUTCOMES[exit_code], {}, exit_code)


OUTCOMES = {
    ExitCode.DONE: "succeeded",
    ExitCode.FAILED: "failed",
    ExitCode.CHANGES: "refused",
    ExitCode.REFUSED: "refused",
    ExitCode.PARTLY_APPLIED: "partly applied",
    ExitCode.STALE: "stale plan file",
    ExitCode.INTERRUPTED: "interrupted",
}


@contextlib.contextmanager
def apply_run(
    settings: Settings, project: Project, wishes: Wishes, *, shard: str = ""
) -> Iterator[ApplyRun]:
    """An apply that nobody else can disturb from this project folder, with everything at hand.

    *shard* is the part of the fleet that it is about, for its log.
    """
    id_ = secrets.token_hex(6)
    redaction = Redaction()
    environment = project.environment(settings.env, settings.environ)
    at = ledgers.places(project.state_folder, environment.name)
    started = time.time()
    who = _who()
    with contextlib.ExitStack() as held:
        interruption = held.enter_context(interruptible())
        lock = held.enter_context(contextlib.ExitStack())
        lock.enter_context(
            locked(
                at.lock,
                environment.name,
                _holder(who, started),
                timeout_s=wishes.lock_timeout_s,
                wait=interruption.wait,
                tell=settings.tell,
            )
        )
        ledger = held.enter_context(ledgers.writing(at))
        log = held.enter_context(event_log(wishes.events, id_, redaction, settings.tell))
        log.write(events.started(environment.name, who, f"reconciler {__version__}", shard))
        manners = _manners(settings, project, wishes, id_, redaction, interruption, log)
        connection = held.enter_context(session.connected(settings, project, manners))
        record = Run(id_, started, None, who, "", ledgers.UNFINISHED, {})
        provided = secrets_of(project.secrets(environment.name), settings.environ)
        surroundings = Surroundings(
            client=connection.client,
            catalogue=known_connectors(settings, project),
            resolve_secret=redaction.learning(provided),
            reader=Reading(connection.client),
            organization_id=environment.organization_id,
        )
        run = ApplyRun(
            id_,
            connection,
            ledger,
            log,
            interruption,
            redaction,
            surroundings,
            record,
            project.state_folder,
            lock.close,
        )
        try:
            yield run
        except (ReconcilerError, KeyboardInterrupt) as problem:
            is_error = isinstance(problem, ReconcilerError)
            run.breaks_off(ExitCode.FAILED if is_error else ExitCode.INTERRUPTED)
            if isinstance(problem, SecretsMissing):
                raise provided.explained(problem) from None
            raise


@contextlib.contextmanager
def writable_ledger(settings: Settings, project: Project, environment: str) -> Iterator[Ledger]:
    """The ledger of *environment* for a few notes, while nobody applies."""
    at = ledgers.places(project.state_folder, environment)
    holder = _holder(_who(), time.time())
    with (
        locked(
            at.lock,
            environment,
            holder,
            timeout_s=0.0,
            wait=lambda _seconds: False,
            tell=settings.tell,
        ),
        ledgers.writing(at) as ledger,
    ):
        yield ledger


def _manners(
    settings: Settings,
    project: Project,
    wishes: Wishes,
    run_id: str,
    redaction: Redaction,
    interruption: Interruption,
    log: EventLog,
) -> Manners:
    """How an apply sends: as the project and the user limit it, heard by the event log."""
    usual = session.polite(settings, project, redaction, most=wishes.parallelism)

    def observe(traffic: Traffic) -> None:
        usual.observe(traffic)
        log.traffic(traffic)

    return replace(
        usual,
        patience=Patience(retry_for_s=wishes.retry_for_s),
        observe=observe,
        wait=interruption.wait,
        run_id=run_id,
    )


def outcome_code(report: Report) -> ExitCode:
    """What the outcomes alone say; refused tenants and differences left come on top."""
    if report.interrupted:
        return ExitCode.INTERRUPTED
    if report.is_success:
        return ExitCode.DONE
    return ExitCode.PARTLY_APPLIED if report.count(Status.SUCCEEDED) else ExitCode.FAILED


def _who() -> str:
    return f"{_user()}@{socket.gethostname()}"


def _holder(who: str, started: float) -> str:
    """Who has the lock, for whoever else wants it."""
    return f"{who}, process {os.getpid()}, since {_shown(started)}"


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return f"user {os.getuid()}"  # a container's user often has no name


def _shown(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
