"""API → the live state of tenants, by list calls only.

The API's lists have no order, so an offset can skip rows. A page that is not full comes from one
statement and is complete: workspaces are read in batches so small that each fits one page, and a
batch whose page comes back full is split. Only a workspace with more rows than a page holds, and
the listing of the workspaces themselves, are paged by offset, and then verified by reading again.
Rows that cannot belong to what was asked are an error, never an empty state.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import TypeAlias

from reconciler.api.client import PAGE_SIZE, Body, Client
from reconciler.api.listing import list_complete
from reconciler.errors import (
    AmbiguousName,
    Forbidden,
    ListingInconsistent,
    MalformedObject,
    ReconcilerError,
    ServerError,
)
from reconciler.kinds import all_kinds, get
from reconciler.kinds._base import Kind, RefOf, required
from reconciler.model import (
    DesiredTenant,
    LiveResource,
    LiveTenant,
    Memory,
    Origin,
    Ref,
    ResourceKey,
)

FILL = 96  # rows that a batch is planned for, so that a few undeclared ones still fit the page
MAX_IDS = 80  # workspace ids in one URL: about 37 bytes each, and a request line holds 4 KB

WORKSPACE_ID = "workspaceId"  # in every object, the workspace's own included

Rows: TypeAlias = "list[Body] | ReconcilerError"


def read_live(
    client: Client,
    tenants: Sequence[DesiredTenant],
    recall: Callable[[str], Memory] = lambda _tenant: {},
) -> Iterator[tuple[DesiredTenant, LiveTenant | ReconcilerError]]:
    """Each tenant with its live state, or with why that could not be read; in the order given.

    *recall* tells what is remembered of a tenant, by its name. Raises ApiError when nothing can be
    read at all.
    """
    found = _find_workspaces(client, tenants)
    rows = _read_rows(client, tenants, found)
    for tenant, bodies in zip(tenants, rows, strict=True):
        try:
            yield tenant, identified(tenant, bodies, recall(tenant.name))
        except ReconcilerError as problem:
            yield tenant, problem


def _find_workspaces(client: Client, tenants: Sequence[DesiredTenant]) -> dict[str, list[Body]]:
    """The live workspaces by name, among them every one that a tenant asks for."""
    kind = get("workspace")
    wanted = {name for tenant in tenants for name in tenant.workspace_names}
    choices = [tenant.workspace_names for tenant in tenants]
    rows = list_complete(
        client,
        kind.collection,
        kind.id_field,
        is_enough=lambda rows: _satisfied(choices, {row.get("name") for row in rows}),
    )
    found: dict[str, list[Body]] = {}
    for row in rows:
        if row.get("name") in wanted:
            found.setdefault(str(row["name"]), []).append(row)
    return found


def _satisfied(choices: Sequence[Sequence[str]], names: Collection[str | None]) -> bool:
    return all(any(name in names for name in choice) for choice in choices)


def _workspace(tenant: DesiredTenant, found: Mapping[str, list[Body]]) -> list[Body]:
    """The live workspaces of the first of the tenant's names that any has."""
    return next((found[name] for name in tenant.workspace_names if name in found), [])


def _is_wanted(kind: Kind, tenant: DesiredTenant) -> bool:
    """Whether the rows of *kind* are needed at all to plan *tenant*."""
    return not kind.is_listed_on_demand or any(
        key.kind == kind.name for key in (*tenant.resources, *tenant.retired)
    )


@dataclass(frozen=True, slots=True)
class _Batch:
    """Workspaces to read one kind of, in one call if all goes as expected.

    `last` is the position of its last tenant: batches are read in the order of need.
    """

    kind: Kind
    workspace_ids: tuple[str, ...]
    last: int


