"""/sources and /destinations, which differ in words only.

Source: the platform's SourceService, SourceHandler and ConfigurationUpdate, and their twins.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Mapping
from typing import Any

from jsonschema import Draft7Validator, ValidationError

from reconciler.sandbox import problems, secrets
from reconciler.sandbox.call import Call, page, require_workspace, workspace_scope
from reconciler.sandbox.registry import Definition
from reconciler.sandbox.store import Row, dumped, loaded

Answer = tuple[int, Any]


def list_actors(call: Call, role: str) -> Answer:
    """The same shape as GET by id; a deleted one is told by its null configuration alone."""
    scope, values = workspace_scope(call)
    conditions = ["role = ?", scope]
    if not call.flag("includeDeleted"):
        conditions.append("tombstone = 0")
    rows, links = page(call, "actor", conditions, [role, *values])
    return 200, {**links, "data": [_read(call, row) for row in rows]}


def create_actor(call: Call, role: str) -> Answer:
    """Validates the configuration and stores it; nothing is checked or discovered."""
    name = call.name()
    workspace = require_workspace(call, call.uuid_field("workspaceId"))
    configuration = call.required("configuration", dict)
    definition = _chosen(call, role, configuration)
    configuration = _without_type(configuration, role)
    _validate(configuration, definition)
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
                "resource_allocation": dumped(_allocation(call)),
                "created_at": int(time.time()),
            },
        )
    return 200, _read(call, require_actor(call, role, id_))


def get_actor(call: Call, role: str) -> Answer:
    """One source or destination; a deleted one too, with a null configuration."""
    row = require_actor(call, role, call.params["id"])
    return 200, _read(call, row, coordinates=call.flag("includeSecretCoordinates"))


def patch_actor(call: Call, role: str) -> Answer:
    """Merges into the stored configuration; takes a mask for a new secret; clears resources."""
    row = require_actor(call, role, call.params["id"])
    sent = call.optional("configuration", dict)
    before = loaded(row["configuration"])
    merged = secrets.merged(before, _without_type(sent, role)) if sent is not None else before
    return _write(call, role, row, call.name(required=False) or row["name"], merged, sent or {})


def put_actor(call: Call, role: str) -> Answer:
    """Replaces the configuration; masks keep stored secrets where the server looks for them."""
    row = require_actor(call, role, call.params["id"])
    name = call.name()
    sent = _without_type(call.required("configuration", dict), role)
    definition = _definition(call, row)
    kept = secrets.copied(loaded(row["configuration"]), sent, definition.schema, _fits)
    return _write(call, role, row, str(name), kept, sent)


def delete_actor(call: Call, role: str) -> Answer:
    """Deletes its connections, then leaves a row without configuration. Again is as good."""
    row = require_actor(call, role, call.params["id"])
    with call.store.transaction():
        for connection in call.store.all(
            f"SELECT id FROM connection WHERE {role}_id = ? AND status <> 'deprecated'", row["id"]
        ):
            call.store.update("connection", connection["id"], {"status": "deprecated"})
        call.store.update("actor", row["id"], {"tombstone": 1, "configuration": None})
    return 204, None


def require_actor(call: Call, role: str, id_: str) -> Row:
    """The source or destination of that id, deleted or not."""
    row = call.store.one("SELECT * FROM actor WHERE id = ? AND role = ?", id_, role)
    if row is None:
        raise call.missing(f"{role.upper()}_CONNECTION", id_)
    return row


def _write(
    call: Call, role: str, row: Row, name: str, configuration: Any, sent: Mapping[str, Any]
) -> Answer:
    definition = _definition(call, row)
    before = loaded(row["configuration"])
    if before is None:
        raise problems.unprocessable() if call.optional("configuration") else problems.unexpected()
    # What is validated has a fixed text for every stored secret, under the keys as they were sent.
    _validate(
        secrets.merged(secrets.with_placeholders(configuration, definition), sent), definition
    )
    with call.store.transaction():
        kept = secrets.stored(configuration, before, definition, row["workspace_id"], call.store)
        changes = {
            "name": name,
            "configuration": dumped(kept),
            "resource_allocation": dumped(_allocation(call)),
        }
        call.store.update("actor", row["id"], changes)
    return 200, _read(call, require_actor(call, role, row["id"]))


def _read(call: Call, row: Row, *, coordinates: bool = False) -> Mapping[str, Any]:
    definition = _definition(call, row)
    configuration = loaded(row["configuration"])
    if configuration is not None:
        show = secrets.with_coordinates if coordinates else secrets.masked
        configuration = show(configuration, definition)
    role = row["role"]
    allocation = loaded(row["resource_allocation"])
    return {
        f"{role}Id": row["id"],
        "name": row["name"],
        f"{role}Type": definition.name,
        "definitionId": row["definition_id"],
        "workspaceId": row["workspace_id"],
        "configuration": configuration,
        "createdAt": row["created_at"],
        **({"resourceAllocation": allocation} if allocation else {}),
    }


def _definition(call: Call, row: Row) -> Definition:
    definition = call.world.registry.by_id(row["role"], row["definition_id"])
    if definition is None:
        raise problems.not_found(_definition_type(row["role"]), row["definition_id"])
    return definition


def _chosen(call: Call, role: str, configuration: Mapping[str, Any]) -> Definition:
    """By definition id, else by the name found anywhere in the configuration."""
    registry = call.world.registry
    if call.optional("definitionId") is not None:
        id_ = call.uuid_field("definitionId")
        definition = registry.by_id(role, id_)
        if definition is None:
            raise problems.not_found(_definition_type(role), id_)
        return definition
    name = _find(configuration, f"{role}Type")
    if name is None:
        raise problems.unprocessable()
    definition = registry.by_name(role, str(name))
    if definition is None:
        raise problems.value_not_found(str(name))
    return definition


def _definition_type(role: str) -> str:
    return f"STANDARD_{role.upper()}_DEFINITION"


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


def _without_type(configuration: Mapping[str, Any], role: str) -> dict[str, Any]:
    return {key: value for key, value in configuration.items() if key != f"{role}Type"}


def _allocation(call: Call) -> Any:
    """Resources as they are kept: ephemeral storage is dropped; absent erases what there was."""
    sent = call.optional("resourceAllocation", dict)
    if sent is None:
        return None
    default = {
        key: value
        for key, value in (sent.get("default") or {}).items()
        if not key.startswith("ephemeral_storage")
    }
    return {"default": default, "jobSpecific": sent.get("jobSpecific") or []}


def _fits(schema: Mapping[str, Any], value: Any) -> bool:
    return Draft7Validator(dict(schema)).is_valid(value)


def _validate(configuration: Any, definition: Definition) -> None:
    errors = sorted(definition.validator.iter_errors(configuration), key=lambda e: list(e.path))
    if errors:
        raise problems.unprocessable(
            "json schema validation failed when comparing the data to the json schema. \n"
            f"Errors: {', '.join(_worded(error) for error in errors)}"
        )


def _worded(error: ValidationError) -> str:
    """An error in the manner of the server's own validator."""
    place = "$" + "".join(f"[{p}]" if isinstance(p, int) else f".{p}" for p in error.path)
    if error.validator == "type":
        found = _found_type(error.instance)
        expected = error.validator_value
        names = expected if isinstance(expected, list) else [expected]
        return f"{place}: {found} found, {' or '.join(map(str, names))} expected"
    if error.validator == "required":
        missing = error.message.split("'")[1]
        return f"{place}.{missing}: is missing but it is required"
    if error.validator == "pattern":
        return f"{place}: does not match the regex pattern {error.validator_value}"
    if error.validator in ("enum", "const"):
        return f"{place}: does not have a value in the enumeration {error.validator_value}"
    return f"{place}: does not satisfy {error.validator}"


def _found_type(value: Any) -> str:
    types = {bool: "boolean", int: "integer", float: "number", str: "string", dict: "object"}
    return types.get(type(value), "null" if value is None else "array")
