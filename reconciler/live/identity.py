"""Which live object is which declared resource: by id where one is given, else by name.

Nothing is guessed: a name that several objects have is an error, and so is an id that is not there.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from reconciler.kinds import all_kinds, get
from reconciler.kinds.contract.kind import Kind
from reconciler.kinds.contract.terms import RefOf, required
from reconciler.live.tenant import LiveTenant
from reconciler.model import (
    NOTHING_REMEMBERED,
    DesiredTenant,
    Json,
    LiveResource,
    Origin,
    Remembered,
    ResourceKey,
    Spec,
)
from reconciler.problems.errors import (
    AdoptionFailed,
    AmbiguousName,
    MalformedObject,
    ReconcilerError,
)

Body = Mapping[str, Json]

Rows: TypeAlias = "list[Body] | ReconcilerError"


@dataclass(frozen=True, slots=True)
class _Claim:
    """A declared resource, with the names and the id by which its live object may be known.

    With `may_be_gone` an id that is not there is no mistake: what was to go has gone.
    """

    key: ResourceKey
    origin: Origin
    names: tuple[str, ...]
    adopt_id: str
    may_be_gone: bool = False


def identified(
    tenant: DesiredTenant,
    bodies: Mapping[str, Rows],
    remembered: Remembered = NOTHING_REMEMBERED,
) -> LiveTenant:
    """The live state of *tenant*: each body is a declared resource's by its name, or undeclared.

    An id that the manifest gives (`adopt`) comes first, then one that is remembered, then the name.

    Raises AmbiguousName, AdoptionFailed, MalformedObject, and whatever kept the rows from being
    read.
    """
    rows: dict[str, list[Body]] = {}
    for name, found in bodies.items():
        if isinstance(found, ReconcilerError):
            raise found
        rows[name] = found
    rows |= _remembered_rows(rows, remembered)
    keys: dict[tuple[str, str], ResourceKey] = {}
    names: dict[tuple[str, str], str] = {}
    ref_of = RefOf(names)
    # Dependencies first, so that the references of a row are known.
    for kind in (each for each in all_kinds() if each.name in rows):
        found_keys = _keys(kind, tenant, rows[kind.name], remembered, ref_of)
        keys |= {(kind.name, id_): key for id_, key in found_keys.items()}
        names |= {(kind.name, id_): key.name for id_, key in found_keys.items()}

    resources = [
        _resource(kind, body, keys, ref_of)
        for kind in map(get, rows)
        for body in rows[kind.name]
        if keys[kind.name, str(body[kind.id_field])].is_declared
        or not kind.listing.excludes(body, None)
    ]
    return LiveTenant(
        name=tenant.name,
        resources={r.key: r for r in resources if r.key.is_declared},
        undeclared=tuple(
            sorted((r for r in resources if not r.key.is_declared), key=lambda r: r.key)
        ),
    )


def remembered_id(workspace_id: str, name: str) -> str:
    """The id of an object that has none in the API: it goes with its workspace."""
    return f"{workspace_id}/{name}"


def _remembered_rows(
    rows: Mapping[str, Sequence[Body]], remembered: Remembered
) -> dict[str, list[Body]]:
    """The objects that nothing reads, as they were when they were written last."""
    ids = {str(body.get("workspaceId")) for body in rows.get("workspace", ())}
    found: dict[str, list[Body]] = {kind.name: [] for kind in all_kinds() if kind.put}
    for key, known in remembered.resources.items():
        if key.kind in found and known.id.partition("/")[0] in ids:
            name = str(known.spec["name"])
            found[key.kind].append({"id": known.id, "name": name, "spec": known.spec})
    return found


def _keys(
    kind: Kind, tenant: DesiredTenant, rows: Sequence[Body], remembered: Remembered, ref_of: RefOf
) -> dict[str, ResourceKey]:
    """The key of each row's id: of the resource that claims it, else `@` and the id."""
    by_id = {_id(kind, row): row for row in rows}
    claims = list(_claims(kind, tenant))
    keys = _by_id(claims, by_id, remembered)
    settled = set(keys.values())
    holders: dict[str, list[str]] = {}
    for id_ in by_id.keys() - keys.keys():
        holders.setdefault(str(by_id[id_].get("name")), []).append(id_)
    for claim in claims:
        # What is to go by its id is that object only: one of its name may be anybody's.
        if claim.key in settled or (claim.may_be_gone and claim.adopt_id):
            continue
        name = next((name for name in claim.names if name in holders), "")
        spec = tenant.resources[claim.key].spec if claim.key in tenant.resources else None
        ids = [id_ for id_ in holders.get(name, []) if not kind.listing.excludes(by_id[id_], spec)]
        if len(ids) > 1:
            ids = _fitting(kind, tenant, claim.key, [by_id[id_] for id_ in ids], ref_of) or ids
        if len(ids) > 1:
            raise AmbiguousName(kind.name, name, ids, claim.origin, claim.key)
        for id_ in ids:
            keys.setdefault(id_, claim.key)
    for id_ in by_id:
        keys.setdefault(id_, ResourceKey(kind.name, tenant.name, f"@{id_}"))
    return keys


