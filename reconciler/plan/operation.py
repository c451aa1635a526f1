"""What a plan does to one resource, and the steps in which apply does it.

A replace is one operation and two steps: the new object is created first and the old one deleted
last, with whatever depends on them in between. Every other operation is one step.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import ClassVar, TypeAlias

from reconciler.model import DesiredResource, LiveResource, Origin, ResourceKey
from reconciler.model.changes import FieldChange
from reconciler.model.effects import Consequence


class Action(StrEnum):
    """What an operation does, in the order in which sums name them. No step is a REPLACE."""

    CREATE = "create"
    UPDATE = "update"
    REPLACE = "replace"
    DELETE = "delete"


STEP_ACTIONS = (Action.CREATE, Action.UPDATE, Action.DELETE)


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
class _Declared:
    """What asks for a resource as *desired*; `reason` says why beyond changes, or is empty."""

    desired: DesiredResource

    @property
    def key(self) -> ResourceKey:
        return self.desired.key

    @property
    def title(self) -> str:
        """The name that Airbyte shows for the resource."""
        return str(self.desired.spec["name"])

    @property
    def origin(self) -> Origin:
        """The place in the manifests that asks for it."""
        return self.desired.origin


@dataclass(frozen=True, slots=True)
class Create(_Declared):
    """A resource is made that is not live.

    Of this and all others, `reason` says why beyond the changes themselves, or is empty, and
    `consequences` say what happens to the data, worst first; there is always one.
    """

    action: ClassVar = Action.CREATE
    cause: ClassVar = Cause.MANIFEST
    changes: ClassVar[tuple[FieldChange, ...]] = ()

    consequences: tuple[Consequence, ...]
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Update(_Declared):
    """The fields that differ are changed in place."""

    action: ClassVar = Action.UPDATE
    cause: ClassVar = Cause.MANIFEST

    live: LiveResource
    changes: tuple[FieldChange, ...]
    consequences: tuple[Consequence, ...]
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Replace(_Declared):
    """A new object takes the place of *live*, since *changes*, if any, cannot be made in it."""

    action: ClassVar = Action.REPLACE
    cause: ClassVar = Cause.REPLACED

    live: LiveResource
    changes: tuple[FieldChange, ...]
    consequences_of_create: tuple[Consequence, ...]
    consequences_of_delete: tuple[Consequence, ...]
    reason: str

    @property
    def consequences(self) -> tuple[Consequence, ...]:
        return (*self.consequences_of_delete, *self.consequences_of_create)


@dataclass(frozen=True, slots=True)
class Delete:
    """A live object goes; a retired one has the place of its `state: absent` in `origin`."""

    action: ClassVar = Action.DELETE
    changes: ClassVar[tuple[FieldChange, ...]] = ()

    live: LiveResource
    cause: Cause
    consequences: tuple[Consequence, ...]
    reason: str = ""
    origin: Origin | None = None

    @property
    def key(self) -> ResourceKey:
        return self.live.key

    @property
    def title(self) -> str:
        """The name that Airbyte shows for the resource."""
        return str(self.live.spec["name"])


Operation: TypeAlias = Create | Update | Replace | Delete


@dataclass(frozen=True, slots=True)
class _Step:
    """One write: `waits_for` names steps of the same plan that must have succeeded before."""

    action: ClassVar[Action]

    operation: Operation
    waits_for: frozenset[str] = frozenset()

    @property
    def key(self) -> ResourceKey:
        return self.operation.key

    @property
    def id(self) -> str:
        """The step's name in its plan, such as `update connection/acme/stripe`."""
        return f"{self.action} {self.key}"


@dataclass(frozen=True, slots=True)
class CreateStep(_Step):
    """The object of a create, or the new one of a replace, is made."""

    action: ClassVar = Action.CREATE

    operation: Create | Replace

    @property
    def desired(self) -> DesiredResource:
        return self.operation.desired

    @property
    def title(self) -> str:
        """The name that Airbyte is going to show."""
        return self.operation.title

    @property
    def consequences(self) -> tuple[Consequence, ...]:
        if isinstance(self.operation, Replace):
            return self.operation.consequences_of_create
        return self.operation.consequences


@dataclass(frozen=True, slots=True)
class UpdateStep(_Step):
    """An object is changed."""

    action: ClassVar = Action.UPDATE

    operation: Update

    @property
    def desired(self) -> DesiredResource:
        return self.operation.desired

    @property
    def live(self) -> LiveResource:
        return self.operation.live

    @property
    def title(self) -> str:
        """The name that Airbyte is going to show."""
        return self.operation.title

    @property
    def consequences(self) -> tuple[Consequence, ...]:
        return self.operation.consequences


@dataclass(frozen=True, slots=True)
class DeleteStep(_Step):
    """The object of a delete, or the old one of a replace, goes."""

    action: ClassVar = Action.DELETE

    operation: Delete | Replace

    @property
    def live(self) -> LiveResource:
        return self.operation.live

    @property
    def title(self) -> str:
        """The name that Airbyte shows."""
        return str(self.live.spec["name"])

    @property
    def consequences(self) -> tuple[Consequence, ...]:
        if isinstance(self.operation, Replace):
            return self.operation.consequences_of_delete
        return self.operation.consequences


Step: TypeAlias = CreateStep | UpdateStep | DeleteStep
WriteStep: TypeAlias = CreateStep | UpdateStep
"""A step after which its resource is live as desired."""


def split_operation(operation: Operation) -> tuple[Step, ...]:
    """The steps of *operation*, which wait for nothing yet."""
    match operation:
        case Create():
            return (CreateStep(operation),)
        case Update():
            return (UpdateStep(operation),)
        case Delete():
            return (DeleteStep(operation),)
        case Replace():
            return (CreateStep(operation), DeleteStep(operation))
