"""What surprises about connections, their streams, schedules, mappers, tags and discovery."""

from __future__ import annotations

from typing import Any

import pytest

from tests.sandbox.plain import MASK, STRIPE, UNKNOWN, Plain

HASH: dict[str, Any] = {
    "type": "hashing",
    "mapperConfiguration": {"targetField": "name", "method": "SHA-256", "fieldNameSuffix": "_h"},
}
AES: dict[str, Any] = {
    "type": "encryption",
    "mapperConfiguration": {
        "algorithm": "AES",
        "targetField": "name",
        "fieldNameSuffix": "_e",
        "mode": "CBC",
        "padding": "PKCS5Padding",
        "key": "secret-key",
    },
}


def patch(plain: Plain, connection: dict[str, Any], **fields: Any) -> dict[str, Any]:
    return dict(plain.ok("PATCH", f"/connections/{connection['connectionId']}", fields))


def refusal(plain: Plain, **stream: Any) -> str:
    """What a create with that stream is refused with."""
    body = {**plain.ends(plain.workspace()), "configurations": {"streams": [stream]}}
    status, problem = plain.refused("POST", "/connections", body)
    assert status == 400
    return str(problem["data"]["message"])


def test_the_zone_stands_behind_the_cron_that_was_sent(plain: Plain) -> None:
    schedule = {"scheduleType": "cron", "cronExpression": "0 0 12 * * ?"}
    assert plain.connection(schedule=schedule)["schedule"] == {
        "scheduleType": "cron",
        "cronExpression": "0 0 12 * * ? UTC",
    }


@pytest.mark.parametrize(
    ("expression", "type_"),
    [
        ("0 12 * * *", "bad-request"),
        ("* 0 12 * * ?", "bad-request"),
        ("0 0 12 * * ? Europe/Paris", "bad-request"),
        ("0 0 25 * * ?", "bad-request"),
        ("0 0 12 * * *", "error:cron-validation/invalid-expression"),
    ],
)
def test_a_bad_cron_is_told_before_or_after_the_streams(
    plain: Plain, expression: str, type_: str
) -> None:
    schedule = {"scheduleType": "cron", "cronExpression": expression}
    body = {**plain.ends(plain.workspace()), "schedule": schedule}
    status, problem = plain.refused("POST", "/connections", body)
    assert (status, problem["type"].endswith(type_)) == (400, True)


def test_a_basic_schedule_cannot_be_written_and_stays_when_it_is_left_out(plain: Plain) -> None:
    made = plain.connection()
    path = f"/connections/{made['connectionId']}"
    basic = {"scheduleType": "basic", "basicTiming": "Every 24 HOURS"}
    plain.control(path, {"schedule": basic})
    assert patch(plain, made, prefix="x_")["schedule"] == basic
    assert plain.refused("PATCH", path, {"schedule": {"scheduleType": "basic"}})[0] == 400


def test_what_is_left_out_reads_as_the_defaults_of_the_api(plain: Plain) -> None:
    made = plain.connection()
    assert made["name"] == "Stripe <> Lake"
    assert made["namespaceDefinition"] == "destination"
    assert made["nonBreakingSchemaUpdatesBehavior"] == "ignore"
    assert (made["prefix"], made["status"], made["tags"]) == ("", "active", [])
    assert made["schedule"] == {"scheduleType": "manual"}
    assert "namespaceFormat" not in made


@pytest.mark.parametrize("name", ["namespaceDefinition", "nonBreakingSchemaUpdatesBehavior"])
def test_an_explicit_null_in_place_of_an_enum_with_a_default_is_a_500(
    plain: Plain, name: str
) -> None:
    body = {**plain.ends(plain.workspace()), name: None}
    assert plain.refused("POST", "/connections", body)[0] == 500
    made = plain.connection()
    assert patch(plain, made, **{name: None}) == made


def test_no_streams_on_create_make_a_connection_without_any(plain: Plain) -> None:
    made = plain.connection(configurations={"streams": []})
    assert made["configurations"]["streams"] == []


def test_no_streams_on_create_take_the_only_one_there_is(plain: Plain) -> None:
    ends = plain.ends(plain.workspace())
    only = {"name": "rows", "jsonSchema": {"properties": {"id": {}}}}
    plain.control(f"/schemas/{ends['sourceId']}", [only])
    made = plain.ok("POST", "/connections", ends)
    assert [s["name"] for s in made["configurations"]["streams"]] == ["rows"]


def test_an_empty_stream_list_in_a_patch_changes_nothing(plain: Plain) -> None:
    made = plain.connection()
    assert patch(plain, made, configurations={"streams": []}) == made


def test_selected_fields_read_empty_when_all_are_and_empty_cannot_be_sent(plain: Plain) -> None:
    assert plain.stream()["selectedFields"] == []
    assert refusal(plain, name="customers", selectedFields=[]).startswith(
        "No fields selected for stream customers. The list of valid field names includes: "
    )


