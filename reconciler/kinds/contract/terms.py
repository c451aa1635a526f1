"""What a kind is handed when it is asked, and what it hands back."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Literal, Protocol, TypeAlias

from reconciler.connectors import Catalogue, Connector
from reconciler.model import Json, Path, Ref, ResourceKey, Secret, Spec
from reconciler.model.changes import FieldChange
from reconciler.problems.errors import MalformedObject
from reconciler.problems.problem import Problem
from reconciler.problems.rules import Rule

WORKSPACE = Ref("workspace", "")
"""What every resource that lives in the tenant's workspace refers to."""


@dataclass(frozen=True, slots=True)
class RefOf:
    """(kind, id) → the reference to that object: its manifest key, or `@id` if nobody declares it.

    `names` are those of all objects that were listed, by kind and id.
    """

    names: Mapping[tuple[str, str], str]

    def __call__(self, kind: str, id_: str) -> Ref:
        return Ref(kind, self.names.get((kind, id_), f"@{id_}"))

    def listed(self, kind: str, id_: str) -> Ref | None:
        """The reference where the object was listed, for kinds of which not all are."""
        return self(kind, id_) if (kind, id_) in self.names else None


@dataclass(frozen=True, slots=True)
class Reference:
    """A field that points at another kind, and what the server does to the one that refers.

    One that `ends` stays where it is and means nothing any longer: its delete is never planned.
    """

    kind: str
    api_field: str
    written_as: str = ""  # the field of a manifest's block, where it has another name
    unknown: Rule | None = None  # what a name breaks that nobody declares, where there may be one
    on_delete: Literal["cascades", "detaches", "ends"] = "cascades"


@dataclass(frozen=True, slots=True)
class Absence:
    """Why a declared resource that is not live is not made: it need not be, or it cannot be."""

    is_needless: bool
    problem: Problem


@dataclass(frozen=True, slots=True)
class Declaration:
    """A resource as its manifest block has it, and what it may need to know of its tenant."""

    key: ResourceKey
    fields: Mapping[str, Json]
    declared: Mapping[str, Collection[str]]  # names of the tenant's resources, by kind
    catalogue: Catalogue
    connectors: Mapping[str, Connector]  # of the tenant's own, by their keys
    file: Callable[[Path], Json]  # what is in the file that the field at a path names


@dataclass(frozen=True, slots=True)
class Becomes:
    """What a field is once no manifest has it any longer; None for "not there"."""

    value: Json


@dataclass(frozen=True, slots=True)
class Request:
    """One write on an object that exists: the HTTP method and the body.

    `may_end_it` says that the server may delete the object instead, and answers that it is gone.
    """

    method: Literal["PATCH", "PUT"]
    body: Mapping[str, Json]
    may_end_it: bool = False


class Reader(Protocol):
    """What a kind may ask the API while the live state is read."""

    @property
    def organization_id(self) -> str:
        """The organization of all tenants. Raises OrganizationUnclear where there are several."""

    def rows(self, path: str, query: Mapping[str, str]) -> Sequence[Mapping[str, Json]]:
        """The objects of one list call. Asked a second time it gives the same ones."""

    def passing_rows(self, path: str) -> Sequence[Mapping[str, Json]]:
        """The objects of one list call, which are many and of which no copy is kept."""

    def alone(self, what: str) -> AbstractContextManager[object]:
        """Nobody else is inside with the same *what*."""


@dataclass(frozen=True, slots=True)
class Expected:
    """What is expected of one kind in a workspace: specs that are declared, names to be retired.

    With `everything` what is undeclared matters as much: it is to be deleted, or to be exported.
    `used` are ids that other live objects refer to.
    """

    specs: tuple[Spec, ...] = ()
    retired: tuple[str, ...] = ()
    everything: bool = False
    used: frozenset[str] = frozenset()

    @property
    def names(self) -> frozenset[str]:
        """The names of all that is spoken of."""
        return frozenset((*(str(spec["name"]) for spec in self.specs), *self.retired))

    def with_also(self, other: Expected) -> Expected:
        """What both expect."""
        return Expected(
            (*self.specs, *other.specs),
            (*self.retired, *other.retired),
            self.everything or other.everything,
            self.used | other.used,
        )


Rows: TypeAlias = Callable[
    [Reader, Mapping[str, Expected]], Mapping[str, Sequence[Mapping[str, Json]]]
]
"""(reader, what is expected by workspace id) → the live objects by workspace id.

Each object has a `name`, whatever the list calls it.
"""


class Context(Protocol):
    """What apply lends a kind while it builds a request."""

    @property
    def organization_id(self) -> str: ...
    @property
    def reader(self) -> Reader: ...
    def id_of(self, ref: Ref) -> str:
        """The live id behind *ref*."""

    def secret(self, secret: Secret) -> str:
        """The text with its secrets put in."""

    def streams(self, source_id: str, destination_id: str) -> Sequence[Json]:
        """What the source discovers, as the API's /streams has it. May take minutes."""

    def connector(self, role: str, definition_id: str) -> Connector | None:
        """The connector of that definition, when it is known."""

    @property
    def schema(self) -> Mapping[str, Json] | None:
        """The schema of the resource's configuration, where manifests bring it along."""


Changes: TypeAlias = Sequence[FieldChange]


def changed_fields(changes: Changes) -> list[str]:
    """The top-level fields that differ, sorted."""
    return sorted({str(change.path[0]) for change in changes})


def required(body: Mapping[str, Json], name: str, type_: type) -> Json:
    """`body[name]`. Raises MalformedObject when it is absent or no *type_*."""
    value = body.get(name)
    if not isinstance(value, type_):
        found = "nothing" if value is None else type(value).__name__
        raise MalformedObject(f"its {name} is {found}, not {type_.__name__}")
    return value
