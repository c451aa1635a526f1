"""One apply from lock to history: what is held while it runs, and what is noted of it."""

from __future__ import annotations

import contextlib
import getpass
import os
import secrets
import socket
import time
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path as FilePath

from reconciler.api.retry import Patience
from reconciler.api.transport import Manners
from reconciler.api.usage import Traffic
from reconciler.apply.journal import Journal
from reconciler.apply.outcome import Report, Status
from reconciler.apply.perform import Surroundings, reveal
from reconciler.ledger import UNFINISHED, LeasedLedger, Run, Taker
from reconciler.live.lists import Reading
from reconciler.operations.choices import Pace
from reconciler.operations.console import Console, RunFinished, RunStarted
from reconciler.operations.exit_codes import ExitCode
from reconciler.operations.news import LockNews
from reconciler.operations.open_project import OpenProject
from reconciler.operations.remembered import open_project_ledger
from reconciler.operations.session import Session, connected, usual_manners
from reconciler.plan.model import Plan
from reconciler.problems.errors import LedgerUnusable, ReconcilerError
from reconciler.secrets.providers import Secrets, secrets_of


@dataclass(slots=True)
class ApplyRun:
    """An apply under way: it has the ledger, and the lease on its tenants until `unlock`."""

    id: str
    session: Session
    ledger: LeasedLedger
    console: Console
    surroundings: Surroundings
    secrets: Secrets
    record: Run
    state_folder: FilePath
    unlock: Callable[[], None]

    def journal(self, plan: Plan) -> Journal:
        """The notes for *plan*."""
        return Journal(self.ledger, plan, run_id=self.id, time=time.time)

    def begin(self, digest: str) -> None:
        """Notes that the plan of that digest is about to be executed."""
        self.record = replace(self.record, plan=digest)
        self.ledger.record_run(self.record)

    def end(self, report: Report, exit_code: ExitCode) -> LedgerUnusable | None:
        """Notes how it ended; why that could not be noted, if so."""
        self._finish(report.counts, exit_code)
        try:
            self.ledger.record_run(self.record)
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
    project: OpenProject,
    console: Console,
    pace: Pace,
    tenants: Collection[str],
    *,
    shard: str = "",
) -> Iterator[ApplyRun]:
    """An apply to *tenants* that nobody else can disturb, with everything at hand.

    *shard* is the part of the fleet that it is about, for its log.
    """
    id_ = secrets.token_hex(6)
    environment = project.environment
    started = time.time()
    who = _who()
    provided = secrets_of(project.file.secrets(environment.name), project.environ)
    resolve_secret = project.redaction.learning(provided)
    with contextlib.ExitStack() as held:
        opened = open_project_ledger(project, partial(reveal, resolve_secret))
        known = held.enter_context(opened)
        lease = held.enter_context(contextlib.ExitStack())
        taker = _taker(console, _holder(who, started), pace.lock_timeout_s)
        ledger = lease.enter_context(known.holding_lease(tenants, taker))
        console.record(RunStarted(id_, environment.name, who, shard))
        manners = _recorded_manners(project, console, pace, id_)
        session = held.enter_context(connected(project, manners))
        surroundings = Surroundings(
            client=session.client,
            catalogue=project.catalogue,
            resolve_secret=resolve_secret,
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
            Run(id_, started, None, who, "", UNFINISHED, {}),
            project.file.state_folder,
            lease.close,
        )
        try:
            yield run
        except (ReconcilerError, KeyboardInterrupt) as problem:
            is_error = isinstance(problem, ReconcilerError)
            run.break_off(ExitCode.FAILED if is_error else ExitCode.INTERRUPTED)
            raise


@contextlib.contextmanager
def holding_ledger(
    project: OpenProject, console: Console, tenants: Collection[str]
) -> Iterator[LeasedLedger]:
    """The ledger of the environment for a few notes about *tenants*, while nobody applies."""
    taker = _taker(console, _holder(_who(), time.time()), timeout_s=0.0)
    with open_project_ledger(project) as ledger, ledger.holding_lease(tenants, taker) as leased:
        yield leased


def _taker(console: Console, holder: str, timeout_s: float) -> Taker:
    return Taker(
        holder=holder,
        wait=console.interruption.wait,
        tell=lambda text: console.tell(LockNews(text)),
        timeout_s=timeout_s,
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
