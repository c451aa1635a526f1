"""Connectors for people: a list, the fields of one, and a manifest block ready to paste."""

from __future__ import annotations

import json
import re
import textwrap
from collections.abc import Iterator, Mapping, Sequence

from reconciler.connectors import Connector
from reconciler.connectors.explain import first_sentence
from reconciler.connectors.fields import Field, fields_of
from reconciler.connectors.sample import sample, type_of_schema
from reconciler.connectors.variants import Variant, variants
from reconciler.model import Json
from reconciler.render.parts.palette import PLAIN, Palette
from reconciler.render.parts.values import counted, safe

WIDTH = 80


def render_connector_list(connectors: Sequence[Connector]) -> str:
    """A line for each: type, role, title, version; and their count."""
    rows = [(c.type, c.role, c.title, c.version) for c in connectors]
    widths = [max((len(row[i]) for row in rows), default=0) for i in range(3)]
    widths[0], widths[2] = min(widths[0], 34), min(widths[2], 24)
    lines = [
        safe(
            "  ".join(f"{_cut(c, w):<{w}}" for c, w in zip(row, widths, strict=False))
            + f"  {row[3]}"
        )
        for row in rows
    ]
    return "\n".join([*(line.rstrip() for line in lines), f"{counted(len(rows), 'connector')}"])


def _cut(text: str, width: int) -> str:
    return text if len(text) <= width else f"{text[: width - 1]}…"


def list_as_json(connectors: Sequence[Connector]) -> Json:
    """The list, for programs."""
    return [
        {
            "type": c.type,
            "role": c.role,
            "title": c.title,
            "version": c.version,
            "definitionId": c.definition_id,
        }
        for c in connectors
    ]


def render_connector(connector: Connector, palette: Palette = PLAIN) -> str:
    """The connector and its fields, 80 columns wide."""
    head = (
        f"{palette.bold}{safe(connector.title)}{palette.reset}: {connector.role} `{connector.type}`"
    )
    about = [
        f"{head} {connector.version}".rstrip(),
        f"definitionId {connector.definition_id}",
        *([safe(connector.documentation_url)] if connector.documentation_url else []),
        "",
    ]
    fields = list(fields_of(connector.schema))
    width = min(max((2 * f.depth + len(f.name) for f in fields if not f.is_variant), default=8), 34)
    lines = [line for field in fields for line in _field_lines(field, width)]
    closed = connector.schema.get("additionalProperties") is False
    end = "Fields that are not listed here are " + ("refused." if closed else "stored and ignored.")
    return "\n".join([*about, *(lines or ["It has no fields."]), "", end])


def _field_lines(field: Field, width: int) -> Iterator[str]:
    indent = "  " * field.depth
    if field.is_variant:
        yield safe(f"{indent}• {field.name}")
        return
    marks = [
        m for m, is_set in (("required", field.is_required), ("secret", field.is_secret)) if is_set
    ]
    facts = ", ".join([field.type, *marks, *field.facts])
    said = f"{facts}. {field.description}" if field.description else facts
    name = safe(f"{indent}{field.name}")
    wrapped = textwrap.wrap(safe(said), max(WIDTH - width - 2, 24)) or [""]
    if len(name) > width:
        yield name
    else:
        yield f"{name:<{width}}  {wrapped.pop(0)}".rstrip()
    for line in wrapped:
        yield f"{'':<{width}}  {line}"


def render_example(connector: Connector) -> str:
    """A block for a manifest: required fields set, the others as comments."""
    about = f"# {connector.title}"
    if connector.documentation_url:
        about += f": {connector.documentation_url}"
    body = [
        f"type: {_name(connector.type)}",
        *_block("configuration", list(_configuration(connector.schema, connector.type))),
    ]
    if connector.role == "source":
        body = ["sources:", f"  {_name(connector.type)}:", *(f"    {line}" for line in body)]
    else:
        body = ["destination:", *(f"  {line}" for line in body)]
    return "\n".join([safe(about), *body])


