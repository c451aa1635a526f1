"""Many tenants at once, for load: 18 objects each, of which eight sources and connections."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

SOURCES = 8  # of a tenant; as many connections, and 18 objects in all

_WAREHOUSE = {
    "destinationType": "postgres",
    "host": "db.example.com",
    "port": 5432,
    "database": "warehouse",
    "schema": "public",
    "username": "loader",
    "password": "not-a-secret",
}
_SHOP = {
    "sourceType": "stripe",
    "account_id": "acct_1",
    "client_secret": "not-a-secret",
    "start_date": "2024-01-01T00:00:00Z",
}
_STREAMS = [
    {"name": "customers", "syncMode": "incremental_deduped_history"},
    {"name": "invoices", "syncMode": "full_refresh_overwrite"},
]


def tenants(count: int) -> Iterator[Mapping[str, Any]]:
    """The lines that make *count* tenants, for `seeds.fill`."""
    for number in range(1, count + 1):
        workspace = f"w{number}"
        yield _post("/workspaces", {"name": f"Tenant {number:05}"}, workspace)
        place = {"workspaceId": f"@{workspace}"}
        warehouse = {"name": "Warehouse", "configuration": _WAREHOUSE, **place}
        yield _post("/destinations", warehouse, f"{workspace}d")
        for shop in range(SOURCES):
            name = f"{workspace}s{shop}"
            yield _post("/sources", {"name": f"Shop {shop}", "configuration": _SHOP, **place}, name)
            yield _post(
                "/connections",
                {
                    "sourceId": f"@{name}",
                    "destinationId": f"@{workspace}d",
                    "name": f"Shop {shop} to Warehouse",
                    "schedule": {"scheduleType": "cron", "cronExpression": f"0 {shop} 2 * * ?"},
                    "configurations": {"streams": _STREAMS},
                },
                f"{name}c",
            )


def _post(path: str, body: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    return {"post": path, "body": body, "as": name}
