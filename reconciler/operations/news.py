"""What an operation has to tell while it goes on; whoever runs it decides how that is shown."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path as FilePath
from typing import TypeAlias

from reconciler.apply.outcome import Report
from reconciler.jobs.start import JobRun
from reconciler.plan.file import MovedTenant
from reconciler.plan.model import Plan, TenantPlan
from reconciler.problems.errors import ReconcilerError
from reconciler.problems.problem import Problem


@dataclass(frozen=True, slots=True)
class ManifestWarnings:
    """What is doubtful in the manifests, and no error."""

    problems: tuple[Problem, ...]


@dataclass(frozen=True, slots=True)
class TenantsGone:
    """Tenants that *revision* declares, and the manifests no longer."""

    tenants: tuple[str, ...]
    revision: str


@dataclass(frozen=True, slots=True)
class TenantsUnclear:
    """Tenants whose manifests at *revision* cannot be understood: all of them counts as new."""

    tenants: tuple[str, ...]
    revision: str


@dataclass(frozen=True, slots=True)
class JobsUnreadable:
    """The jobs of what a plan touches cannot be read, and it goes without them."""

    problem: ReconcilerError


@dataclass(frozen=True, slots=True)
class PlanReady:
    """What is about to be done, before anybody is asked.

    `moved` are tenants that are no longer as a plan file has them.
    """

    plan: Plan
    moved: tuple[MovedTenant, ...] = ()


@dataclass(frozen=True, slots=True)
class SecretsUnavailable:
    """How the provider of secrets failed; the tenants that need one of it are refused."""

    problems: tuple[Problem, ...]


@dataclass(frozen=True, slots=True)
class WavesReady:
    """The tenants of each wave that a roll-out is going to have."""

    waves: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class LockNews:
    """A sentence about who holds the environment, or held it and died."""

    text: str


@dataclass(frozen=True, slots=True)
class RestoreKept:
    """Where the manifests are that bring back what is about to be deleted."""

    folder: FilePath


@dataclass(frozen=True, slots=True)
class PlanExecuted:
    """What became of a plan, or of one wave of it."""

    report: Report


@dataclass(frozen=True, slots=True)
class NotInEffect:
    """What was accepted, and differs all the same when read again."""

    left: tuple[TenantPlan, ...]


@dataclass(frozen=True, slots=True)
class NotProven:
    """Why what was written could not be read again."""

    problem: ReconcilerError


@dataclass(frozen=True, slots=True)
class LedgerTrouble:
    """Why something could not be noted in the ledger; the apply itself has gone on."""

    problem: ReconcilerError


@dataclass(frozen=True, slots=True)
class WaveBegins:
    """A wave, the *number*-th of *count*, is about to be applied to these tenants."""

    number: int
    count: int
    tenants: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class WavesStopped:
    """A roll-out ends after wave *number*: somebody asked to stop, or too many tenants failed."""

    number: int
    waves: tuple[tuple[str, ...], ...]
    failed: tuple[str, ...]
    allowed: int
    is_interrupted: bool


@dataclass(frozen=True, slots=True)
class WavesGoOn:
    """Some tenants have failed so far, and fewer than may."""

    failed: tuple[str, ...]
    allowed: int


@dataclass(frozen=True, slots=True)
class NotWatched:
    """Why what was touched cannot be watched."""

    problem: ReconcilerError


@dataclass(frozen=True, slots=True)
class Soaking:
    """So many connections are being watched for so long."""

    connections: int
    seconds: float


@dataclass(frozen=True, slots=True)
class JobsEnded:
    """How jobs went, under a heading that says which they are."""

    heading: str
    runs: tuple[JobRun, ...]


@dataclass(frozen=True, slots=True)
class TenantForgotten:
    """Nothing is left of the tenant in Airbyte, and the ledger no longer knows it."""

    tenant: str


@dataclass(frozen=True, slots=True)
class ManifestStays:
    """A destroyed tenant still has its manifest, in this file."""

    file: str


News: TypeAlias = (
    ManifestWarnings
    | TenantsGone
    | TenantsUnclear
    | JobsUnreadable
    | PlanReady
    | SecretsUnavailable
    | WavesReady
    | LockNews
    | RestoreKept
    | PlanExecuted
    | NotInEffect
    | NotProven
    | LedgerTrouble
    | WaveBegins
    | WavesStopped
    | WavesGoOn
    | NotWatched
    | Soaking
    | JobsEnded
    | TenantForgotten
    | ManifestStays
)
