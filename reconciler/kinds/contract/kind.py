"""What a kind of Airbyte resource says of itself; every stage asks it and names no kind."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from urllib.parse import quote

from reconciler.connectors import Connector
from reconciler.kinds.contract.exporting import Block, Found, plain_block
from reconciler.kinds.contract.terms import (
    Absence,
    Becomes,
    Changes,
    Context,
    Declaration,
    Reader,
    Reference,
    RefOf,
    Request,
    Rows,
)
from reconciler.model import Json, Path, ResourceKey, Spec
from reconciler.model.changes import Equality, FieldChange
from reconciler.model.effects import Consequence, Effect
from reconciler.problems.problem import Problem


@dataclass(frozen=True, slots=True)
class Blocks:
    """How manifests write the resources of a kind, where not only as mappings in its section."""

    shorthand: str = ""
    """The field that a block stands for which is no mapping."""
    single_section: str = ""
    """The section with the block of a tenant's only one."""
    name_field: str = "name"
    """The field of a block that has its name in Airbyte, which is the key otherwise."""
    implied: Callable[[Mapping[str, Json]], Mapping[str, Sequence[str]]] | None = None
    """A block → the names of other resources, by kind, that it declares by naming them."""
    are_offered_by_project: bool = False
    """Whether the project file may declare some for tenants that refer to them."""


@dataclass(frozen=True, slots=True)
class Listing:
    """How the live objects of a kind are found, where not by its list call over workspaces."""

    rows: Rows | None = None
    """Reads them, for kinds that no list call over many workspaces gives."""
    is_paged: bool = True
    """Whether a list call has pages; without, one answer has all there are."""
    is_on_demand: bool = False
    """Whether they are read only for tenants that declare some."""
    is_foreign: Callable[[Mapping[str, Json], Spec | None], bool] | None = None
    """(object, declared spec of that name) → whether it is Airbyte's own, not to be managed."""
    is_used_by: Callable[[Mapping[str, Json]], bool] | None = None
    """(an object that refers to one) → whether it is worth listing for that."""
    absent: Callable[[Spec, Reader], Absence | None] | None = None
    """(spec that is not live) → why that cannot or need not be made."""

    def excludes(self, body: Mapping[str, Json], spec: Spec | None) -> bool:
        """Whether *body* is foreign, beside a declared *spec* of its name."""
        return self.is_foreign is not None and self.is_foreign(body, spec)


@dataclass(frozen=True, slots=True)
class Exporting:
    """How live resources of a kind become blocks of a manifest, and which do."""

    to_manifest: Callable[[Found], Block] = plain_block
    """A live resource → its block, the inverse of `declare`."""
    keys_are_names: bool = False
    """Whether each has its name in Airbyte for a key."""
    longest_name: int = 256
    """The most characters that its name may have."""
    named_after: str = ""
    """A reference whose key a resource takes too, when it is the only one with it."""
    is_on_request: bool = False
    """Whether an export leaves them out that does not ask for their section."""


@dataclass(frozen=True, slots=True)
class Comparing:
    """How a declared spec is held against a live one, where not just field by field."""

    unread: frozenset[str] = frozenset()
    """Declared fields that no read shows; they are compared with what was applied last."""
    becomes: Callable[[Path], Becomes | None] | None = None
    """What the field at a path is once the manifest has it no longer; None when it stays."""
    align_keys: Callable[[Spec, Spec], Spec] | None = None
    """(spec, another of the same resource) → the first, with what has keys of its own inside it
    under the keys that the same things have in the other."""
    own_keys: Callable[[Spec], Spec] | None = None
    """A spec → the same, as if its keys had never been aligned."""
    against: Callable[[Spec, Spec], Spec] | None = None
    """(desired spec, live spec) → the desired one with what Airbyte itself may add to it."""
    explain: Callable[[Mapping[str, Json], Spec], Iterator[Equality]] | None = None
    """(body, desired spec) → what this kind alone takes for equal."""


@dataclass(frozen=True, slots=True)
class Caveats:
    """What speaks against changing a live object, where Airbyte changes such objects itself."""

    held_back: Callable[[ResourceKey, FieldChange], Problem | None]
    """Why a change is not made unless it is allowed by name; None for all others."""
    notes: Callable[[Spec, Spec], Iterator[Problem]]
    """(desired spec, live spec) → what a reader of the plan should know."""
    locked: Callable[[Mapping[str, Json]], str]
    """Why the server would refuse any change of an object, empty when it would not."""


