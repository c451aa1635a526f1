"""OAuth credentials: the application by which a workspace's connectors ask for consent.

Source: Airbyte public API, /workspaces/{workspaceId}/oauthCredentials, which only Cloud has:
self-managed Airbyte answers 501. PUT makes or changes them, and nothing reads them: what is known
is what was sent last, as the ledger remembers it. Without a ledger they are sent again, which
changes nothing. They hold for sources and destinations that are written after them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from reconciler.connectors import Connector
from reconciler.connectors.check import doubtful
from reconciler.connectors.literals import hidden, masked
from reconciler.kinds.contract.configuration import for_create
from reconciler.kinds.contract.kind import Kind, Listing, Put
from reconciler.kinds.contract.masks import masks_at
from reconciler.kinds.contract.terms import (
    WORKSPACE,
    Changes,
    Context,
    Declaration,
    Reference,
    RefOf,
    Request,
)
from reconciler.model import UNREADABLE, Exhaustive, Fingerprint, Json, Spec
from reconciler.model.effects import Consequence, Effect
from reconciler.model.paths import map_leaves
from reconciler.problems import rules
from reconciler.problems.problem import At, Problem
from reconciler.problems.wording import did_you_mean


def _declare(declaration: Declaration) -> tuple[Spec, list[Problem]]:
    name, configuration = declaration.key.name, declaration.fields["configuration"]
    role, _, type_ = name.partition("-")
    connector = declaration.catalogue.named(role, type_)
    if connector is None:
        known = [f"{each.role}-{each.type}" for each in declaration.catalogue]
        near = did_you_mean(name, known) or f"Known: {', '.join(known)}."
        detail = f'There is no connector "{name}" in the catalogue.'
        return {"name": name}, [Problem(rules.UNKNOWN_CONNECTOR, At(()), detail, near)]
    spec = {
        "workspace": WORKSPACE,
        "name": name,
        "actorType": role,
        "connector": type_,
        "definitionId": connector.definition_id,
        "configuration": _exact(hidden(connector.schema, configuration)),
    }
    at = [("configuration", *path) for path in masked(None, configuration)]
    return spec, [*_doubts(connector, configuration), *masks_at(declaration.fields, at)]


def _doubts(connector: Connector, configuration: Json) -> list[Problem]:
    """The fields are those of the connector's configuration, at the same places."""
    found = doubtful(connector.schema, configuration)
    return [problem.inside(("configuration",)) for problem in found]


def _exact(value: Json) -> Json:
    """*value* as it is to be in every respect: it is sent as a whole."""
    if isinstance(value, Mapping):
        return Exhaustive({key: _exact(inner) for key, inner in value.items()})
    return value


def _from_api(body: Mapping[str, Json], _ref_of: RefOf) -> Spec:
    """What was sent last, which is all that anybody knows."""
    shown = map_leaves(
        body["spec"], lambda leaf: UNREADABLE if isinstance(leaf, Fingerprint) else leaf
    )
    return {**shown, "workspace": WORKSPACE}


def _create_body(spec: Spec, context: Context) -> Mapping[str, Json]:
    return {
        "actorType": spec["actorType"],
        "name": spec["connector"],
        "configuration": for_create(spec["configuration"], context.secret),
    }


def _update(
    spec: Spec, _body: Mapping[str, Json], _changes: Changes, context: Context
) -> Sequence[Request]:
    return [Request("PUT", _create_body(spec, context))]


def _precedes(spec: Spec, other: Spec) -> bool:
    """Whether *other* is of its connector: written before, it would not get the credentials."""
    return bool(other.get("definitionId") == spec["definitionId"] and "connector" not in other)


def _effects(_before: Spec | None, after: Spec | None, _changes: Changes) -> list[Consequence]:
    return [Consequence(Effect.OAUTH_SET if after is not None else Effect.OAUTH_LOST)]


KIND = Kind(
    name="oauthCredentials",
    collection="/workspaces/{workspaceId}/oauthCredentials/{actorType}/{connector}",
    id_field="id",
    section="oauthCredentials",
    listing=Listing(is_on_demand=True),
    declare=_declare,
    from_api=_from_api,
    create_body=_create_body,
    update=_update,
    put=Put(at="/workspaces/{workspaceId}/oauthCredentials", precedes=_precedes),
    effects=_effects,
    references={"workspace": Reference("workspace", api_field="workspaceId", on_delete="ends")},
)
