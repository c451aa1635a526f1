"""One operation → API calls → what is live afterwards.

A change is announced in the journal before its first request.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from reconciler.api.client import Client
from reconciler.api.listing import list_complete
from reconciler.apply.create import create, live_rows
from reconciler.apply.journal import Done, Journal
from reconciler.connectors import Catalogue, Connector
from reconciler.kinds import all_kinds, get
from reconciler.kinds.contract.kind import Kind, Reader
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
from reconciler.plan.model import Action, Operation
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
    """What performing takes besides the operation itself; shared by all workers, never changed."""

    client: Client
    catalogue: Catalogue
    resolve_secret: ResolveSecret
    reader: Reader
    organization_id: str = ""


def perform(
    operation: Operation,
    ids: Mapping[ResourceKey, str],
    surroundings: Surroundings,
    journal: Journal,
) -> Done:
    """Carries *operation* out.

    *ids* are the live ids of everything that it refers to, and its own. Raises ReconcilerError.
    """
    context = _Context(operation, ids, surroundings)
    if operation.desired is not None and get(operation.key.kind).put_at:
        done = _put(operation, operation.desired, context, journal)
    elif operation.action is Action.CREATE:
        done = create(operation, context, surroundings.client, journal)
    else:
        assert operation.live is not None, "an update or delete has a live resource"
        id_ = operation.live.id
        if operation.action is Action.UPDATE:
            done = _update(operation, id_, context, journal)
        else:
            journal.announce(operation)
            _delete(operation, id_, context)
            done = Done("")
    journal.done(operation, done)
    return done


def reveal(resolve: ResolveSecret, secret: Secret) -> str | None:
    """The text of *secret* with its values put in, None when one of them is not provided."""
    texts = [part if isinstance(part, str) else resolve(part) for part in secret.parts]
    known = [text for text in texts if text is not None]
    return "".join(known) if len(known) == len(texts) else None


class _Context:
    """What a kind may ask while it builds a request (kinds.Context)."""

    def __init__(
        self, operation: Operation, ids: Mapping[ResourceKey, str], surroundings: Surroundings
    ) -> None:
        self._operation = operation
        self._ids = ids
        self.surroundings = surroundings

    @property
    def organization_id(self) -> str:
        return self.surroundings.organization_id

    @property
    def reader(self) -> Reader:
        return self.surroundings.reader

    def id_of(self, ref: Ref) -> str:
        return self._ids[ref.key(self._operation.key.scope)]

    def secret(self, secret: Secret) -> str:
        return "".join(
            part if isinstance(part, str) else self._value(part) for part in secret.parts
        )

    def _value(self, name: SecretName) -> str:
        value = self.surroundings.resolve_secret(name)
        if value is None:
            raise SecretsMissing([(name.name, str(self._operation.key))])
        return value

    def streams(self, source_id: str, destination_id: str) -> Sequence[Json]:
        return self.surroundings.client.streams(source_id, destination_id)

    @property
    def schema(self) -> Mapping[str, Json] | None:
        return self._operation.desired.schema if self._operation.desired else None

    def connector(self, role: str, definition_id: str) -> Connector | None:
        return self.surroundings.catalogue.defined_by(role, definition_id)

    @property
    def workspace_id(self) -> str:
        """The id of the tenant's workspace, empty while there is none."""
        return self._ids.get(workspace_key(self._operation.key.scope), "")


def _put(
    operation: Operation, desired: DesiredResource, context: _Context, journal: Journal
) -> Done:
    """Sends all of it; sent twice it is as if it had been sent once."""
    kind = get(operation.key.kind)
    body = kind.create_body(desired.spec, context)
    journal.announce(operation)
    context.surroundings.client.put(kind.put_place(context.workspace_id), body)
    return Done(remembered_id(context.workspace_id, str(desired.spec["name"])))


def _delete(operation: Operation, id_: str, context: _Context) -> None:
    kind = get(operation.key.kind)
    client = context.surroundings.client
    assert operation.live is not None, "a delete has a live resource"
    if kind.is_shared(operation.live.spec):
        _refuse_if_used_elsewhere(kind, id_, context)
    collection = kind.place(context.workspace_id, operation.live.spec)
    if kind.put_at:
        collection, _, id_ = collection.rpartition("/")
    try:
        client.delete(collection, id_)
    except Forbidden:
        # To an ordinary caller an id that is gone reads as one that it may not touch.
        rows = None
        if kind.is_read():
            rows = live_rows(kind, context, client, operation.live.spec)
        if rows is None or any(row[kind.id_field] == id_ for row in rows):
            raise


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


def _update(operation: Operation, id_: str, context: _Context, journal: Journal) -> Done:
    kind = get(operation.key.kind)
    assert operation.desired is not None, "an update has a desired resource"
    if not kind.is_shared(operation.desired.spec):
        return _written(operation, id_, context, journal)
    with context.reader.alone(f"{kind.name} {operation.title}"):
        return _written(operation, id_, context, journal)


def _written(operation: Operation, id_: str, context: _Context, journal: Journal) -> Done:
    kind = get(operation.key.kind)
    assert operation.desired is not None, "an update has a desired resource"
    assert operation.live is not None, "an update has a live resource"
    client = context.surroundings.client
    collection = kind.place(context.workspace_id, operation.live.spec)
    # The last write wins and nothing tells of writes between, so it builds on what is there now.
    body = client.get(collection, id_, query=kind.reread)
    try:
        requests = kind.update(operation.desired.spec, body, operation.changes, context)
    except MalformedObject as problem:
        raise MalformedObject(problem.reason, kind.name, id_) from problem
    journal.announce(operation)
    for request in requests:
        try:
            client.update(request.method, collection, id_, request.body)
        except NotFound:
            if not request.may_end_it:
                raise
    return Done(id_, coordinates=coordinates(kind, operation.desired, id_, client))


def coordinates(
    kind: Kind, desired: DesiredResource, id_: str, client: Client
) -> Mapping[Path, str]:
    """Where Airbyte keeps the secrets of what was just written; empty where it does not show."""
    if not (kind.reread and any(has_secret(value) for value in desired.spec.values())):
        return {}
    try:
        body = client.get(kind.collection, id_, query=kind.reread)
    except ApiError:
        return {}  # only worth knowing: the write itself has succeeded
    return kind.coordinates(desired.spec, body)