def _by_id(
    claims: Sequence[_Claim], by_id: Mapping[str, Body], remembered: Remembered
) -> dict[str, ResourceKey]:
    """The rows that are claimed by their id: adopted ones, and remembered ones that still exist."""
    keys: dict[str, ResourceKey] = {}
    for claim in claims:
        if claim.adopt_id in by_id:
            keys.setdefault(claim.adopt_id, claim.key)
        elif claim.adopt_id and not claim.may_be_gone:
            raise AdoptionFailed(claim.key, claim.adopt_id, claim.origin)
    for claim in claims:
        known = remembered.resources.get(claim.key)
        if known and not claim.adopt_id and known.id in by_id:
            keys.setdefault(known.id, claim.key)
    return keys


def _fitting(
    kind: Kind, tenant: DesiredTenant, key: ResourceKey, rows: Sequence[Body], ref_of: RefOf
) -> list[str]:
    """Of rows of one name, those that need no replacement to become *key*'s resource.

    A replacement that was cut short leaves the old one beside the new one, which alone fits.
    """
    if key not in tenant.resources:
        return []
    wanted = tenant.resources[key].spec
    fixed = [field for field in kind.replacing.immutable_fields(wanted) if field in wanted]
    specs = {str(row[kind.id_field]): _spec(kind, row, ref_of) for row in rows}
    fits = [id_ for id_, spec in specs.items() if all(spec.get(f) == wanted[f] for f in fixed)]
    return fits if len(fits) == 1 else []


def _claims(kind: Kind, tenant: DesiredTenant) -> Iterator[_Claim]:
    """The declared resources with the names that their live object may have, best first.

    Names of today come before the names that something was renamed from, so that an entry which
    was renamed long ago takes nothing away from one that has its old name now.
    """
    declared = [r for key, r in tenant.resources.items() if key.kind == kind.name]
    for resource in sorted(declared, key=lambda each: bool(each.renamed_from)):
        former = (resource.renamed_from,) if resource.renamed_from else ()
        names = (kind.name_of(resource.spec), *former)
        yield _Claim(resource.key, resource.origin, names, resource.adopt_id)
    for key, retired in tenant.retired.items():
        if key.kind == kind.name:
            yield _Claim(key, retired.origin, (retired.name,), retired.adopt_id, may_be_gone=True)


def _resource(
    kind: Kind,
    body: Body,
    keys: Mapping[tuple[str, str], ResourceKey],
    ref_of: RefOf,
) -> LiveResource:
    id_ = str(body[kind.id_field])
    return LiveResource(keys[kind.name, id_], _spec(kind, body, ref_of), id_, body)


def _spec(kind: Kind, body: Body, ref_of: RefOf) -> Spec:
    """What *body* says, in manifest terms. Raises MalformedObject, which names the object."""
    id_ = str(body[kind.id_field])
    try:
        return kind.from_api(body, ref_of)
    except MalformedObject as problem:
        raise MalformedObject(problem.reason, kind.name, id_) from problem
    except RecursionError:
        raise MalformedObject("it is nested too deeply", kind.name, id_) from None
    except (AttributeError, LookupError, TypeError, ValueError) as problem:
        # Kinds take the described shape for granted; checking it field by field would be a second
        # description of the API, and slower than this for every object that keeps to it.
        reason = "a field of it is not of the shape that Airbyte's API describes"
        raise MalformedObject(reason, kind.name, id_) from problem


def _id(kind: Kind, row: Body) -> str:
    """The id of *row*. Raises MalformedObject, which calls the object by its name."""
    try:
        return str(required(row, kind.id_field, str))
    except MalformedObject as problem:
        name = row.get("name")
        known = f'"{name}"' if isinstance(name, str) else "without a name"
        raise MalformedObject(problem.reason, kind.name, known) from problem
