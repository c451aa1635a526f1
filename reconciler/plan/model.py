"""Plan, TenantPlan, Operation, Action: what apply will execute, exactly as people were shown it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from reconciler.kinds.contract.kind import Absence
from reconciler.live.tenant import LiveTenant
from reconciler.model import (
    DesiredResource,
    JobHistory,
    LiveResource,
    Origin,
    Path,
    ResourceKey,
    Retired,
)
from reconciler.model.changes import Equality, FieldChange
from reconciler.model.effects import Consequence, Weight
from reconciler.problems.errors import ReconcilerError
from reconciler.problems.problem import Problem


class Action(StrEnum):
    """What one operation does. A replace is a DELETE and a CREATE with the same reason."""

    CREATE = "create"
    UPDATE = "update"
    DELETE = "delete"


class Cause(StrEnum):
    """Who asks for an operation: the manifest for all but deletes, which need a word of their own.

    A CASCADE is a delete that the server does by itself along with another one; apply does it
    first and explicitly, so that it is a row of the plan.
    """

    MANIFEST = "manifest"
    REPLACED = "replaced"
    RETIRED = "retired"
    PRUNED = "pruned"
    CASCADE = "cascade"


@dataclass(frozen=True, slots=True)
class Operation:
    """One create, update or delete of one resource.

    `desired` is None for a delete and `live` for a create. `reason` says why beyond the changes
    themselves, or is empty. `waits_for` names operations of the same plan that must have succeeded.
    `consequences` say what happens to the data, worst first; there is always one. A delete of a
    retired resource has the place of its `state: absent` in `origin`.
    """

    action: Action
    key: ResourceKey
    desired: DesiredResource | None
    live: LiveResource | None
    changes: tuple[FieldChange, ...] = ()
    reason: str = ""
    waits_for: frozenset[str] = frozenset()
    consequences: tuple[Consequence, ...] = ()
    cause: Cause = Cause.MANIFEST
    retired_at: Origin | None = None

    @property
    def id(self) -> str:
        """The operation's name in its plan, such as `update connection/acme/stripe`."""
        return f"{self.action} {self.key}"

    @property
    def title(self) -> str:
        """The name that Airbyte shows for the resource."""
        resource = self.desired or self.live
        return str(resource.spec["name"]) if resource else ""

    @property
    def origin(self) -> Origin | None:
        """The place in the manifests that asks for it; None for what no manifest mentions."""
        return self.desired.origin if self.desired else self.retired_at

    @property
    def weight(self) -> Weight:
        """The weight of its worst consequence."""
        return max((c.effect.weight for c in self.consequences), default=Weight.HARMLESS)


class Whose(StrEnum):
    """Who brings a row about, where a plan is held against that of another revision."""

    CHANGE = "this change"
    DRIFT = "already there"
    BOTH = "both"


@dataclass(frozen=True, slots=True)
class Attribution:
    """Whose doing a row is. Of BOTH, what the base would do: the paths that it would change alike,
    its action, and the consequences that it would have as well.
    """

    whose: Whose
    already: frozenset[Path] = frozenset()
    base_action: str = ""
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

    `operations` are in a stable topological order. `refusals` are safety rules that speak against
    them; `failure` is why the live state could not be read. `unchanged` counts resources that match
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
    operations: tuple[Operation, ...] = ()
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
    def operations(self) -> tuple[Operation, ...]:
        """Everything that apply may execute."""
        if self.refusals:
            return ()
        return tuple(op for t in self.tenants if t.may_be_applied for op in t.operations)

    @property
    def has_changes(self) -> bool:
        return any(tenant.operations for tenant in self.tenants)

    def count(self, action: Action) -> int:
        """How many operations of *action* there are, refused ones left out."""
        return sum(operation.action is action for operation in self.operations)
