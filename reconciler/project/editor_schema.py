"""JSON Schemas for editors: ours in one piece each, with the fields of every connector put in.

Draft-07, which every YAML language server knows. `${{ … }}` is accepted wherever a value is typed.
"""

from __future__ import annotations

from collections.abc import Mapping

from reconciler.connectors import ROLES, Catalogue, Connector
from reconciler.connectors.soundness import unsound
from reconciler.manifest.schema import own_schema
from reconciler.model import Json

Schema = Mapping[str, Json]

DRAFT = "http://json-schema.org/draft-07/schema#"
EXPRESSION = {
    "type": "string",
    "pattern": r"\$\{\{[\s\S]*\}\}",
    "description": "An expression: ${{ env.NAME }}, ${{ secrets.NAME }}.",
}

_REFERENCE = ".schema.json"
_LITERAL_KEYS = ("version", "tenant")  # identity is never computed
_REFUSING = ("enum", "const", "pattern", "format", "maxLength", "oneOf", "anyOf")


def in_one_piece(name: str) -> dict[str, Json]:
    """Our schema of that name with every schema that it refers to inside."""
    definitions: dict[str, Json] = {}
    schema = _local(own_schema(name), definitions)
    return {**schema, "$schema": DRAFT, **({"definitions": definitions} if definitions else {})}


def tenant_schema(catalogue: Catalogue) -> dict[str, Json]:
    """The schema of tenant manifests that knows the configuration of every connector."""
    schema = in_one_piece("tenant")
    definitions = {k: _with_expressions(v) for k, v in schema["definitions"].items()}
    for role in ROLES:
        known = [c for c in catalogue if c.role == role and not unsound(c.schema)]
        definitions |= {_name(c): connector_schema(c) for c in known}
        definitions[role] = _knowing(definitions[role], known)
    properties = {
        key: value if key in _LITERAL_KEYS else _with_expressions(value)
        for key, value in schema["properties"].items()
    }
    return {**schema, "properties": properties, "definitions": definitions}


def connector_schema(connector: Connector) -> dict[str, Json]:
    """The schema of one connector's configuration."""
    schema = {k: v for k, v in _open(connector.schema).items() if k not in ("$schema", "$id")}
    return {"title": f"{connector.title} {connector.role}", **schema}


def _name(connector: Connector) -> str:
    return f"{connector.role}-{connector.type}"


def _knowing(schema: Schema, known: list[Connector]) -> dict[str, Json]:
    """The schema of a source or destination whose configuration depends on its type."""
    properties = dict(schema["properties"])
    about = {"description": properties["type"].get("description", "")}
    types = {"enum": [c.type for c in known]}
    properties["type"] = {**about, "type": "string", "anyOf": [types, EXPRESSION]}
    chosen = [
        {
            "if": {"required": ["type"], "properties": {"type": {"const": c.type}}},
            "then": {"properties": {"configuration": {"$ref": f"#/definitions/{_name(c)}"}}},
        }
        for c in known
    ]
    return {**schema, "properties": properties, "allOf": [*schema.get("allOf", ()), *chosen]}


def _local(schema: Json, definitions: dict[str, Json]) -> Json:
    """*schema* in draft-07, with references to files turned into references to *definitions*."""
    if isinstance(schema, list):
        return [_local(each, definitions) for each in schema]
    if not isinstance(schema, dict):
        return schema
    made = {key: _local(value, definitions) for key, value in schema.items() if key != "$schema"}
    if isinstance(made.get("dependentRequired"), dict):
        made["dependencies"] = made.pop("dependentRequired")
    reference = made.get("$ref")
    if isinstance(reference, str) and reference.endswith(_REFERENCE):
        name = reference.removesuffix(_REFERENCE)
        if name not in definitions:
            definitions[name] = {}  # before it is read: schemas may refer to each other
            definitions[name] = _local(own_schema(name), definitions)
        del made["$ref"]
        # In draft-07 whatever stands beside a $ref is not read.
        made["allOf"] = [*made.get("allOf", ()), {"$ref": f"#/definitions/{name}"}]
    return made


def _with_expressions(schema: Json) -> Json:
    """One of our schemas, with an expression accepted in place of every typed scalar."""
    if not isinstance(schema, dict):
        return schema
    made = _inside(schema, _with_expressions)
    is_structure = schema.get("type") in ("object", "array") or "$ref" in schema
    types = schema.get("type")
    refuses = types not in (None, "string") or any(key in schema for key in _REFUSING)
    return made if is_structure or not refuses else _or_expression(made)


def _open(schema: Schema) -> dict[str, Json]:
    """A connector's schema, with an expression accepted in place of every value."""
    return _inside(schema, lambda inner: _or_expression(_open(inner)))


def _inside(schema: Schema, change: object) -> dict[str, Json]:
    made = dict(schema)
    for keyword in ("properties", "patternProperties"):
        if isinstance(schema.get(keyword), dict):
            made[keyword] = {k: _changed(v, change) for k, v in schema[keyword].items()}
    for keyword in ("items", "additionalProperties"):
        if isinstance(schema.get(keyword), dict):
            made[keyword] = _changed(schema[keyword], change)
    for keyword in ("oneOf", "anyOf", "allOf"):
        if isinstance(schema.get(keyword), list):
            made[keyword] = [
                _inside(branch, change) if isinstance(branch, dict) else branch
                for branch in schema[keyword]
            ]
    return made


def _changed(schema: Json, change: object) -> Json:
    return change(schema) if callable(change) and isinstance(schema, dict) else schema


def _or_expression(schema: Schema) -> dict[str, Json]:
    """*schema* or an expression; what editors show of a field stays outside."""
    shown = {k: schema[k] for k in ("title", "description", "default", "examples") if k in schema}
    return {**shown, "anyOf": [dict(schema), EXPRESSION]}
