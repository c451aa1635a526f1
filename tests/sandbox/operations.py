"""Every operation of the public API with a body that it accepts, for requests gone wrong.

Written from Airbyte's public API reference. A body may name the things of a `World` in braces.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.sandbox.raw import RawClient

STRIPE = "e094cb9a-26de-4645-8761-65c0c425d1de"
POSTGRES = "25c5221d-dce2-4163-ade9-739ef790f503"  # the destination
ORGANIZATION = "00000000-0000-0000-0000-000000000000"

_STRIPE_CONFIGURATION = {"sourceType": "stripe", "account_id": "acct_1", "client_secret": "sk_1"}
_WAREHOUSE_CONFIGURATION = {
    "destinationType": "postgres",
    "host": "db.example.com",
    "port": 5432,
    "database": "shop",
    "schema": "public",
    "username": "loader",
    "password": "pass-1",
}
_ALLOCATION = {
    "default": {"cpu_limit": "1"},
    "jobSpecific": [{"jobType": "sync", "resourceRequirements": {"cpu_limit": "2"}}],
}
_ITEM = {"email": {"enabled": True}, "webhook": {"enabled": True, "url": "https://example.com"}}
_TAG = {"tagId": "{tag}", "name": "gold", "color": "ffaa00", "workspaceId": "{workspace}"}
_STREAM = {
    "name": "customers",
    "namespace": "public",
    "syncMode": "incremental_deduped_history",
    "cursorField": ["updated"],
    "primaryKey": [["id"]],
    "selectedFields": [{"fieldPath": ["id"]}, {"fieldPath": ["updated"]}],
    "includeFiles": False,
    "destinationObjectName": "customers",
    "mappers": [
        {
            "type": "hashing",
            "mapperConfiguration": {
                "targetField": "id",
                "method": "SHA-256",
                "fieldNameSuffix": "_hashed",
            },
        }
    ],
}
_CONNECTION = {
    "name": "Stripe to warehouse",
    "schedule": {"scheduleType": "cron", "cronExpression": "0 0 12 * * ?"},
    "configurations": {"streams": [{"name": "charges"}, _STREAM]},
    "namespaceDefinition": "custom_format",
    "namespaceFormat": "${{SOURCE_NAMESPACE}}",
    "prefix": "stripe_",
    "nonBreakingSchemaUpdatesBehavior": "ignore",
    "status": "active",
    "tags": [_TAG],
}
_OAUTH = {
    "actorType": "source",
    "name": "google-ads",
    "configuration": {"credentials": {"client_id": "x", "client_secret": "y"}},
}
_MANIFEST = {
    "version": "4.6.2",
    "spec": {"connection_specification": {"type": "object", "properties": {}}},
}


@dataclass(frozen=True)
class Operation:
    """A method, a path with the world's things in braces, a query, and a body."""

    method: str
    path: str
    body: Mapping[str, Any] | None = None
    query: tuple[str, ...] = ()

    @property
    def template(self) -> str:
        """`PATCH /sources/{}`: what a route is, whatever its parameters are called."""
        parts = [
            "{}" if part.startswith("{") or part == ORGANIZATION else part
            for part in self.path.split("/")
        ]
        return f"{self.method} {'/'.join(parts)}"


_PAGED = ("limit", "offset", "workspaceIds")
_DEFINITIONS = "/workspaces/{workspace}/definitions"
_DOCKER = {"name": "CRM", "dockerRepository": "acme/crm", "dockerImageTag": "1.0.0"}

