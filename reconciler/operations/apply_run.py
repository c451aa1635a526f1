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

from reconciler.api.retry import Patience
from reconciler.api.transport import Manners
from reconciler.api.usage import Traffic
from reconciler.apply.journal import Journal
from reconciler.apply.outcome import Report, Status
from reconciler.apply.perform import Surroundings, reveal
from reconciler.ledger import memory as ledgers
from reconciler.ledger.lock import locked
from reconciler.ledger.memory import Ledger, Run
from reconciler.live.lists import Reading
from reconciler.model import Secret
from reconciler.operations.choices import Pace
from reconciler.operations.console import Console, RunFinished, RunStarted
from reconciler.operations.exit_codes import ExitCode
from reconciler.operations.news import LockNews
from reconciler.operations.open_project import OpenProject
from reconciler.operations.remembered import ledger_places
from reconciler.operations.session import Session, connected, usual_manners
from reconciler.plan.model import Plan
from reconciler.problems.errors import LedgerUnusable, ReconcilerError
from reconciler.secrets.providers import Secrets, secrets_of


@dataclass(slots=True)
class ApplyRun:
    """An apply under way: it holds the environment's ledger, and its lock until `unlock`."""

    id: str
    session: Session
    ledger: Ledger
    console: Console
    surroundings: Surroundings
    secrets: Secrets
    record: Run
    state_folder: FilePath
    unlock: Callable[[], None]

    def reveal(self, secret: Secret) -> str | None:
        """The text of a secret, None when it is not provided."""
        return reveal(self.surroundings.resolve_secret, secret)

    def journal(self, plan: Plan) -> Journal:
        """The notes for *plan*."""
        return Journal(self.ledger, plan, self.reveal, run_id=self.id, time=time.time)

    def begin(self, digest: str) -> None:
        """Notes that the plan of that digest is about to be executed."""
        self.record = replace(self.record, plan=digest)
        self.ledger.started(self.record)

    def end(self, report: Report, exit_code: ExitCode) -> LedgerUnusable | None:
        """Notes how it ended; why that could not be noted, if so."""
        self._finish(report.counts, exit_code)
        try:
            self.ledger.ended(self.record)
        except LedgerUnusable as problem:
            return problem
        return None

    def break_off(self, exit_code: ExitCode) -> None:
        """Notes that it ended before there was a report."""
        if self.record.ended is None:
            self._finish({}, exit_code)

    def _finish(self, counts: Mapping[str, int], exit_code: ExitCode) -> None:
        outcome = OUTCOMES[exit_code]
        self.record = replace(self.record, ended=time.time(), outcome=outcome, counts=counts)
        self.console.record(RunFinished(outcome, counts, exit_code))


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
    project: OpenProject, console: Console, pace: Pace, *, shard: str = ""
) -> Iterator[ApplyRun]:
    """An apply that nobody else can disturb from this project folder, with everything at hand.

    *shard* is the part of the fleet that it is about, for its log.
    """
    id_ = secrets.token_hex(6)
    environment = project.environment
    started = time.time()
    who = _who()
    with contextlib.ExitStack() as held:
        lock = held.enter_context(contextlib.ExitStack())
        lock.enter_context(_locked(project, console, _holder(who, started), pace.lock_timeout_s))
        ledger = held.enter_context(ledgers.writing(ledger_places(project)))
        console.record(RunStarted(id_, environment.name, who, shard))
        manners = _recorded_manners(project, console, pace, id_)
        session = held.enter_context(connected(project, manners))
        provided = secrets_of(project.file.secrets(environment.name), project.environ)
        surroundings = Surroundings(
            client=session.client,
            catalogue=project.catalogue,
            resolve_secret=project.redaction.learning(provided),
            reader=Reading(session.client),
            organization_id=environment.organization_id,
        )
        run = ApplyRun(
            id_,
            session,
            ledger,
            console,
            surroundings,
            provided,
            Run(id_, started, None, who, "", ledgers.UNFINISHED, {}),
            project.file.state_folder,
            lock.close,
        )
        try:
            yield run
        except (ReconcilerError, KeyboardInterrupt) as problem:
            is_error = isinstance(problem, ReconcilerError)
            run.break_off(ExitCode.FAILED if is_error else ExitCode.INTERRUPTED)
            raise


@contextlib.contextmanager
def writable_ledger(project: OpenProject, console: Console) -> Iterator[Ledger]:
    """The ledger of the environment for a few notes, while nobody applies."""
    holder = _holder(_who(), time.time())
    with _locked(project, console, holder, 0.0), ledgers.writing(ledger_places(project)) as ledger:
        yield ledger


def _locked(
    project: OpenProject, console: Console, holder: str, timeout_s: float
) -> contextlib.AbstractContextManager[None]:
    return locked(
        ledger_places(project).lock,
        project.environment.name,
        holder,
        timeout_s=timeout_s,
        wait=console.interruption.wait,
        tell=lambda text: console.tell(LockNews(text)),
    )


def _recorded_manners(project: OpenProject, console: Console, pace: Pace, run_id: str) -> Manners:
    """How an apply sends: as the project and the user limit it, every request on record."""
    usual = usual_manners(project, most=pace.parallelism)

    def observe(traffic: Traffic) -> None:
        usual.observe(traffic)
        console.record(traffic)

    return replace(
        usual,
        patience=Patience(retry_for_s=pace.retry_for_s),
        observe=observe,
        wait=console.interruption.wait,
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
    since = datetime.fromtimestamp(started, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
    return f"{who}, process {os.getpid()}, since {since}"


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return f"user {os.getuid()}"  # a container's user often has no name
