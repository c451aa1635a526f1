"""Definition: a connector of one's own, of which sources and destinations are made.

Source: Airbyte public API, /workspaces/{workspaceId}/definitions; the platform's
DefinitionsController. A docker image belongs to the workspace; its lists have Airbyte's own
connectors too, told apart by their image only. A declarative connector is made under a workspace,
belongs to the organization, and is in the list of every workspace; each PUT of its manifest is a
new version, also of the same one. Deleting either deletes all that was made of it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from reconciler.connectors import Connector
from reconciler.connectors.literals import masked
from reconciler.kinds.contract.configuration import for_create
from reconciler.kinds.contract.exporting import Block, Found, Remark, written
from reconciler.kinds.contract.kind import Blocks, Comparing, Exporting, Kind, Listing, Replacing
from reconciler.kinds.contract.masks import masks_at
from reconciler.kinds.contract.terms import (
    WORKSPACE,
    Changes,
    Context,
    Declaration,
    Expected,
    Reader,
    Reference,
    RefOf,
    Request,
    required,
)
from reconciler.model import Exhaustive, Json, Spec
from reconciler.model.effects import Consequence, Effect
from reconciler.problems import rules
from reconciler.problems.problem import At, Problem

Body = Mapping[str, Json]

_FORMS = {"source": "sources", "destination": "destinations"}  # of docker images, by what they are
_DECLARATIVE = "declarative_sources"
_AIRBYTES = "airbyte/"  # begins the name of every image in Airbyte's registry
_IMAGE = ("dockerRepository", "dockerImageTag", "documentationUrl")
_SCHEMA = "spec"  # the field with the schema of configurations, which Airbyte is not told


def _declare(declaration: Declaration) -> tuple[Spec, list[Problem]]:
    fields = declaration.fields
    spec: dict[str, Json] = {
        "workspace": WORKSPACE,
        "name": fields.get("name", declaration.key.name),
    }
    if "manifest" in fields:
        manifest = _content(declaration, "manifest")
        problems = [] if _is_schema(_schema_of(manifest)) else [_NO_MANIFEST]
        problems += _masks(declaration, manifest)
        return {**spec, "form": _DECLARATIVE, "manifest": _exact(manifest)}, problems
    spec |= {"form": _FORMS[fields.get("actorType", "source")]}
    spec |= {field: fields[field] for field in _IMAGE if field in fields}
    if _SCHEMA not in fields:
        return spec, []
    content = _content(declaration, _SCHEMA)
    schema = content.get("connectionSpecification", content) if _is_schema(content) else None
    return {**spec, _SCHEMA: schema or {}}, [] if _is_schema(schema) else [_NO_SCHEMA]


def _masks(declaration: Declaration, manifest: Json) -> Iterator[Problem]:
    """Masks in what a connector works by; its `spec` has no values, but words about them."""
    if not isinstance(manifest, Mapping):
        return
    found = list(masked(None, {key: value for key, value in manifest.items() if key != "spec"}))
    if not isinstance(declaration.fields["manifest"], str):
        yield from masks_at({"manifest": manifest}, [("manifest", *path) for path in found])
        return
    for path, problem in zip(found, masks_at(manifest, found), strict=True):
        # The place is that of the file's name; where in it, only the text can say.
        inside = ".".join(map(str, path))
        yield replace(problem, where=At(("manifest",)), detail=f"At `{inside}`: {problem.detail}")


def _content(declaration: Declaration, field: str) -> Json:
    """What stands in *field*, or in the file that it names."""
    value = declaration.fields[field]
    return declaration.file((field,)) if isinstance(value, str) else value


def _is_schema(value: Json) -> bool:
    return isinstance(value, Mapping) and bool(value)


def _schema_of(manifest: Json) -> Json:
    spec = manifest.get("spec") if isinstance(manifest, Mapping) else None
    return spec.get("connection_specification") if isinstance(spec, Mapping) else None


_NO_MANIFEST = Problem(
    rules.NOT_A_CONNECTOR_MANIFEST,
    At(("manifest",)),
    "It has no `spec.connection_specification`, which says how the connector is configured.",
    "Take the YAML that Airbyte's Connector Builder exports.",
)
_NO_SCHEMA = Problem(
    rules.NOT_A_CONNECTOR_SPECIFICATION,
    At((_SCHEMA,)),
    "It is no JSON Schema of a configuration, nor a `connectionSpecification` with one in it.",
    "Take what the image prints for the command `spec`.",
)


def _exact(value: Json) -> Json:
    """*value* as it is to be in every respect: what it leaves out is to go."""
    if isinstance(value, Mapping):
        return Exhaustive({key: _exact(inner) for key, inner in value.items()})
    return [_exact(item) for item in value] if isinstance(value, list) else value


def _connector(key: str, spec: Spec) -> Connector:
    """The connector that it is; its schema is empty where nobody has told it."""
    roles = {form: role for role, form in _FORMS.items()}
    schema = _schema_of(spec.get("manifest")) or spec.get(_SCHEMA) or {}
    return Connector(roles.get(spec["form"], "source"), key, "", str(spec["name"]), schema)


def _rows(reader: Reader, expected: Mapping[str, Expected]) -> Mapping[str, Sequence[Body]]:
    found: dict[str, list[Body]] = {}
    shared: Sequence[Body] | None = None
    for workspace_id, wanted in expected.items():
        forms = _wanted_forms(wanted)
        found[workspace_id] = [
            {**row, "form": form, "workspaceId": workspace_id}
            for form in sorted(forms - {_DECLARATIVE})
            for row in reader.passing_rows(_path(workspace_id, form))
            if not _is_airbytes(row, wanted.specs)
        ]
        if _DECLARATIVE in forms:
            # The same list in every workspace of the organization.
            shared = shared or reader.passing_rows(_path(workspace_id, _DECLARATIVE))
            found[workspace_id] += [
                {**row, "form": _DECLARATIVE, "workspaceId": workspace_id}
                for row in shared
                if row.get("name") in wanted.names or row.get("id") in wanted.used
            ]
    return found


def _wanted_forms(wanted: Expected) -> set[str]:
    if wanted.everything or wanted.retired or not wanted.specs:
        return {*_FORMS.values(), _DECLARATIVE}
    return {spec["form"] for spec in wanted.specs}


def _path(workspace_id: str, form: str) -> str:
    return f"/workspaces/{workspace_id}/definitions/{form}"


def _is_airbytes(row: Body, declared: Iterable[Spec]) -> bool:
    """Whether it is Airbyte's own: it has its image, and nobody declares one of that image."""
    image = str(row.get("dockerRepository", ""))
    return image.startswith(_AIRBYTES) and all(
        spec.get("dockerRepository") != image for spec in declared
    )


