"""CPU seconds to plan 18,000 unchanged resources, and 18,000 of which each differs in one field.

    python -m benchmarks.diff [TENANTS]

A tenant has 18: a workspace, 8 sources, a destination and 8 connections of 5 streams each. Live
state is built in memory, so this is the cost of comparing and planning alone.
"""

from __future__ import annotations

import sys
import time
from typing import Any

from reconciler.kinds.contract.terms import WORKSPACE
from reconciler.live.tenant import LiveTenant
from reconciler.model import (
    UNREADABLE,
    DesiredResource,
    DesiredTenant,
    Exhaustive,
    LiveResource,
    Origin,
    Ref,
    ResourceKey,
    Secret,
    SecretName,
    workspace_key,
)
from reconciler.plan.build import build_plan

ORIGIN = Origin("tenants/t.yaml", 1, 1)
SOURCES = 8
STREAMS = 5


def main() -> None:
    tenants = int(sys.argv[1]) if len(sys.argv) > 1 else 1000
    for label, count in (("unchanged", 30), ("each differs in a field", 31)):
        pairs = [_tenant(f"t{n}", count) for n in range(tenants)]
        started = time.process_time()
        plans = [build_plan(desired, live) for desired, live in pairs]
        took = time.process_time() - started
        operations = sum(len(plan.operations) for plan in plans)
        resources = sum(len(desired.resources) for desired, _ in pairs)
        print(f"{resources:,} resources, {label}: {took:.2f} s, {operations:,} operations")


def _tenant(name: str, count: int) -> tuple[DesiredTenant, LiveTenant]:
    desired = {key: DesiredResource(key, spec, ORIGIN) for key, spec in _specs(name, count, True)}
    live = {key: LiveResource(key, spec, str(key), {}) for key, spec in _specs(name, 30, False)}
    return DesiredTenant(name, {}, desired, ORIGIN), LiveTenant(name, live, ())


def _specs(tenant: str, count: int, is_desired: bool) -> list[tuple[ResourceKey, Any]]:
    secret: Any = Secret((SecretName("KEY"),)) if is_desired else UNREADABLE
    found: list[tuple[ResourceKey, Any]] = [(workspace_key(tenant), {"name": tenant})]
    for role, numbers in (("source", range(SOURCES)), ("destination", range(1))):
        for number in numbers:
            configuration = {
                "credentials": {"auth_type": "key", "api_key": secret},
                "count": count,
                **{f"option_{n}": f"value {n}" for n in range(6)},
            }
            spec = {
                "workspace": WORKSPACE,
                "name": f"{role} {number}",
                "definitionId": "d",
                "configuration": configuration,
            }
            found.append((ResourceKey(role, tenant, str(number)), spec))
    for number in range(SOURCES):
        streams = {
            f"stream_{n}": {
                "name": f"stream_{n}",
                "syncMode": "incremental_append",
                "selectedFields": ["a", "b", "c"],
                "mappers": [],
            }
            for n in range(STREAMS)
        }
        spec = {
            "name": f"connection {number}",
            "source": Ref("source", str(number)),
            "destination": Ref("destination", "0"),
            "schedule": {"scheduleType": "cron", "cronExpression": f"0 {count} 2 * * ?"},
            "prefix": "x_",
            "status": "active",
            "streams": Exhaustive(streams) if is_desired else streams,
        }
        found.append((ResourceKey("connection", tenant, str(number)), spec))
    return found


if __name__ == "__main__":
    main()
