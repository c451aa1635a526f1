"""Plans that renderings are tested on, made by hand so that every part of them occurs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from reconciler.model import (
    MISSING,
    UNREADABLE,
    DesiredResource,
    Exhaustive,
    JobHistory,
    LastJob,
    LiveResource,
    Origin,
    Ref,
    ResourceKey,
    Retired,
    Secret,
    SecretName,
    Spec,
    workspace_key,
)
from reconciler.model.changes import Equality, EqualReason, FieldChange, Mark
from reconciler.model.effects import Consequence, Effect
from reconciler.plan.attribution import attributed
from reconciler.plan.model import Base, Plan, TenantPlan
from reconciler.plan.operation import (
    Cause,
    Create,
    CreateStep,
    Delete,
    DeleteStep,
    Replace,
    Update,
    UpdateStep,
)
from reconciler.problems import rules
from reconciler.problems.errors import Forbidden
from reconciler.problems.problem import Problem

STRIPE = "e094cb9a-26de-4645-8761-65c0c425d1de"
BIGQUERY = "22f6c74f-5699-40ff-833c-4a879ea40133"
TYPES = {STRIPE: "stripe", BIGQUERY: "bigquery"}
PLANTED = "planted-secret-value"
HOSTILE = "</script><img src=x onerror=alert(1)>\x1b[31m\u202e|`*_[x](javascript:y)\n# "

KEEPS = (Consequence(Effect.KEEPS_STATE),)
NOTHING = (Consequence(Effect.NO_EFFECT),)
FIRST_LOAD = (Consequence(Effect.FIRST_LOAD),)


def everything() -> Plan:
    """A plan with every part that a rendering can meet."""
    fleet = [rescheduled(f"customer-{number:02}") for number in range(1, 8)]
    tenants = [
        *fleet,
        rescheduled("zenith", after="0 0 5 * * ?"),
        *(new_tenant(name) for name in ("north", "south", "west")),
        _busy(),
        _refused(),
        TenantPlan("unreadable", failure=Forbidden("GET", "https://x.test/v1/sources", status=403)),
        TenantPlan("quiet", unchanged=12),
    ]
    return Plan(tuple(sorted(tenants, key=lambda tenant: tenant.tenant)))


def rescheduled(tenant: str, after: str = "0 0 3 * * ?", connection: str = "stripe") -> TenantPlan:
    """A tenant whose one change is another schedule."""
    change = FieldChange(("schedule", "cronExpression"), "0 0 2 * * ?", after)
    consequences = (Consequence(Effect.SCHEDULE_ONLY),)
    step = update(key("connection", tenant, connection), [change], consequences)
    return TenantPlan(tenant, (step,), unchanged=3)


def new_tenant(tenant: str) -> TenantPlan:
    """A tenant with a workspace, a source, a destination and a connection, none of them live."""
    workspace = workspace_key(tenant)
    source, lake = key("source", tenant, "stripe"), key("destination", tenant, "lake")
    actor = {"workspace": Ref("workspace", ""), "name": "Stripe", "definitionId": STRIPE}
    secret = Secret((SecretName("STRIPE_KEY"),))
    waits = frozenset({f"create {workspace}"})
    steps = (
        create(workspace, {"name": f"The {tenant}"}, NOTHING),
        create(
            lake,
            {
                **actor,
                "name": "Lake",
                "definitionId": BIGQUERY,
                "configuration": {"dataset_id": tenant, "credentials_json": secret},
            },
            NOTHING,
            waits,
        ),
        create(
            source,
            {**actor, "configuration": {"account_id": "acct_1", "client_secret": secret}},
            NOTHING,
            waits,
        ),
        create(
            key("connection", tenant, "stripe"),
            {
                "name": "Stripe",
                "source": Ref("source", "stripe"),
                "destination": Ref("destination", "lake"),
                "streams": Exhaustive({"customers": {}, "invoices": {}}),
                "schedule": {"scheduleType": "cron", "cronExpression": "0 0 2 * * ?"},
            },
            FIRST_LOAD,
            frozenset({f"create {source}", f"create {lake}"}),
        ),
    )
    return TenantPlan(tenant, steps)


def based() -> Plan:
    """A plan held against a base: rows of this change, drift, both, and something settled."""
    pairs = [(rescheduled(f"customer-{n}"), TenantPlan(f"customer-{n}")) for n in range(1, 5)]
    for tenant in ("globex", "hooli", "initech"):
        pairs.append((renamed(tenant), renamed(tenant)))
    pairs.append((_drifting(), _drifting(before=True)))
    pairs.append((TenantPlan("umbrella", unchanged=4), renamed("umbrella")))
    tenants = tuple(attributed(plan, before) for plan, before in pairs)
    return Plan(tenants, base=Base("origin/main", "0f1e2d3c4b5a", gone=("wayne",)))


def renamed(tenant: str) -> TenantPlan:
    """A tenant whose source somebody has renamed in Airbyte."""
    change = FieldChange(("name",), "Stripe (do not touch)", "Stripe", Mark.CHANGED_OUTSIDE)
    return TenantPlan(tenant, (update(key("source", tenant, "stripe"), [change], NOTHING),))


def _drifting(*, before: bool = False) -> TenantPlan:
    """A tenant of which one row is there already, one is partly, and one would be otherwise."""
    main, copy, moved = (key("connection", "acme", name) for name in ("main", "copy", "moved"))
    paused = FieldChange(("status",), "inactive", "active", Mark.CHANGED_OUTSIDE)
    prefix = FieldChange(("prefix",), "old_", "new_")
    cron = FieldChange(
        ("schedule", "cronExpression"), "0 0 4 * * ?", f"0 0 {2 if before else 3} * * ?"
    )
    resumed = Consequence(Effect.RESUMED)
    tables = Consequence(Effect.NEW_TABLES)
    return TenantPlan(
        "acme",
        (
            update(main, [paused], [resumed]),
            update(
                copy,
                [paused] if before else [paused, prefix],
                [resumed] if before else [tables, resumed],
            ),
            update(moved, [cron], [Consequence(Effect.SCHEDULE_ONLY)]),
        ),
        unchanged=3,
    )


def hostile() -> Plan:
    """A plan whose every text was chosen by somebody who wishes us ill."""
    place = key("source", HOSTILE, HOSTILE)
    hostile = replace(rules.FAILED, title=HOSTILE)
    change = FieldChange(("configuration", HOSTILE), HOSTILE, HOSTILE)
    consequences = (Consequence(Effect.FIRST_LOAD, HOSTILE, HOSTILE),)
    step = update(place, [change], consequences, name=HOSTILE)
    return Plan(
        (
            TenantPlan(
                HOSTILE,
                (step,),
                undeclared=(live(key("source", HOSTILE, "@1"), HOSTILE),),
                notes=(Problem(hostile, place, HOSTILE, HOSTILE),),
            ),
            TenantPlan(
                f"{HOSTILE}2",
                refusals=(Problem(hostile, None, detail=HOSTILE, hint=HOSTILE),),
            ),
        ),
        base=Base(HOSTILE, HOSTILE, gone=(HOSTILE,)),
    )


def _busy() -> TenantPlan:
    """One tenant with all that can happen to one."""
    scope = "acme"
    source, old = key("source", scope, "stripe"), key("source", scope, "@live-1")
    main, copy = key("connection", scope, "main"), key("connection", scope, "copy")
    streams = [
        FieldChange(("streams", "charges"), MISSING, {"syncMode": "incremental_append"}),
        FieldChange(("streams", "invoices"), {"syncMode": "full_refresh_append"}, MISSING),
        FieldChange(("prefix",), "old_", "new_", Mark.REMOVED_FROM_MANIFEST),
    ]
    effects = (
        Consequence(Effect.NEW_TABLES),
        Consequence(Effect.FIRST_LOAD, "charges"),
        Consequence(Effect.STREAM_STOPS, "invoices"),
    )
    rotated = FieldChange(
        ("configuration", "client_secret"),
        UNREADABLE,
        Secret((f"{PLANTED}:", SecretName("STRIPE_KEY", default=PLANTED))),
        Mark.SECRET_ROTATED,
    )
    outside = FieldChange(("status",), "inactive", "active", Mark.CHANGED_OUTSIDE)
    resumed = (Consequence(Effect.RESUMED),)
    moved = FieldChange(("destination",), Ref("destination", "old"), Ref("destination", "new"))
    why = "destination cannot be changed in place"
    lost = (Consequence(Effect.STATE_LOST),)
    replaced = key("connection", scope, "moved")
    moving = replacement(replaced, {"name": "moved"}, (moved,), FIRST_LOAD, lost, why)
    return TenantPlan(
        scope,
        (
            update(source, [rotated], (Consequence(Effect.CREDENTIALS_SENT),)),
            CreateStep(moving),
            DeleteStep(moving, frozenset({f"create {replaced}"})),
            update(main, streams, effects),
            update(copy, [outside], resumed),
            delete(old, (Consequence(Effect.CONFIGURATION_LOST),), Cause.PRUNED),
        ),
        unchanged=4,
        undeclared=(live(key("source", scope, "@live-2"), "By hand"),),
        gone=(
            Retired(key("source", scope, "past"), "Past", "left us", Origin("acme.yaml", 40, 3)),
        ),
        notes=(
            Problem(
                replace(rules.LEFT_PAUSED, title="locked"),
                main,
                "Airbyte has locked the connection after a failed upgrade.",
                "Unlock it in Airbyte.",
            ),
        ),
        equalities={
            source: (Equality(("configuration", "key"), UNREADABLE, "x", EqualReason.MASKED),)
        },
        jobs={
            main: JobHistory(
                last=LastJob(
                    "sync",
                    "succeeded",
                    "2026-01-02T03:04:05Z",
                    "2026-01-02T03:04:17Z",
                    "PT12S",
                    1204,
                    3_100_000,
                    age_s=11_000,
                )
            )
        },
    )


def _refused() -> TenantPlan:
    place = key("connection", "refused", "stripe")
    step = update(place, [FieldChange(("prefix",), "a_", "b_")], KEEPS)
    refusal = Problem(
        rules.REPLACEMENT_REFUSED,
        Origin("tenants/refused.yaml", 12, 3),
        detail=f"{place} would have to be deleted and created anew.",
        hint="Undo the change.",
    )
    return TenantPlan("refused", (step,), refusals=(refusal,))


def key(kind: str, tenant: str, name: str) -> ResourceKey:
    return ResourceKey(kind, tenant, name)


def live(at: ResourceKey, name: str, **spec: Any) -> LiveResource:
    return LiveResource(at, {"name": name, **spec}, f"id-{at.name}", {})


def update(
    at: ResourceKey,
    changes: Sequence[FieldChange],
    consequences: Sequence[Consequence],
    *,
    name: str = "",
) -> UpdateStep:
    desired = DesiredResource(at, {"name": name or at.name}, origin(at))
    there = live(at, name or at.name)
    return UpdateStep(Update(desired, there, tuple(changes), tuple(consequences)))


def create(
    at: ResourceKey,
    spec: Spec | Mapping[str, Any],
    consequences: Sequence[Consequence],
    waits_for: frozenset[str] = frozenset(),
) -> CreateStep:
    desired = DesiredResource(at, spec, origin(at))
    return CreateStep(Create(desired, tuple(consequences)), waits_for)


def replacement(
    at: ResourceKey,
    spec: Mapping[str, Any],
    changes: Sequence[FieldChange],
    consequences_of_create: tuple[Consequence, ...],
    consequences_of_delete: tuple[Consequence, ...],
    reason: str = "",
) -> Replace:
    return Replace(
        DesiredResource(at, spec, origin(at)),
        live(at, at.name),
        tuple(changes),
        consequences_of_create,
        consequences_of_delete,
        reason,
    )


def delete(
    at: ResourceKey, consequences: Sequence[Consequence], cause: Cause, reason: str = ""
) -> DeleteStep:
    there = live(at, at.name.lstrip("@"))
    return DeleteStep(Delete(there, cause, tuple(consequences), reason))


def origin(at: ResourceKey) -> Origin:
    return Origin(f"tenants/{at.scope}.yaml", 10, 3)
