"""Where masks are looked for and where they are not: branches, lists, consent, plain values."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tests.sandbox.own import DESTINATION, SOURCE, own_connectors, own_ends, spec
from tests.sandbox.plain import MASK, Plain

SECRET = {"type": "string", "airbyte_secret": True}


def branch(mode: str, **properties: Any) -> dict[str, Any]:
    """A branch of a combination that only configurations of its mode fit."""
    return {
        "type": "object",
        "properties": {"mode": {"const": mode}, **properties},
        "required": ["mode", *properties],
        "additionalProperties": False,
    }


ONE_OF = {"oneOf": [branch("key", token=SECRET), branch("user", name={"type": "string"})]}
SCHEMA = {"type": "object", "properties": {"login": {"type": "object", **ONE_OF}}}


def shop(plain: Plain, configuration: Any) -> str:
    made = plain.source(plain.workspace(), definitionId=SOURCE, configuration=configuration)
    return f"/sources/{made['sourceId']}"


def put(plain: Plain, path: str, configuration: Any) -> Any:
    return plain.send("PUT", path, {"name": "Shop", "configuration": configuration})


def coordinates(plain: Plain, path: str) -> Any:
    return plain.get(f"{path}?includeSecretCoordinates=true")["configuration"]


def test_a_put_keeps_a_masked_secret_in_the_branch_that_the_sent_object_fits(
    tmp_path: Path,
) -> None:
    with own_connectors(tmp_path, source=spec(SCHEMA)) as plain:
        path = shop(plain, {"login": {"mode": "key", "token": "t"}})
        before = coordinates(plain, path)
        assert put(plain, path, {"login": {"mode": "key", "token": MASK}}).status_code == 200
        assert coordinates(plain, path) == before


def test_a_put_loses_a_masked_secret_in_a_branch_that_the_mask_itself_does_not_fit(
    tmp_path: Path,
) -> None:
    # The mask does not fit the pattern of the branch that knows the secret; the other takes it.
    secret = branch("key", token={**SECRET, "pattern": "^sk_"})
    other = branch("key", token={"type": "string", "not": {"pattern": "^sk_"}})
    schema = {"type": "object", "properties": {"login": {"oneOf": [secret, other]}}}
    with own_connectors(tmp_path, source=spec(schema)) as plain:
        path = shop(plain, {"login": {"mode": "key", "token": "sk_1"}})
        before = coordinates(plain, path)
        assert put(plain, path, {"login": {"mode": "key", "token": MASK}}).status_code == 200
        assert coordinates(plain, path) != before


def test_a_node_with_any_of_alone_is_not_entered_for_masks(tmp_path: Path) -> None:
    login = {"type": "object", "anyOf": ONE_OF["oneOf"]}
    schema = {"type": "object", "properties": {"login": login}}
    with own_connectors(tmp_path, source=spec(schema)) as plain:
        path = shop(plain, {"login": {"mode": "key", "token": "t"}})
        before = coordinates(plain, path)
        put(plain, path, {"login": {"mode": "key", "token": MASK}})
        assert coordinates(plain, path) != before


def test_masks_are_found_through_a_combination_at_the_root_and_not_through_any_of_there(
    tmp_path: Path,
) -> None:
    for keyword, is_kept in (("oneOf", True), ("anyOf", False)):
        schema = {"type": "object", keyword: ONE_OF["oneOf"]}
        folder = tmp_path / keyword
        folder.mkdir()
        with own_connectors(folder, source=spec(schema)) as plain:
            path = shop(plain, {"mode": "key", "token": "t"})
            before = coordinates(plain, path)
            assert put(plain, path, {"mode": "key", "token": MASK}).status_code == 200
            assert (coordinates(plain, path) == before and before["token"] != MASK) is is_kept


def test_a_combination_beside_properties_is_followed_in_place_of_them(tmp_path: Path) -> None:
    schema = {"type": "object", "properties": {"token": SECRET}, "anyOf": [{}]}
    with own_connectors(tmp_path, source=spec(schema)) as plain:
        path = shop(plain, {"token": "t"})
        before = coordinates(plain, path)
        put(plain, path, {"token": MASK})
        assert coordinates(plain, path) != before


def test_a_put_of_no_object_where_one_is_stored_fails_a_requirement(tmp_path: Path) -> None:
    with own_connectors(tmp_path, source=spec(SCHEMA)) as plain:
        path = shop(plain, {"login": {"mode": "user", "name": "n"}})
        values: tuple[Any, ...] = ("text", None, [])
        for value in values:
            answer = put(plain, path, {"login": value})
            assert answer.status_code == 500
            assert answer.json()["data"] == {"message": "Failed requirement."}


def test_a_changed_branch_takes_the_old_secret_of_the_same_name_along(tmp_path: Path) -> None:
    login = {"oneOf": [branch("key", token=SECRET), branch("oauth", token=SECRET)]}
    schema = {"type": "object", "properties": {"login": login}}
    with own_connectors(tmp_path, source=spec(schema)) as plain:
        path = shop(plain, {"login": {"mode": "key", "token": "t"}})
        before = coordinates(plain, path)["login"]["token"]
        put(plain, path, {"login": {"mode": "oauth", "token": MASK}})
        assert coordinates(plain, path)["login"] == {"mode": "oauth", "token": before}


def test_a_mask_without_anything_stored_becomes_the_secret(tmp_path: Path) -> None:
    schema = {"type": "object", "properties": {"token": SECRET}}
    with own_connectors(tmp_path, source=spec(schema)) as plain:
        path = shop(plain, {})
        assert put(plain, path, {"token": MASK}).json()["configuration"] == {"token": MASK}
        assert coordinates(plain, path)["token"].endswith("_v1")
        created = shop(plain, {"token": MASK})
        assert coordinates(plain, created)["token"].startswith("secret_coordinate::")


def test_a_plain_value_is_masked_where_another_branch_has_a_secret(tmp_path: Path) -> None:
    login = {
        "oneOf": [branch("key", token=SECRET), branch("user", token={"type": "string"})],
    }
    schema = {"type": "object", "properties": {"login": login}}
    with own_connectors(tmp_path, source=spec(schema)) as plain:
        path = shop(plain, {"login": {"mode": "user", "token": "no-secret"}})
        assert plain.get(path)["configuration"]["login"] == {"mode": "user", "token": MASK}


def test_secrets_of_a_combination_beside_properties_are_read_in_clear(tmp_path: Path) -> None:
    login = {"type": "object", "properties": {"mode": {}}, "oneOf": [branch("key", token=SECRET)]}
    schema = {"type": "object", "properties": {"login": login}}
    with own_connectors(tmp_path, source=spec(schema)) as plain:
        path = shop(plain, {"login": {"mode": "key", "token": "in-clear"}})
        assert plain.get(path)["configuration"]["login"]["token"] == "in-clear"


def test_a_schema_without_properties_hides_nothing(tmp_path: Path) -> None:
    schema = {"type": "object", "anyOf": [branch("key", token=SECRET)]}
    with own_connectors(tmp_path, source=spec(schema)) as plain:
        path = shop(plain, {"mode": "key", "token": "in-clear"})
        assert plain.get(path)["configuration"]["token"] == "in-clear"


def test_an_absent_secret_stays_absent_and_an_empty_one_is_masked(tmp_path: Path) -> None:
    schema = {"type": "object", "properties": {"a": SECRET, "b": SECRET}}
    with own_connectors(tmp_path, source=spec(schema)) as plain:
        assert plain.get(shop(plain, {"a": ""}))["configuration"] == {"a": MASK}


def test_secret_whatever_its_value_is_masked_and_copied_only_when_true(tmp_path: Path) -> None:
    schema = {"type": "object", "properties": {"a": {"type": "string", "airbyte_secret": False}}}
    with own_connectors(tmp_path, source=spec(schema)) as plain:
        path = shop(plain, {"a": "x"})
        before = coordinates(plain, path)
        assert plain.get(path)["configuration"] == {"a": MASK}
        put(plain, path, {"a": MASK})
        assert coordinates(plain, path) != before


def test_an_array_at_a_secret_path_is_a_state_conflict(tmp_path: Path) -> None:
    schema = {"type": "object", "properties": {"a": {"airbyte_secret": True}}}
    with own_connectors(tmp_path, source=spec(schema)) as plain:
        body = {
            "name": "x",
            "workspaceId": plain.workspace(),
            "definitionId": SOURCE,
            "configuration": {"a": ["x"]},
        }
        status, problem = plain.refused("POST", "/sources", body)
        assert (status, problem["title"]) == (409, "state-conflict")


def test_a_coordinate_is_kept_inside_lists_where_a_mask_is_not(tmp_path: Path) -> None:
    apps = {"type": "array", "items": {"type": "object", "properties": {"key": SECRET}}}
    schema = {"type": "object", "properties": {"apps": apps}}
    with own_connectors(tmp_path, source=spec(schema)) as plain:
        path = shop(plain, {"apps": [{"key": "k"}]})
        before = coordinates(plain, path)
        put(plain, path, before)
        assert coordinates(plain, path) == before


def test_a_patch_ignores_what_is_no_object_where_one_is_stored(tmp_path: Path) -> None:
    schema = {"type": "object", "properties": {"login": {"type": "object", "properties": {}}}}
    with own_connectors(tmp_path, source=spec(schema)) as plain:
        path = shop(plain, {"login": {"a": 1}, "list": [1, 2], "word": "w"})
        values: tuple[Any, ...] = (None, "text", [])
        for value in values:
            plain.ok("PATCH", path, {"configuration": {"login": value}})
        read = plain.ok("PATCH", path, {"configuration": {"list": [3], "word": None}})
        assert read["configuration"] == {"login": {"a": 1}, "list": [3], "word": None}


def test_a_patch_that_switches_the_branch_leaves_the_old_ones_keys_behind(tmp_path: Path) -> None:
    with own_connectors(tmp_path, source=spec(SCHEMA)) as plain:
        path = shop(plain, {"login": {"mode": "key", "token": "t"}})
        switched = {"configuration": {"login": {"mode": "user", "name": "n"}}}
        assert plain.refused("PATCH", path, switched)[0] == 422


def test_a_destinations_patch_refuses_what_the_consent_flow_owns_and_a_sources_takes_it(
    tmp_path: Path,
) -> None:
    outputs = {"properties": {"token": {"path_in_connector_config": ["login", "token"]}}}
    auth = {"oauth_config_specification": {"complete_oauth_output_specification": outputs}}
    row = spec({"type": "object", "properties": {"login": {}}}, advanced_auth=auth)
    with own_connectors(tmp_path, source=row, destination=row) as plain:
        ends = own_ends(plain)
        body = {"configuration": {"login": {"token": "t"}}}
        destination = f"/destinations/{ends['destinationId']}"
        status, problem = plain.refused("PATCH", destination, body)
        assert (status, problem["title"]) == (500, "unexpected-problem")
        assert problem["data"]["message"].startswith("Cannot set key 'login.token', ")
        plain.ok("PUT", destination, {"name": "Lake", **body})
        plain.ok("PATCH", f"/sources/{ends['sourceId']}", body)


def test_a_connector_that_is_not_in_the_servers_table_has_no_type_and_needs_its_id(
    tmp_path: Path,
) -> None:
    with own_connectors(tmp_path, destination={"inNameTable": False}) as plain:
        workspace = plain.workspace()
        body = {
            "name": "Lake",
            "workspaceId": workspace,
            "configuration": {"destinationType": "lake"},
        }
        assert plain.refused("POST", "/destinations", body)[1]["title"] == "value-not-found"
        made = plain.destination(workspace, definitionId=DESTINATION, configuration={"a": 1})
        assert (made["destinationType"], made["definitionId"]) == ("", DESTINATION)


def test_the_type_is_found_anywhere_and_taken_off_the_top_only(tmp_path: Path) -> None:
    with own_connectors(tmp_path) as plain:
        nested = {"deep": [{"sourceType": "shop"}]}
        made = plain.source(plain.workspace(), configuration=nested)
        assert (made["sourceType"], made["configuration"]) == ("shop", nested)
        put_ = put(plain, f"/sources/{made['sourceId']}", {"sourceType": "x", "a": 1})
        assert put_.json()["configuration"] == {"a": 1}