def _is_foreign(body: Body, spec: Spec | None) -> bool:
    return _is_airbytes(body, [spec] if spec else [])


def _from_api(body: Body, ref_of: RefOf) -> Spec:
    spec = {
        "workspace": ref_of("workspace", required(body, "workspaceId", str)),
        "name": required(body, "name", str),
        "form": required(body, "form", str),
    }
    if body["form"] == _DECLARATIVE:
        return {**spec, "manifest": required(body, "manifest", dict)}
    return {**spec, **{field: body[field] for field in _IMAGE if body.get(field) is not None}}


def _to_manifest(found: Found) -> Block:
    spec, remarks = found.spec, list[Remark]()
    if spec["form"] == _DECLARATIVE:
        manifest = written(spec["manifest"], found, ("manifest",), remarks)
        return Block({**found.name(), "manifest": manifest}, tuple(remarks))
    roles = {form: role for role, form in _FORMS.items()}
    fields = {"actorType": roles[spec["form"]], **{f: spec[f] for f in _IMAGE if f in spec}}
    usual = {"actorType": "source", "documentationUrl": ""}
    return Block({**found.name(), **found.told(fields, usual)})


def _create_body(spec: Spec, context: Context) -> Body:
    fields = ("name", "manifest") if spec["form"] == _DECLARATIVE else ("name", *_IMAGE)
    return {f: for_create(spec[f], context.secret) for f in fields if f in spec}


def _update(spec: Spec, body: Body, _changes: Changes, context: Context) -> Sequence[Request]:
    """A manifest only where it is another one: each PUT makes a version."""
    if spec["form"] != _DECLARATIVE:
        return [Request("PUT", {f: spec[f] for f in ("name", "dockerImageTag")})]
    manifest = for_create(spec["manifest"], context.secret)
    return [] if body.get("manifest") == manifest else [Request("PUT", {"manifest": manifest})]


def _effects(before: Spec | None, after: Spec | None, changes: Changes) -> list[Consequence]:
    if after is None:
        return [Consequence(Effect.CONNECTOR_LOST)]
    is_new_version = before is not None and any(change.path != ("name",) for change in changes)
    return [Consequence(Effect.CONNECTOR_CHANGED if is_new_version else Effect.NO_EFFECT)]


KIND = Kind(
    name="definition",
    collection="/workspaces/{workspaceId}/definitions/{form}",
    id_field="id",
    section="definitions",
    blocks=Blocks(are_offered_by_project=True),
    listing=Listing(
        rows=_rows,
        is_paged=False,
        is_on_demand=True,
        is_foreign=_is_foreign,
        # The server's table of names has none for a connector of one's own.
        is_used_by=lambda row: row.get("sourceType", row.get("destinationType")) == "",
    ),
    exporting=Exporting(_to_manifest),
    declare=_declare,
    connector=_connector,
    from_api=_from_api,
    create_body=_create_body,
    update=_update,
    effects=_effects,
    highlights=("dockerRepository", "dockerImageTag"),
    references={"workspace": Reference("workspace", api_field="workspaceId")},
    comparing=Comparing(unread=frozenset({_SCHEMA})),
    replacing=Replacing(
        immutable=frozenset({"workspace", "form", "dockerRepository", "documentationUrl"}),
        also_immutable=lambda spec: frozenset({"name"} if spec["form"] == _DECLARATIVE else ()),
        loses="The sources and destinations that use it go with it, and their connections.",
    ),
    belongs_to_organization=lambda spec: bool(spec["form"] == _DECLARATIVE),
)
