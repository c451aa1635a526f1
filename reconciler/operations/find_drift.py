"""What differs from the manifests, and who changed it: manifest, ledger and live, three ways.

Reads only, and needs no secret. Without a ledger it is seen that something differs, not who did it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from enum import StrEnum

from reconciler.api.client import Client
from reconciler.kinds import get
from reconciler.live.reading import read_live
from reconciler.live.tenant import LiveTenant
from reconciler.model import (
    MISSING,
    DesiredTenant,
    Json,
    LiveResource,
    Origin,
    Path,
    Remembered,
    RememberedOf,
    RememberedResource,
    ResourceKey,
)
from reconciler.model.changes import FieldChange, Mark
from reconciler.model.paths import named_part, value_at
from reconciler.plan.compare import differences
from reconciler.plan.diff import Difference, same
from reconciler.plan.memory import rewritten
from reconciler.plan.secrets import has_secret
from reconciler.problems.errors import ReconcilerError


class Who(StrEnum):
    """Who made a difference. UNKNOWN is all that can be said where nothing is remembered."""

    OUTSIDE = "changed outside"
    MANIFEST = "manifest changed"
    BOTH = "changed on both sides"
    UNKNOWN = "differs"


class State(StrEnum):
    """How a resource is not as its manifest has it."""

    DIFFERS = "differs"
    MISSING = "missing"
    RETIRED = "retired, and still live"


@dataclass(frozen=True, slots=True)
class FieldDrift:
    """One managed field, three ways; `applied` is MISSING where nothing is remembered."""

    path: Path
    live: Json
    declared: Json
    applied: Json
    who: Who


@dataclass(frozen=True, slots=True)
class Drifted:
    """One managed resource that is not as its manifest has it."""

    key: ResourceKey
    title: str
    origin: Origin
    state: State
    who: Who
    fields: tuple[FieldDrift, ...] = ()


@dataclass(frozen=True, slots=True)
class Unmanaged:
    """A live object that no manifest mentions; `was_managed` when one did at the last apply."""

    resource: LiveResource
    was_managed: bool


@dataclass(frozen=True, slots=True)
class Located:
    """Where Airbyte keeps the secrets of the live object *id*, seen for the first time.

    A create cannot know it without another request, so whoever looks first remembers it: from then
    on it shows when somebody stores one anew.
    """

    id: str
    coordinates: Mapping[Path, str]


@dataclass(frozen=True, slots=True)
class TenantDrift:
    """One tenant; `failure` is why its live state could not be read or told apart."""

    tenant: str
    drifted: tuple[Drifted, ...] = ()
    unmanaged: tuple[Unmanaged, ...] = ()
    unchanged: int = 0
    failure: ReconcilerError | None = None
    located: Mapping[ResourceKey, Located] = field(default_factory=dict)
    """Where secrets are kept that nobody had looked for before; when asked for."""
    unseen_secrets: int = 0
    """Remembered secrets of which Airbyte does not show where it keeps them; when asked for."""


@dataclass(frozen=True, slots=True)
class Drift:
    """All tenants, in their order of name."""

    tenants: tuple[TenantDrift, ...]

    @property
    def is_any(self) -> bool:
        return any(tenant.drifted for tenant in self.tenants)

    @property
    def is_complete(self) -> bool:
        return not any(tenant.failure for tenant in self.tenants)


def find_drift(
    client: Client,
    tenants: Sequence[DesiredTenant],
    remembered_of: RememberedOf,
    *,
    secrets: bool = False,
) -> Drift:
    """How the live state of *tenants* differs from their manifests; sends only GETs.

    With *secrets* every object whose secrets were applied is read by its id, to see whether
    somebody has stored one anew since. Raises ApiError when nothing can be read at all.
    """
    states = read_live(client, tenants, remembered_of)
    found = tuple(
        TenantDrift(desired.name, failure=live)
        if isinstance(live, ReconcilerError)
        else _tenant(client, desired, live, remembered_of(desired.name), secrets=secrets)
        for desired, live in states
    )
    return Drift(found)


def _tenant(
    client: Client,
    desired: DesiredTenant,
    live: LiveTenant,
    remembered: Remembered,
    *,
    secrets: bool,
) -> TenantDrift:
    # A connection that Airbyte has switched off has drifted, though a plan would not fight it.
    found = differences(desired, live, remembered, may_resume=lambda _key: True)
    stored = _stored_anew(client, found, remembered) if secrets else _NOTHING_ASKED
    drifted = [
        *(_drifted(each, remembered, stored.changes.get(each.key, ())) for each in found),
        *_still_live(desired, live),
    ]
    real = tuple(each for each in drifted if each is not None)
    managed_once = {known.id for known in remembered.resources.values()}
    return TenantDrift(
        tenant=desired.name,
        drifted=real,
        unmanaged=tuple(Unmanaged(each, each.id in managed_once) for each in live.undeclared),
        unchanged=len(drifted) - len(real),
        located=stored.located,
        unseen_secrets=stored.unseen,
    )


def _drifted(
    difference: Difference, remembered: Remembered, stored: Sequence[FieldChange]
) -> Drifted | None:
    key, desired, live = difference.key, difference.desired, difference.live
    before = remembered.resources.get(key)
    title = str(desired.spec["name"])
    if difference.is_fulfilled:
        return None
    if live is None:
        known = Who.MANIFEST if remembered.resources else Who.UNKNOWN
        who = Who.OUTSIDE if before else known
        return Drifted(key, title, desired.origin, State.MISSING, who)
    changes = [*difference.changes, *stored]
    if not changes:
        return None
    fields = tuple(_field(change, live, before) for change in changes)
    return Drifted(key, title, desired.origin, State.DIFFERS, _together(fields), fields)


def _still_live(desired: DesiredTenant, live: LiveTenant) -> Iterator[Drifted]:
    for key, retired in sorted(desired.retired.items()):
        if key in live.resources:
            yield Drifted(key, retired.name, retired.origin, State.RETIRED, Who.MANIFEST)


_BY_MARK = {
    Mark.CHANGED_OUTSIDE: Who.OUTSIDE,
    Mark.SECRET_REWRITTEN: Who.OUTSIDE,
    Mark.REMOVED_FROM_MANIFEST: Who.MANIFEST,
    Mark.SECRET_ROTATED: Who.MANIFEST,
    Mark.SECRET_VERSION: Who.MANIFEST,
}


def _field(
    change: FieldChange, live: LiveResource, before: RememberedResource | None
) -> FieldDrift:
    applied = value_at(before.spec, named_part(change.path)) if before else MISSING
    return FieldDrift(change.path, change.before, change.after, applied, _who(change, live, before))


def _who(change: FieldChange, live: LiveResource, before: RememberedResource | None) -> Who:
    """Who is not where the last apply left it: the manifest, the live state, or both."""
    if change.mark in _BY_MARK:
        return _BY_MARK[change.mark]
    if before is None:
        return Who.UNKNOWN
    path = named_part(change.path)
    applied, now = value_at(before.spec, path), value_at(live.spec, path)
    # What was not managed before is nobody's but the manifest's, whatever was live.
    is_as_applied = applied is MISSING or same(now, applied)
    return Who.MANIFEST if is_as_applied else Who.BOTH


def _together(fields: Sequence[FieldDrift]) -> Who:
    """Who made the differences of one resource."""
    found = {each.who for each in fields}
    return found.pop() if len(found) == 1 else Who.BOTH


@dataclass(frozen=True, slots=True)
class _Stored:
    """What reading secrets' places has shown; `unseen` are those that are shown no longer."""

    changes: Mapping[ResourceKey, tuple[FieldChange, ...]] = field(default_factory=dict)
    located: Mapping[ResourceKey, Located] = field(default_factory=dict)
    unseen: int = 0


