"""The values every layer speaks of: keys, references, origins, secrets, resources, tenants."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, TypeAlias, TypeVar

Json: TypeAlias = Any
"""A JSON value as it came from YAML or the API; in a spec also Ref, Secret and UNREADABLE."""

Spec: TypeAlias = Mapping[str, Json]
"""The fields of one resource in manifest terms: names of the API, Refs instead of ids."""


@dataclass(frozen=True, slots=True, repr=False)
class StreamKey:
    """Identity of a stream inside its connection: its namespace, None for none, and its name.

    `shown` is how its text is; it tells the stream from those beside it and is no part of what it
    is. Either half may have dots in it, so the text cannot be taken apart again.
    """

    namespace: str | None
    name: str
    shown: str = field(compare=False)

    def __str__(self) -> str:
        return self.shown

    def __repr__(self) -> str:
        return repr(self.shown)

    def __lt__(self, other: StreamKey) -> bool:
        return self._order < other._order

    @property
    def _order(self) -> tuple[str, str, str]:
        return self.shown, self.name, self.namespace or ""


PathStep: TypeAlias = str | int | StreamKey
"""The way from a mapping or a list to something in it."""

Path: TypeAlias = tuple[PathStep, ...]
"""Where a value sits inside nested mappings and lists."""

R = TypeVar("R")


@dataclass(frozen=True, slots=True, order=True)
class ResourceKey:
    """Identity of a resource: what kind, in which tenant, under which name there.

    The name is the manifest's key. A tenant has one workspace, whose name is empty. A live object
    that no manifest declares has no such key; its name is its id behind `@`, which no manifest
    key can begin with.
    """

    kind: str
    scope: str
    name: str

    def __str__(self) -> str:
        return f"{self.kind}/{self.scope}" + (f"/{self.name}" if self.name else "")

    @property
    def local(self) -> str:
        """The key inside its tenant, such as `source/stripe`; of a workspace just `workspace`."""
        return f"{self.kind}/{self.name}" if self.name else self.kind

    @classmethod
    def parse(cls, text: str) -> ResourceKey:
        """The key that `str` wrote. Raises ValueError for any other text."""
        kind, _, rest = text.partition("/")
        scope, _, name = rest.partition("/")
        if not (kind and scope):
            raise ValueError(f"not a resource key: {text!r}")
        return cls(kind, scope, name)

    @property
    def is_declared(self) -> bool:
        return not self.name.startswith("@")


@dataclass(frozen=True, slots=True, order=True)
class Ref:
    """A value in a spec that points at another resource of the same tenant."""

    kind: str
    name: str

    def __str__(self) -> str:
        return self.name

    def key(self, scope: str) -> ResourceKey:
        """The key of the resource that is meant, inside the tenant *scope*."""
        return ResourceKey(self.kind, scope, self.name)


@dataclass(frozen=True, slots=True, order=True)
class Origin:
    """A place in a file the user wrote; line and column count from 1."""

    path: str
    line: int
    column: int

    def __str__(self) -> str:
        return f"{self.path}:{self.line}:{self.column}"


@dataclass(frozen=True, slots=True)
class SecretName:
    """One `${{ secrets.NAME }}`, with the text after `||` when there is one."""

    name: str
    default: str | None = None

    def __str__(self) -> str:
        return f"secrets.{self.name}"

    @property
    def expression(self) -> str:
        """As it is written in a manifest."""
        default = "" if self.default is None else f' || "{self.default}"'
        return f"${{{{ {self}{default} }}}}"


@dataclass(frozen=True, slots=True)
class Secret:
    """A text that holds secrets, known by name only; apply alone puts the values in.

    `parts` are literal texts and secret names in order: `"user:${{ secrets.PW }}@host"` has three.
    """

    parts: tuple[str | SecretName, ...]

    @property
    def names(self) -> Iterator[SecretName]:
        return (part for part in self.parts if isinstance(part, SecretName))

    def __str__(self) -> str:
        """As it is written in a manifest."""
        return "".join(p.expression if isinstance(p, SecretName) else p for p in self.parts)


class Marker(Enum):
    """Values that JSON has not.

    UNREADABLE is what the API hides; MISSING what is not there at all; ALL, in a desired spec,
    everything that there is to be had, which any live value fulfils that is not empty.
    """

    UNREADABLE = "(secret)"
    MISSING = "(none)"
    ALL = "all"

    def __repr__(self) -> str:
        return self.name


UNREADABLE = Marker.UNREADABLE
MISSING = Marker.MISSING
ALL = Marker.ALL


MASK = "*" * 10
"""What Airbyte shows in the place of a stored secret."""

OAUTH_MASK = "*" * 6
"""What it shows, and stores, in the place of a field that it manages by OAuth."""


def is_mask(value: Json) -> bool:
    """Whether *value* is a mask, or a Secret that becomes one by what is written in it."""
    if isinstance(value, str):
        return value.strip() in (MASK, OAUTH_MASK)
    if not isinstance(value, Secret):
        return False
    defaults = (name.default for name in value.names)
    literal = "" if any(value.names) else str(value)
    return any(map(is_mask, (literal, *defaults)))


class Exhaustive(dict[Any, Json]):
    """A mapping in a desired spec that names everything: what it leaves out is to go."""


@dataclass(frozen=True, slots=True)
class DesiredResource:
    """What a manifest asks for, normalised, with the place that asks.

    `renamed_from` is the name or key that the live object may still have, else empty; `adopt_id` is
    the id of the live object where the manifest gives it, and `adopt_origin` where it does.
    `schema` is that of its configuration where manifests bring it along.
    """

    key: ResourceKey
    spec: Spec
    origin: Origin
    is_protected: bool = False
    renamed_from: str = ""
    adopt_id: str = ""
    adopt_origin: Origin | None = field(default=None, compare=False)
    schema: Mapping[str, Json] | None = None


@dataclass(frozen=True, slots=True)
class Retired:
    """Something that a manifest wants gone (`state: absent`), by its name in Airbyte.

    `is_protected` is None where the manifest does not say.
    """

    key: ResourceKey
    name: str
    reason: str
    origin: Origin
    is_protected: bool | None = None
    adopt_id: str = ""
    adopt_origin: Origin | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class LiveResource:
    """What the API has, normalised and in manifest terms; `body` is the answer as it came."""

    key: ResourceKey
    spec: Spec
    id: str
    body: Mapping[str, Json]


State: TypeAlias = Mapping[ResourceKey, R]
"""Resources by key, always normalised; iteration order carries no meaning."""


@dataclass(frozen=True, slots=True)
class WorkspaceClaim:
    """Which live workspace a manifest means: the one of `id` where it gives that, else by name.

    One that `is_unclear` has mistakes there: what it means is not known.
    """

    tenant: str
    origin: Origin
    id: str = ""
    names: tuple[str, ...] = ()
    is_unclear: bool = False


Claims: TypeAlias = Callable[[Collection[str]], Sequence[WorkspaceClaim]]
"""The claims of all manifests that can be about a tenant or workspace called by certain texts."""


@dataclass(frozen=True, slots=True)
class DesiredTenant:
    """One tenant as its manifests describe it.

    `retired` are the resources with `state: absent`, the workspace among them when it is the whole
    tenant that goes; they are not in `resources`. `prune` asks to delete what nobody declares.
    `sections` are the kinds that the manifests speak of, even where they declare none of them.
    """

    name: str
    labels: Mapping[str, str]
    resources: State[DesiredResource]
    origin: Origin
    retired: Mapping[ResourceKey, Retired] = field(default_factory=dict)
    prune: bool = False
    sections: frozenset[str] = frozenset()

    @property
    def workspace(self) -> DesiredResource:
        """The workspace of a tenant that is to exist."""
        return self.resources[workspace_key(self.name)]

    @property
    def workspace_id(self) -> str:
        """The id of the live workspace where the manifest gives it, else empty."""
        key = workspace_key(self.name)
        claim = self.retired.get(key) or self.resources.get(key)
        return claim.adopt_id if claim else ""

    @property
    def workspace_names(self) -> tuple[str, ...]:
        """The names that the live workspace may have: its own, and the one it is renamed from."""
        key = workspace_key(self.name)
        if key in self.retired:
            return (self.retired[key].name,)
        workspace = self.workspace
        former = (workspace.renamed_from,) if workspace.renamed_from else ()
        return (str(workspace.spec["name"]), *former)


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """What is kept in the place of a secret's value: a keyed digest that tells equal from changed.

    Two digests compare only under one key: `key_id` names it, and is no part of it.
    """

    key_id: str
    digest: str


@dataclass(frozen=True, slots=True)
class LastJob:
    """The last job of a connection that has ended; counters are None where the server has none.

    `started` and `ended` are the server's own texts, `age_s` the seconds since it ended.
    """

    kind: str
    status: str
    started: str
    ended: str
    duration: str
    rows: int | None
    bytes: int | None
    age_s: float | None


@dataclass(frozen=True, slots=True)
class JobHistory:
    """The jobs of a connection: the type of the one that runs or waits to, and the last ended one.

    `running` is empty when none does; with neither it never had a job.
    """

    running: str = ""
    last: LastJob | None = None


def referred(spec: Spec, scope: str) -> list[ResourceKey]:
    """The keys of the resources that *spec* refers to, by a field or by a mapping in a field."""
    values = [
        inner
        for value in spec.values()
        for inner in (value.values() if isinstance(value, Mapping) else (value,))
    ]
    return [value.key(scope) for value in values if isinstance(value, Ref)]


def workspace_key(tenant: str) -> ResourceKey:
    """The key of the tenant's one workspace, which every other resource lives in."""
    return ResourceKey("workspace", tenant, "")
