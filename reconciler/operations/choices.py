"""What somebody chooses for an operation: what is permitted, how it goes, what follows it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from reconciler.model import DesiredTenant, Json
from reconciler.plan.guards import Allowances, Limits
from reconciler.project.project import Project


@dataclass(frozen=True, slots=True)
class Permissions:
    """What is permitted beyond the project's defaults.

    `replace` and `resume` are keys of resources, or patterns of them.
    """

    replace: tuple[str, ...] = ()
    deletes: int | None = None
    prune: bool = False
    resume: tuple[str, ...] = ()

    @property
    def any(self) -> bool:
        """Whether anything is permitted at all."""
        return self != Permissions()

    @property
    def options(self) -> dict[str, Json]:
        """The same as JSON, for a plan file."""
        return {
            "replace": list(self.replace),
            "deletes": self.deletes,
            "prune": self.prune,
            "resume": list(self.resume),
        }

    def allowances(self, project: Project) -> Allowances:
        """The same with the project's limits."""
        limits = Limits(
            deletes=project.limits.get("maxDeletes", Limits().deletes),
            percent=project.limits.get("maxDeletePercent", Limits().percent),
        )
        return Allowances(self.replace, self.deletes, limits, self.resume)

    def applied_to(self, tenants: Sequence[DesiredTenant]) -> tuple[DesiredTenant, ...]:
        """*tenants*, all of them with pruning where it is asked for."""
        return tuple(replace(t, prune=True) if self.prune else t for t in tenants)


@dataclass(frozen=True, slots=True)
class Pace:
    """How an apply goes: requests at a time, and how long a request or a lock is tried for."""

    parallelism: int = 16
    retry_for_s: float = 300.0
    lock_timeout_s: float = 0.0
    fail_fast: bool = False


@dataclass(frozen=True, slots=True)
class Watching:
    """Whether jobs are waited for, how many go at once, and how often each is asked about."""

    waits: bool = False
    at_once: int = 4
    poll_s: float = 5.0