OPERATIONS = (
    Operation("GET", "/health"),
    Operation(
        "POST",
        "/applications/token",
        {"client_id": "sandbox-client", "client_secret": "sandbox-secret"},
    ),
    Operation("GET", "/applications"),
    Operation("POST", "/applications", {"name": "ci"}),
    Operation("GET", "/applications/{unknown}"),
    Operation("DELETE", "/applications/{unknown}"),
    Operation("GET", "/workspaces", query=(*_PAGED, "includeDeleted")),
    Operation(
        "POST",
        "/workspaces",
        {
            "name": "Acme",
            "organizationId": ORGANIZATION,
            "notifications": {"failure": _ITEM, "success": _ITEM},
        },
    ),
    Operation("GET", "/workspaces/{workspace}"),
    Operation(
        "PATCH", "/workspaces/{workspace}", {"name": "A", "notifications": {"failure": _ITEM}}
    ),
    Operation("DELETE", "/workspaces/{unknown}"),
    Operation("PUT", "/workspaces/{workspace}/oauthCredentials", _OAUTH),
    Operation("DELETE", "/workspaces/{workspace}/oauthCredentials/{source_role}/{connector}"),
    Operation("GET", "/sources", query=(*_PAGED, "includeDeleted")),
    Operation(
        "POST",
        "/sources",
        {
            "name": "Stripe",
            "workspaceId": "{workspace}",
            "definitionId": STRIPE,
            "configuration": _STRIPE_CONFIGURATION,
            "secretId": "x",
            "resourceAllocation": _ALLOCATION,
        },
    ),
    Operation("GET", "/sources/{source}", query=("includeSecretCoordinates",)),
    Operation(
        "PATCH",
        "/sources/{source}",
        {
            "name": "S",
            "workspaceId": "{workspace}",
            "configuration": _STRIPE_CONFIGURATION,
            "resourceAllocation": _ALLOCATION,
        },
    ),
    Operation("PUT", "/sources/{source}", {"name": "S", "configuration": _STRIPE_CONFIGURATION}),
    Operation("DELETE", "/sources/{unknown}"),
    Operation(
        "POST",
        "/sources/initiateOAuth",
        {
            "redirectUrl": "https://example.com",
            "workspaceId": "{workspace}",
            "sourceType": "github",
        },
    ),
    Operation("GET", "/destinations", query=(*_PAGED, "includeDeleted")),
    Operation(
        "POST",
        "/destinations",
        {
            "name": "Warehouse",
            "workspaceId": "{workspace}",
            "definitionId": POSTGRES,
            "configuration": _WAREHOUSE_CONFIGURATION,
            "resourceAllocation": _ALLOCATION,
        },
    ),
    Operation("GET", "/destinations/{destination}", query=("includeSecretCoordinates",)),
    Operation(
        "PATCH",
        "/destinations/{destination}",
        {"name": "W", "configuration": _WAREHOUSE_CONFIGURATION},
    ),
    Operation(
        "PUT",
        "/destinations/{destination}",
        {"name": "W", "configuration": _WAREHOUSE_CONFIGURATION},
    ),
    Operation("DELETE", "/destinations/{unknown}"),
    Operation("GET", "/connections", query=(*_PAGED, "includeDeleted", "tagIds")),
    Operation(
        "POST",
        "/connections",
        {"sourceId": "{source}", "destinationId": "{destination}", **_CONNECTION},
    ),
    Operation("GET", "/connections/{connection}"),
    Operation("PATCH", "/connections/{connection}", _CONNECTION),
    Operation("DELETE", "/connections/{unknown}"),
    Operation("GET", "/streams", query=("sourceId", "destinationId", "ignoreCache")),
    Operation("GET", "/tags", query=("workspaceIds",)),
    Operation("POST", "/tags", {"name": "new", "color": "ffaa00", "workspaceId": "{workspace}"}),
    Operation("GET", "/tags/{tag}"),
    Operation("PATCH", "/tags/{tag}", {"name": "gold", "color": "00ffaa"}),
    Operation("DELETE", "/tags/{unknown}"),
    Operation(
        "GET",
        "/jobs",
        query=(
            *(*_PAGED, "connectionId", "jobType", "status", "orderBy"),
            *("createdAtStart", "createdAtEnd", "updatedAtStart", "updatedAtEnd"),
        ),
    ),
    Operation("POST", "/jobs", {"connectionId": "{connection}", "jobType": "sync"}),
    Operation("GET", "/jobs/{job}"),
    Operation("DELETE", "/jobs/{job}"),
    *(
        operation
        for kind, body, changes in (
            ("sources", _DOCKER, {"name": "CRM", "dockerImageTag": "2"}),
            ("destinations", _DOCKER, {"name": "Lake", "dockerImageTag": "2"}),
            (
                "declarative_sources",
                {"name": "CRM", "manifest": _MANIFEST},
                {"manifest": _MANIFEST},
            ),
        )
        for operation in (
            Operation("GET", f"{_DEFINITIONS}/{kind}"),
            Operation("POST", f"{_DEFINITIONS}/{kind}", body),
            Operation("GET", f"{_DEFINITIONS}/{kind}/{{unknown}}"),
            Operation("PUT", f"{_DEFINITIONS}/{kind}/{{unknown}}", changes),
            Operation("DELETE", f"{_DEFINITIONS}/{kind}/{{unknown}}"),
        )
    ),
    Operation("GET", "/connector_definitions", query=("type", "workspaceId")),
    Operation("GET", "/permissions", query=("userId", "organizationId")),
    Operation(
        "POST",
        "/permissions",
        {
            "permissionType": "workspace_reader",
            "userId": "{unknown}",
            "workspaceId": "{workspace}",
        },
    ),
    Operation("GET", "/permissions/{unknown}"),
    Operation("PATCH", "/permissions/{unknown}", {"permissionType": "workspace_editor"}),
    Operation("DELETE", "/permissions/{unknown}"),
    Operation("GET", "/organizations"),
    Operation("PUT", f"/organizations/{ORGANIZATION}/oauthCredentials", _OAUTH),
    Operation(
        "DELETE", f"/organizations/{ORGANIZATION}/oauthCredentials/{{source_role}}/{{connector}}"
    ),
    Operation("GET", "/users", query=("organizationId", "ids", "emails")),
    Operation("GET", "/regions", query=("organizationId",)),
    Operation("POST", "/regions", {"name": "eu", "organizationId": ORGANIZATION, "enabled": True}),
    Operation("GET", "/regions/{unknown}"),
    Operation("PATCH", "/regions/{unknown}", {"name": "us", "enabled": False}),
    Operation("DELETE", "/regions/{unknown}"),
    Operation("GET", "/oauth/callback"),
)


