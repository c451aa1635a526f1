"""Every consequence that docs/consequences.md lists stands in a plan of a real change."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest

from reconciler.model.effects import Effect
from tests.journeys.manifests import ENVIRON, acme, bigquery, stripe
from tests.journeys.test_definitions import crm
from tests.support import Api, Project

USERS: Mapping[str, Any] = {
    "name": "customers",
    "syncMode": "incremental_append",
    "selectedFields": ["id", "created", "updated", "email"],
}
ADA = "ada@acme.example"
GONE = {"state": "absent", "reason": "no use"}


def tenant(*streams: Mapping[str, Any], **fields: Any) -> dict[str, Any]:
    """The tenant with its connection as applied, but for *streams* or *fields*."""
    return content(connection(*streams, **fields))


def connection(*streams: Mapping[str, Any], **fields: Any) -> dict[str, Any]:
    return {
        "source": "stripe",
        "destination": "lake",
        "schedule": {"scheduleType": "manual"},
        "prefix": "a_",
        "nonBreakingSchemaUpdatesBehavior": "ignore",
        "streams": [dict(stream) for stream in streams or (USERS,)],
        **fields,
    }


def content(main: Any, paused: Any = None, **sections: Any) -> dict[str, Any]:
    made = acme(
        sources={"stripe": stripe(), "spare": {**stripe(), "name": "Spare"}},
        destinations={"lake": bigquery(), "other": {**bigquery(), "name": "Other"}},
        connections={"main": main, "paused": paused or connection(status="inactive")},
        tags={"gold": "FFD700", "silver": "C0C0C0"},
        definitions={"crm": connector("crm")},
        oauthCredentials={"source-hubspot": {"configuration": {"credentials": {"client_id": "a"}}}},
    )
    del made["destination"]
    return {**made, **sections}


def connector(file: str) -> dict[str, Any]:
    return {"name": "CRM", "manifest": f"../connectors/{file}.yaml"}


def actor(**changes: Any) -> dict[str, Any]:
    """The tenant with another source that no connection uses."""
    return content(connection(), sources={"stripe": stripe(), "spare": changes})


def stream(**options: Any) -> dict[str, Any]:
    return tenant({**USERS, **options})


EDITS: Mapping[Effect, dict[str, Any]] = {
    Effect.KEEPS_STATE: tenant(name="Other name"),
    Effect.SCHEDULE_ONLY: tenant(
        schedule={"scheduleType": "cron", "cronExpression": "0 0 2 * * ?"}
    ),
    Effect.FIRST_LOAD: tenant(USERS, {"name": "invoices", "syncMode": "full_refresh_append"}),
    Effect.STATE_WIPED: stream(syncMode="full_refresh_append"),
    Effect.CURSOR_CHANGED: stream(cursorField=["created"]),
    Effect.KEY_CHANGED: stream(primaryKey=[["email"]]),
    Effect.WRITE_MODE_CHANGED: stream(syncMode="incremental_deduped_history"),
    Effect.STREAM_STOPS: tenant({"name": "invoices", "syncMode": "full_refresh_append"}),
    Effect.FIELDS_STOP: stream(selectedFields=["id", "created", "updated"]),
    Effect.FIELDS_START: stream(selectedFields=["id", "created", "updated", "email", "name"]),
    Effect.MAPPED_ANEW: stream(
        mappers=[
            {
                "type": "hashing",
                "mapperConfiguration": {
                    "targetField": "email",
                    "method": "SHA-256",
                    "fieldNameSuffix": "_hashed",
                },
            }
        ]
    ),
    Effect.OPTIONS_CHANGED: stream(includeFiles=True),
    Effect.NEW_TABLES: tenant(prefix="b_"),
    Effect.PAUSED: tenant(status="inactive"),
    Effect.RESUMED: content(connection(), connection(status="active")),
    Effect.SCHEMA_BEHAVIOUR: tenant(nonBreakingSchemaUpdatesBehavior="propagate_fully"),
    Effect.STATE_LOST: tenant(destination="other"),
    Effect.SYNC_ENDS: content(GONE),
    Effect.NO_EFFECT: actor(**stripe(), name="Renamed", renamedFrom="Spare"),
    Effect.SETTINGS_CHANGED: actor(**stripe(start_date="2024-01-01T00:00:00Z"), name="Spare"),
    Effect.IDENTITY_CHANGED: actor(**stripe(account_id="acct_9"), name="Spare"),
    Effect.CREDENTIALS_SENT: actor(**stripe(), name="Spare", secretVersion=2),
    Effect.CONFIGURATION_LOST: actor(**GONE, name="Spare"),
    Effect.TAG_LOST: content(connection(), tags={"gold": "FFD700"}, prune=True),
    Effect.CONNECTOR_CHANGED: content(connection(), definitions={"crm": connector("newer")}),
    Effect.CONNECTOR_LOST: content(connection(), definitions={"crm": {**GONE, "name": "CRM"}}),
    Effect.OAUTH_SET: content(
        connection(),
        oauthCredentials={"source-hubspot": {"configuration": {"credentials": {"client_id": "b"}}}},
    ),
    Effect.OAUTH_LOST: content(connection(), oauthCredentials={"source-hubspot": GONE}),
    Effect.ACCESS: content(connection(), permissions={ADA: "workspace_reader"}),
}


def effects(project: Project, edited: Mapping[str, Any]) -> set[str]:
    """The slugs in the plan that follows from *edited*."""
    project.tenant(edited)
    result = project.run("plan", "--format", "json")
    assert result.stdout, result.stderr
    operations = json.loads(result.stdout)["tenants"][0]["operations"]
    return {each["effect"] for op in operations for each in op["consequences"]}


@pytest.fixture
def applied(project: Project, api: Api) -> Project:
    """The project with the tenant, applied, and somebody who may be given access."""
    api.person(ADA)
    api.control_call("/behaviour", {"is_cloud": True})
    project.write("connectors/crm.yaml", crm())
    project.write("connectors/newer.yaml", crm(version="6.6.0"))
    project.environ |= ENVIRON
    project.tenant(tenant())
    project.apply()
    return project


def test_every_consequence_is_that_of_a_real_change(applied: Project) -> None:
    found = {effect: effects(applied, edited) for effect, edited in EDITS.items()}
    assert {effect for effect, slugs in found.items() if effect.slug not in slugs} == set()
    assert set(EDITS) == set(Effect)
