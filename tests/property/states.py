"""Generated tenants: all that a manifest can say of sources, destinations, connections and tags.

The rules of streams are Airbyte's (which mode needs which fields), so that what is generated is
never refused: what a property then finds is the reconciler's.
"""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

from hypothesis import strategies as st

CATALOGUES = Path(__file__).parents[2] / "reconciler" / "sandbox" / "core" / "catalogues.json"
ENVIRON = {
    "STRIPE": "planted-stripe",
    "BQ": "planted-bigquery",
    "PG": "planted-postgres",
    "SSH": "planted-ssh",
    "HMAC": "planted-hmac",
    "AES": "planted-aes",
}
SOURCE_KEYS, LAKE_KEYS, TAGS = "abcd", ("lake", "mart"), ("gold", "eu", "Ops team")

Block = dict[str, Any]


def secret(name: str) -> str:
    return "${{ secrets." + name + " }}"


@cache
def streams_of(type_: str) -> list[dict[str, Any]]:
    """What a source of that type discovers."""
    text = CATALOGUES.read_text(encoding="utf-8")
    found: list[dict[str, Any]] = json.loads(text)[f"source-{type_}"]
    # The last ones too: two streams of one name are among them.
    return [*found[:5], *found[5:][-4:]]


def _is_ambiguous(stream: dict[str, Any], type_: str) -> bool:
    """Whether the source has several streams of that name."""
    return [each["name"] for each in streams_of(type_)].count(stream["name"]) > 1


@st.composite
def tenants(draw: st.DrawFn) -> Block:
    """A tenant with up to four sources, one or two destinations, and connections between them."""
    sources = draw(st.dictionaries(st.sampled_from(SOURCE_KEYS), _sources(), max_size=3))
    lakes = draw(st.dictionaries(st.sampled_from(LAKE_KEYS), _destinations(), min_size=1))
    connections = {
        key: draw(_connections(source["type"], lakes))
        for key, source in sources.items()
        if draw(st.booleans())
    }
    for key in list(sources):
        gone = draw(st.sampled_from([(), (), (), (connections,), (connections, sources)]))
        for blocks in gone:
            if key in blocks:
                blocks[key] = {**blocks[key], "state": "absent", "reason": "no longer needed"}
    colours = st.sampled_from(["ffd700", "00FF7f"])
    tags = draw(st.dictionaries(st.sampled_from(TAGS), colours, max_size=2))
    tenant = {"sources": sources, "destinations": lakes, "connections": connections, "tags": tags}
    if draw(st.booleans()):
        tenant["prune"] = draw(st.booleans())
    return tenant


def _sources() -> st.SearchStrategy[Block]:
    return st.one_of(
        _with_name(_block("stripe", _STRIPE)),
        _with_name(_block("postgres", _POSTGRES)),
        _with_name(_block("faker", st.fixed_dictionaries({"count": st.sampled_from([1, 2, 2.0])}))),
    )


def _destinations() -> st.SearchStrategy[Block]:
    silent = {"test_destination": {"test_destination_type": "SILENT"}}
    return _block("bigquery", _BIGQUERY) | _block("dev-null", st.just(silent))


def _block(type_: str, configurations: st.SearchStrategy[Block]) -> st.SearchStrategy[Block]:
    return configurations.map(lambda each: {"type": type_, "configuration": each})


def _with_name(blocks: st.SearchStrategy[Block]) -> st.SearchStrategy[Block]:
    more = st.fixed_dictionaries(
        {},
        optional={
            "name": st.uuids().map(lambda each: f"Named {each}"),
            "secretVersion": st.integers(1, 2),
        },
    )
    return st.builds(lambda block, extra: {**block, **extra}, blocks, more)