@dataclass(frozen=True)
class World:
    """What there is to name in a request: ids by the word that stands in braces."""

    ids: Mapping[str, str] = field(default_factory=dict)

    def filled(self, value: Any) -> Any:
        """*value* with the words in braces replaced by ids, at any depth."""
        if isinstance(value, str):
            return value.format_map(self.ids) if "{" in value else value
        if isinstance(value, list):
            return [self.filled(part) for part in value]
        if isinstance(value, Mapping):
            return {key: self.filled(part) for key, part in value.items()}
        return value


def made_world(client: RawClient) -> World:
    """A workspace with a source, a destination and a connection between them, and another one."""
    ids = {
        "unknown": "00000000-0000-4000-8000-000000000000",
        "tag": "00000000-0000-4000-8000-000000000000",
        "job": "1",
        "source_role": "source",
        "connector": "google-ads",
        "workspace": client.call("POST", "/workspaces", {"name": "Mine"})["workspaceId"],
        "foreign_workspace": client.call("POST", "/workspaces", {"name": "Other"})["workspaceId"],
    }
    for prefix in ("", "foreign_"):
        home = ids[f"{prefix}workspace"]
        source = {"name": "S", "workspaceId": home, "configuration": _STRIPE_CONFIGURATION}
        warehouse = {"name": "D", "workspaceId": home, "configuration": _WAREHOUSE_CONFIGURATION}
        ids[f"{prefix}source"] = client.call("POST", "/sources", source)["sourceId"]
        destination = client.call("POST", "/destinations", warehouse)
        ids[f"{prefix}destination"] = destination["destinationId"]
        ends = {
            "sourceId": ids[f"{prefix}source"],
            "destinationId": ids[f"{prefix}destination"],
            "configurations": {"streams": [{"name": "customers"}]},
        }
        connection = client.call("POST", "/connections", ends)
        ids[f"{prefix}connection"] = connection["connectionId"]
    return World(ids)