def test_selected_fields_come_back_in_the_order_of_the_schema(plain: Plain) -> None:
    sent = [{"fieldPath": ["name"]}, {"fieldPath": ["id"]}]
    assert plain.stream(selectedFields=sent)["selectedFields"] == sent[::-1]


def test_the_cursor_and_key_of_a_full_refresh_are_discarded(plain: Plain) -> None:
    default = plain.stream()
    sent = plain.stream(syncMode="full_refresh_append", cursorField=["x"], primaryKey=[["x"]])
    assert (sent["cursorField"], sent["primaryKey"]) == (
        default["cursorField"],
        default["primaryKey"],
    )


def test_a_wrong_namespace_is_accepted_when_the_name_is_unique(plain: Plain) -> None:
    assert "namespace" not in plain.stream(namespace="wrong")


@pytest.mark.parametrize(
    ("stream", "begins"),
    [
        ({"name": "nix"}, "No streams found with name [nix] and namespace []."),
        (
            {"name": "customers", "selectedFields": [{"fieldPath": []}]},
            "Selected field path cannot be empty for stream:  customers.",
        ),
        (
            {"name": "customers", "selectedFields": [{"fieldPath": ["a", "b"]}]},
            "Nested field selection not supported for stream customers.",
        ),
        (
            {"name": "customers", "selectedFields": [{"fieldPath": ["id"]}] * 2},
            "Duplicate fields selected",
        ),
        (
            {"name": "customers", "selectedFields": [{"fieldPath": ["nix"]}]},
            "Invalid fields selected for stream customers.",
        ),
        (
            {
                "name": "customers",
                "syncMode": "incremental_deduped_history",
                "selectedFields": [{"fieldPath": ["name"]}],
            },
            "Primary key fields are not selected properly for stream: customers.",
        ),
        (
            {"name": "customers", "syncMode": "full_refresh_update"},
            "Cannot set sync mode to full_refresh_update for stream customers. Valid sync modes",
        ),
        (
            {"name": "customers", "syncMode": "incremental_append", "cursorField": ["nix"]},
            "Cursor Field ",
        ),
        (
            {
                "name": "customers",
                "syncMode": "incremental_deduped_history",
                "primaryKey": [["name"]],
            },
            "Primary key for stream: customers is already pre-defined.",
        ),
    ],
)
def test_the_first_bad_stream_is_told_in_the_servers_words(
    plain: Plain, stream: dict[str, Any], begins: str
) -> None:
    assert refusal(plain, **stream).startswith(begins)


def test_one_stream_twice_is_told(plain: Plain) -> None:
    body = {
        **plain.ends(plain.workspace()),
        "configurations": {"streams": [{"name": "customers"}] * 2},
    }
    message = plain.refused("POST", "/connections", body)[1]["data"]["message"]
    assert message == (
        "Duplicate stream found in configuration for stream name [customers] in namespace []."
    )


def test_a_stream_with_and_without_its_namespace_is_a_500(plain: Plain) -> None:
    streams = [{"name": "customers"}, {"name": "customers", "namespace": "x"}]
    body = {**plain.ends(plain.workspace()), "configurations": {"streams": streams}}
    assert plain.refused("POST", "/connections", body)[0] == 500


def test_more_than_twenty_thousand_fields_are_a_500(plain: Plain) -> None:
    ends = plain.ends(plain.workspace())
    fields: dict[str, Any] = {f"f{number}": {} for number in range(20_001)}
    plain.control(
        f"/schemas/{ends['sourceId']}", [{"name": "w", "jsonSchema": {"properties": fields}}]
    )
    assert plain.refused("POST", "/connections", ends)[0] == 500


def test_a_mapper_gets_an_id_and_another_one_each_time_it_is_sent_without(plain: Plain) -> None:
    streams = {"streams": [{"name": "customers", "mappers": [HASH]}]}
    made = plain.connection(configurations=streams)
    again = patch(plain, made, configurations=streams)
    ids = [c["configurations"]["streams"][0]["mappers"][0]["id"] for c in (made, again)]
    assert ids[0] != ids[1]


def test_a_mappers_aes_key_is_masked_and_kept_by_its_id_only(plain: Plain) -> None:
    made = plain.connection(configurations={"streams": [{"name": "customers", "mappers": [AES]}]})
    (mapper,) = made["configurations"]["streams"][0]["mappers"]
    assert mapper["mapperConfiguration"]["key"] == MASK
    kept = {"streams": [{"name": "customers", "mappers": [mapper]}]}
    assert patch(plain, made, configurations=kept)["configurations"] == made["configurations"]
    lost = {"streams": [{"name": "customers", "mappers": [{**mapper, "id": UNKNOWN}]}]}
    status, problem = plain.refused(
        "PATCH", f"/connections/{made['connectionId']}", {"configurations": lost}
    )
    assert (status, problem["type"]) == (400, "error:mapper-validation/secret-not-found")


