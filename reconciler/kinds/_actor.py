"""What sources and destinations have in common: a connector, its configuration, their updates.

Source: Airbyte public API, /sources and /destinations; the rules of PUT and of secrets as read in
the platform's ConfigurationUpdate, JsonSecretsProcessor and SecretsHelpers.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from functools import partial

from reconciler.errors import MalformedObject, did_you_mean
from reconciler.kinds import _configuration as configuration
from reconciler.kinds._base import (
    WORKSPACE,
    Context,
    Declaration,
    Kind,
    Mistake,
    Reference,
    RefOf,
    Request,
    required,
)
from reconciler.model import Json, Path, Spec


def actor_kind(role: str, *, single_section: str = "") -> Kind:
    """The kind "source" or "destination": all they differ in is the word."""
    return Kind(
        name=role,
        collection=f"/{role}s",
        id_field=f"{role}Id",
        section=f"{role}s",
        single_section=single_section,
        declare=partial(_declare, role),
        from_api=_from_api,
        create_body=_create_body,
        update=partial(_update, role),
        coordinates=_coordinates,
        references={"workspace": Reference("workspace", api_field="workspaceId")},
        # Neither PATCH nor PUT takes a definition or a workspace.
        immutable=frozenset({"workspace", "definitionId"}),
        # Coordinates carry secrets through a PUT without loss, also inside lists.
        reread={"includeSecretCoordinates": "true"},
        replacing_loses="The connections that use it go with it and lose their sync state.",
    )


def _declare(role: str, declaration: Declaration) -> tuple[Spec, list[Mistake]]:
    fields = declaration.fields
    mistakes: list[Mistake] = []
    definition_id = str(fields.get("definitionId", "")).lower()
    if "type" in fields:
        connector = declaration.catalogue.named(role, fields["type"])
        if connector is None:
            mistakes.append(_unknown_type(role, fields["type"], declaration))
        else:
            definition_id = connector.definition_id
    spec = {
        "workspace": WORKSPACE,
        "name": fields.get("name", declaration.key.name),
        "definitionId": definition_id,
        "configuration": fields["configuration"],
    }
    return spec, mistakes


def _unknown_type(role: str, written: str, declaration: Declaration) -> Mistake:
    known = declaration.catalogue.types(role)
    near = did_you_mean(written.removeprefix(f"{role}-"), known)
    return Mistake(
        ("type",),
        "unknown connector",
        f'There is no {role} connector "{written}" in the catalogue.',
        near or "Known: " + ", ".join(known) + ". For any other, give its `definitionId`.",
    )


def _from_api(body: Mapping[str, Json], ref_of: RefOf) -> Spec:
    if body.get("configuration") is None:
        # GET by id answers a deleted one with 200 and a null configuration.
        raise MalformedObject("it has no configuration: it has been deleted")
    return {
        "workspace": ref_of("workspace", required(body, "workspaceId", str)),
        "name": required(body, "name", str),
        "definitionId": required(body, "definitionId", str).lower(),
        "configuration": configuration.unmask(body["configuration"]),
    }


def _create_body(spec: Spec, context: Context) -> Mapping[str, Json]:
    return {
        "workspaceId": context.id_of(spec["workspace"]),
        "name": spec["name"],
        "definitionId": spec["definitionId"],
        "configuration": configuration.for_create(spec["configuration"], context.secret),
    }


def _coordinates(spec: Spec, body: Mapping[str, Json]) -> Mapping[Path, str]:
    found = configuration.coordinates(body.get("configuration"), spec["configuration"])
    return {("configuration", *path): coordinate for path, coordinate in found}


def _update(
    role: str, spec: Spec, body: Mapping[str, Json], _changed: Collection[str], context: Context
) -> Sequence[Request]:
    """One PUT of everything: PATCH cannot remove a key and takes a mask for a new secret."""
    _from_api(body, lambda _kind, _id: WORKSPACE)  # refuses one that was deleted meanwhile
    connector = context.connector(role, spec["definitionId"])
    merged = configuration.for_update(
        body["configuration"],
        spec["configuration"],
        schema=connector.schema if connector else None,
        resolve=context.secret,
    )
    kept = {
        # Left out it would be erased by any PUT.
        name: body[name]
        for name in ("resourceAllocation",)
        if body.get(name) is not None
    }
    return [Request("PUT", {"name": spec["name"], "configuration": merged, **kept})]
