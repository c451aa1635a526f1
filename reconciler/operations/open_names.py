"""Which live objects keys mean where names do not tell: what is open, and what is decided by hand.

An open name is settled for the time of one reading, so that the next one comes to light: all of a
tenant's are found at once.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from reconciler.api.client import Client
from reconciler.kinds import get
from reconciler.live.reading import read_live
from reconciler.live.tenant import LiveTenant
from reconciler.model import DesiredTenant, LiveResource, RememberedOf, ResourceKey, referred
from reconciler.problems.errors import AdoptionFailed, AmbiguousName, ReconcilerError, UsageError
from reconciler.problems.wording import did_you_mean


@dataclass(frozen=True, slots=True)
class Open:
    """A key whose name several live objects have, and those with how many others use each."""

    key: ResourceKey
    name: str
    candidates: tuple[tuple[LiveResource, int], ...]


def find_open_names(
    client: Client, tenants: Sequence[DesiredTenant], remembered_of: RememberedOf
) -> tuple[list[Open], list[tuple[str, ReconcilerError]]]:
    """What names do not tell in *tenants*, and the tenants that cannot be read."""
    found: list[Open] = []
    failures: list[tuple[str, ReconcilerError]] = []
    for tenant, live in read_live(client, tenants, remembered_of):
        if isinstance(live, AmbiguousName):
            try:
                settled, ambiguous = _settled(client, tenant, remembered_of)
            except ReconcilerError as problem:
                failures.append((tenant.name, problem))
                continue
            found += [_open(problem, settled) for problem in ambiguous]
        elif isinstance(live, ReconcilerError):
            failures.append((tenant.name, live))
    return found, failures


def check_adoption(
    client: Client,
    tenant: DesiredTenant,
    ids: Mapping[ResourceKey, str],
    remembered_of: RememberedOf,
) -> None:
    """Raises AdoptionFailed for an id that is not there, or not of its key's kind and workspace."""
    taken: dict[str, ResourceKey] = {}
    for key, id_ in ids.items():
        if id_ in taken:
            raise UsageError(f"{id_} cannot be both {taken[id_]} and {key}")
        taken[id_] = key
    settled, _ = _settled(client, with_ids(tenant, ids), remembered_of)
    for key, id_ in ids.items():
        if key not in settled.resources or settled.resources[key].id != id_:
            raise AdoptionFailed(key, id_, tenant.origin)


def with_ids(tenant: DesiredTenant, ids: Mapping[ResourceKey, str]) -> DesiredTenant:
    """*tenant* as if its manifests gave these ids."""
    resources = {
        key: replace(resource, adopt_id=ids.get(key, resource.adopt_id))
        for key, resource in tenant.resources.items()
    }
    return replace(tenant, resources=resources)


def key_of(tenant: DesiredTenant, written: str) -> ResourceKey:
    """The resource that `source/stripe`, or `stripe` where that is enough, stands for.

    Raises UsageError where it stands for none or for several.
    """
    fitting = [key for key in tenant.resources if written in (str(key), key.local, key.name)]
    if written == str(next(iter(fitting), "")) or len(fitting) == 1:
        return fitting[0]
    known = [key.local for key in sorted(tenant.resources)]
    if not fitting:
        raise UsageError(
            f'tenant "{tenant.name}" declares no "{written}"', did_you_mean(written, known)
        )
    names = " or ".join(key.local for key in sorted(fitting))
    raise UsageError(f'"{written}" may be {names}', "Write it with its kind.")


def _settled(
    client: Client, tenant: DesiredTenant, remembered_of: RememberedOf
) -> tuple[LiveTenant, list[AmbiguousName]]:
    """The live state with every open name settled somehow, and those names."""
    ambiguous: list[AmbiguousName] = []
    for _ in range(len(tenant.resources) + len(tenant.retired) + 1):
        ((_, live),) = read_live(client, [tenant], remembered_of)
        if isinstance(live, LiveTenant):
            return live, ambiguous
        if not isinstance(live, AmbiguousName):
            raise live
        ambiguous.append(live)
        tenant = with_ids(tenant, {live.key: live.ids[0]})
    raise ambiguous[-1]


def _open(problem: AmbiguousName, live: LiveTenant) -> Open:
    everything = [*live.resources.values(), *live.undeclared]
    candidates = [
        (resource, _users(resource, everything))
        for resource in sorted(everything, key=lambda each: each.id)
        if resource.id in problem.ids and resource.key.kind == problem.kind
    ]
    return Open(problem.key, problem.name, tuple(candidates))


def _users(resource: LiveResource, everything: Sequence[LiveResource]) -> int:
    """How many other live objects refer to it."""
    return sum(resource.key in referred(each.spec, each.key.scope) for each in everything)


def described(resource: LiveResource) -> Mapping[str, object]:
    """The fields by which people may tell it from its namesakes."""
    fields = get(resource.key.kind).highlights
    return {field: resource.spec[field] for field in fields if field in resource.spec}