def test_a_mapper_of_a_field_that_is_not_there_is_told(plain: Plain) -> None:
    mapper = {"type": "field-filtering", "mapperConfiguration": {"targetField": "nix"}}
    streams = {"streams": [{"name": "customers", "mappers": [mapper]}]}
    body = {**plain.ends(plain.workspace()), "configurations": streams}
    status, problem = plain.refused("POST", "/connections", body)
    assert (status, problem["type"]) == (400, "error:mapper-validation")
    assert problem["data"]["errors"][0]["error"] == "FIELD_NOT_FOUND"


def test_unknown_tags_vanish_and_a_tags_new_name_shows_on_connections(plain: Plain) -> None:
    workspace = plain.workspace()
    tag = plain.ok("POST", "/tags", {"name": "gold", "color": "ffAA00", "workspaceId": workspace})
    made = plain.connection(workspace, tags=[tag, {**tag, "tagId": UNKNOWN}])
    assert made["tags"] == [tag]
    plain.ok("PATCH", f"/tags/{tag['tagId']}", {"name": "silver", "color": "ffAA00"})
    assert patch(plain, made)["tags"][0]["name"] == "silver"
    assert len(plain.get(f"/connections?tagIds={tag['tagId']}")["data"]) == 1
    assert patch(plain, made, tags=[])["tags"] == []
    assert plain.send("DELETE", f"/tags/{tag['tagId']}").status_code == 204


def test_a_locked_connection_refuses_every_patch(plain: Plain) -> None:
    made = plain.connection()
    path = f"/connections/{made['connectionId']}"
    plain.control(path, {"status": "locked", "statusReason": "unpaid"})
    status, problem = plain.refused("PATCH", path, {"name": "x"})
    assert (status, problem["type"], problem["data"]["statusReason"]) == (
        409,
        "error:connection/locked",
        "unpaid",
    )


def test_a_deleted_connection_answers_200_as_deprecated(plain: Plain) -> None:
    made = plain.connection()
    path = f"/connections/{made['connectionId']}"
    assert [plain.send("DELETE", path).status_code for _ in range(2)] == [204, 204]
    assert plain.get(path)["status"] == "deprecated"
    assert plain.get("/connections")["data"] == []


def test_source_and_destination_cannot_be_moved_and_there_is_no_put(plain: Plain) -> None:
    made = plain.connection()
    assert patch(plain, made, sourceId=UNKNOWN)["sourceId"] == made["sourceId"]
    assert plain.refused("PUT", f"/connections/{made['connectionId']}", {})[0] == 405


def test_a_raw_secret_makes_discovery_cold_and_a_mask_keeps_it_warm(plain: Plain) -> None:
    made = plain.connection()
    path = f"/sources/{made['sourceId']}"
    plain.control(f"/schemas/{made['sourceId']}", [{"name": "n", "jsonSchema": {"properties": {}}}])
    masked = {"name": "Stripe", "configuration": {**STRIPE, "client_secret": MASK}}
    plain.ok("PUT", path, masked)
    streams = f"/streams?sourceId={made['sourceId']}"
    assert len(plain.get(streams)) > 1
    plain.ok("PUT", path, {"name": "Stripe", "configuration": STRIPE})
    assert [stream["streamName"] for stream in plain.get(streams)] == ["n"]


def test_a_failing_discovery_is_a_500_that_says_why(plain: Plain) -> None:
    ends = plain.ends(plain.workspace())
    plain.control("/fail-discovery", {"sourceId": ends["sourceId"], "message": "bad key"})
    status, problem = plain.refused("POST", "/connections", ends)
    assert (status, problem["data"]["message"]) == (
        500,
        "Something went wrong in the connector. logs:bad key",
    )


def test_a_mode_change_wipes_the_state_even_when_the_patch_then_fails(plain: Plain) -> None:
    incremental = {"name": "customers", "syncMode": "incremental_append"}
    made = plain.connection(configurations={"streams": [incremental]})
    id_ = made["connectionId"]
    plain.ok("POST", "/jobs", {"connectionId": id_, "jobType": "sync"})
    plain.control("/clock", {"seconds": 60})
    assert len(plain.control(f"/states/{id_}", method="GET")["data"]) == 1
    body = {
        "configurations": {"streams": [{"name": "customers"}]},
        "schedule": {"scheduleType": "cron", "cronExpression": "0 0 12 * * *"},
    }
    assert plain.refused("PATCH", f"/connections/{id_}", body)[0] == 400
    assert plain.control(f"/states/{id_}", method="GET")["data"] == []
    assert plain.get(f"/connections/{id_}") == made
