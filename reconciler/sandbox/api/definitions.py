"""Connector definitions: custom docker and declarative ones, and all that can be used.

Source: the platform's DefinitionsController and SourceDefinitionsHandler. Public definitions are in
the docker lists and cannot be changed; deleting a custom one deletes all that was made of it.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from functools import partial
from typing import Any

from reconciler.sandbox.api.actors import ROLES, bury
from reconciler.sandbox.core import problems
from reconciler.sandbox.core.call import Call, require_workspace
from reconciler.sandbox.core.registry import Definition
from reconciler.sandbox.core.routing import Answer, Route
from reconciler.sandbox.core.shapes import json_object, record, text
from reconciler.sandbox.core.store import Row, dumped, loaded
from reconciler.sandbox.core.validation import is_schema

READ_ONLY = "This definition is Airbyte's own and cannot be changed."


def list_docker(call: Call, role: str) -> Answer:
    """Airbyte's and the workspace's own; nothing tells one from the other. No pages."""
    workspace = require_workspace(call, call.params["workspaceId"])
    public = [_read_public(d) for d in call.world.registry.definitions if d.role == role]
    rows = call.store.all(
        "SELECT * FROM definition WHERE role = ? AND form = 'docker' AND workspace_id = ? "
        "AND tombstone = 0 ORDER BY position",
        role,
        workspace["id"],
    )
    return 200, {"data": [*public, *map(_read_docker, rows)]}


def create_docker(call: Call, role: str) -> Answer:
    """Pulls the image to read its specification, which can fail."""
    workspace = require_workspace(call, call.params["workspaceId"])
    repository, tag = call.body["dockerRepository"], call.body["dockerImageTag"]
    _pull(call, repository, tag)
    document = {
        "dockerRepository": repository,
        "dockerImageTag": tag,
        "documentationUrl": call.body.get("documentationUrl", ""),
    }
    return 200, _read_docker(_insert(call, role, "docker", workspace["id"], document))


def get_docker(call: Call, role: str) -> Answer:
    """One that the workspace sees."""
    require_workspace(call, call.params["workspaceId"])
    if (public := _public(call, role)) is not None:
        return 200, _read_public(public)
    return 200, _read_docker(_require_docker(call, role))


def put_docker(call: Call, role: str) -> Answer:
    """Another name and tag, for everything that was made of it."""
    require_workspace(call, call.params["workspaceId"])
    if _public(call, role) is not None:
        raise problems.bad_request(READ_ONLY)
    row = _require_docker(call, role)
    document = loaded(row["document"])
    tag = call.body["dockerImageTag"]
    if tag != document["dockerImageTag"]:
        _pull(call, document["dockerRepository"], tag)
    changes = {"name": call.body["name"], "document": {**document, "dockerImageTag": tag}}
    return 200, _read_docker(_change(call, row, changes))


def delete_docker(call: Call, role: str) -> Answer:
    """Answers with what was deleted, and all that was made of it goes along."""
    require_workspace(call, call.params["workspaceId"])
    if _public(call, role) is not None:
        raise problems.bad_request(READ_ONLY)
    return 200, _read_docker(_delete(call, _require_docker(call, role)))


def list_declarative(call: Call) -> Answer:
    """Those of the organization, under whichever of its workspaces they were made."""
    require_workspace(call, call.params["workspaceId"])
    rows = call.store.all(
        "SELECT * FROM definition WHERE form = 'declarative' AND tombstone = 0 ORDER BY position"
    )
    return 200, {"data": [_read_declarative(row) for row in rows]}


def create_declarative(call: Call) -> Answer:
    """The manifest brings its own specification."""
    workspace = require_workspace(call, call.params["workspaceId"])
    document = {"manifest": _manifest(call)}
    row = _insert(call, "source", "declarative", workspace["id"], document)
    return 200, _read_declarative(row)


def get_declarative(call: Call) -> Answer:
    """By the definition's id alone, whatever the workspace of the path."""
    return 200, _read_declarative(_require_declarative(call))


def put_declarative(call: Call) -> Answer:
    """A new version, also of the same manifest."""
    row = _require_declarative(call)
    return 200, _read_declarative(_change(call, row, {"document": {"manifest": _manifest(call)}}))


def delete_declarative(call: Call) -> Answer:
    return 200, _read_declarative(_delete(call, _require_declarative(call)))


def list_usable(call: Call) -> Answer:
    """Id, display name and version of every connector that a workspace can use."""
    workspace = call.one_id("workspaceId")
    if workspace is None:
        # Optional in the description, and not in the code.
        raise problems.error_id(500)
    require_workspace(call, workspace)
    type_ = call.choice("type", ROLES)
    if type_ is None:
        raise problems.framework(400, "Required QueryValue [type] not specified", call.path)
    public = [_usable(d.id, type_, d.title, d.tag) for d in _of_role(call, type_)]
    rows = call.store.all(
        "SELECT * FROM definition WHERE role = ? AND tombstone = 0 "
        "AND (form = 'declarative' OR workspace_id = ?) ORDER BY position",
        type_,
        workspace,
    )
    custom = [
        _usable(
            row["id"],
            type_,
            row["name"],
            str(loaded(row["document"]).get("dockerImageTag", row["version"])),
        )
        for row in rows
    ]
    return 200, {"data": [*public, *custom]}


def _of_role(call: Call, role: str) -> list[Definition]:
    return [d for d in call.world.registry.definitions if d.role == role]


