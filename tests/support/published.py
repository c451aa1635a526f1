"""Airbyte's published API description, and whether an answer of the sandbox keeps to it.

Stricter than the description in one way: the server is generated from it and can answer no field
that it does not name, so an object with named properties takes no others here.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache, cached_property
from pathlib import Path
from typing import Any

import jsonschema_rs
import yaml

from reconciler.sandbox.server.app import PREFIXES
from reconciler.sandbox.server.observe import Exchange

DESCRIPTION = Path(__file__).parents[3] / "shared" / "airbyte" / "openapi.yaml"

# Where the server is known to answer otherwise than its description says: what it answers, and why.
DIFFERENCES: Mapping[str, tuple[Mapping[str, Any], str]] = {
    "SourceResponse.configuration": (
        {"type": ["object", "null"]},
        "the configuration of a deleted source is nulled, and its id still answers 200",
    ),
    "DestinationResponse.configuration": (
        {"type": ["object", "null"]},
        "the configuration of a deleted destination is nulled, and its id still answers 200",
    ),
    "PermissionType": (
        {"type": "string", "pattern": "^(organization|workspace)_[a-z_]+$"},
        "the server knows workspace_source_editor and workspace_destination_editor besides",
    ),
}

# The server has these paths; the description, which is that of the SDKs, has not.
NOT_DESCRIBED = re.compile(
    r"/(|oauth/callback|(applications|connector_definitions|regions|dataplanes|groups|embedded)"
    r"(/.*)?)"
)

_PROBLEM_KEYS = ["status", "type", "title", "detail", "documentationUrl", "data"]
_METHODS = frozenset({"get", "post", "put", "patch", "delete"})
_REF = "#/components/schemas/"


class Description:
    """The description, with one compiled validator a response schema.

    Read when the first answer comes: many tests start no sandbox.
    """

    def __init__(self, file: Path = DESCRIPTION) -> None:
        self._file = file
        self._validator = cache(self._compiled)

    @cached_property
    def _document(self) -> Any:
        return yaml.load(self._file.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)

    @cached_property
    def _schemas(self) -> Mapping[str, Any]:
        return _strict(self._document["components"]["schemas"])

    @cached_property
    def _operations(self) -> Sequence[tuple[str, re.Pattern[str], Mapping[str, Any]]]:
        return [
            (method.upper(), _pattern(path), operation["responses"])
            for path, item in self._document["paths"].items()
            for method, operation in item.items()
            if method in _METHODS
        ]

    def faults(self, exchange: Exchange) -> Iterator[str]:
        """Every way in which an answer differs from what the API may answer."""
        path = _below_prefix(exchange.path)
        responses = self._responses(exchange.method, path)
        if exchange.status >= 400:
            yield from _faults_of_an_error(exchange)
        elif responses is None:
            if not NOT_DESCRIBED.fullmatch(path):
                yield "no operation is described here"
        elif (described := responses.get(str(exchange.status))) is None:
            yield f"the statuses described are {', '.join(responses)}"
        else:
            yield from self._faults_of_a_success(exchange, described.get("content") or {})

    def _responses(self, method: str, path: str) -> Mapping[str, Any] | None:
        found = (r for m, pattern, r in self._operations if m == method and pattern.fullmatch(path))
        return next(found, None)

    def _faults_of_a_success(self, exchange: Exchange, content: Mapping[str, Any]) -> Iterator[str]:
        if not content:
            if exchange.body and exchange.content_type.startswith("application/json"):
                yield "no body is described"
            return
        if exchange.content_type != "application/json":
            yield f"the content type is {exchange.content_type!r}"
            return
        validator = self._validator(content["application/json"]["schema"]["$ref"])
        value = _value(exchange.body)
        if not validator.is_valid(value):
            for error in validator.iter_errors(value):
                place = "".join(f"/{part}" for part in error.instance_path) or "/"
                yield f"{place}: {error.message[:300]}"

    def _compiled(self, reference: str) -> jsonschema_rs.Draft202012Validator:
        schema = {"$ref": reference, "components": {"schemas": self._schemas}}
        return jsonschema_rs.Draft202012Validator(schema, validate_formats=True)


@dataclass
class Witness:
    """An observer of sandboxes: holds every answer against the description and keeps the faults."""

    description: Description
    answers: int = 0
    faults: list[str] = field(default_factory=list)

    def __call__(self, exchange: Exchange) -> None:
        if not exchange.path.startswith(PREFIXES):
            return
        self.answers += 1
        for fault in self.description.faults(exchange):
            body = exchange.body[:500].decode(errors="replace")
            self.faults.append(
                f"{exchange.method} {exchange.path} answered {exchange.status}: {fault}\n  {body}"
            )


def _faults_of_an_error(exchange: Exchange) -> Iterator[str]:
    """An error answer has one of the server's few shapes, whatever the operation."""
    if exchange.status == 501 and not exchange.body:
        return
    value = _value(exchange.body)
    if not isinstance(value, dict) or exchange.content_type != "application/json":
        yield "an error answer is a JSON object"
    elif "type" in value:
        if list(value) != _PROBLEM_KEYS:
            yield f"the keys of a problem are {_PROBLEM_KEYS}, in this order"
        elif value["status"] != exchange.status:
            yield "a problem tells the status of its answer"
    elif not isinstance(value.get("errorId", value.get("message")), str):
        yield "an error answer is a problem, or has an errorId or a message"


def _strict(schemas: Mapping[str, Any]) -> dict[str, Any]:
    """The schemas with the known differences, closed objects, and UUIDs that are checked."""
    strict = {name: _closed(schema) for name, schema in schemas.items()}
    for place, (schema, _reason) in DIFFERENCES.items():
        name, _, property_ = place.partition(".")
        if property_:
            assert property_ in strict[name]["properties"], f"{place} is not described"
            strict[name]["properties"][property_] = schema
        else:
            strict[name] = schema
    return strict


def _closed(schema: Any) -> Any:
    if isinstance(schema, list):
        return [_closed(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    closed = {key: _closed(part) for key, part in schema.items() if key != "example"}
    if isinstance(closed.get("properties"), dict) and closed.get("type") == "object":
        closed.setdefault("additionalProperties", False)
    if closed.get("format") == "UUID":
        closed["format"] = "uuid"
    return closed


def _pattern(template: str) -> re.Pattern[str]:
    return re.compile(re.sub(r"\\\{\w+\\\}", "[^/]+", re.escape(template)))


def _below_prefix(path: str) -> str:
    return next(path.removeprefix(p) for p in PREFIXES if path.startswith(p))


def _value(body: bytes) -> Any:
    try:
        return json.loads(body)
    except ValueError:
        return None
