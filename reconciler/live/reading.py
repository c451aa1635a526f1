"""API → the live state of tenants, by list calls only.

The API's lists have no order, so an offset can skip rows. A page that is not full comes from one
statement and is complete: workspaces are read in batches so small that each fits one page, and a
batch whose page comes back full is split. Only a workspace with more rows than a page holds, and
the listing of the workspaces themselves, are paged by offset, and then verified by reading again.
Rows that cannot belong to what was asked are an error, never an empty state.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import partial

from reconciler.api.client import PAGE_SIZE, Body, Client
from reconciler.api.listing import list_complete
from reconciler.api.usage import WAITING
from reconciler.kinds import all_kinds, get
from reconciler.kinds.contract.kind import Kind
from reconciler.kinds.contract.terms import Absence, Expected, required
from reconciler.live.identity import Rows, identified
from reconciler.live.lists import Reading
from reconciler.live.tenant import LiveTenant
from reconciler.model import (
    DesiredTenant,
    RememberedOf,
    ResourceKey,
    remember_nothing,
    workspace_key,
)
from reconciler.problems.errors import (
    Forbidden,
    ListingInconsistent,
    NotFound,
    ReconcilerError,
    ServerError,
)

FILL = 96  # rows that a batch is planned for, so that a few undeclared ones still fit the page
MAX_IDS = 80  # workspace ids in one URL: about 37 bytes each, and a request line holds 4 KB

WORKSPACE_ID = "workspaceId"  # in every object, the workspace's own included


def read_live(
    client: Client,
    tenants: Sequence[DesiredTenant],
    remembered_of: RememberedOf = remember_nothing,
    *,
    only: Collection[str] | None = None,
) -> Iterator[tuple[DesiredTenant, LiveTenant | ReconcilerError]]:
    """Each tenant with its live state, or with why that could not be read; in the order given.

    Several may mean one workspace, which is read once. With *only*, what is of other kinds is not
    read, and is missing. Raises ApiError when nothing can be read at all.
    """
    found = _find_workspaces(client, tenants, _known_ids(tenants, remembered_of))
    reading = Reading(client)
    kinds = [k for k in all_kinds() if k.is_read() and (only is None or k.name in only)]
    rows = _read_rows(client, reading, kinds, tenants, found)
    for tenant, bodies in zip(tenants, rows, strict=True):
        try:
            live = identified(tenant, bodies, remembered_of(tenant.name))
            absent = _absent(tenant, live, reading) if only is None else {}
            yield tenant, replace(live, absent=absent)
        except ReconcilerError as problem:
            yield tenant, problem


def _absent(
    tenant: DesiredTenant, live: LiveTenant, reading: Reading
) -> Mapping[ResourceKey, Absence]:
    """The declared resources that nothing is going to make, with why."""
    missing = [each for key, each in tenant.resources.items() if key not in live.resources]
    return {
        each.key: why
        for each in missing
        if (absent := get(each.key.kind).listing.absent) and (why := absent(each.spec, reading))
    }


def _known_ids(tenants: Sequence[DesiredTenant], remembered_of: RememberedOf) -> dict[str, str]:
    """The id of each tenant's workspace where the manifest gives it, or it is remembered."""
    known: dict[str, str] = {}
    for tenant in tenants:
        remembered = remembered_of(tenant.name).resources.get(workspace_key(tenant.name))
        if id_ := tenant.workspace_id or (remembered.id if remembered else ""):
            known[tenant.name] = id_
    return known


@dataclass(frozen=True, slots=True)
class _Workspaces:
    """The live workspaces that tenants may mean. `known` are the tenants' ids of theirs."""

    by_name: Mapping[str, list[Body]]
    by_id: Mapping[str, Body]
    known: Mapping[str, str]

    def of(self, tenant: DesiredTenant) -> list[Body]:
        """The one that is known by its id, else those of the first of its names that any has.

        One that is known to be another tenant's is nobody else's, whatever its name is now.
        """
        if (id_ := self.known.get(tenant.name, "")) in self.by_id:
            return [self.by_id[id_]]
        if tenant.workspace_id and workspace_key(tenant.name) in tenant.retired:
            return []  # it has gone, and one of its name may be anybody's
        names = tenant.workspace_names
        return next((self.by_name[name] for name in names if self.by_name.get(name)), [])