def _read_rows(
    client: Client,
    tenants: Sequence[DesiredTenant],
    found: Mapping[str, list[Body]],
) -> Iterator[Mapping[str, Rows]]:
    """For each tenant, in order, its live rows by kind; several batches are read at a time."""
    workspaces = [_workspace(tenant, found) for tenant in tenants]
    kinds = [kind for kind in all_kinds() if kind.in_workspace()]
    batches = sorted(
        (batch for kind in kinds for batch in _batches(kind, tenants, workspaces)),
        key=lambda batch: batch.last,
    )
    arrived: dict[tuple[str, str], Rows] = {}
    # The client's pacer decides how many of these are really under way.
    with ThreadPoolExecutor(client.most_at_a_time) as pool:
        answers = _windowed(pool, client, batches, client.most_at_a_time * 2)
        for position, rows in enumerate(workspaces):
            bodies: dict[str, Rows] = {"workspace": rows}
            for kind in kinds if len(rows) == 1 else ():
                if not _is_wanted(kind, tenants[position]):
                    continue
                key = (kind.name, str(rows[0][WORKSPACE_ID]))
                while key not in arrived:
                    batch, answer = next(answers)
                    arrived |= {(batch.kind.name, id_): got for id_, got in answer.items()}
                bodies[kind.name] = arrived.pop(key)
            yield bodies
            workspaces[position] = []


def _windowed(
    pool: ThreadPoolExecutor, client: Client, batches: Sequence[_Batch], width: int
) -> Iterator[tuple[_Batch, Mapping[str, Rows]]]:
    """The batches' answers in order, with at most *width* read ahead of whoever asks."""
    waiting: deque[tuple[_Batch, Future[Mapping[str, Rows]]]] = deque()
    coming = iter(batches)
    while True:
        for batch in coming:
            waiting.append(
                (batch, pool.submit(read_batch, client, batch.kind, batch.workspace_ids))
            )
            if len(waiting) >= width:
                break
        if not waiting:
            return
        batch, future = waiting.popleft()
        yield batch, future.result()


def _batches(
    kind: Kind, tenants: Sequence[DesiredTenant], workspaces: Sequence[Sequence[Body]]
) -> Iterator[_Batch]:
    """Existing workspaces, in order, together as long as their expected rows fit a page."""
    ids: list[str] = []
    expected = 0
    last = 0
    for position, (tenant, rows) in enumerate(zip(tenants, workspaces, strict=True)):
        if len(rows) != 1 or not _is_wanted(kind, tenant):
            continue
        count = sum(key.kind == kind.name for key in tenant.resources)
        if ids and ((kind.is_paged and expected + count > FILL) or len(ids) == MAX_IDS):
            yield _Batch(kind, tuple(ids), last)
            ids, expected = [], 0
        ids.append(required(rows[0], WORKSPACE_ID, str))
        expected += count
        last = position
    if ids:
        yield _Batch(kind, tuple(ids), last)


def read_batch(client: Client, kind: Kind, ids: Sequence[str]) -> Mapping[str, Rows]:
    """The rows of each workspace, or why they cannot be read; splits until the culprit is alone."""
    try:
        rows = client.page(kind.collection, workspace_ids=ids)
    except (Forbidden, ServerError) as problem:
        # One id that may not be read, or one row that the server cannot show, fails the whole call.
        if len(ids) == 1:
            return {ids[0]: problem}
        return _halves(client, kind, ids)
    if len(rows) < PAGE_SIZE or not kind.is_paged:
        return by_workspace(kind, rows, ids)
    if len(ids) > 1:
        return _halves(client, kind, ids)
    return {ids[0]: list_complete(client, kind.collection, kind.id_field, workspace_ids=ids)}


def _halves(client: Client, kind: Kind, ids: Sequence[str]) -> Mapping[str, Rows]:
    middle = len(ids) // 2
    first = read_batch(client, kind, ids[:middle])
    return {**first, **read_batch(client, kind, ids[middle:])}


def by_workspace(kind: Kind, rows: Sequence[Body], ids: Sequence[str]) -> Mapping[str, Rows]:
    """The rows of a page by their workspace. Raises ListingInconsistent for rows out of place."""
    sorted_out: dict[str, list[Body]] = {id_: [] for id_ in ids}
    seen: set[str] = set()
    for row in rows:
        id_, owner = str(row.get(kind.id_field)), str(row.get(WORKSPACE_ID))
        if owner not in sorted_out:
            raise ListingInconsistent(
                kind.collection, f"{kind.name} {id_} is of workspace {owner}, which was not asked"
            )
        if id_ in seen:
            raise ListingInconsistent(kind.collection, f"{kind.name} {id_} came twice")
        seen.add(id_)
        sorted_out[owner].append(row)
    return dict(sorted_out)


