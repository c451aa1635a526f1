"""/sources and /destinations, which differ in words only.

Source: the platform's SourceService, SourceHandler and ConfigurationUpdate, and their twins.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping
from functools import partial
from typing import Any

from reconciler.sandbox.api import jobs, oauth
from reconciler.sandbox.core import problems
from reconciler.sandbox.core.call import Call, World, require_role, require_workspace
from reconciler.sandbox.core.lists import page, workspace_scope
from reconciler.sandbox.core.registry import Definition
from reconciler.sandbox.core.routing import Answer, Route
from reconciler.sandbox.core.shapes import anything, record, text, uuid_text
from reconciler.sandbox.core.store import Row, dumped, loaded
from reconciler.sandbox.platform import connectors, resources, secrets

ROLES = ("source", "destination")


def list_actors(call: Call, role: str) -> Answer:
    """The same shape as GET by id; a deleted one is told by its null configuration alone."""
    scope = workspace_scope(call).also("role = ?", role)
    if not call.flag("includeDeleted"):
        scope = scope.also("tombstone = 0")
    rows, links = page(call, "actor", scope)
    return 200, {**links, "data": [_read(call, row) for row in rows]}


def create_actor(call: Call, role: str) -> Answer:
    """Validates the configuration and stores it; nothing is checked or discovered."""
    name = call.name()
    workspace = require_workspace(call, call.body["workspaceId"])
    sent = _with_consent(call, call.body["configuration"])
    definition = _chosen(call, role, sent)
    configuration = _without_type(sent, role)
    definition.validator.check(configuration)
    configuration = oauth.masked(call.world, definition, configuration, workspace["id"])
    id_ = str(uuid.uuid4())
    with call.store.transaction():
        kept = secrets.stored(configuration, None, definition, workspace["id"], call.store)
        call.store.insert(
            "actor",
            {
                "id": id_,
                "role": role,
                "workspace_id": workspace["id"],
                "definition_id": definition.id,
                "name": name,
                "configuration": dumped(kept),
                "resource_allocation": dumped(resources.kept(call.body.get("resourceAllocation"))),
                "created_at": call.now_s,
            },
        )
    return 200, _read(call, require_actor(call, role, id_))


def get_actor(call: Call, role: str) -> Answer:
    """One source or destination; a deleted one too, with a null configuration."""
    row = require_actor(call, role, call.params[f"{role}Id"])
    return 200, _read(call, row, coordinates=call.flag("includeSecretCoordinates"))


def patch_actor(call: Call, role: str) -> Answer:
    """Merges into the stored configuration; takes a mask for a new secret; clears resources."""
    row = require_actor(call, role, call.params[f"{role}Id"])
    definition = connectors.of_actor(call.world, row)
    before = loaded(row["configuration"])
    if before is None:
        raise problems.unprocessable()
    sent = _without_type(_with_consent(call, call.body.get("configuration", {})), role)
    if role == "destination":
        _refuse_outputs(definition, sent)
    merged = secrets.merged(before, sent)
    return _write(call, row, call.name(row["name"]), merged, sent)


def put_actor(call: Call, role: str) -> Answer:
    """Replaces the configuration; masks keep stored secrets where the server looks for them."""
    row = require_actor(call, role, call.params[f"{role}Id"])
    name = call.name()
    before = loaded(row["configuration"])
    if before is None:
        raise problems.unexpected()
    sent = _without_type(call.body["configuration"], role)
    kept = secrets.copied(before, sent, connectors.of_actor(call.world, row).schema)
    return _write(call, row, name, kept, sent)


def delete_actor(call: Call, role: str) -> Answer:
    """Deletes its connections, then leaves a row without configuration. Again is as good."""
    row = require_actor(call, role, call.params[f"{role}Id"])
    with call.store.transaction():
        bury(call.world, [row])
    return 204, None


def bury(world: World, actors: Iterable[Row]) -> None:
    """Deletes sources or destinations, their connections and jobs first. Secrets stay behind."""
    store = world.store
    for row in actors:
        live = f"SELECT id FROM connection WHERE {row['role']}_id = ? AND status <> 'deprecated'"
        for connection in store.all(live, row["id"]):
            jobs.cancel_running(world, connection["id"])
            store.update("connection", connection["id"], {"status": "deprecated"})
        store.update("actor", row["id"], {"tombstone": 1, "configuration": None})


def require_actor(call: Call, role: str, id_: str) -> Row:
    """The source or destination of that id, deleted or not."""
    row = call.store.one("SELECT * FROM actor WHERE id = ? AND role = ?", id_.lower(), role)
    if row is None:
        raise call.missing(f"{role.upper()}_CONNECTION", id_)
    require_role(call, row["workspace_id"])
    return row


def _write(call: Call, row: Row, name: str, configuration: Any, sent: Any) -> Answer:
    """*configuration* holds references to the stored secrets that *sent* does not replace."""
    definition = connectors.of_actor(call.world, row)
    # What is validated has a fixed text for every stored secret, under the keys as they were sent.
    shown = secrets.with_placeholders(configuration, definition)
    definition.validator.check(secrets.merged(shown, sent))
    configuration = oauth.masked(call.world, definition, configuration, row["workspace_id"])
    with call.store.transaction():
        before = loaded(row["configuration"])
        kept = secrets.stored(configuration, before, definition, row["workspace_id"], call.store)
        allocation = resources.kept(call.body.get("resourceAllocation"))
        changes = {
            "name": name,
            "configuration": dumped(kept),
            "resource_allocation": dumped(allocation),
        }
        call.store.update("actor", row["id"], changes)
    return 200, _read(call, require_actor(call, row["role"], row["id"]))


def _read(call: Call, row: Row, *, coordinates: bool = False) -> Mapping[str, Any]:
    definition = connectors.of_actor(call.world, row)
    configuration = loaded(row["configuration"])
    if configuration is not None:
        show = secrets.with_coordinates if coordinates else secrets.masked
        configuration = show(configuration, definition)
    role = row["role"]
    return {
        f"{role}Id": row["id"],
        "name": row["name"],
        f"{role}Type": definition.name,
        "definitionId": row["definition_id"],
        "workspaceId": row["workspace_id"],
        "configuration": configuration,
        "createdAt": row["created_at"],
        **resources.read(loaded(row["resource_allocation"])),
    }


def _chosen(call: Call, role: str, configuration: Any) -> Definition:
    """By definition id, else by the name found anywhere in the configuration."""
    if (id_ := call.body.get("definitionId")) is not None:
        definition = connectors.find(call.world, role, id_)
        if definition is None:
            raise problems.not_found(f"STANDARD_{role.upper()}_DEFINITION", id_)
        return definition
    if not isinstance(configuration, dict):
        raise problems.unexpected("The configuration cannot be cast to a JSON object")
    name = _find(configuration, f"{role}Type")
    if name is None:
        raise problems.unprocessable()
    definition = call.world.registry.by_name(role, str(name))
    if definition is None:
        raise problems.value_not_found(str(name))
    return definition


def _find(value: Any, key: str) -> Any:
    """The value of *key* wherever it is in *value*."""
    if isinstance(value, dict):
        if key in value:
            return value[key]
        value = list(value.values())
    if isinstance(value, list):
        found = (_find(item, key) for item in value)
        return next((item for item in found if item is not None), None)
    return None


def _without_type(configuration: Any, role: str) -> Any:
    if not isinstance(configuration, dict):
        return configuration
    return {key: value for key, value in configuration.items() if key != f"{role}Type"}


def _with_consent(call: Call, configuration: Any) -> Any:
    """*configuration* with the fields that a consent flow left behind the sent secretId."""
    coordinate = call.body.get("secretId")
    if coordinate is None:
        return configuration
    row = call.store.one("SELECT value FROM secret WHERE coordinate = ?", coordinate)
    fields = loaded(row["value"]) if row else None
    if not (isinstance(fields, dict) and isinstance(configuration, dict)):
        raise problems.not_found("SECRET", coordinate)
    return {**configuration, **fields}


def _refuse_outputs(definition: Definition, sent: Any) -> None:
    """A destination's PATCH may not touch what the consent flow fills in."""
    for path in oauth.user_outputs(definition):
        value = sent
        for key in path:
            value = value.get(key) if isinstance(value, dict) else None
        if value is not None:
            raise problems.unexpected(f"Cannot set key '{'.'.join(path)}', it is managed by OAuth")


def _routes(role: str) -> tuple[Route, ...]:
    collection, one = f"/{role}s", f"/{role}s/{{{role}Id}}"
    resource = {"resourceAllocation": resources.SHAPE}
    consent = {"secretId": text} if role == "source" else {}
    created = record(
        {"name": text, "workspaceId": uuid_text, "configuration": anything},
        {"definitionId": uuid_text, **resource, **consent},
    )
    patched = record(
        {},
        {
            "name": text,
            "workspaceId": uuid_text,
            "configuration": anything,
            **resource,
            **consent,
        },
    )
    replaced = record({"name": text, "configuration": anything}, resource)
    return (
        Route("GET", collection, partial(list_actors, role=role)),
        Route("POST", collection, partial(create_actor, role=role), created),
        Route("GET", one, partial(get_actor, role=role)),
        Route("PATCH", one, partial(patch_actor, role=role), patched),
        Route("PUT", one, partial(put_actor, role=role), replaced),
        Route("DELETE", one, partial(delete_actor, role=role)),
    )


ROUTES = tuple(route for role in ROLES for route in _routes(role))
