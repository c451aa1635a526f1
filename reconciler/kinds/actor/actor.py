"""What sources and destinations have in common: a connector, its configuration, their updates.

Source: Airbyte public API, /sources and /destinations; the rules of PUT and of secrets as read in
the platform's ConfigurationUpdate, JsonSecretsProcessor and SecretsHelpers.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import partial

from reconciler.connectors import Connector
from reconciler.connectors.check import check
from reconciler.connectors.literals import hidden, masked
from reconciler.connectors.soundness import UnusableSchema
from reconciler.kinds.contract import configuration
from reconciler.kinds.contract.exporting import OPENING, Block, Found, Remark, written
from reconciler.kinds.contract.kind import (
    Blocks,
    Comparing,
    Coordinates,
    Exporting,
    Kind,
    Replacing,
)
from reconciler.kinds.contract.masks import masks_at
from reconciler.kinds.contract.terms import (
    WORKSPACE,
    Becomes,
    Changes,
    Context,
    Declaration,
    Reference,
    RefOf,
    Request,
    changed_fields,
    required,
)
from reconciler.model import MISSING, OAUTH_MASK, UNREADABLE, Json, Path, Ref, Secret, Spec
from reconciler.model.changes import Equality, EqualReason
from reconciler.model.effects import Consequence, Effect
from reconciler.model.paths import map_leaves, value_at
from reconciler.problems import rules
from reconciler.problems.errors import MalformedObject
from reconciler.problems.problem import At, Problem
from reconciler.problems.rules import Severity
from reconciler.problems.wording import did_you_mean


def actor_kind(role: str, *, single_section: str = "") -> Kind:
    """The kind "source" or "destination": all they differ in is the word."""
    return Kind(
        name=role,
        collection=f"/{role}s",
        id_field=f"{role}Id",
        section=f"{role}s",
        blocks=Blocks(single_section=single_section),
        declare=partial(_declare, role),
        from_api=_from_api,
        exporting=Exporting(partial(_to_manifest, role)),
        create_body=_create_body,
        update=partial(_update, role),
        references={
            "workspace": Reference("workspace", api_field="workspaceId"),
            "definitionId": Reference(
                "definition",
                "definitionId",
                written_as="definition",
                unknown=rules.UNKNOWN_DEFINITION,
            ),
        },
        # Coordinates carry secrets through a PUT without loss, also inside lists.
        coordinates=Coordinates({"includeSecretCoordinates": "true"}, _coordinates),
        highlights=("definitionId",),
        effects=_effects,
        comparing=Comparing(
            unread=frozenset({"secretVersion"}), becomes=_becomes, explain=_explain
        ),
        replacing=Replacing(
            # Neither PATCH nor PUT takes a definition or a workspace.
            immutable=frozenset({"workspace", "definitionId"}),
            loses="The connections that use it go with it and lose their sync state.",
            effect=Effect.CONFIGURATION_LOST,
        ),
    )


def _declare(role: str, declaration: Declaration) -> tuple[Spec, list[Problem]]:
    fields = declaration.fields
    connector = _connector(role, declaration)
    spec = {
        "workspace": WORKSPACE,
        "name": fields.get("name", declaration.key.name),
        "definitionId": _definition(connector, fields),
        "configuration": _without_literals(connector, fields["configuration"]),
    }
    spec |= {name: fields[name] for name in ("secretVersion",) if name in fields}
    return spec, list(_problems(role, connector, declaration))


def _definition(connector: Connector | None, fields: Mapping[str, Json]) -> Json:
    """The id of Airbyte's own connector, or the reference to one that is declared."""
    if "definition" in fields:
        return Ref("definition", fields["definition"])
    return str(connector.definition_id if connector else fields.get("definitionId", "")).lower()


def _problems(
    role: str, connector: Connector | None, declaration: Declaration
) -> Iterator[Problem]:
    fields = declaration.fields
    schema = connector.schema if connector else None
    at = [("configuration", *path) for path in masked(schema, fields["configuration"])]
    yield from masks_at(fields, at)
    if connector is not None and connector.role != role:
        yield Problem(
            rules.WRONG_KIND_OF_CONNECTOR,
            At(("definition",)),
            f'Definition "{connector.type}" is a {connector.role} connector, '
            f'and "{declaration.key.name}" is a {role}.',
            f"Use a {role} connector, or correct `actorType` of the definition.",
        )
    elif connector is not None and connector.schema:
        yield from _check_configuration(connector.schema, fields["configuration"])
    elif "type" in fields:
        yield _unknown_type(role, fields["type"], declaration)
    elif "definitionId" in fields:
        yield _UNCHECKED
    elif connector is not None:
        yield _UNTOLD


