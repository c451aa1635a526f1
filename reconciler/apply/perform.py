"""One step → API calls → what is live afterwards.

A change is announced in the journal before its first request.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import assert_never

from reconciler.api.client import Client
from reconciler.api.listing import list_complete
from reconciler.apply.create import create, live_rows
from reconciler.apply.journal import Done, Journal
from reconciler.connectors import Catalogue, Connector
from reconciler.kinds import all_kinds, get
from reconciler.kinds.contract.kind import Kind, Put
from reconciler.kinds.contract.terms import Reader
from reconciler.live.identity import remembered_id
from reconciler.model import (
    DesiredResource,
    Json,
    Path,
    Ref,
    ResourceKey,
    Secret,
    SecretName,
    workspace_key,
)
from reconciler.plan.operation import CreateStep, DeleteStep, Step, UpdateStep, WriteStep
from reconciler.plan.secrets import has_secret
from reconciler.problems.errors import (
    ApiError,
    Forbidden,
    MalformedObject,
    NotFound,
    SecretsMissing,
    StillUsed,
)

ResolveSecret = Callable[[SecretName], str | None]
"""The value of a secret, None when nobody provides it."""


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What performing takes besides the step itself; shared by all workers, never changed."""

    client: Client
    catalogue: Catalogue
    resolve_secret: ResolveSecret
    reader: Reader
    organization_id: str = ""


def perform(
    step: Step,
    ids: Mapping[ResourceKey, str],
    surroundings: Surroundings,
    journal: Journal,
) -> Done:
    """Carries *step* out.

    *ids* are the live ids of everything that it refers to, and its own. Raises ReconcilerError.
    """
    context = _Context(step, ids, surroundings)
    match step:
        case CreateStep() | UpdateStep() if put := get(step.key.kind).put:
            done = _put(step, put, context, journal)
        case CreateStep():
            done = create(step, context, surroundings.client, journal)
        case UpdateStep():
            done = _update(step, context, journal)
        case DeleteStep():
            done = _delete(step, context, journal)
        case _:
            assert_never(step)
    journal.done(step, done)
    return done


def reveal(resolve: ResolveSecret, secret: Secret) -> str | None:
    """The text of *secret* with its values put in, None when one of them is not provided."""
    texts = [part if isinstance(part, str) else resolve(part) for part in secret.parts]
    known = [text for text in texts if text is not None]
    return "".join(known) if len(known) == len(texts) else None


class _Context:
    """What a kind may ask while it builds a request (kinds.Context)."""

    def __init__(
        self, step: Step, ids: Mapping[ResourceKey, str], surroundings: Surroundings
    ) -> None:
        self._step = step
        self._ids = ids
        self.surroundings = surroundings

    @property
    def organization_id(self) -> str:
        return self.surroundings.organization_id

    @property
    def reader(self) -> Reader:
        return self.surroundings.reader

    def id_of(self, ref: Ref) -> str:
        return self._ids[ref.key(self._step.key.scope)]

    def secret(self, secret: Secret) -> str:
        return "".join(
            part if isinstance(part, str) else self._value(part) for part in secret.parts
        )

    def _value(self, name: SecretName) -> str:
        value = self.surroundings.resolve_secret(name)
        if value is None:
            raise SecretsMissing(name.name, self._step.key)
        return value

    def streams(self, source_id: str, destination_id: str) -> Sequence[Json]:
        return self.surroundings.client.streams(source_id, destination_id)

    @property
    def schema(self) -> Mapping[str, Json] | None:
        return None if isinstance(self._step, DeleteStep) else self._step.desired.schema

    def connector(self, role: str, definition_id: str) -> Connector | None:
        return self.surroundings.catalogue.defined_by(role, definition_id)

    @property
    def workspace_id(self) -> str:
        """The id of the tenant's workspace, empty while there is none."""
        return self._ids.get(workspace_key(self._step.key.scope), "")


def _put(step: WriteStep, put: Put, context: _Context, journal: Journal) -> Done:
    """Sends all of it; sent twice it is as if it had been sent once."""
    body = get(step.key.kind).create_body(step.desired.spec, context)
    journal.announce(step)
    context.surroundings.client.put(put.path_in(context.workspace_id), body)
    return Done(remembered_id(context.workspace_id, str(step.desired.spec["name"])))


def _delete(step: DeleteStep, context: _Context, journal: Journal) -> Done:
    kind, id_ = get(step.key.kind), step.live.id
    client = context.surroundings.client
    journal.announce(step)
    if kind.is_shared(step.live.spec):
        _refuse_if_used_elsewhere(kind, id_, context)
    collection = kind.collection_in(context.workspace_id, step.live.spec)
    if kind.put:
        collection, _, id_ = collection.rpartition("/")
    try:
        client.delete(collection, id_)
    except Forbidden:
        # To an ordinary caller an id that is gone reads as one that it may not touch.
        rows = None
        if kind.is_read():
            rows = live_rows(kind, context, client, step.live.spec)
        if rows is None or any(row[kind.id_field] == id_ for row in rows):
            raise
    return Done("")


def _refuse_if_used_elsewhere(kind: Kind, id_: str, context: _Context) -> None:
    """Raises StillUsed: with an object of the organization goes what other tenants made of it."""
    for other in all_kinds():
        for reference in other.references.values():
            if reference.kind != kind.name or reference.on_delete != "cascades":
                continue
            rows = list_complete(context.surroundings.client, other.collection, other.id_field)
            users = [row for row in rows if row.get(reference.api_field) == id_]
            elsewhere = {str(row.get("workspaceId")) for row in users} - {context.workspace_id}
            if elsewhere:
                raise StillUsed(kind.name, id_, sorted(elsewhere))


def _update(step: UpdateStep, context: _Context, journal: Journal) -> Done:
    kind = get(step.key.kind)
    if not kind.is_shared(step.desired.spec):
        return _written(step, context, journal)
    with context.reader.alone(f"{kind.name} {step.title}"):
        return _written(step, context, journal)


def _written(step: UpdateStep, context: _Context, journal: Journal) -> Done:
    kind, id_ = get(step.key.kind), step.live.id
    client = context.surroundings.client
    collection = kind.collection_in(context.workspace_id, step.live.spec)
    # The last write wins and nothing tells of writes between, so it builds on what is there now.
    query = kind.coordinates.query if kind.coordinates else None
    body = client.get(collection, id_, query=query)
    try:
        requests = kind.update(step.desired.spec, body, step.operation.changes, context)
    except MalformedObject as problem:
        raise MalformedObject(problem.reason, kind.name, id_) from problem
    journal.announce(step)
    for request in requests:
        try:
            client.update(request.method, collection, id_, request.body)
        except NotFound:
            if not request.may_end_it:
                raise
    return Done(id_, coordinates=_find_coordinates(kind, step.desired, id_, client))


def _find_coordinates(
    kind: Kind, desired: DesiredResource, id_: str, client: Client
) -> Mapping[Path, str]:
    """Where Airbyte keeps the secrets of what was just written; empty where it does not show."""
    if not (kind.coordinates and any(has_secret(value) for value in desired.spec.values())):
        return {}
    try:
        body = client.get(kind.collection, id_, query=kind.coordinates.query)
    except ApiError:
        return {}  # only worth knowing: the write itself has succeeded
    return kind.coordinates.find(desired.spec, body)
