"""One request as handlers see it, and what all of them need: fields, pages, existence."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from reconciler.sandbox import problems
from reconciler.sandbox.registry import Registry
from reconciler.sandbox.shapes import UUID
from reconciler.sandbox.store import Row, Store

# What a community install puts in front of its links: no client can reach it.
LINK_HOST = "http://localhost:8001/api/public/v1"
MAX_INT = 2**31 - 1
_INTEGER = re.compile(r"[+-]?[0-9]{1,10}")
MAX_NAME = 256  # characters; the database's columns hold no more


class Caller(StrEnum):
    """Who calls: an instance admin hears 404 of an unknown id, an ordinary user 403."""

    ADMIN = "admin"
    ORDINARY = "ordinary"


@dataclass
class World:
    """What outlives a request: the data, the connectors, and what was asked of the sandbox."""

    store: Store
    registry: Registry
    caller: Caller
    failing_sources: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Call:
    """One authorised request."""

    world: World
    path: str
    params: Mapping[str, str]
    query: Mapping[str, Sequence[str]]
    body: Mapping[str, Any]

    @property
    def store(self) -> Store:
        return self.world.store

    def required(self, name: str, type_: type = str) -> Any:
        """A field of the body that must be there and of that type."""
        value = self.optional(name, type_)
        if value is None:
            message = f"Required property '{name}' is missing"
            raise problems.framework(400, message, self.path)
        return value

    def optional(self, name: str, type_: type = str) -> Any:
        """A field of the body, None when it is absent; explicit null is as good as absent."""
        value = self.body.get(name)
        if value is not None and not isinstance(value, type_):
            raise problems.framework(400, f"Failed to convert argument [{name}]", self.path)
        return value

    def name(self, *, required: bool = True) -> str | None:
        """The `name` of the body; one that the database's column cannot hold is a 500."""
        name = self.required("name") if required else self.optional("name")
        if name is not None and len(name) > MAX_NAME:
            raise problems.error_id(500)
        return name if name is None else str(name)

    def uuid_field(self, name: str) -> str:
        """A required id of the body."""
        return self._uuid(str(self.required(name)), name)

    def choice(self, name: str, choices: Sequence[str]) -> str | None:
        """A field that takes one of *choices* in any case; answered in lower case."""
        value = self.optional(name)
        if value is None:
            return None
        if str(value).lower() not in choices:
            raise problems.framework(400, f"Failed to convert argument [{name}]", self.path)
        return str(value).lower()

    def number(self, name: str, default: int, least: int, most: int | None = None) -> int:
        """A number of the query inside its range."""
        values = self.query.get(name)
        if not values:
            return default
        number = int(values[0]) if _INTEGER.fullmatch(values[0]) else MAX_INT + 1
        if number > MAX_INT:
            raise problems.framework(400, f"Failed to convert argument [{name}]", self.path)
        if number < least or (most is not None and number > most):
            raise problems.error_id(400)
        return number

    def flag(self, name: str) -> bool:
        """Whether a switch of the query is on."""
        return (self.query.get(name) or ["false"])[0].lower() == "true"

    def ids(self, name: str) -> list[str]:
        """Ids of the query: the parameter repeated, or one value with commas."""
        values = [part for value in self.query.get(name, ()) for part in value.split(",") if part]
        return [self._uuid(value, name) for value in values]

    def missing(self, resource_type: str, id_: str) -> problems.Refusal:
        """What this caller hears of an id that resolves to nothing."""
        if self.world.caller is Caller.ORDINARY:
            return problems.forbidden(
                "Caller does not have the required permissions to access the resource(s)."
            )
        if not _is_uuid(id_):
            return problems.error_id(500)
        return problems.not_found(resource_type, id_)

    def _uuid(self, value: str, name: str) -> str:
        if not _is_uuid(value):
            raise problems.framework(400, f"Failed to convert argument [{name}]", self.path)
        return value.lower()


def page(
    call: Call, table: str, conditions: Sequence[str], values: Sequence[Any]
) -> tuple[list[Row], dict[str, str]]:
    """The rows of the page that is asked for, and its links.

    `next` is there whenever the page has a row, be it the last; both links lead nowhere.
    """
    limit = call.number("limit", 20, 1, 100)
    offset = call.number("offset", 0, 0)
    rows = call.store.page(table, conditions, values, limit, offset)
    collection = call.path.rpartition("/")[2]
    ids = call.ids("workspaceIds")
    scope = f"&workspaceIds={','.join(ids)}" if ids else ""
    base = f"{LINK_HOST}/{collection}?includeDeleted={str(call.flag('includeDeleted')).lower()}"
    following = f"{base}{scope}&limit={limit}&offset={offset + limit}" if rows else ""
    earlier = max(offset - limit, 0)
    preceding = f"{base}{scope}&limit={limit}&limit={limit}&offset={earlier}" if offset else ""
    return rows, {"previous": preceding, "next": following}


def workspace_scope(call: Call) -> tuple[str, list[str]]:
    """The SQL condition and values that keep a list to the workspaces that were asked for."""
    ids = call.ids("workspaceIds")
    if not ids:
        live = "SELECT id FROM workspace WHERE tombstone = 0"
        return f"workspace_id IN ({live})", []
    if call.world.caller is Caller.ORDINARY:
        for id_ in ids:
            require_workspace(call, id_)
    return f"workspace_id IN ({', '.join('?' * len(ids))})", ids


def require_workspace(call: Call, id_: str) -> Row:
    """The live workspace of that id."""
    row = call.store.one("SELECT * FROM workspace WHERE id = ? AND tombstone = 0", id_)
    if row is None:
        raise call.missing("STANDARD_WORKSPACE", id_)
    return row


def _is_uuid(value: str) -> bool:
    return UUID.fullmatch(value) is not None
