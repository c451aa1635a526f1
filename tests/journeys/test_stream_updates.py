"""How a changed list of streams is written: a refusal costs nothing, and none is needless."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
import requests

from tests.journeys.manifests import ENVIRON, acme
from tests.support import Api, Project

DEDUPED, OVERWRITTEN = "incremental_deduped_history", "full_refresh_overwrite"
HASHED = {"method": "SHA-256", "fieldNameSuffix": "_hashed"}


def hashing(field: str) -> dict[str, Any]:
    return {"type": "hashing", "mapperConfiguration": {"targetField": field, **HASHED}}


def declare(project: Project, *streams: Mapping[str, Any], **fields: Any) -> None:
    """A connection with these streams."""
    connection = {**fields, "streams": [dict(stream) for stream in streams]}
    project.tenant(acme(connections={"stripe": connection}))


@pytest.fixture
def synced(project: Project, api: Api) -> Project:
    """A project whose connection has synced two streams incrementally."""
    project.environ |= ENVIRON
    declare(project, *({"name": name, "syncMode": DEDUPED} for name in ("charges", "customers")))
    project.apply()
    api.call("POST", "/jobs", {"connectionId": id_of(api), "jobType": "sync"})
    api.control_call("/clock", {"seconds": 600})
    assert states(api) == ["charges", "customers"]
    return project


def id_of(api: Api) -> str:
    return str(api.row("connections", "stripe")["connectionId"])


def states(api: Api) -> list[str]:
    """The streams of the connection that have a saved state."""
    answer = requests.get(f"{api.control}/states/{id_of(api)}", timeout=10).json()
    return [row["stream"] for row in answer["data"]]


def live(api: Api) -> dict[str, Any]:
    streams = api.row("connections", "stripe")["configurations"]["streams"]
    return {stream["name"]: stream for stream in streams}


def stream_writes(api: Api) -> int:
    return sum(method == "PATCH" for method, _ in api.requests())


def test_a_refused_mapper_costs_no_state_of_a_stream_that_changes_its_mode(
    synced: Project, api: Api
) -> None:
    declare(
        synced,
        {"name": "charges", "syncMode": OVERWRITTEN},
        {"name": "customers", "syncMode": DEDUPED, "mappers": [hashing("no_such_field")]},
    )
    result = synced.run("apply", "--auto-approve")
    assert result.exit_code == 1, result.output
    assert "FIELD_NOT_FOUND" in result.output
    assert states(api) == ["charges", "customers"]
    assert live(api)["charges"]["syncMode"] == DEDUPED


def test_a_mapper_and_another_mode_of_the_same_stream_are_applied_together(
    synced: Project, api: Api
) -> None:
    streams = (
        {
            "name": "charges",
            "syncMode": OVERWRITTEN,
            "selectedFields": ["amount", "currency"],
            "mappers": [hashing("amount")],
        },
        {"name": "customers", "syncMode": DEDUPED},
    )
    declare(synced, *streams)
    assert "stream state wiped" in synced.run("plan").stdout
    api.clear_log()
    synced.apply()
    assert stream_writes(api) == 2, "first in the old mode, where a refusal costs nothing"
    charges = live(api)["charges"]
    assert [field["fieldPath"] for field in charges["selectedFields"]] == [["amount"], ["currency"]]
    assert charges["syncMode"] == OVERWRITTEN
    assert states(api) == ["customers"]
    synced.assert_no_changes()


def test_another_mode_alone_is_one_request(synced: Project, api: Api) -> None:
    declare(
        synced,
        {"name": "charges", "syncMode": OVERWRITTEN},
        {"name": "customers", "syncMode": DEDUPED},
    )
    api.clear_log()
    synced.apply()
    assert stream_writes(api) == 1
    assert states(api) == ["customers"]


def test_what_the_source_has_changed_since_does_not_stop_another_change(
    project: Project, api: Api
) -> None:
    # What reads fill in of a source's own key and cursor is refused once the source has others.
    project.environ |= ENVIRON
    declare(project, {"name": "charges", "syncMode": DEDUPED}, {"name": "customers"})
    project.apply()
    picked = [{"fieldPath": [name]} for name in ("id", "updated", "amount")]
    streams = [
        {"name": "charges", "syncMode": DEDUPED, "selectedFields": picked},
        {"name": "customers"},
    ]
    body = {"configurations": {"streams": streams}}
    api.call("PATCH", f"/connections/{id_of(api)}", body)
    source = f"/sources/{api.row('sources', 'stripe')['sourceId']}/schema"
    keyed = {
        "name": "charges",
        "jsonSchema": {"properties": {"uid": {}, "at": {}, "id": {}, "updated": {}}},
        "supportedSyncModes": ["full_refresh", "incremental"],
        "sourceDefinedCursor": True,
        "defaultCursorField": ["updated"],
        "sourceDefinedPrimaryKey": [["id"], ["updated"]],
    }
    api.control_call(source, {"gone": ["charges"], "streams": [keyed]})
    row = api.row("sources", "stripe")
    configuration = {**row["configuration"], "slice_range": 30}  # so that it is discovered anew
    body = {"name": row["name"], "configuration": configuration}
    api.call("PUT", f"/sources/{row['sourceId']}", body)

    declare(project, *({"name": name, "syncMode": DEDUPED} for name in ("charges", "customers")))
    project.apply()

    assert live(api)["customers"]["syncMode"] == DEDUPED
    charges = live(api)["charges"]
    assert charges["primaryKey"] == [["id"], ["updated"]]
    assert sorted(f["fieldPath"][0] for f in charges["selectedFields"]) == ["id", "updated"]


def postgres(project: Project, *streams: Mapping[str, Any]) -> None:
    """A connection of a database, whose streams have namespaces and no cursor of their own."""
    configuration = {"host": "h", "port": 5432, "database": "d", "username": "u"}
    sources = {"pg": {"type": "postgres", "configuration": configuration}}
    connections = {"pg": {"streams": [dict(stream) for stream in streams]}}
    project.environ |= ENVIRON
    project.tenant(acme(sources=sources, connections=connections))


UNFIT = [
    ({"name": "users", "namespace": "pubic"}, '"users" is in the namespace "public", not in "pub'),
    ({"name": "orders", "namespace": "x"}, 'in the namespace "archive" or "public", not in "x"'),
    (
        {"name": "users", "syncMode": "incremental_append", "primaryKey": ["email"]}
        | {"cursorField": "updated_at"},
        'sets the key of "users" itself: id.',
    ),
]


@pytest.mark.parametrize(("stream", "told"), UNFIT)
def test_what_airbyte_would_take_for_something_else_is_not_sent(
    project: Project, api: Api, stream: dict[str, Any], told: str
) -> None:
    postgres(project, stream)
    result = project.run("apply", "--auto-approve")
    assert result.exit_code == 4
    assert "streams not as the source has them [R524]" in result.output
    assert told in " ".join(result.output.split())
    assert api.rows("connections") == []


def test_a_changed_list_is_told_all_that_the_source_has_otherwise(
    project: Project, api: Api
) -> None:
    postgres(project, {"name": "products"})
    project.apply()
    postgres(
        project,
        {"name": "product"},
        {"name": "orders"},
        {"name": "users", "selectedFields": ["id", "emial"]},
    )
    api.clear_log()
    output = " ".join(project.run("apply", "--auto-approve").output.split())
    assert 'The source has no stream "product". Did you mean "products"?' in output
    assert '"orders" is in the namespace "archive" or "public", and the manifest does not' in output
    assert '"users" has no field "emial". Did you mean "email"?' in output
    assert stream_writes(api) == 0


def test_a_cursor_of_the_sources_own_is_not_overruled(project: Project) -> None:
    project.environ |= ENVIRON
    own = {"name": "charges", "syncMode": DEDUPED, "cursorField": "updated", "primaryKey": ["id"]}
    declare(project, own)
    project.apply()
    project.assert_no_changes()
    declare(project, {**own, "cursorField": "created"})
    output = project.run("apply", "--auto-approve").output
    assert 'sets the cursor of "charges" itself: updated. Leave cursorField out.' in output
