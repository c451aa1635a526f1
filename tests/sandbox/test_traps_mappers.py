"""Mappers of a stream: what each type needs, the fields it leaves to the next one, its secret."""

from __future__ import annotations

from typing import Any

import pytest

from tests.sandbox.plain import MASK, Plain
from tests.sandbox.test_traps_connections import AES, HASH

EQUAL = {"type": "EQUAL", "fieldName": "name", "comparisonValue": "x"}
RSA: dict[str, Any] = {
    "type": "encryption",
    "mapperConfiguration": {
        "algorithm": "RSA",
        "targetField": "name",
        "fieldNameSuffix": "_e",
        "publicKey": "30820122300d",
    },
}


def mapper(type_: str, **configuration: Any) -> dict[str, Any]:
    return {"type": type_, "mapperConfiguration": configuration}


def rename(old: str, new: str) -> dict[str, Any]:
    return mapper("field-renaming", originalFieldName=old, newFieldName=new)


def drop(field: str) -> dict[str, Any]:
    return mapper("field-filtering", targetField=field)


def stored(plain: Plain, *mappers: dict[str, Any], **stream: Any) -> list[dict[str, Any]]:
    """How the mappers of a new connection's stream read."""
    return list(plain.stream(mappers=list(mappers), **stream)["mappers"])


def refused(plain: Plain, *mappers: dict[str, Any], **stream: Any) -> dict[str, Any]:
    """The problem that a create with those mappers is."""
    streams = [{"name": "customers", "mappers": list(mappers), **stream}]
    body = {**plain.ends(plain.workspace()), "configurations": {"streams": streams}}
    status, problem = plain.refused("POST", "/connections", body)
    assert status == 400, problem
    return dict(problem)


@pytest.mark.parametrize(
    "sent",
    [
        HASH,
        RSA,
        drop("name"),
        rename("name", "full_name"),
        mapper("row-filtering", conditions=EQUAL),
        mapper("row-filtering", conditions={"type": "NOT", "conditions": [EQUAL]}),
    ],
    ids=lambda sent: str(sent["type"]),
)
def test_every_type_of_mapper_reads_as_it_was_sent_with_an_id(
    plain: Plain, sent: dict[str, Any]
) -> None:
    (read,) = stored(plain, sent)
    assert read.pop("id")
    assert read == sent


def test_unknown_keys_of_a_mapper_are_dropped(plain: Plain) -> None:
    more = {**HASH, "mapperConfiguration": {**HASH["mapperConfiguration"], "salt": "x"}}
    (read,) = stored(plain, more)
    assert read["mapperConfiguration"] == HASH["mapperConfiguration"]


def test_the_method_of_a_mapper_counts_in_its_exact_case(plain: Plain) -> None:
    configuration = {**HASH["mapperConfiguration"], "method": "sha-256"}
    problem = refused(plain, {**HASH, "mapperConfiguration": configuration})
    assert problem["type"] == "error:mapper-validation/invalid-config"


def test_an_id_that_is_sent_is_kept(plain: Plain) -> None:
    (read,) = stored(plain, HASH)
    assert stored(plain, read) == [read]


def test_only_an_aes_key_is_masked_and_not_a_public_one(plain: Plain) -> None:
    (aes,), (rsa,) = stored(plain, AES), stored(plain, RSA)
    assert aes["mapperConfiguration"]["key"] == MASK
    assert rsa["mapperConfiguration"]["publicKey"] == RSA["mapperConfiguration"]["publicKey"]


@pytest.mark.parametrize(
    ("sent", "parameter"),
    [
        (mapper("hashing", targetField="name", fieldNameSuffix="_h"), "method"),
        (mapper("field-renaming", originalFieldName="name"), "newFieldName"),
        (mapper("row-filtering"), "conditions"),
        (
            mapper("encryption", algorithm="RSA", targetField="name", fieldNameSuffix="_e"),
            "publicKey",
        ),
        (mapper("encryption", targetField="name", fieldNameSuffix="_e"), "algorithm"),
    ],
)
def test_a_parameter_that_is_missing_is_named(
    plain: Plain, sent: dict[str, Any], parameter: str
) -> None:
    problem = refused(plain, sent)
    assert problem["type"] == "error:mapper-validation/missing-required-param"
    assert problem["data"]["parameter"] == parameter


@pytest.mark.parametrize(
    "sent",
    [
        mapper("hashing", targetField="name", method="ROT13", fieldNameSuffix="_h"),
        mapper("hashing", targetField=1, method="MD5", fieldNameSuffix="_h"),
        mapper("row-filtering", conditions="name = x"),
        mapper("row-filtering", conditions={"type": "EQUAL", "fieldName": "name"}),
        mapper("row-filtering", conditions={"type": "NOT", "conditions": []}),
        mapper("row-filtering", conditions={"type": "NOT", "conditions": [{"type": "OR"}]}),
    ],
)
def test_a_parameter_that_cannot_be_is_an_invalid_configuration(
    plain: Plain, sent: dict[str, Any]
) -> None:
    assert refused(plain, sent)["type"] == "error:mapper-validation/invalid-config"


@pytest.mark.parametrize(
    ("chain", "error"),
    [
        ([mapper("row-filtering", conditions={**EQUAL, "fieldName": "nix"})], "FIELD_NOT_FOUND"),
        ([drop("name"), HASH], "FIELD_NOT_FOUND"),
        ([rename("name", "id")], "FIELD_ALREADY_EXISTS"),
        ([rename("name", "full_name"), HASH], "FIELD_NOT_FOUND"),
        ([rename("id", "name_h"), HASH], "FIELD_ALREADY_EXISTS"),
    ],
)
def test_a_mapper_works_on_the_fields_that_those_before_it_leave(
    plain: Plain, chain: list[dict[str, Any]], error: str
) -> None:
    (told,) = refused(plain, *chain)["data"]["errors"]
    assert (told["error"], told["stream"]) == (error, "customers")


def test_mappers_run_in_the_order_that_they_are_sent_in(plain: Plain) -> None:
    chain = [rename("name", "full_name"), drop("full_name"), rename("id", "name")]
    assert [one["type"] for one in stored(plain, *chain)] == [one["type"] for one in chain]


def test_a_mapper_sees_the_selected_fields_only(plain: Plain) -> None:
    problem = refused(plain, HASH, selectedFields=[{"fieldPath": ["id"]}])
    assert problem["data"]["errors"][0]["error"] == "FIELD_NOT_FOUND"
