"""One request as handlers see it, and the world that they change."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from reconciler.sandbox.core import problems
from reconciler.sandbox.core.clock import Clock
from reconciler.sandbox.core.registry import Definition, Registry
from reconciler.sandbox.core.shapes import is_uuid
from reconciler.sandbox.core.store import Row, Store

MAX_INT = 2**31 - 1
_INTEGER = re.compile(r"[+-]?[0-9]{1,10}")
MAX_NAME = 256  # characters; the database's columns hold no more


class Caller(StrEnum):
    """Who calls: an instance admin hears 404 of an unknown id, an ordinary user 403."""

    ADMIN = "admin"
    ORDINARY = "ordinary"


@dataclass
class Behaviour:
    """What can be asked of a sandbox beyond its data. Durations are seconds of its clock."""

    discovery_s: float = 0.0  # of real time: a cold discovery keeps its request waiting
    job_pending_s: float = 1.0
    job_running_s: float = 10.0
    job_outcome: str = "succeeded"
    runs_schedules: bool = False  # whether a cron starts syncs, or none does but a request
    allows_sub_hourly: bool = True
    is_entitled: bool = True
    is_cloud: bool = False  # whether workspaces have OAuth overrides, as on Cloud
    failures_until_inactive: int = 100  # syncs of a connection that fail one after another
    failing_sources: dict[str, str] = field(default_factory=dict)
    failing_images: set[str] = field(default_factory=set)
    failing_connections: dict[str, int] = field(default_factory=dict)
    hidden_workspaces: set[str] = field(default_factory=set)


@dataclass
class World:
    """What outlives a request: the data, the connectors, and what was asked of the sandbox."""

    store: Store
    registry: Registry
    caller: Caller
    clock: Clock = field(default_factory=Clock)
    behaviour: Behaviour = field(default_factory=Behaviour)
    client_id: str = "sandbox-client"
    custom: dict[tuple[str, int], Definition] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Call:
    """One authorised request. *sent* is the body as it came, *body* as its shape reads it."""

    world: World
    path: str
    params: Mapping[str, str]
    query: Mapping[str, Sequence[str]]
    body: Mapping[str, Any]
    sent: Any = None
    caller: Caller = Caller.ADMIN
    discovered: frozenset[str] = frozenset()

    @property
    def store(self) -> Store:
        return self.world.store

    @property
    def now_s(self) -> int:
        """The time in whole seconds."""
        return self.world.clock.seconds()

    def name(self, default: str = "") -> str:
        """The `name` of the body; one that the database's column cannot hold is a 500.

        An empty one is a name like any other; *default* is for an absent one.
        """
        name: str | None = self.body.get("name")
        if name is None:
            return default
        if len(name) > MAX_NAME:
            raise problems.error_id(500)
        return name

    def number(self, name: str, default: int, least: int, most: int | None = None) -> int:
        """A number of the query inside its range."""
        values = self.query.get(name)
        if not values:
            return default
        number = int(values[0]) if _INTEGER.fullmatch(values[0]) else MAX_INT + 1
        if number > MAX_INT:
            raise self.unreadable(name)
        if number < least or (most is not None and number > most):
            raise problems.error_id(400)
        return number

    def flag(self, name: str) -> bool:
        """Whether a switch of the query is on."""
        return (self.query.get(name) or ["false"])[0].lower() == "true"

    def words(self, name: str) -> list[str]:
        """Values of the query: the parameter repeated, or one value with commas."""
        return [part for value in self.query.get(name, ()) for part in value.split(",") if part]

    def ids(self, name: str) -> list[str]:
        """Ids of the query."""
        return [self._uuid(value, name) for value in self.words(name)]

    def one_id(self, name: str) -> str | None:
        """An id of the query, None when there is none."""
        return next(iter(self.ids(name)), None)

    def required_id(self, name: str) -> str:
        """An id of the query that must be there."""
        id_ = self.one_id(name)
        if id_ is None:
            message = f"Required QueryValue [{name}] not specified"
            raise problems.framework(400, message, self.path)
        return id_

    def choice(self, name: str, choices: Sequence[str]) -> str | None:
        """A word of the query that is one of *choices* in any case."""
        values = self.query.get(name)
        if not values or not values[0]:
            return None
        if values[0].lower() not in choices:
            raise self.unreadable(name)
        return values[0].lower()

    def unreadable(self, name: str) -> problems.Refusal:
        """400 of the framework for a part of the query that it cannot convert."""
        return problems.framework(400, f"Failed to convert argument [{name}]", self.path)

    def missing(self, resource_type: str, id_: str) -> problems.Refusal:
        """What this caller hears of an id that resolves to nothing."""
        if self.caller is Caller.ORDINARY:
            return no_role()
        if not is_uuid(id_):
            return problems.error_id(500)
        return problems.not_found(resource_type, id_)

    def may_read(self, workspace_id: str) -> bool:
        """Whether this caller has a role in that workspace."""
        hidden = self.world.behaviour.hidden_workspaces
        return self.caller is Caller.ADMIN or workspace_id not in hidden

    def _uuid(self, value: str, name: str) -> str:
        if not is_uuid(value):
            raise self.unreadable(name)
        return value.lower()


class RoleMissing(problems.Refusal):
    """403: the caller has no role in what the request is about."""


def no_role() -> RoleMissing:
    """403 of the handlers' own check of roles."""
    message = "Caller does not have the required permissions to access the resource(s)."
    refusal = problems.forbidden(message)
    return RoleMissing(refusal.status, refusal.body)


def require_workspace(call: Call, id_: str) -> Row:
    """The live workspace of that id."""
    row = call.store.one("SELECT * FROM workspace WHERE id = ? AND tombstone = 0", id_.lower())
    if row is None:
        raise call.missing("STANDARD_WORKSPACE", id_)
    require_role(call, row["id"])
    return row


def require_role(call: Call, workspace_id: str) -> None:
    """Refuses a caller without a role in that workspace."""
    if not call.may_read(workspace_id):
        raise no_role()


def require_admin(call: Call) -> None:
    """Refuses a caller that does not administer the organization."""
    if call.caller is not Caller.ADMIN:
        raise no_role()
    if not call.world.behaviour.is_entitled:
        raise problems.not_entitled()
