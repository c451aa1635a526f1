"""Workspace: a tenant's own space, which everything else lives in.

Source: Airbyte public API, /workspaces. Names are not unique; PATCH changes the name in place and
merges notifications.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from reconciler.kinds.contract.configuration import for_create
from reconciler.kinds.contract.exporting import Block, Found, Remark
from reconciler.kinds.contract.kind import Comparing, Exporting, Kind
from reconciler.kinds.contract.terms import (
    Becomes,
    Changes,
    Context,
    Declaration,
    RefOf,
    Request,
    changed_fields,
    required,
)
from reconciler.kinds.workspace import notifications
from reconciler.kinds.workspace.notifications import FIELD as NOTIFICATIONS
from reconciler.model import MISSING, Json, Path, Spec
from reconciler.model.effects import Consequence, Effect
from reconciler.problems.problem import Problem


def _declare(declaration: Declaration) -> tuple[Spec, list[Problem]]:
    fields = declaration.fields
    problems = notifications.find_masks(fields.get(NOTIFICATIONS) or {})
    return _hidden({"name": declaration.key.scope, **fields}), list(problems)


def _from_api(body: Mapping[str, Json], _ref_of: RefOf) -> Spec:
    told = {NOTIFICATIONS: body[NOTIFICATIONS]} if body.get(NOTIFICATIONS) else {}
    return _hidden({"name": required(body, "name", str), **told})


def _hidden(spec: Spec) -> Spec:
    if NOTIFICATIONS not in spec:
        return spec
    return {**spec, NOTIFICATIONS: notifications.hidden(spec[NOTIFICATIONS])}


def _to_manifest(found: Found) -> Block:
    remarks: list[Remark] = []
    told = notifications.to_manifest(found, remarks)
    fields = {} if told is MISSING else {NOTIFICATIONS: told}
    return Block({**found.name(), **fields}, tuple(remarks))


def _create_body(spec: Spec, context: Context) -> Mapping[str, Json]:
    # Ignored on self-managed, where there is one organization; decides on Cloud.
    organization = {"organizationId": context.organization_id} if context.organization_id else {}
    return {**for_create(spec, context.secret), **organization}


def _update(
    spec: Spec, body: Mapping[str, Json], changes: Changes, context: Context
) -> Sequence[Request]:
    patch = {field: spec[field] for field in changed_fields(changes)}
    if NOTIFICATIONS in patch:
        below = [change.path[1:] for change in changes if change.path[0] == NOTIFICATIONS]
        live = body.get(NOTIFICATIONS) or {}
        patch[NOTIFICATIONS] = notifications.to_send(
            spec[NOTIFICATIONS], live, below, context.secret
        )
    return [Request("PATCH", patch)]


def _becomes(path: Path) -> Becomes | None:
    return notifications.becomes(path[1:]) if path[0] == NOTIFICATIONS else None


def _against(desired: Spec, live: Spec) -> Spec:
    if NOTIFICATIONS not in desired or NOTIFICATIONS not in live:
        return desired
    settled = notifications.against(desired[NOTIFICATIONS], live[NOTIFICATIONS])
    return {**desired, NOTIFICATIONS: settled}


def _effects(_before: Spec | None, after: Spec | None, _changes: Changes) -> list[Consequence]:
    return [Consequence(Effect.NO_EFFECT if after is not None else Effect.CONFIGURATION_LOST)]


KIND = Kind(
    name="workspace",
    collection="/workspaces",
    id_field="workspaceId",
    section="workspace",
    declare=_declare,
    from_api=_from_api,
    create_body=_create_body,
    update=_update,
    effects=_effects,
    exporting=Exporting(_to_manifest),
    comparing=Comparing(becomes=_becomes, against=_against),
)