_STRIPE = st.fixed_dictionaries(
    {"account_id": st.just("acct_1"), "client_secret": st.just(secret("STRIPE"))},
    optional={
        "lookback_window_days": st.sampled_from([0, 3, 3.0, None]),
        "slice_range": st.sampled_from([30, 365]),
        "start_date": st.sampled_from(["2023-07-01T00:00:00Z", "2024-01-01T00:00:00Z"]),
    },
)
_TUNNEL = {"tunnel_host": "bastion", "tunnel_port": 22, "tunnel_user": "u"}
_POSTGRES = st.fixed_dictionaries(
    {
        "host": st.sampled_from(["db.one", "db.two"]),
        "port": st.just(5432),
        "database": st.just("shop"),
        "username": st.just("u"),
    },
    optional={
        "password": st.just(secret("PG")),
        "schemas": st.permutations(["public", "sales"]),
        "ssl_mode": st.sampled_from(
            [{"mode": "require"}, {"mode": "verify-ca", "ca_certificate": secret("SSH")}]
        ),
        "tunnel_method": st.sampled_from(
            [
                {"tunnel_method": "NO_TUNNEL"},
                {"tunnel_method": "SSH_KEY_AUTH", **_TUNNEL, "ssh_key": secret("SSH")},
                {
                    "tunnel_method": "SSH_PASSWORD_AUTH",
                    **_TUNNEL,
                    "tunnel_user_password": secret("SSH"),
                },
            ]
        ),
        "replication_method": st.sampled_from(
            [
                {"method": "Standard"},
                {"method": "CDC", "replication_slot": "s", "publication": "p"},
                {"method": "CDC", "replication_slot": "s", "publication": "p", "queue_size": 9000},
            ]
        ),
    },
)
_HMAC = {
    "credential_type": "HMAC_KEY",
    "hmac_key_access_id": secret("HMAC"),
    "hmac_key_secret": secret("HMAC"),
}
_BIGQUERY = st.fixed_dictionaries(
    {
        "project_id": st.just("123"),
        "dataset_id": st.sampled_from(["x", "y"]),
        "dataset_location": st.just("US"),
    },
    optional={
        "credentials_json": st.just(secret("BQ")),
        "loading_method": st.sampled_from(
            [
                {"method": "Standard"},
                {
                    "method": "GCS Staging",
                    "credential": _HMAC,
                    "gcs_bucket_name": "b",
                    "gcs_bucket_path": "p",
                },
            ]
        ),
    },
)

_CRONS = ("0 0 2 * * ?", "0  15 10 ? * MON-FRI", "0 0 12 1 * ? UTC", "0 30 6 ? * SUN 2027")
_SCHEDULES = st.sampled_from(
    [
        {"scheduleType": "manual"},
        *({"scheduleType": "cron", "cronExpression": cron} for cron in _CRONS),
    ]
)


@st.composite
def _connections(draw: st.DrawFn, type_: str, lakes: Block) -> Block:
    lake = draw(st.sampled_from(sorted(lakes)))
    optional = st.fixed_dictionaries(
        {},
        optional={
            "prefix": st.sampled_from(["", "p_"]),
            "status": st.sampled_from(["active", "inactive"]),
            "schedule": _SCHEDULES,
            "namespaceDefinition": st.sampled_from(["source", "destination", "custom_format"]),
            "namespaceFormat": st.sampled_from(["${SOURCE_NAMESPACE}", "raw_${SOURCE_NAMESPACE}"]),
            "nonBreakingSchemaUpdatesBehavior": st.sampled_from(
                ["ignore", "disable_connection", "propagate_columns", "propagate_fully"]
            ),
            "tags": st.lists(st.sampled_from(TAGS), unique=True),
        },
    )
    return {
        **draw(optional),
        "destination": lake,
        "streams": draw(_streams(type_, lakes[lake]["type"]) | st.just("all")),
    }


def _streams(type_: str, lake: str) -> st.SearchStrategy[list[Block]]:
    chosen = st.lists(
        st.sampled_from(range(len(streams_of(type_)))), min_size=1, max_size=4, unique=True
    )
    return chosen.flatmap(
        lambda places: st.tuples(*(_stream(type_, streams_of(type_)[at], lake) for at in places))
    ).map(list)