_NOTHING_ASKED = _Stored()


def _stored_anew(client: Client, found: Sequence[Difference], remembered: Remembered) -> _Stored:
    """The secrets that Airbyte keeps elsewhere than when they were last written or looked for."""
    asked = [
        (each, each.live, before)
        for each in found
        if each.live
        and (before := remembered.resources.get(each.key))
        and (before.coordinates or _has_secrets(each))
    ]
    with ThreadPoolExecutor(max(min(client.most_at_a_time, len(asked)), 1)) as pool:
        seen = list(pool.map(lambda one: _coordinates(client, one[0], one[1]), asked))
    changes: dict[ResourceKey, tuple[FieldChange, ...]] = {}
    located: dict[ResourceKey, Located] = {}
    unseen = 0
    for (each, live, before), coordinates in zip(asked, seen, strict=True):
        unseen += sum(path not in coordinates for path in before.coordinates)
        changes[each.key] = tuple(rewritten(each.desired.spec, before, coordinates))
        if coordinates and not before.coordinates:
            located[each.key] = Located(live.id, coordinates)
    return _Stored(changes, located, unseen)


def _has_secrets(difference: Difference) -> bool:
    return any(has_secret(value) for value in difference.desired.spec.values())


def _coordinates(client: Client, difference: Difference, live: LiveResource) -> Mapping[Path, str]:
    kind = get(difference.key.kind)
    if kind.coordinates is None:
        return {}
    body = client.get(kind.collection, live.id, query=kind.coordinates.query)
    return kind.coordinates.find(difference.desired.spec, body)
