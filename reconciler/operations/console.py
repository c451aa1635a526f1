"""Console: what an operation needs of whoever runs it: a terminal, a notebook, a service."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Protocol, TypeAlias

from reconciler.api.pacer import Pacer
from reconciler.api.usage import Exchange, Retry
from reconciler.apply.outcome import Outcome
from reconciler.jobs.start import JobRun, Target
from reconciler.operations.exit_codes import ExitCode
from reconciler.operations.interruption import Interruption
from reconciler.operations.news import News
from reconciler.plan.file import Place
from reconciler.plan.model import Plan


@dataclass(frozen=True, slots=True)
class MayApply:
    """May the plan that was just told be applied there?"""

    place: Place


@dataclass(frozen=True, slots=True)
class MayDestroy:
    """May so many objects, which are all that a tenant has, be deleted there?"""

    tenant: str
    objects: int
    place: Place


@dataclass(frozen=True, slots=True)
class MayReset:
    """May what these connections have loaded be deleted?"""

    targets: tuple[Target, ...]


Question: TypeAlias = MayApply | MayDestroy | MayReset


@dataclass(frozen=True, slots=True)
class ReadingManifests:
    """The manifests are being read."""


@dataclass(frozen=True, slots=True)
class ReadingLive:
    """The live state of so many tenants is being read."""

    tenants: int


@dataclass(frozen=True, slots=True)
class Applying:
    """So many operations are being carried out; the pacer tells how fast."""

    operations: int
    pacer: Pacer


@dataclass(frozen=True, slots=True)
class WatchingJobs:
    """So many jobs are being started, and watched until they end if `waits`."""

    jobs: int
    waits: bool


Work: TypeAlias = ReadingManifests | ReadingLive | Applying | WatchingJobs
Step: TypeAlias = Outcome | JobRun
"""One thing that ended or changed while work goes on."""


@dataclass(frozen=True, slots=True)
class RunStarted:
    """An apply holds its environment and begins; `shard` is empty when it is about all tenants."""

    run: str
    environment: str
    who: str
    shard: str


@dataclass(frozen=True, slots=True)
class RunPlanned:
    """What the apply is going to do."""

    plan: Plan
    digest: str


@dataclass(frozen=True, slots=True)
class RunFinished:
    """An apply ended, however it did, with so many operations by how they ended."""

    outcome: str
    counts: Mapping[str, int]
    exit_code: ExitCode


Event: TypeAlias = RunStarted | RunPlanned | Outcome | Exchange | Retry | RunFinished
"""What happens during an apply, in order, for machines that audit."""


class Console(Protocol):
    """Where an operation asks, tells, counts and is stopped. Methods may be called by threads."""

    @property
    def interruption(self) -> Interruption:
        """Whether somebody asked to stop."""

    def tell(self, news: News) -> None:
        """Shows what is worth knowing."""

    def ask(self, question: Question) -> bool:
        """Whether the answer is yes; nothing is changed without it."""

    def progress(self, work: Work) -> AbstractContextManager[Callable[[Step], None]]:
        """Shows that *work* goes on as long as it lasts, and each step of it."""

    def record(self, event: Event) -> None:
        """Keeps what happens during an apply."""


class Unattended:
    """A console with nobody behind it: it tells nothing, keeps nothing, and answers no.

    A base for those that want only a part of it.
    """

    def __init__(self) -> None:
        self.interruption = Interruption()

    def tell(self, news: News) -> None:
        """Shows nothing."""

    def ask(self, question: Question) -> bool:  # noqa: ARG002
        """No."""
        return False

    @contextlib.contextmanager
    def progress(self, work: Work) -> Iterator[Callable[[Step], None]]:  # noqa: ARG002
        """Shows nothing."""
        yield lambda _step: None

    def record(self, event: Event) -> None:
        """Keeps nothing."""