def _usable(id_: str, role: str, name: str, version: str) -> Mapping[str, Any]:
    return {"id": id_, "connectorDefinitionType": role, "name": name, "version": version}


def _public(call: Call, role: str) -> Definition | None:
    return call.world.registry.by_id(role, call.params["definitionId"].lower())


def _require_docker(call: Call, role: str) -> Row:
    id_ = call.params["definitionId"].lower()
    row = call.store.one(
        "SELECT * FROM definition WHERE id = ? AND role = ? AND form = 'docker' "
        "AND workspace_id = ? AND tombstone = 0",
        id_,
        role,
        call.params["workspaceId"].lower(),
    )
    if row is None:
        raise problems.not_found(f"STANDARD_{role.upper()}_DEFINITION", id_)
    return row


def _require_declarative(call: Call) -> Row:
    id_ = call.params["definitionId"].lower()
    row = call.store.one(
        "SELECT * FROM definition WHERE id = ? AND form = 'declarative' AND tombstone = 0", id_
    )
    if row is None:
        raise problems.not_found("STANDARD_SOURCE_DEFINITION", id_)
    return row


def _pull(call: Call, repository: str, tag: str) -> None:
    """Images are all there, but for those that were asked to fail."""
    if {repository, f"{repository}:{tag}"} & call.world.behaviour.failing_images:
        raise problems.state_conflict()


def _manifest(call: Call) -> Mapping[str, Any]:
    manifest: Mapping[str, Any] = call.body["manifest"]
    specification = manifest.get("spec")
    schema = (
        specification.get("connection_specification") if isinstance(specification, dict) else None
    )
    if not is_schema(schema):
        raise problems.unprocessable("The manifest has no valid spec.connection_specification")
    major = str(manifest.get("version", "")).partition(".")[0]
    if major.isdigit() and int(major) not in _KNOWN_MAJORS:
        raise problems.state_conflict()
    return manifest


_KNOWN_MAJORS = range(8)  # manifest versions that there is an image to run for


def _insert(
    call: Call, role: str, form: str, workspace_id: str, document: Mapping[str, Any]
) -> Row:
    id_ = str(uuid.uuid4())
    with call.store.transaction():
        call.store.insert(
            "definition",
            {
                "id": id_,
                "role": role,
                "form": form,
                "workspace_id": workspace_id,
                "name": call.name(),
                "version": 1,
                "document": dumped(document),
            },
        )
    return _row(call, id_)


def _change(call: Call, row: Row, changes: Mapping[str, Any]) -> Row:
    columns = {**changes, "document": dumped(changes["document"]), "version": row["version"] + 1}
    with call.store.transaction():
        call.store.update("definition", row["id"], columns)
    return _row(call, row["id"])


def _delete(call: Call, row: Row) -> Row:
    with call.store.transaction():
        made = "SELECT * FROM actor WHERE definition_id = ? AND tombstone = 0"
        bury(call.world, call.store.all(made, row["id"]))
        call.store.update("definition", row["id"], {"tombstone": 1})
    return row


def _row(call: Call, id_: str) -> Row:
    row = call.store.one("SELECT * FROM definition WHERE id = ?", id_)
    assert row is not None, "it was written in this very request"
    return row


def _read_public(definition: Definition) -> Mapping[str, Any]:
    return {
        "id": definition.id,
        "name": definition.title,
        "dockerRepository": definition.repository,
        "dockerImageTag": definition.tag,
        "documentationUrl": definition.documentation_url,
    }


def _read_docker(row: Row) -> Mapping[str, Any]:
    return {"id": row["id"], "name": row["name"], **loaded(row["document"])}


def _read_declarative(row: Row) -> Mapping[str, Any]:
    return {
        "id": row["id"],
        "name": row["name"],
        "manifest": loaded(row["document"])["manifest"],
        "version": row["version"],
    }


_WORKSPACE = "/workspaces/{workspaceId}/definitions"
_DOCKER = record(
    {"name": text, "dockerRepository": text, "dockerImageTag": text}, {"documentationUrl": text}
)


def _docker_routes(role: str) -> tuple[Route, ...]:
    collection = f"{_WORKSPACE}/{role}s"
    one = f"{collection}/{{definitionId}}"
    changed = record({"name": text, "dockerImageTag": text}, {})
    return (
        Route("GET", collection, partial(list_docker, role=role)),
        Route("POST", collection, partial(create_docker, role=role), _DOCKER),
        Route("GET", one, partial(get_docker, role=role)),
        Route("PUT", one, partial(put_docker, role=role), changed),
        Route("DELETE", one, partial(delete_docker, role=role)),
    )


_DECLARATIVE = f"{_WORKSPACE}/declarative_sources"
_ONE_DECLARATIVE = f"{_DECLARATIVE}/{{definitionId}}"
ROUTES = (
    *(route for role in ROLES for route in _docker_routes(role)),
    Route("GET", _DECLARATIVE, list_declarative),
    Route(
        "POST",
        _DECLARATIVE,
        create_declarative,
        record({"name": text, "manifest": json_object}, {}),
    ),
    Route("GET", _ONE_DECLARATIVE, get_declarative),
    Route("PUT", _ONE_DECLARATIVE, put_declarative, record({"manifest": json_object}, {})),
    Route("DELETE", _ONE_DECLARATIVE, delete_declarative),
    Route("GET", "/connector_definitions", list_usable),
)
