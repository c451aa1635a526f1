"""Pages of the lists that have them, and the workspaces that a list is kept to.

Source: the platform's PaginationMapper and its paged queries, which have no ORDER BY.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from reconciler.sandbox.core.call import Call, Caller, no_role
from reconciler.sandbox.core.store import Row, placeholders

# What a community install puts in front of its links: no client can reach it.
LINK_HOST = "http://localhost:8001/api/public/v1"


@dataclass(frozen=True, slots=True)
class Scope:
    """SQL conditions joined by AND, and their values."""

    conditions: tuple[str, ...] = ()
    values: tuple[Any, ...] = ()

    def also(self, condition: str, *values: Any) -> Scope:
        return Scope((*self.conditions, condition), (*self.values, *values))


def page(
    call: Call, table: str, scope: Scope, order: str = "position"
) -> tuple[list[Row], dict[str, str]]:
    """The rows of the page that is asked for, and its links."""
    limit, offset = _limits(call)
    rows = call.store.page(table, scope.conditions, scope.values, limit, offset, order)
    parameters = [f"includeDeleted={str(call.flag('includeDeleted')).lower()}"]
    return rows, links(call, parameters, has_rows=bool(rows))


def links(call: Call, parameters: Sequence[str], *, has_rows: bool) -> dict[str, str]:
    """`next` is there whenever the page has a row, be it the last; both links lead nowhere."""
    limit, offset = _limits(call)
    ids = call.ids("workspaceIds")
    query = "&".join([*parameters, *([f"workspaceIds={','.join(ids)}"] if ids else [])])
    base = f"{LINK_HOST}/{call.path.rpartition('/')[2]}?{query}"
    earlier = max(offset - limit, 0)
    return {
        "previous": f"{base}&limit={limit}&limit={limit}&offset={earlier}" if offset else "",
        "next": f"{base}&limit={limit}&offset={offset + limit}" if has_rows else "",
    }


def workspace_scope(call: Call) -> Scope:
    """Keeps a list to the workspaces that were asked for, else to all live ones of the caller.

    One id that an ordinary caller may not read refuses the whole list.
    """
    ids = call.ids("workspaceIds")
    hidden = call.world.behaviour.hidden_workspaces if call.caller is Caller.ORDINARY else set()
    if ids:
        if call.caller is Caller.ORDINARY:
            _require_all(call, ids)
        return Scope().also(f"workspace_id IN {placeholders(ids)}", *ids)
    scope = Scope().also("orphan = 0")
    return (
        scope.also(f"workspace_id NOT IN {placeholders(sorted(hidden))}", *sorted(hidden))
        if hidden
        else scope
    )


def _require_all(call: Call, ids: Sequence[str]) -> None:
    known = call.store.all(f"SELECT id FROM workspace WHERE id IN {placeholders(ids)}", *ids)
    if len(known) < len(set(ids)) or not all(call.may_read(id_) for id_ in ids):
        raise no_role()


def _limits(call: Call) -> tuple[int, int]:
    return call.number("limit", 20, 1, 100), call.number("offset", 0, 0)
