"""Streams whose names or namespaces have dots: each is a stream of its own."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from typing import Any

import pytest
import yaml

from tests.journeys.manifests import ENVIRON, acme
from tests.support import Api, Project

Identity = tuple[str | None, str]

# The texts `a.b` and `a.b.c` are two streams each, and a third begins with either of them.
SEVEN: list[Identity] = [
    (None, "a.b"),
    ("a", "b"),
    ("c", "b"),
    ("a.b", "c"),
    ("a", "b.c"),
    ("z", "b.c"),
    ("z", "c"),
]
AES = {"algorithm": "AES", "mode": "CBC", "padding": "PKCS5Padding", "fieldNameSuffix": "_x"}


def block(identity: Identity, **options: Any) -> dict[str, Any]:
    namespace, name = identity
    return {"name": name, **({"namespace": namespace} if namespace else {}), **options}


def discovered(identity: Identity) -> dict[str, Any]:
    properties = {"id": {"type": "string"}, "at": {"type": "string"}}
    modes = ["full_refresh", "incremental"]
    return block(identity, jsonSchema={"properties": properties}, supportedSyncModes=modes)


def declare(project: Project, streams: Sequence[dict[str, Any]]) -> None:
    project.tenant(acme(connections={"stripe": {"streams": list(streams)}}))


@pytest.fixture
def dotted(project: Project, api: Api) -> Project:
    """A project whose source has the seven streams, and whose connection has them all."""
    project.environ |= {**ENVIRON, "AES_ONE": "00" * 16, "AES_TWO": "11" * 16}
    project.tenant(acme(connections={}))
    project.apply()
    source = api.row("sources", "stripe")["sourceId"]
    api.control_call(f"/schemas/{source}", [discovered(each) for each in SEVEN])
    declare(project, [block(each) for each in SEVEN])
    project.apply()
    return project


def live(api: Api) -> dict[Identity, dict[str, Any]]:
    streams = api.row("connections", "stripe")["configurations"]["streams"]
    return {(each.get("namespace"), each["name"]): each for each in streams}


def test_seven_streams_with_dots_are_applied_as_seven(dotted: Project, api: Api) -> None:
    assert live(api).keys() == set(SEVEN)
    dotted.assert_no_changes()
    dotted.forget()
    dotted.assert_no_changes()


def test_what_is_removed_is_one_stream_and_not_its_namesake(dotted: Project, api: Api) -> None:
    for gone in SEVEN:
        declare(dotted, [block(each) for each in SEVEN if each != gone])
        plan = json.loads(dotted.run("plan", "--format", "json").stdout)
        (operation,) = plan["tenants"][0]["operations"]
        (change,) = operation["changes"]
        assert (change["before"].get("namespace"), change["before"]["name"]) == gone
        dotted.apply()
        assert live(api).keys() == set(SEVEN) - {gone}
        declare(dotted, [block(each) for each in SEVEN])
        dotted.apply()
    assert live(api).keys() == set(SEVEN)


def test_a_plan_shows_no_two_streams_alike(dotted: Project) -> None:
    appended = {"syncMode": "full_refresh_append"}
    declare(dotted, [block(each, **appended) for each in SEVEN])
    told = dotted.run("plan", "--details").stdout
    lines = [line for line in told.splitlines() if "syncMode" in line]
    assert len(set(lines)) == len(SEVEN), told
    changes = [block(each, **appended) if each[1] == "c" else block(each) for each in SEVEN]
    declare(dotted, changes)
    told = dotted.run("plan", "--details").stdout
    assert 'streams."a.b"."c".syncMode' in told, "`a.b` alone is another stream"
    assert "streams.z.c.syncMode" in told


def test_a_stream_that_is_added_is_not_shown_like_one_that_is_live(
    dotted: Project, api: Api
) -> None:
    declare(dotted, [block(("a", "b"))])
    dotted.apply()
    declare(dotted, [block((None, "a.b")), block(("c", "b"))])
    told = dotted.run("plan", "--details").stdout
    shown = [line.split(": ")[0].strip() for line in told.splitlines() if "streams." in line]
    assert shown == ["streams.b", "streams.a.b", "streams.c.b"]
    dotted.apply()
    assert live(api).keys() == {(None, "a.b"), ("c", "b")}
    dotted.assert_no_changes()


def test_a_plan_file_over_such_streams_is_applied(dotted: Project, api: Api) -> None:
    declare(dotted, [block(("a", "b"), syncMode="full_refresh_append"), block(("z", "c"))])
    assert dotted.run("plan", "--out", "plan.json").exit_code == 0
    dotted.apply("plan.json")
    assert live(api).keys() == {("a", "b"), ("z", "c")}


def test_an_export_has_every_stream_and_plans_empty(dotted: Project) -> None:
    result = dotted.run("export", "Acme Inc", "--out", "found")
    assert result.exit_code == 0, result.output
    (file,) = (dotted.folder / "found").rglob("*.yaml")
    streams = yaml.safe_load(file.read_text(encoding="utf-8"))["connections"]["stripe"]["streams"]
    assert {(each.get("namespace"), each["name"]) for each in streams} == set(SEVEN)


def test_secrets_of_streams_of_one_name_are_two_secrets_in_an_export(dotted: Project) -> None:
    declare(dotted, [encrypted(("a", "b"), "AES_ONE"), encrypted(("c", "b"), "AES_TWO")])
    dotted.apply()
    result = dotted.run("export", "Acme Inc", "--out", "found")
    assert result.exit_code == 0, result.output
    (file,) = (dotted.folder / "found").rglob("*.yaml")
    streams = yaml.safe_load(file.read_text(encoding="utf-8"))["connections"]["stripe"]["streams"]
    one, two = (each["mappers"][0]["mapperConfiguration"]["key"] for each in streams)
    assert one != two


def encrypted(identity: Identity, secret: str) -> dict[str, Any]:
    configuration = {**AES, "targetField": "id", "key": "${{ secrets." + secret + " }}"}
    return block(identity, mappers=[{"type": "encryption", "mapperConfiguration": configuration}])


def test_a_rotated_secret_of_one_stream_is_not_that_of_its_namesake(dotted: Project) -> None:
    declare(dotted, [encrypted(("a", "b"), "AES_ONE"), encrypted(("c", "b"), "AES_TWO")])
    dotted.apply()
    dotted.assert_no_changes()
    dotted.environ["AES_TWO"] = "22" * 16
    told = dotted.run("plan", "--details").stdout
    assert "streams.c.b.mappers[0].mapperConfiguration.key: secret rotated" in told.replace("(", "")
    assert "streams.a.b.mappers" not in told
    dotted.apply()
    dotted.assert_no_changes()


def test_what_an_older_ledger_remembers_of_streams_still_counts(dotted: Project, api: Api) -> None:
    declare(dotted, [block(("a", "b"), syncMode="full_refresh_append"), block(("z", "c"))])
    dotted.apply()
    write_as_before(dotted)
    dotted.assert_no_changes()
    wiped = {"configurations": {"streams": [block(("a", "b")), block(("z", "c"))]}}
    connection = api.row("connections", "stripe")["connectionId"]
    api.call("PATCH", f"/connections/{connection}", wiped)
    told = dotted.run("plan", "--details").stdout
    assert "Changed in Airbyte since the last apply" in told


def write_as_before(project: Project) -> None:
    """Rewrites the ledger's streams in the form of before: by texts."""
    (file,) = (project.folder / ".reconciler").glob("ledger-*.db")
    with closing(sqlite3.connect(file)) as ledger, ledger:
        ((key, text),) = ledger.execute(
            "SELECT key, spec FROM resource WHERE key LIKE 'connection/%'"
        ).fetchall()
        spec = json.loads(text)
        rows = spec["streams"].pop("$streams")
        spec["streams"] = {name: stream for _, name, stream in rows}
        ledger.execute("UPDATE resource SET spec = ? WHERE key = ?", (json.dumps(spec), key))