def identified(tenant: DesiredTenant, bodies: Mapping[str, Rows], memory: Memory) -> LiveTenant:
    """The live state of *tenant*: each body is a declared resource's by its name, or undeclared.

    An id that is remembered for a resource comes before its name.

    Raises AmbiguousName, MalformedObject, and whatever kept the rows from being read.
    """
    rows: dict[str, list[Body]] = {}
    for name, found in bodies.items():
        if isinstance(found, ReconcilerError):
            raise found
        rows[name] = found
    keys: dict[tuple[str, str], ResourceKey] = {}

    def ref_of(kind: str, id_: str) -> Ref:
        key = keys.get((kind, id_))
        return Ref(kind, key.name if key else f"@{id_}")

    for kind in all_kinds():  # dependencies first, so that the references of a row are known
        found_keys = _keys(kind, tenant, rows.get(kind.name, ()), memory, ref_of)
        keys |= {(kind.name, id_): key for id_, key in found_keys.items()}

    resources = [
        _resource(get(name), body, keys, ref_of) for name, found in rows.items() for body in found
    ]
    return LiveTenant(
        name=tenant.name,
        resources={r.key: r for r in resources if r.key.is_declared},
        undeclared=tuple(
            sorted((r for r in resources if not r.key.is_declared), key=lambda r: r.key)
        ),
    )


def _keys(
    kind: Kind, tenant: DesiredTenant, rows: Sequence[Body], memory: Memory, ref_of: RefOf
) -> dict[str, ResourceKey]:
    """The key of each row's id: of the resource that claims it, else `@` and the id."""
    by_id = {required(row, kind.id_field, str): row for row in rows}
    holders: dict[str, list[str]] = {}
    for id_, row in by_id.items():
        holders.setdefault(str(row.get("name")), []).append(id_)
    keys: dict[str, ResourceKey] = {}
    for key, origin, names in _claims(kind, tenant):
        name = next((name for name in names if name in holders), "")
        ids = holders.get(name, [])
        if key in memory and memory[key].id in by_id:
            ids = [memory[key].id]
        elif len(ids) > 1:
            ids = _fitting(kind, tenant, key, [by_id[id_] for id_ in ids], ref_of) or ids
        if len(ids) > 1:
            raise AmbiguousName(kind.name, name, ids, origin)
        for id_ in ids:
            keys.setdefault(id_, key)
    for id_ in by_id:
        keys.setdefault(id_, ResourceKey(kind.name, tenant.name, f"@{id_}"))
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
    fixed = [field for field in kind.immutable if field in wanted]
    specs = {str(row[kind.id_field]): kind.from_api(row, ref_of) for row in rows}
    fits = [id_ for id_, spec in specs.items() if all(spec.get(f) == wanted[f] for f in fixed)]
    return fits if len(fits) == 1 else []


def _claims(
    kind: Kind, tenant: DesiredTenant
) -> Iterator[tuple[ResourceKey, Origin, tuple[str, ...]]]:
    """The declared resources with the names that their live object may have, best first.

    Names of today come before the names that something was renamed from, so that an entry which
    was renamed long ago takes nothing away from one that has its old name now.
    """
    declared = [r for key, r in tenant.resources.items() if key.kind == kind.name]
    for resource in sorted(declared, key=lambda each: bool(each.renamed_from)):
        former = (resource.renamed_from,) if resource.renamed_from else ()
        yield resource.key, resource.origin, (kind.name_of(resource.spec), *former)
    for key, retired in tenant.retired.items():
        if key.kind == kind.name:
            yield key, retired.origin, (retired.name,)


def _resource(
    kind: Kind,
    body: Body,
    keys: Mapping[tuple[str, str], ResourceKey],
    ref_of: RefOf,
) -> LiveResource:
    id_ = str(body[kind.id_field])
    try:
        spec = kind.from_api(body, ref_of)
    except MalformedObject as problem:
        raise MalformedObject(problem.reason, kind.name, id_) from problem
    except RecursionError:
        raise MalformedObject("it is nested too deeply", kind.name, id_) from None
    return LiveResource(keys[kind.name, id_], spec, id_, body)