def _name(type_: str) -> str:
    """The type as a YAML text, also where it begins like a number."""
    return json.dumps(type_) if type_[:1].isdecimal() else type_


def _block(key: str, lines: list[str]) -> list[str]:
    """A mapping under *key*; written as empty when all its lines are comments."""
    if any(not line.lstrip().startswith("#") for line in lines):
        return [f"{key}:", *(f"  {line}" for line in lines)]
    return [f"{key}: {{}}", *(f"  {line}" for line in lines)]


def _configuration(schema: Mapping[str, Json], prefix: str) -> Iterator[str]:
    required = set(schema.get("required", ()))
    branches = variants(schema)
    properties = dict(schema.get("properties", {}))
    if branches:
        yield from _variant(branches, prefix)
    for field in fields_of({**schema, "properties": properties}):
        if field.depth == 0:
            lines = list(_lines(field.name, properties[field.name], f"{prefix} {field.name}"))
            yield from lines if field.name in required else (f"# {line}" for line in lines)
    for name in sorted(required - properties.keys()):
        yield f"{_yaml_key(name)}: example"


def _lines(key: str, schema: Mapping[str, Json], prefix: str) -> Iterator[str]:
    said = first_sentence(schema)
    for line in textwrap.wrap(safe(said), 72):
        yield f"# {line}"
    written = _yaml_key(key)
    if schema.get("airbyte_secret"):
        yield f"{written}: {_secret(prefix)}"
    elif type_of_schema(schema) == "object" and variants(schema):
        yield from _block(written, list(_variant(variants(schema), prefix)))
    elif type_of_schema(schema) == "object" and schema.get("properties"):
        yield from _block(written, list(_configuration(schema, prefix)))
    else:
        value = _marked(schema, sample(schema), prefix)
        is_expression = isinstance(value, str) and value.startswith("${{")
        yield f"{written}: {value if is_expression else json.dumps(value, ensure_ascii=False)}"


def _variant(branches: Sequence[Variant], prefix: str) -> Iterator[str]:
    """The first variant, and how the others are called."""
    chosen = branches[0]
    others = [variant.label for variant in branches[1:] if variant.label]
    for line in textwrap.wrap(safe(f"Or {'; '.join(others)}."), 72) if others else ():
        yield f"# {line}"
    if chosen.field:
        yield f"{_yaml_key(chosen.field)}: {json.dumps(chosen.constant, ensure_ascii=False)}"
    rest = {k: v for k, v in chosen.schema.get("properties", {}).items() if k != chosen.field}
    required = [k for k in chosen.schema.get("required", ()) if k != chosen.field]
    yield from _configuration({"properties": rest, "required": required}, prefix)


def _marked(schema: Json, value: Json, prefix: str) -> Json:
    """*value* with expressions in place of the secrets inside it."""
    if value is None:
        return _secret(prefix)  # no value came to mind, and an expression stands for any
    if not isinstance(schema, Mapping):
        return value
    if schema.get("airbyte_secret"):
        return _secret(prefix)
    if isinstance(value, list):
        return [_marked(schema.get("items"), item, prefix) for item in value]
    if isinstance(value, dict):
        branches = variants(schema)
        properties = {**(branches[0].schema if branches else {}).get("properties", {})}
        properties |= schema.get("properties", {})
        return {k: _marked(properties.get(k), v, f"{prefix} {k}") for k, v in value.items()}
    return value


def _secret(prefix: str) -> str:
    name = re.sub(r"[^A-Z0-9]+", "_", prefix.upper()).strip("_")
    return f"${{{{ secrets.{'_' * name[:1].isdecimal()}{name} }}}}"


def _yaml_key(key: str) -> str:
    return key if re.fullmatch(r"[A-Za-z_][\w-]*", key) else json.dumps(key)
