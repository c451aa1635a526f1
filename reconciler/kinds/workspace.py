"""Workspace: a tenant's own space, which everything else lives in.

Source: Airbyte public API, /workspaces. Names are not unique; PATCH changes the name in place.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from reconciler.kinds._base import (
    Changes,
    Context,
    Declaration,
    Kind,
    Mistake,
    RefOf,
    Request,
    changed_fields,
    required,
)
from reconciler.model import Json, Spec


def _declare(declaration: Declaration) -> tuple[Spec, list[Mistake]]:
    return {"name": declaration.key.scope, **declaration.fields}, []


def _from_api(body: Mapping[str, Json], _ref_of: RefOf) -> Spec:
    return {"name": required(body, "name", str)}


def _create_body(spec: Spec, context: Context) -> Mapping[str, Json]:
    # Ignored on self-managed, where there is one organization; decides on Cloud.
    organization = {"organizationId": context.organization_id} if context.organization_id else {}
    return {**spec, **organization}


def _update(
    spec: Spec, _body: Mapping[str, Json], changes: Changes, _context: Context
) -> Sequence[Request]:
    return [Request("PATCH", {field: spec[field] for field in changed_fields(changes)})]


KIND = Kind(
    name="workspace",
    collection="/workspaces",
    id_field="workspaceId",
    section="workspace",
    declare=_declare,
    from_api=_from_api,
    create_body=_create_body,
    update=_update,
)
