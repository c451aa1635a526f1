"""CPU seconds to render a plan of 40,000 rows: every format, three shapes of plan.

    python -m benchmarks.render [ROWS]

`alike`: the same change everywhere, one group. `similar`: one group with values of their own.
`each its own`: the keys differ, so nothing groups.
`new`: tenants that are created, alike but for their own values. Four rows a tenant.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable

from reconciler.model import (
    DesiredResource,
    LiveResource,
    Origin,
    Ref,
    ResourceKey,
    Secret,
    SecretName,
    workspace_key,
)
from reconciler.model.changes import FieldChange
from reconciler.model.effects import Consequence, Effect
from reconciler.plan.file import Place, write_plan
from reconciler.plan.model import Plan, TenantPlan
from reconciler.plan.operation import Create, CreateStep, Update, UpdateStep
from reconciler.render.plan.html import render_plan_html
from reconciler.render.plan.lines import Look
from reconciler.render.plan.markdown import render_plan_markdown
from reconciler.render.plan.text import render_plan

PLACE = Place("benchmark", "https://airbyte.test/v1")
NAMES = {"e094cb9a-26de-4645-8761-65c0c425d1de": "stripe"}
ROWS_A_TENANT = 4
SCHEDULE_ONLY = (Consequence(Effect.SCHEDULE_ONLY),)
FIRST_LOAD = (Consequence(Effect.FIRST_LOAD),)

FORMATS: dict[str, Callable[[Plan], str]] = {
    "text": lambda plan: render_plan(plan, Look(names=NAMES)),
    "json": lambda plan: write_plan(plan, PLACE, {}),
    "markdown": lambda plan: render_plan_markdown(plan, PLACE, Look(names=NAMES)),
    "html": lambda plan: render_plan_html(plan, PLACE, NAMES),
}


def main() -> None:
    rows = int(sys.argv[1]) if len(sys.argv) > 1 else 40_000
    tenants = rows // ROWS_A_TENANT
    shapes: dict[str, Callable[[int], TenantPlan]] = {
        "alike": lambda number: rescheduled(number, "0 0 3 * * ?"),
        "similar": lambda number: rescheduled(number, f"0 {number} 3 * * ?"),
        "each its own": lambda number: rescheduled(number, "0 0 3 * * ?", f"{number}-"),
        "new": created,
    }
    print(f"{rows:,} rows in {tenants:,} tenants; CPU seconds, megabytes")
    for shape, made in shapes.items():
        plan = Plan(tuple(made(number) for number in range(tenants)))
        for name, render in FORMATS.items():
            started = time.process_time()
            text = render(plan)
            took = time.process_time() - started
            print(f"  {shape:<14}{name:<10}{took:6.2f} s {len(text) / 1e6:8.2f} MB", flush=True)


def rescheduled(number: int, after: str, own: str = "") -> TenantPlan:
    """A tenant whose connections all get another schedule."""
    scope = f"tenant-{number:05}"
    keys = [ResourceKey("connection", scope, f"{own}c{at}") for at in range(ROWS_A_TENANT)]
    return TenantPlan(scope, tuple(_update(key, after) for key in keys), unchanged=2)


def _update(key: ResourceKey, after: str) -> UpdateStep:
    spec = {
        "name": f"Connection {key.name}",
        "source": Ref("source", "stripe"),
        "destination": Ref("destination", "lake"),
        "schedule": {"scheduleType": "cron", "cronExpression": after},
    }
    change = FieldChange(("schedule", "cronExpression"), "0 0 2 * * ?", after)
    desired = DesiredResource(key, spec, Origin(f"tenants/{key.scope}.yaml", 10, 3))
    live = LiveResource(key, spec, f"id-{key.scope}-{key.name}", {})
    return UpdateStep(Update(desired, live, (change,), SCHEDULE_ONLY))


def created(number: int) -> TenantPlan:
    """A new tenant: a workspace, a source, a destination, a connection."""
    scope = f"tenant-{number:05}"
    workspace = workspace_key(scope)
    source, lake, connection = (
        ResourceKey(kind, scope, name)
        for kind, name in (("source", "stripe"), ("destination", "lake"), ("connection", "main"))
    )
    actor = {
        "workspace": Ref("workspace", ""),
        "definitionId": next(iter(NAMES)),
        "configuration": {
            "account_id": f"acct_{number}",
            "client_secret": Secret((SecretName("KEY"),)),
            **{f"option_{at}": at for at in range(8)},
        },
    }
    link = {"source": Ref("source", "stripe"), "destination": Ref("destination", "lake")}
    waits = (f"create {workspace}",)
    return TenantPlan(
        scope,
        (
            _create(workspace, {"name": f"The {scope}"}, ()),
            _create(source, {**actor, "name": "Stripe"}, waits),
            _create(lake, {**actor, "name": "Lake"}, waits),
            _create(connection, {**link, "name": "Main"}, (f"create {source}", f"create {lake}")),
        ),
    )


def _create(key: ResourceKey, spec: dict[str, object], waits_for: tuple[str, ...]) -> CreateStep:
    desired = DesiredResource(key, spec, Origin(f"tenants/{key.scope}.yaml", 10, 3))
    return CreateStep(Create(desired, FIRST_LOAD), frozenset(waits_for))


if __name__ == "__main__":
    main()