@dataclass(frozen=True, slots=True)
class Replacing:
    """When a resource takes another object, and what that costs."""

    immutable: frozenset[str] = frozenset()
    """The fields that no write can change: another value means another object."""
    also_immutable: Callable[[Spec], frozenset[str]] | None = None
    """More such fields, of a spec."""
    loses: str = ""
    """A sentence: what is gone when one is deleted and created anew."""
    effect: Effect | None = None
    """The same as an effect on the data, of the delete as of the create."""

    def immutable_fields(self, spec: Spec) -> frozenset[str]:
        """The fields of a resource of that spec which no write can change."""
        return self.immutable | (self.also_immutable(spec) if self.also_immutable else frozenset())


@dataclass(frozen=True, slots=True)
class Put:
    """How objects are written that nothing reads: what is live is what is remembered.

    One PUT both makes and changes them; `collection` is the path to DELETE.
    """

    at: str
    """The path of that PUT; `{workspaceId}` is filled in."""
    precedes: Callable[[Spec, Spec], bool]
    """(spec, another's) → whether the other, which cannot refer to it, is to be written later."""

    def path_in(self, workspace_id: str) -> str:
        """The path of that PUT for objects of a workspace."""
        return _fill(self.at, workspace_id, {})


@dataclass(frozen=True, slots=True)
class Coordinates:
    """Where Airbyte keeps the secrets of an object: that changes when one is written anew."""

    query: Mapping[str, str]
    """What to ask for when an object is read with them."""
    find: Callable[[Spec, Mapping[str, Json]], Mapping[Path, str]]
    """(spec, object as read with `query`) → where its secrets are kept, by path."""


@dataclass(frozen=True, slots=True)
class Jobs:
    """What runs for each object: syncs and resets."""

    next_run: Callable[[Spec, datetime], datetime | None]
    """(live spec, a moment) → when the next job after it starts by itself; None when none does, or
    nobody can tell."""


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of resource: what every kind says, then what it says where it is not like most."""

    name: str
    section: str
    """The section of a manifest that has its blocks."""
    collection: str
    """The path to POST and list; `{workspaceId}` and `{FIELD}` of a spec are filled in."""
    id_field: str
    """The field of an API object that has its id."""
    declare: Callable[[Declaration], tuple[Spec, list[Problem]]]
    """A manifest block → its spec, normalised, and the problems in it."""
    from_api: Callable[[Mapping[str, Json], RefOf], Spec]
    """An API object → its spec in the same terms. Raises MalformedObject."""
    create_body: Callable[[Spec, Context], Mapping[str, Json]]
    """A spec → what POST takes."""
    update: Callable[[Spec, Mapping[str, Json], Changes, Context], Sequence[Request]]
    """(spec, object as read before, what differs) → the writes that bring it to the spec, in order.
    """
    effects: Callable[[Spec | None, Spec | None, Changes], list[Consequence]]
    """(spec before, after, changes) → what that does to the data; None before a create and after a
    delete."""
    references: Mapping[str, Reference] = field(default_factory=dict)
    """The fields of a spec that point at other kinds."""
    highlights: tuple[str, ...] = ()
    """The fields that say in short what a new one is, besides names."""

    blocks: Blocks = Blocks()
    listing: Listing = Listing()
    exporting: Exporting = Exporting()
    comparing: Comparing = Comparing()
    replacing: Replacing = Replacing()

    caveats: Caveats | None = None
    coordinates: Coordinates | None = None
    jobs: Jobs | None = None
    put: Put | None = None
    connector: Callable[[str, Spec], Connector] | None = None
    """(key, spec) → the connector that a resource is, for kinds others are made of."""
    belongs_to_organization: Callable[[Spec], bool] | None = None
    """Whether one is the organization's, whichever tenants declare it, and not a workspace's."""
    await_create: Callable[[Spec, Context], object] | None = None
    """Returns once the server has done all that a create may be waiting for."""

    def name_of(self, spec: Spec) -> str:
        """The name by which a live object is recognised inside its workspace."""
        return str(spec["name"])

    def is_shared(self, spec: Spec) -> bool:
        """Whether a resource of that spec is the organization's."""
        return self.belongs_to_organization is not None and self.belongs_to_organization(spec)

    def collection_in(self, workspace_id: str, spec: Spec) -> str:
        """The path of the collection that an object of that spec is in."""
        return _fill(self.collection, workspace_id, spec)

    def is_read(self) -> bool:
        """Whether list calls tell its objects, those of one workspace at least."""
        return self.in_workspace() and self.put is None

    def in_workspace(self) -> bool:
        """Whether objects of this kind are listed by workspace."""
        return bool(self.references)  # a workspace alone needs nothing to be in


def _fill(template: str, workspace_id: str, spec: Spec) -> str:
    if "{" not in template:
        return template
    fields = {name: quote(v, safe="") for name, v in spec.items() if isinstance(v, str)}
    return template.format(workspaceId=quote(workspace_id, safe=""), **fields)
