"""Plan and TenantPlan: what apply will execute, exactly as people were shown it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from reconciler.kinds.contract.terms import Absence
from reconciler.live.tenant import LiveTenant
from reconciler.model import (
    JobHistory,
    LiveResource,
    Path,
    ResourceKey,
    Retired,
)
from reconciler.model.changes import Equality
from reconciler.model.effects import Consequence
from reconciler.plan.operation import Action, Operation, Step
from reconciler.problems.errors import ReconcilerError
from reconciler.problems.problem import Problem


class Whose(StrEnum):
    """Who brings a row about, where a plan is held against that of another revision."""

    CHANGE = "this change"
    DRIFT = "already there"
    BOTH = "both"


@dataclass(frozen=True, slots=True)
class Attribution:
    """Whose doing an operation is. Of BOTH, what the base would do: the paths that it would change
    alike, its action, and the consequences that it would have as well.
    """

    whose: Whose
    already: frozenset[Path] = frozenset()
    base_action: Action | None = None
    base_consequences: frozenset[Consequence] = frozenset()


@dataclass(frozen=True, slots=True)
class Base:
    """The revision that a plan is held against, as the user named it, and the commit it stands for.

    `gone` are its tenants that are no longer declared: nothing is planned for them.
    """

    revision: str
    commit: str
    gone: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class TenantPlan:
    """What happens to one tenant. A tenant with `refusals` or a `failure` is left alone.

    `steps` are in a stable topological order. `refusals` are safety rules that speak against them;
    `failure` is why the live state could not be read. `unchanged` counts resources that match
    their manifest; `undeclared` are live objects that no manifest mentions and that stay: deleted
    ones are operations. `gone` are retired resources of which nothing is live. `notes` are worth
    reading and stop nothing. `equalities` are there when they were asked for, `jobs` too. `before`
    is all that is live, kept only for a tenant that loses something, so that it can be restored.
    `impossible` are declared resources that cannot be made.

    With a base, `attributions` has every resource that operations are about, `settled` those that
    the base would have something done to and this plan has not, and `refused_before` says whether
    the base would be refused for the very same reasons.
    """

    tenant: str
    steps: tuple[Step, ...] = ()
    refusals: tuple[Problem, ...] = ()
    failure: ReconcilerError | None = None
    unchanged: int = 0
    undeclared: tuple[LiveResource, ...] = ()
    live_ids: Mapping[ResourceKey, str] = field(default_factory=dict)
    gone: tuple[Retired, ...] = ()
    notes: tuple[Problem, ...] = ()
    equalities: Mapping[ResourceKey, tuple[Equality, ...]] = field(default_factory=dict)
    jobs: Mapping[ResourceKey, JobHistory] = field(default_factory=dict)
    before: LiveTenant | None = None
    impossible: Mapping[ResourceKey, Absence] = field(default_factory=dict)
    attributions: Mapping[ResourceKey, Attribution] = field(default_factory=dict)
    settled: tuple[ResourceKey, ...] = ()
    refused_before: bool = False

    @property
    def operations(self) -> tuple[Operation, ...]:
        """The operations that the steps are of, each where its first step is."""
        return tuple({id(step.operation): step.operation for step in self.steps}.values())

    @property
    def may_be_applied(self) -> bool:
        return not self.refusals and self.failure is None


@dataclass(frozen=True, slots=True)
class Plan:
    """What happens to every selected tenant, in the tenants' order of name.

    `refusals` are of the run as a whole, such as too many deletes over all tenants: with one of
    them nothing is applied. `forgotten` are tenants that the ledger knows and no manifest declares
    any more; nothing is planned for them.
    """

    tenants: tuple[TenantPlan, ...]
    refusals: tuple[Problem, ...] = ()
    base: Base | None = None
    forgotten: tuple[str, ...] = ()

    @property
    def steps(self) -> tuple[Step, ...]:
        """Everything that apply may execute."""
        return tuple(step for tenant in self._applicable for step in tenant.steps)

    @property
    def operations(self) -> tuple[Operation, ...]:
        """The operations that these steps are of."""
        return tuple(op for tenant in self._applicable for op in tenant.operations)

    @property
    def _applicable(self) -> Iterator[TenantPlan]:
        return (t for t in self.tenants if t.may_be_applied and not self.refusals)

    @property
    def has_changes(self) -> bool:
        return any(tenant.steps for tenant in self.tenants)

    def count_steps(self, action: Action) -> int:
        """How many steps of *action* there are, refused ones left out."""
        return sum(step.action is action for step in self.steps)