@st.composite
def _stream(draw: st.DrawFn, type_: str, stream: dict[str, Any], lake: str) -> Block:
    """One stream with a mode that it and the destination have, and what that mode needs."""
    modes = [None, "full_refresh_overwrite", "full_refresh_append"]
    if "incremental" in stream["supportedSyncModes"]:
        modes += ["incremental_append"]
        modes += ["incremental_deduped_history"] if lake == "bigquery" else []
    mode = draw(st.sampled_from(modes))
    block: Block = {"name": stream["name"], **({"syncMode": mode} if mode else {})}
    if "namespace" in stream and (_is_ambiguous(stream, type_) or draw(st.booleans())):
        block["namespace"] = stream["namespace"]
    fields = list(stream["jsonSchema"]["properties"])
    needed = draw(_keys(stream, mode, fields, block))
    if draw(st.booleans()):
        more = draw(st.lists(st.sampled_from(fields), min_size=1, max_size=3, unique=True))
        selected = draw(st.permutations(list(dict.fromkeys([*needed, *more]))))
        as_paths = draw(st.booleans())
        block["selectedFields"] = [{"fieldPath": [f]} if as_paths else f for f in selected]
        fields = selected
    if draw(st.booleans()):
        block["mappers"] = draw(_mappers(fields))
    if draw(st.booleans()):
        block["includeFiles"] = False
    if draw(st.integers(0, 3)) == 0:
        block["destinationObjectName"] = "contacts"
    return block


@st.composite
def _keys(
    draw: st.DrawFn, stream: dict[str, Any], mode: str | None, fields: list[str], block: Block
) -> list[str]:
    """The fields that the mode works by; cursor and key are put into *block* where they may be."""
    default, key = stream["defaultCursorField"], stream["sourceDefinedPrimaryKey"]
    needed = [path[0] for path in key]
    if stream["sourceDefinedCursor"]:
        needed += default
        if draw(st.booleans()):
            block["cursorField"] = draw(st.sampled_from([default, default[0]]))
    elif not default and (mode or "").startswith("incremental"):
        cursor = draw(st.sampled_from(fields[:3]))
        needed.append(cursor)
        block["cursorField"] = draw(st.sampled_from([cursor, [cursor]]))
    if key and draw(st.booleans()):
        block["primaryKey"] = [draw(st.sampled_from([path, path[0]])) for path in key]
    elif not key and mode == "incremental_deduped_history":
        own = draw(st.lists(st.sampled_from(fields[:3]), min_size=1, max_size=2, unique=True))
        needed += own
        block["primaryKey"] = [[field] for field in own]
    return needed


@st.composite
def _mappers(draw: st.DrawFn, fields: list[str]) -> list[Block]:
    """Mappers of every type, each on a field that is there when it runs."""
    present, made = list(fields), []
    for number in range(draw(st.integers(0, 3))):
        if not present:
            break
        target = draw(st.sampled_from(present))
        type_, settings, new = draw(_mapper(target, number))
        made.append({"type": type_, "mapperConfiguration": settings})
        if type_ != "row-filtering":
            present.remove(target)
            present += new
    return made


@st.composite
def _mapper(draw: st.DrawFn, target: str, number: int) -> tuple[str, Block, list[str]]:
    suffix = draw(st.sampled_from(["_x", f"_m{number}"]))
    targeted = {"targetField": target, "fieldNameSuffix": suffix}
    equal = {"type": "EQUAL", "fieldName": target, "comparisonValue": draw(st.sampled_from("ab"))}
    rsa = {"algorithm": "RSA", "publicKey": "30820122", **targeted}
    aes = {
        "algorithm": "AES",
        "mode": draw(st.sampled_from(["GCM", "CBC"])),
        "padding": "NoPadding",
        "key": secret("AES"),
        **targeted,
    }
    renamed = f"renamed_{number}"
    choices: list[tuple[str, Block, list[str]]] = [
        ("hashing", {"method": "SHA-256", **targeted}, [target + suffix]),
        ("field-filtering", {"targetField": target}, []),
        ("field-renaming", {"originalFieldName": target, "newFieldName": renamed}, [renamed]),
        ("row-filtering", {"conditions": equal}, []),
        ("row-filtering", {"conditions": {"type": "NOT", "conditions": [equal]}}, []),
        ("encryption", rsa, [target + suffix]),
        ("encryption", aes, [target + suffix]),
    ]
    return draw(st.sampled_from(choices))
