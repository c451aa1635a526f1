"""Plan, TenantPlan, Operation, Action: what apply will execute, exactly as people were shown it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from reconciler.diff import FieldChange
from reconciler.errors import Diagnostic, ReconcilerError
from reconciler.model import DesiredResource, LiveResource, ResourceKey


class Action(StrEnum):
    """What one operation does. A replace is a DELETE and a CREATE with the same reason."""

    CREATE = "create"
    UPDATE = "update"
    DELETE = "delete"


@dataclass(frozen=True, slots=True)
class Operation:
    """One create, update or delete of one resource.

    `desired` is None for a delete and `live` for a create. `reason` says why beyond the changes
    themselves, or is empty. `waits_for` names operations of the same plan that must have succeeded.
    """

    action: Action
    key: ResourceKey
    desired: DesiredResource | None
    live: LiveResource | None
    changes: tuple[FieldChange, ...] = ()
    reason: str = ""
    waits_for: frozenset[str] = frozenset()

    @property
    def id(self) -> str:
        """The operation's name in its plan, such as `update connection/acme/stripe`."""
        return f"{self.action} {self.key}"

    @property
    def title(self) -> str:
        """The name that Airbyte shows for the resource."""
        resource = self.desired or self.live
        return str(resource.spec["name"]) if resource else ""


@dataclass(frozen=True, slots=True)
class TenantPlan:
    """What happens to one tenant. A tenant with `refusals` or a `failure` is left alone.

    `operations` are in a stable topological order. `refusals` are safety rules that speak against
    them; `failure` is why the live state could not be read. `unchanged` counts resources that match
    their manifest; `undeclared` are live objects that no manifest mentions.
    """

    tenant: str
    operations: tuple[Operation, ...] = ()
    refusals: tuple[Diagnostic, ...] = ()
    failure: ReconcilerError | None = None
    unchanged: int = 0
    undeclared: tuple[LiveResource, ...] = ()
    live_ids: Mapping[ResourceKey, str] = field(default_factory=dict)

    @property
    def may_be_applied(self) -> bool:
        return not self.refusals and self.failure is None


@dataclass(frozen=True, slots=True)
class Plan:
    """What happens to every selected tenant, in the tenants' order of name."""

    tenants: tuple[TenantPlan, ...]

    @property
    def operations(self) -> tuple[Operation, ...]:
        """Everything that apply may execute."""
        return tuple(op for t in self.tenants if t.may_be_applied for op in t.operations)

    @property
    def has_changes(self) -> bool:
        return any(tenant.operations for tenant in self.tenants)

    def count(self, action: Action) -> int:
        """How many operations of *action* there are, refused ones left out."""
        return sum(operation.action is action for operation in self.operations)
