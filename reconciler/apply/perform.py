"""One operation → API calls → the id of the object afterwards.

A create whose answer is lost may have happened, and names may repeat: it is looked up by name and
never sent again.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from reconciler.api.client import Body, Client
from reconciler.api.listing import list_complete
from reconciler.connectors import Catalogue, Connector
from reconciler.errors import ApiError, MalformedObject, ResponseLost, SecretsMissing, ServerError
from reconciler.kinds import get
from reconciler.kinds._base import Kind, required
from reconciler.model import (
    Json,
    Ref,
    ResourceKey,
    Secret,
    SecretName,
    workspace_key,
)
from reconciler.plan.model import Action, Operation

ResolveSecret = Callable[[SecretName], str | None]
"""The value of a secret, None when nobody provides it."""

_LOST_STATUSES = frozenset({502, 503, 504})  # a proxy gave up; the server may have gone on


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What performing takes besides the operation itself; shared by all workers, never changed."""

    client: Client
    catalogue: Catalogue
    resolve_secret: ResolveSecret
    organization_id: str = ""


def perform(
    operation: Operation, ids: Mapping[ResourceKey, str], surroundings: Surroundings
) -> str:
    """Carries *operation* out; the live id afterwards, empty after a delete.

    *ids* are the live ids of everything that it refers to, and its own. Raises ReconcilerError.
    """
    context = _Context(operation, ids, surroundings)
    if operation.action is Action.CREATE:
        return _create(operation, context)
    assert operation.live is not None, "an update or delete has a live resource"
    id_ = operation.live.id
    kind = get(operation.key.kind)
    if operation.action is Action.DELETE:
        surroundings.client.delete(kind.collection, id_)
        return ""
    _update(operation, id_, context)
    return id_


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

    def connector(self, role: str, definition_id: str) -> Connector | None:
        return self.surroundings.catalogue.defined_by(role, definition_id)

    @property
    def own_id(self) -> str:
        """The live id of the operation's key, empty while there is none."""
        return self._ids.get(self._operation.key, "")

    @property
    def workspace_id(self) -> str:
        """The id of the tenant's workspace, empty while there is none."""
        return self._ids.get(workspace_key(self._operation.key.scope), "")


def _create(operation: Operation, context: _Context) -> str:
    kind = get(operation.key.kind)
    assert operation.desired is not None, "a create has a desired resource"
    body = kind.create_body(operation.desired.spec, context)
    try:
        created = context.surroundings.client.create(kind.collection, body)
    except (ResponseLost, ServerError) as problem:
        if isinstance(problem, ServerError) and problem.status not in _LOST_STATUSES:
            raise
        found = _find_created(kind, operation, context)
        if found is None:
            raise _lost(problem) from problem
        created = found
    return str(required(created, kind.id_field, str))


def _find_created(kind: Kind, operation: Operation, context: _Context) -> Body | None:
    """The one live object of the operation's name besides the one that it replaces, if any."""
    workspaces = [context.workspace_id] if kind.in_workspace() else []
    rows = list_complete(
        context.surroundings.client, kind.collection, kind.id_field, workspace_ids=workspaces
    )
    old = context.own_id
    named = [r for r in rows if r.get("name") == operation.title and r.get(kind.id_field) != old]
    return named[0] if len(named) == 1 else None


def _lost(problem: ApiError) -> ResponseLost:
    if isinstance(problem, ResponseLost):
        return problem
    return ResponseLost(problem.method, problem.url, status=problem.status, problem=problem.problem)


def _update(operation: Operation, id_: str, context: _Context) -> None:
    kind = get(operation.key.kind)
    assert operation.desired is not None, "an update has a desired resource"
    client = context.surroundings.client
    # The last write wins and nothing tells of writes between, so it builds on what is there now.
    body = client.get(kind.collection, id_, query=kind.reread)
    try:
        requests = kind.update(operation.desired.spec, body, operation.changes, context)
    except MalformedObject as problem:
        raise MalformedObject(problem.reason, kind.name, id_) from problem
    for request in requests:
        client.update(request.method, kind.collection, id_, request.body)