def _find_workspaces(
    client: Client, tenants: Sequence[DesiredTenant], known: Mapping[str, str]
) -> _Workspaces:
    """The live workspaces, among them every one that a tenant asks for."""
    kind = get("workspace")
    choices = [(known.get(tenant.name, ""), *tenant.workspace_names) for tenant in tenants]
    wanted = {name for choice in choices for name in choice}
    ids = set(known.values())

    def is_enough(rows: Iterable[Body]) -> bool:
        there = {text for row in rows for text in (row.get("name"), row.get(kind.id_field))}
        return all(any(text in there for text in choice) for choice in choices)

    with client.usage.phase(WAITING):
        rows = _known_workspaces(client, ids) if all(id_ for id_, *_ in choices) else []
        if not rows:
            rows = list_complete(
                client,
                kind.collection,
                kind.id_field,
                is_enough=is_enough,
                expected=len({tenant.name for tenant in tenants}),
            )
    by_name: dict[str, list[Body]] = {}
    by_id: dict[str, Body] = {}
    for row in rows:
        id_ = required(row, kind.id_field, str)
        if id_ in ids:
            by_id[id_] = row
        elif row.get("name") in wanted:
            by_name.setdefault(str(row["name"]), []).append(row)
    return _Workspaces(by_name, by_id, known)


def _known_workspaces(client: Client, ids: Collection[str]) -> list[Body]:
    """The workspaces of those few ids, without a look at all others; none unless all exist."""
    kind = get("workspace")
    if not 0 < len(ids) <= MAX_IDS:
        return []
    try:
        rows = client.page(kind.collection, workspace_ids=sorted(ids))
    except (Forbidden, ServerError):
        return []  # one that is gone makes the call fail
    return rows if ids == {row.get(kind.id_field) for row in rows} else []


def _is_wanted(kind: Kind, tenant: DesiredTenant) -> bool:
    """Whether the rows of *kind* are needed at all to plan *tenant*."""
    return (
        not kind.listing.is_on_demand
        or kind.name in tenant.sections
        or any(key.kind == kind.name for key in (*tenant.resources, *tenant.retired))
    )


@dataclass(frozen=True, slots=True)
class _Batch:
    """Workspaces to read one kind of, in one call if all goes as expected.

    `expected` is by workspace id. `last` is the position of its last tenant: batches are read in
    the order of need.
    """

    kind: Kind
    expected: Mapping[str, Expected]
    last: int


def _read_rows(
    client: Client,
    reading: Reading,
    kinds: Sequence[Kind],
    tenants: Sequence[DesiredTenant],
    found: _Workspaces,
) -> Iterator[Mapping[str, Rows]]:
    """For each tenant, in order, its live rows by kind; several batches are read at a time."""
    workspaces = [found.of(tenant) for tenant in tenants]
    batches = sorted(
        (batch for kind in kinds for batch in _batches(kind, tenants, workspaces)),
        key=lambda batch: batch.last,
    )
    client.foretells(len(batches))
    needed = Counter(
        (kind.name, str(rows[0][WORKSPACE_ID]))
        for tenant, rows in zip(tenants, workspaces, strict=True)
        for kind in kinds
        if len(rows) == 1 and _is_wanted(kind, tenant)
    )
    arrived: dict[tuple[str, str], Rows] = {}
    # The client's pacer decides how many of these are really under way.
    with ThreadPoolExecutor(client.most_at_a_time) as pool:
        width = client.most_at_a_time * 2
        answers = _windowed(pool, partial(_read, client, reading), batches, width)
        for position, rows in enumerate(workspaces):
            bodies: dict[str, Rows] = {"workspace": rows}
            for kind in kinds if len(rows) == 1 else ():
                if not _is_wanted(kind, tenants[position]):
                    continue
                key = (kind.name, str(rows[0][WORKSPACE_ID]))
                while key not in arrived:
                    with client.usage.phase(WAITING):
                        batch, answer = next(answers)
                    arrived |= {(batch.kind.name, id_): got for id_, got in answer.items()}
                bodies[kind.name] = arrived[key]
                needed[key] -= 1
                if not needed[key]:
                    del arrived[key]
            yield bodies
            workspaces[position] = []