def _without_literals(connector: Connector | None, configuration: Json) -> Json:
    return hidden(connector.schema, configuration) if connector else configuration


def _connector(role: str, declaration: Declaration) -> Connector | None:
    fields, catalogue = declaration.fields, declaration.catalogue
    if "definition" in fields:
        return declaration.connectors.get(fields["definition"])
    if "type" in fields:
        return catalogue.named(role, fields["type"])
    return catalogue.defined_by(role, str(fields["definitionId"]))


def _check_configuration(schema: Mapping[str, Json], written: Json) -> list[Problem]:
    try:
        return [each.inside(("configuration",)) for each in check(schema, written)]
    except UnusableSchema as reason:
        return [Problem(rules.SCHEMA_UNUSABLE, At((), on_key=True), f"{reason}.")]


_UNCHECKED = Problem(
    rules.CONFIGURATION_NOT_CHECKED,
    At(("definitionId",)),
    "The catalogue knows no connector of this id, so its configuration is taken as it is.",
    "`reconciler connectors update` fetches Airbyte's catalogue; custom connectors are in none.",
)


_UNTOLD = Problem(
    rules.CONFIGURATION_NOT_CHECKED,
    At(("definition",)),
    "Nothing tells how this connector is configured, so its configuration is taken as it is.",
    "Save what its image prints for `spec` beside the definition, and name the file as its `spec`.",
)


def _unknown_type(role: str, written: str, declaration: Declaration) -> Problem:
    known = declaration.catalogue.types(role)
    near = did_you_mean(written.removeprefix(f"{role}-"), known)
    return Problem(
        rules.UNKNOWN_CONNECTOR,
        At(("type",)),
        f'There is no {role} connector "{written}" in the catalogue.',
        near or "Known: " + ", ".join(known) + ". For any other, give its `definitionId`.",
    )


def _from_api(body: Mapping[str, Json], ref_of: RefOf) -> Spec:
    if body.get("configuration") is None:
        # GET by id answers a deleted one with 200 and a null configuration.
        raise MalformedObject("it has no configuration: it has been deleted")
    definition_id = required(body, "definitionId", str).lower()
    return {
        "workspace": ref_of("workspace", required(body, "workspaceId", str)),
        "name": required(body, "name", str),
        "definitionId": ref_of.listed("definition", definition_id) or definition_id,
        "configuration": configuration.unmask(body["configuration"]),
    }


def _to_manifest(role: str, found: Found) -> Block:
    remarks: list[Remark] = []
    definition = found.spec["definitionId"]
    if isinstance(definition, Ref):
        connector = found.connectors.get(definition.name)
        fields: dict[str, Json] = {"definition": definition.name}
    else:
        connector = found.catalogue.defined_by(role, definition)
        if connector and found.catalogue.named(role, connector.type) is connector:
            fields = {"type": connector.type}
        else:
            fields = {"definitionId": definition}
            remarks.append(Remark(("definitionId",), _NOT_IN_CATALOGUE, is_left_out=False))
    at = ("configuration",)
    configuration = written(found.spec["configuration"], found, at, remarks)
    told = configuration if isinstance(configuration, dict) else {}
    remarks += _waivers(connector, told)
    return Block({**fields, **found.name(), "configuration": told}, tuple(remarks))


def _waivers(connector: Connector | None, configuration: Json) -> Iterator[Remark]:
    """What the schema has against a configuration that Airbyte took: it is of another version."""
    if connector is None or not connector.schema:
        return
    for each in _check_configuration(connector.schema, _with_secrets(configuration)):
        if each.severity is Severity.ERROR:
            yield Remark(each.at.path, "live as it is", is_left_out=False, waives=each.rule)


def _with_secrets(value: Json) -> Json:
    """*value* as it is once it has been read from a manifest."""
    return map_leaves(value, _with_secret)


def _with_secret(leaf: Json) -> Json:
    return Secret((leaf,)) if isinstance(leaf, str) and leaf.startswith(OPENING) else leaf


