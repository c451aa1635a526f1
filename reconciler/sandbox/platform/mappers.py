"""Mappers of a connection's streams: their shape, the checks, the one secret among them.

Source: the platform's MapperConverters, its mapper validation, and MapperSecretHelper.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from reconciler.sandbox.core import problems
from reconciler.sandbox.core.shapes import choice, json_object, record, uuid_text
from reconciler.sandbox.platform.secrets import MASK

_TARGETED = ("targetField", "fieldNameSuffix")
_REQUIRED: Mapping[str, tuple[str, ...]] = {
    "hashing": ("targetField", "method", "fieldNameSuffix"),
    "field-filtering": ("targetField",),
    "field-renaming": ("originalFieldName", "newFieldName"),
    "row-filtering": ("conditions",),
    "encryption": ("algorithm", *_TARGETED),
}
_ALGORITHMS = {"RSA": ("publicKey",), "AES": ("mode", "padding", "key")}
_ENUMS = {
    "method": ("MD2", "MD5", "SHA-1", "SHA-224", "SHA-256", "SHA-384", "SHA-512"),
    "algorithm": tuple(_ALGORITHMS),
    "mode": ("CBC", "CFB", "OFB", "CTR", "GCM", "ECB"),
    "padding": ("NoPadding", "PKCS5Padding"),
}
SHAPE = record({"type": choice(*_REQUIRED), "mapperConfiguration": json_object}, {"id": uuid_text})

Mapper = Mapping[str, Any]


def identified(sent: Mapper) -> dict[str, Any]:
    """A mapper with an id: the one that was sent, else a new one."""
    configuration = _known(sent)
    return {
        "id": sent.get("id") or str(uuid.uuid4()),
        "type": sent["type"],
        "mapperConfiguration": configuration,
    }


def check(stream: str, fields: Iterable[str], mappers: Sequence[Mapper]) -> None:
    """Refuses mappers that are incomplete, or name fields that are not there when they run."""
    present = set(fields)
    for mapper in mappers:
        _check_parameters(stream, mapper)
    for mapper in mappers:
        present = _after(stream, mapper, present)


def with_secrets(mappers: Sequence[Mapper], before: Iterable[Mapper]) -> list[Mapper]:
    """*mappers* with a masked key replaced by that of the mapper which has the same id."""
    keys = {
        mapper["id"]: mapper["mapperConfiguration"]["key"]
        for mapper in before
        if "key" in mapper["mapperConfiguration"]
    }
    kept: list[Mapper] = []
    for mapper in mappers:
        configuration = dict(mapper["mapperConfiguration"])
        if mapper["type"] == "encryption" and configuration.get("key") == MASK:
            if mapper["id"] not in keys:
                title = "The secret of the mapper was not found"
                data = {"id": mapper["id"]}
                raise problems.named(400, "mapper-validation/secret-not-found", title, data)
            configuration["key"] = keys[mapper["id"]]
        kept.append({**mapper, "mapperConfiguration": configuration})
    return kept


def read(mapper: Mapper) -> Mapper:
    """A mapper as it is shown: an AES key behind the mask."""
    configuration = mapper["mapperConfiguration"]
    if "key" in configuration:
        configuration = {**configuration, "key": MASK}
    return {**mapper, "mapperConfiguration": configuration}


def _names(mapper: Mapper) -> tuple[str, ...]:
    """The parameters that a mapper must have."""
    configuration = mapper["mapperConfiguration"]
    algorithm = str(configuration.get("algorithm", ""))
    more = _ALGORITHMS.get(algorithm, ()) if mapper["type"] == "encryption" else ()
    return (*_REQUIRED[mapper["type"]], *more)


def _known(sent: Mapper) -> dict[str, Any]:
    """The parameters that the mapper's type has; others are ignored as all unknown fields are."""
    configuration = sent["mapperConfiguration"]
    return {
        name: configuration[name] for name in _names(sent) if configuration.get(name) is not None
    }


def _check_parameters(stream: str, mapper: Mapper) -> None:
    configuration = mapper["mapperConfiguration"]
    for name in _names(mapper):
        if name not in configuration:
            title = "The configuration of the mapper lacks a required parameter"
            data = {"stream": stream, "parameter": name, "mapper": mapper["id"]}
            raise problems.named(400, "mapper-validation/missing-required-param", title, data)
        value = configuration[name]
        wrong = value not in _ENUMS[name] if name in _ENUMS else not isinstance(value, str)
        if name == "conditions":
            wrong = _filtered(value) is None
        if wrong:
            title = "The configuration of the mapper is not valid"
            data = {"stream": stream, "parameter": name, "mapper": mapper["id"]}
            raise problems.named(400, "mapper-validation/invalid-config", title, data)


def _filtered(condition: Any) -> list[str] | None:
    """The fields that a condition compares, None when it is no condition."""
    if not isinstance(condition, dict):
        return None
    if condition.get("type") == "EQUAL":
        values = condition.get("fieldName"), condition.get("comparisonValue")
        return [str(values[0])] if all(isinstance(value, str) for value in values) else None
    inner = condition.get("conditions")
    if condition.get("type") != "NOT" or not isinstance(inner, list) or not inner:
        return None
    found = [_filtered(item) for item in inner]
    return None if None in found else [name for names in found for name in names or ()]


def _after(stream: str, mapper: Mapper, present: set[str]) -> set[str]:
    """The fields that a mapper leaves. Refuses one that lacks its field or doubles another."""
    configuration = mapper["mapperConfiguration"]
    match mapper["type"]:
        case "row-filtering":
            used, gone, made = _filtered(configuration["conditions"]) or [], None, None
        case "field-renaming":
            gone, made = configuration["originalFieldName"], configuration["newFieldName"]
            used = [gone]
        case "field-filtering":
            gone, made = configuration["targetField"], None
            used = [gone]
        case _:
            gone = configuration["targetField"]
            used, made = [gone], gone + configuration["fieldNameSuffix"]
    if any(name not in present for name in used):
        raise _refusal(stream, mapper, "FIELD_NOT_FOUND")
    left = present - {gone} if gone else present
    if made is not None and made in left:
        raise _refusal(stream, mapper, "FIELD_ALREADY_EXISTS")
    return left | ({made} if made is not None else set())


def _refusal(stream: str, mapper: Mapper, error: str) -> problems.Refusal:
    data = {"errors": [{"stream": stream, "error": error, "mapper": read(mapper)}]}
    return problems.named(400, "mapper-validation", "The mappers are not valid", data)
