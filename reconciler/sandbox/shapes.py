"""The types of request bodies, as the server's models generated from the API description have them.

A body of another shape never reaches a handler: the framework answers 400. Unknown fields are
dropped without a word, and null stands for anything that may be left out. Source: the published
API description.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Choice:
    """One of a few words, in any case."""

    words: tuple[str, ...]


@dataclass(frozen=True)
class Uuid:
    """An id that the framework parses."""


@dataclass(frozen=True)
class Many:
    """A list."""

    of: Shape


@dataclass(frozen=True)
class Fields:
    """An object, with what it must and what it may have."""

    must: Mapping[str, Shape] = field(default_factory=dict)
    may: Mapping[str, Shape] = field(default_factory=dict)


@dataclass(frozen=True)
class Tagged:
    """An object with a word in *tag* that decides what is in *holder*."""

    tag: str
    holder: str
    shapes: Mapping[str, Fields]
    may: Mapping[str, Shape]

    def fields(self, value: Mapping[str, Any]) -> Fields:
        """The fields of an object with that word."""
        word = str(value.get(self.tag)).lower()
        known = Choice(tuple(self.shapes))
        return Fields({self.tag: known, self.holder: self.shapes.get(word, Fields())}, self.may)


@dataclass(frozen=True)
class Anything:
    """Any JSON; null only where it may be left out."""


Shape = type | Choice | Uuid | Many | Fields | Tagged | Anything

UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)

_NAMESPACE = Choice(("source", "destination", "custom_format"))
_BEHAVIOUR = Choice(("ignore", "disable_connection", "propagate_columns", "propagate_fully"))
_STATUS = Choice(("active", "inactive", "deprecated", "locked"))
_MODE = Choice(
    (
        *("full_refresh_overwrite", "full_refresh_overwrite_deduped", "full_refresh_append"),
        *("full_refresh_update", "full_refresh_soft_delete", "incremental_append"),
        *("incremental_deduped_history", "incremental_update", "incremental_soft_delete"),
    )
)
_JOB_KIND = Choice(
    (
        *("get_spec", "check_connection", "discover_schema", "sync", "reset_connection"),
        *("connection_updater", "replicate"),
    )
)
_PERMISSION = Choice(
    (
        *(f"organization_{role}" for role in ("admin", "editor", "runner", "reader", "member")),
        *(f"workspace_{role}" for role in ("admin", "editor", "runner", "reader")),
        *("workspace_source_editor", "workspace_destination_editor"),
    )
)

_NOTIFICATION = Fields(
    may={
        "email": Fields(may={"enabled": bool}),
        "webhook": Fields(may={"enabled": bool, "url": str}),
    }
)
_NOTIFICATIONS = Fields(
    may=dict.fromkeys(
        (
            *("failure", "success", "connectionUpdate", "connectionUpdateActionRequired"),
            *("syncDisabled", "syncDisabledWarning"),
        ),
        _NOTIFICATION,
    )
)
_RESOURCES = Fields(
    may={
        f"{what}_{bound}": str
        for what in ("cpu", "memory", "ephemeral_storage")
        for bound in ("request", "limit")
    }
)
_ALLOCATION = Fields(
    may={
        "default": _RESOURCES,
        "jobSpecific": Many(Fields({"jobType": _JOB_KIND, "resourceRequirements": _RESOURCES})),
    }
)
_CONDITION: dict[str, Shape] = {"fieldName": str, "comparisonValue": str}
_CONDITIONS = Fields({"type": Choice(("equal", "not"))}, _CONDITION)
_CONDITION["conditions"] = Many(_CONDITIONS)
_METHOD = Choice(("md2", "md5", "sha-1", "sha-224", "sha-256", "sha-384", "sha-512"))
_MAPPER = Tagged(
    "type",
    "mapperConfiguration",
    {
        # What a mapper lacks is told by its own problem, not by the framework.
        "hashing": Fields(may={"targetField": str, "method": _METHOD, "fieldNameSuffix": str}),
        "field-filtering": Fields(may={"targetField": str}),
        "field-renaming": Fields(may={"originalFieldName": str, "newFieldName": str}),
        "row-filtering": Fields(may={"conditions": _CONDITIONS}),
        "encryption": Fields(
            may={
                "algorithm": Choice(("rsa", "aes")),
                "targetField": str,
                "fieldNameSuffix": str,
                "publicKey": str,
                "key": str,
                "mode": Choice(("cbc", "cfb", "ofb", "ctr", "gcm", "ecb")),
                "padding": Choice(("nopadding", "pkcs5padding")),
            }
        ),
    },
    {"id": Uuid()},
)
_TAG = Fields({"tagId": Uuid(), "name": str, "color": str, "workspaceId": Uuid()})
_STREAM = Fields(
    {"name": str},
    {
        "namespace": str,
        "syncMode": _MODE,
        "cursorField": Many(str),
        "primaryKey": Many(Many(str)),
        "selectedFields": Many(Fields(may={"fieldPath": Many(str)})),
        "mappers": Many(_MAPPER),
        "includeFiles": bool,
        "destinationObjectName": str,
    },
)
_CONNECTION: Mapping[str, Shape] = {
    "name": str,
    "configurations": Fields(may={"streams": Many(_STREAM)}),
    "schedule": Fields(
        {"scheduleType": Choice(("manual", "cron"))},
        {"cronExpression": str},
    ),
    "dataResidency": str,
    "namespaceDefinition": _NAMESPACE,
    "namespaceFormat": str,
    "prefix": str,
    "nonBreakingSchemaUpdatesBehavior": _BEHAVIOUR,
    "status": _STATUS,
    "tags": Many(_TAG),
}
_OAUTH = Fields(
    {"actorType": Choice(("source", "destination")), "name": str, "configuration": Fields()}
)
_ACTOR_CHANGES: Mapping[str, Shape] = {
    "name": str,
    "workspaceId": Uuid(),
    "configuration": Anything(),
    "secretId": str,
    "resourceAllocation": _ALLOCATION,
}
_DOCKER = Fields(
    {"name": str, "dockerRepository": str, "dockerImageTag": str}, {"documentationUrl": str}
)
_DEFINITIONS = "/workspaces/{}/definitions"

# By method and path, whatever a path's parameters are called.
SHAPES: Mapping[tuple[str, str], Fields] = {
    ("POST", "/workspaces"): Fields(
        {"name": str},
        {"organizationId": Uuid(), "notifications": _NOTIFICATIONS, "regionId": Uuid()},
    ),
    ("PATCH", "/workspaces/{}"): Fields(
        may={"name": str, "notifications": _NOTIFICATIONS, "regionId": Uuid()}
    ),
    **{
        (method, path): shape
        for role in ("source", "destination")
        for method, path, shape in (
            (
                "POST",
                f"/{role}s",
                Fields(
                    {"name": str, "workspaceId": Uuid(), "configuration": Anything()},
                    {"definitionId": Uuid(), "secretId": str, "resourceAllocation": _ALLOCATION},
                ),
            ),
            ("PATCH", f"/{role}s/{{}}", Fields(may=_ACTOR_CHANGES)),
            (
                "PUT",
                f"/{role}s/{{}}",
                Fields(
                    {"name": str, "configuration": Anything()},
                    {"resourceAllocation": _ALLOCATION},
                ),
            ),
        )
    },
    ("POST", "/connections"): Fields({"sourceId": Uuid(), "destinationId": Uuid()}, _CONNECTION),
    ("PATCH", "/connections/{}"): Fields(may=_CONNECTION),
    ("POST", "/tags"): Fields({"name": str, "color": str, "workspaceId": Uuid()}),
    ("PATCH", "/tags/{}"): Fields({"name": str, "color": str}),
    ("POST", "/jobs"): Fields(
        {"connectionId": str, "jobType": Choice(("sync", "reset", "refresh", "clear"))}
    ),
    ("POST", "/permissions"): Fields(
        {"permissionType": _PERMISSION, "userId": Uuid()},
        {"workspaceId": Uuid(), "organizationId": Uuid()},
    ),
    ("PATCH", "/permissions/{}"): Fields({"permissionType": _PERMISSION}),
    ("POST", f"{_DEFINITIONS}/sources"): _DOCKER,
    ("POST", f"{_DEFINITIONS}/destinations"): _DOCKER,
    ("PUT", f"{_DEFINITIONS}/sources/{{}}"): Fields({"name": str, "dockerImageTag": str}),
    ("PUT", f"{_DEFINITIONS}/destinations/{{}}"): Fields({"name": str, "dockerImageTag": str}),
    ("POST", f"{_DEFINITIONS}/declarative_sources"): Fields({"name": str, "manifest": Fields()}),
    ("PUT", f"{_DEFINITIONS}/declarative_sources/{{}}"): Fields({"manifest": Fields()}),
    ("PUT", "/organizations/{}/oauthCredentials"): _OAUTH,
}


def shape_of(method: str, path: str) -> Fields:
    """The shape of the body that a route takes; any object where none is known."""
    return SHAPES.get((method, re.sub(r"\{\w+\}", "{}", path)), Fields())


def misfit(body: Any, shape: Shape, at: str = "body") -> str | None:
    """What the framework says of the first part of *body* that has another type; None if none."""
    return next(_misfits(body, shape, at), None)


def known(value: Any, shape: Shape) -> Any:
    """*value*, which fits, without the fields that the server's models do not have."""
    if isinstance(shape, Tagged):
        return known(value, shape.fields(value))
    if isinstance(shape, Many):
        return [known(item, shape.of) for item in value]
    if not isinstance(shape, Fields) or not (shape.must or shape.may):
        return value
    fields = {**shape.must, **shape.may}
    return {
        name: part if part is None else known(part, fields[name])
        for name, part in value.items()
        if name in fields
    }


def _misfits(value: Any, shape: Shape, at: str) -> Iterator[str]:
    if isinstance(shape, Tagged) and isinstance(value, dict):
        shape = shape.fields(value)
    if isinstance(shape, Fields) and isinstance(value, dict):
        yield from _misfits_of_fields(value, shape)
    elif isinstance(shape, Many) and isinstance(value, list):
        for item in value:
            yield from _misfits(item, shape.of, at)
    elif not _fits(value, shape):
        yield f"Failed to convert argument [{at}]"


def _misfits_of_fields(value: Mapping[str, Any], shape: Fields) -> Iterator[str]:
    for name, part in (*shape.must.items(), *shape.may.items()):
        if value.get(name) is not None:
            yield from _misfits(value[name], part, name)
        elif name in shape.must:
            yield f"Required property '{name}' is missing"


def _fits(value: Any, shape: Shape) -> bool:
    match shape:
        case Choice(words):
            return isinstance(value, str) and value.lower() in words
        case Uuid():
            return isinstance(value, str) and UUID.fullmatch(value) is not None
        case Anything():
            return True
        case type():
            return isinstance(value, shape)
    return False