_NOT_IN_CATALOGUE = "the catalogue has no such connector, so its configuration is not checked"


def _create_body(spec: Spec, context: Context) -> Mapping[str, Json]:
    definition = spec["definitionId"]
    return {
        "workspaceId": context.id_of(spec["workspace"]),
        "name": spec["name"],
        "definitionId": context.id_of(definition) if isinstance(definition, Ref) else definition,
        "configuration": configuration.for_create(spec["configuration"], context.secret),
    }


def _coordinates(spec: Spec, body: Mapping[str, Json]) -> Mapping[Path, str]:
    found = configuration.coordinates(body.get("configuration"), spec["configuration"])
    return {("configuration", *path): coordinate for path, coordinate in found}


def _update(
    role: str, spec: Spec, body: Mapping[str, Json], changes: Changes, context: Context
) -> Sequence[Request]:
    """A new name alone by PATCH, which touches no configuration; else one PUT of everything.

    PATCH cannot remove a key and takes a mask for a new secret.
    """
    _from_api(body, RefOf({}))  # refuses one that was deleted meanwhile
    connector = context.connector(role, str(body["definitionId"]))
    schema = connector.schema if connector else context.schema
    kept = {
        # Left out it would be erased by any write.
        name: body[name]
        for name in ("resourceAllocation",)
        if body.get(name) is not None
    }
    is_renamed_only = changed_fields(changes) == ["name"]
    if is_renamed_only and configuration.takes_placeholders(body["configuration"], schema):
        return [Request("PATCH", {"name": spec["name"], **kept})]
    merged = configuration.for_update(
        body["configuration"],
        spec["configuration"],
        schema=schema,
        resolve=context.secret,
        rotated={change.path[1:] for change in changes if change.before is UNREADABLE},
    )
    return [Request("PUT", {"name": spec["name"], "configuration": merged, **kept})]


def _becomes(path: Path) -> Becomes | None:
    """A key that leaves the configuration is to be gone from it; nothing else can be unset."""
    return Becomes(None) if path[0] == "configuration" and len(path) > 1 else None


# Keys that say which system, account or place a connector talks to, as the connectors of the
# registry name them. A saved position in one place means nothing in another.
_PLACES = """
    account account_id account_ids accounts api_url app_id base_url bucket bucket_name catalog
    cluster container container_name customer_id customer_ids database database_name dataset
    dataset_id db db_name domain domain_name domain_url endpoint folder_path folder_url host
    hostname http_path index instance instance_url ip keyspace name_space namespace org
    organization organization_id owner port project project_id project_ids property_id
    property_ids region_id repositories repository s3_bucket_name schema schemas server
    server_hostname server_url shop site site_id site_name site_url sites spreadsheet_id store
    store_hash store_name subdomain tenant_id topic url warehouse workspace workspace_id
"""
_IDENTITY = frozenset(_PLACES.split())


def _effects(_before: Spec | None, after: Spec | None, changes: Changes) -> list[Consequence]:
    if after is None:
        return [Consequence(Effect.CONFIGURATION_LOST)]
    inside = [change for change in changes if change.path[0] == "configuration"]
    secret = [c for c in inside if c.before is UNREADABLE or isinstance(c.after, Secret)]
    plain = [change for change in inside if change not in secret]
    moved = [change for change in plain if _IDENTITY & set(change.path[1:])]
    told = {
        Effect.IDENTITY_CHANGED: moved,
        Effect.CREDENTIALS_SENT: secret,
        Effect.SETTINGS_CHANGED: [change for change in plain if change not in moved],
    }
    found = [
        Consequence(effect, detail=", ".join(dict.fromkeys(_leaf(c.path) for c in group)))
        for effect, group in told.items()
        if group
    ]
    return found or [Consequence(Effect.NO_EFFECT)]


def _leaf(path: Path) -> str:
    """The last named step of *path*."""
    return next((step for step in reversed(path) if isinstance(step, str)), "")


def _explain(body: Mapping[str, Json], desired: Spec) -> Iterator[Equality]:
    """OAuth fields, told from other masks by their length."""
    for path in configuration.oauth_managed(body.get("configuration")):
        if value_at(desired["configuration"], path) is not MISSING:
            where = ("configuration", *path)
            yield Equality(where, OAUTH_MASK, UNREADABLE, EqualReason.OAUTH)