def _windowed(
    pool: ThreadPoolExecutor,
    read: Callable[[_Batch], Mapping[str, Rows]],
    batches: Sequence[_Batch],
    width: int,
) -> Iterator[tuple[_Batch, Mapping[str, Rows]]]:
    """The batches' answers in order, with at most *width* read ahead of whoever asks."""
    waiting: deque[tuple[_Batch, Future[Mapping[str, Rows]]]] = deque()
    coming = iter(batches)
    while True:
        for batch in coming:
            waiting.append((batch, pool.submit(read, batch)))
            if len(waiting) >= width:
                break
        if not waiting:
            return
        batch, future = waiting.popleft()
        yield batch, future.result()


def _read(client: Client, reading: Reading, batch: _Batch) -> Mapping[str, Rows]:
    if batch.kind.listing.rows:
        return ask_kind(reading, batch.kind, batch.expected)
    return read_batch(client, batch.kind, list(batch.expected))


def _batches(
    kind: Kind, tenants: Sequence[DesiredTenant], workspaces: Sequence[Sequence[Body]]
) -> Iterator[_Batch]:
    """Existing workspaces, in order, together as long as their expected rows fit a page."""
    every = _expected_by_id(kind, tenants, workspaces)
    asked: set[str] = set()
    batch: dict[str, Expected] = {}
    size = 0
    last = 0
    for position, (tenant, rows) in enumerate(zip(tenants, workspaces, strict=True)):
        if len(rows) != 1 or not _is_wanted(kind, tenant):
            continue
        id_ = required(rows[0], WORKSPACE_ID, str)
        if id_ in asked:
            continue
        asked.add(id_)
        count = len(every[id_].specs)
        if batch and ((kind.listing.is_paged and size + count > FILL) or len(batch) == MAX_IDS):
            yield _Batch(kind, batch, last)
            batch, size = {}, 0
        batch[id_] = every[id_]
        size += count
        last = position
    if batch:
        yield _Batch(kind, batch, last)


def _expected_by_id(
    kind: Kind, tenants: Sequence[DesiredTenant], workspaces: Sequence[Sequence[Body]]
) -> Mapping[str, Expected]:
    """What all tenants together expect in each workspace."""
    found: dict[str, Expected] = {}
    for tenant, rows in zip(tenants, workspaces, strict=True):
        if len(rows) == 1 and _is_wanted(kind, tenant):
            id_ = required(rows[0], WORKSPACE_ID, str)
            own = _expected(kind, tenant)
            found[id_] = found[id_].with_also(own) if id_ in found else own
    return found


def _expected(kind: Kind, tenant: DesiredTenant) -> Expected:
    specs = [each.spec for key, each in tenant.resources.items() if key.kind == kind.name]
    retired = [each.name for key, each in tenant.retired.items() if key.kind == kind.name]
    return Expected(tuple(specs), tuple(retired), everything=tenant.prune)


def read_batch(client: Client, kind: Kind, ids: Sequence[str]) -> Mapping[str, Rows]:
    """The rows of each workspace, or why they cannot be read; splits until the culprit is alone."""
    try:
        rows = client.page(kind.collection, workspace_ids=ids)
    except (Forbidden, ServerError) as problem:
        # One id that may not be read, or one row that the server cannot show, fails the whole call.
        if len(ids) == 1:
            return {ids[0]: problem}
        return _halves(client, kind, ids)
    if len(rows) < PAGE_SIZE or not kind.listing.is_paged:
        return by_workspace(kind, rows, ids)
    if len(ids) > 1:
        return _halves(client, kind, ids)
    rows = list_complete(client, kind.collection, kind.id_field, workspace_ids=ids)
    return by_workspace(kind, rows, ids)


def _halves(client: Client, kind: Kind, ids: Sequence[str]) -> Mapping[str, Rows]:
    middle = len(ids) // 2
    first = read_batch(client, kind, ids[:middle])
    return {**first, **read_batch(client, kind, ids[middle:])}


def ask_kind(reading: Reading, kind: Kind, expected: Mapping[str, Expected]) -> Mapping[str, Rows]:
    """The rows of each workspace as the kind reads them itself, or why they cannot be read."""
    read = kind.listing.rows
    assert read is not None, "the kind reads its rows itself"
    try:
        return {id_: list(rows) for id_, rows in read(reading, expected).items()}
    except (Forbidden, NotFound, ServerError) as problem:
        if len(expected) == 1:
            return dict.fromkeys(expected, problem)
        return {
            id_: rows
            for id_, wanted in expected.items()
            for rows in ask_kind(reading, kind, {id_: wanted}).values()
        }


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
