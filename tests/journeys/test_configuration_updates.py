"""How a changed configuration is written: nothing lost, nothing left over, no secret needlessly."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result

from reconciler.sandbox.server.serving import Settings, running
from tests.sandbox.own import own_registry, spec
from tests.support import Api, Project

SECRET = {"type": "string", "airbyte_secret": True}
TEXT = {"type": "string"}


def branch(mode: str, **properties: Any) -> dict[str, Any]:
    return {
        "properties": {"mode": {"type": "string", "const": mode}, **properties},
        "required": ["mode", *properties],
        "additionalProperties": False,
    }


SCHEMA = {
    "type": "object",
    "properties": {
        "note": TEXT,
        "patterned": {**SECRET, "pattern": "^sk_"},
        "apps": {
            "type": "array",
            "items": {"type": "object", "properties": {"id": TEXT, "key": SECRET}},
        },
        "login": {
            "type": "object",
            "oneOf": [
                branch("key", token=SECRET, region=TEXT),
                branch("user", user=TEXT, password=SECRET),
            ],
        },
    },
}
TOKEN = {"mode": "key", "token": "${{ secrets.TOKEN }}", "region": "eu"}
USER = {"mode": "user", "user": "u", "password": "${{ secrets.PASSWORD }}"}
ONE, TWO = ({"id": name, "key": "${{ secrets." + name + " }}"} for name in ("ONE", "TWO"))
VALUES = {name: f"planted-{name}" for name in ("TOKEN", "PASSWORD", "ONE", "TWO")}
VALUES |= {"PATTERNED": "sk_planted"}


class Shop:
    """A project with one source of a connector that has secrets wherever they are awkward."""

    def __init__(self, folder: Path, registry: Path, url: str, api: Api) -> None:
        self.project = Project(folder / "project", url, dict(VALUES))
        self.api = api
        self._registry = str(registry)
        self._database = folder / "sandbox.db"

    def run(self, command: str, *arguments: str) -> Result:
        return self.project.run(command, "--registry", self._registry, *arguments)

    def apply(self, configuration: dict[str, Any], **fields: Any) -> None:
        self.declare(configuration, **fields)
        result = self.run("apply", "--auto-approve")
        assert result.exit_code == 0, result.output
        assert self.run("plan", "--detailed-exitcode").exit_code == 0

    def declare(self, configuration: dict[str, Any], **fields: Any) -> None:
        source = {"type": "shop", "configuration": configuration, **fields}
        self.project.tenant({"version": 1, "tenant": "acme", "sources": {"shop": source}})

    def provide(self, *names: str) -> None:
        """Takes all secrets away but these."""
        self.project.environ = {name: VALUES[name] for name in names}

    def row(self) -> dict[str, Any]:
        """The source as it reads, with the places of its secrets."""
        (row,) = self.api.rows("sources")
        path = f"/sources/{row['sourceId']}?includeSecretCoordinates=true"
        return dict(self.api.call("GET", path))

    def value(self, coordinate: str) -> str:
        """The secret that is stored at that place."""
        with closing(sqlite3.connect(self._database)) as database:
            query = "SELECT value FROM secret WHERE 'secret_coordinate::' || coordinate = ?"
            return str(database.execute(query, (coordinate,)).fetchone()[0])


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    registry = own_registry(tmp_path, source=spec(SCHEMA))
    with running(Settings(database=tmp_path / "sandbox.db", registry=registry)) as server:
        yield Shop(tmp_path, registry, server.url, Api(server))


def test_a_new_name_alone_needs_no_secret_and_touches_nothing_else(shop: Shop) -> None:
    configuration = {"login": TOKEN, "apps": [ONE]}
    shop.apply(configuration)
    allocation = {"default": {"cpu_limit": "2"}, "jobSpecific": []}
    path = f"/sources/{shop.row()['sourceId']}"
    shop.api.call("PATCH", path, {"resourceAllocation": allocation})
    before = shop.row()
    shop.provide()
    shop.api.clear_log()
    shop.apply(configuration, name="Renamed", renamedFrom="shop")
    assert ("PATCH", path) in [(m, p[-len(path) :]) for m, p in shop.api.requests()]
    assert shop.row() == {**before, "name": "Renamed"}


def test_a_secret_with_a_pattern_is_sent_with_every_write(shop: Shop) -> None:
    configuration = {"patterned": "${{ secrets.PATTERNED }}"}
    shop.apply(configuration)
    shop.provide()
    shop.declare(configuration, name="Renamed", renamedFrom="shop")
    result = shop.run("apply", "--auto-approve")
    assert result.exit_code == 1
    assert "PATTERNED is not provided, and needed by source/acme/shop" in result.output
    shop.provide("PATTERNED")
    shop.apply(configuration, name="Renamed", renamedFrom="shop")
    assert shop.value(shop.row()["configuration"]["patterned"]) == "sk_planted"


def test_a_live_secret_with_a_pattern_that_nobody_declares_stops_the_write(shop: Shop) -> None:
    shop.apply({"patterned": "${{ secrets.PATTERNED }}", "note": "a"})
    shop.project.forget()
    shop.declare({"note": "b"})
    result = shop.run("apply", "--auto-approve")
    assert result.exit_code == 1
    assert "configuration.patterned holds a secret that no manifest declares" in result.output
    assert shop.value(shop.row()["configuration"]["patterned"]) == "sk_planted"


def test_another_branch_leaves_nothing_of_the_old_one_and_needs_its_own_secrets_alone(
    shop: Shop,
) -> None:
    shop.apply({"login": TOKEN, "apps": [ONE]})
    apps = shop.row()["configuration"]["apps"]
    shop.provide("PASSWORD")
    shop.apply({"login": USER, "apps": [ONE]})
    configuration = shop.row()["configuration"]
    login = configuration["login"]
    assert shop.value(login.pop("password")) == "planted-PASSWORD"
    assert login == {"mode": "user", "user": "u"}
    assert configuration["apps"] == apps


def test_secrets_in_a_list_are_kept_while_something_else_changes(shop: Shop) -> None:
    shop.apply({"note": "a", "apps": [ONE, TWO]})
    before = shop.row()["configuration"]["apps"]
    shop.provide()
    shop.apply({"note": "b", "apps": [ONE, TWO]})
    assert shop.row()["configuration"]["apps"] == before


@pytest.mark.parametrize("apps", [[TWO, ONE], [TWO], [ONE, TWO, ONE], [{**ONE, "id": "X"}, TWO]])
def test_each_element_of_a_changed_list_has_its_own_secret(
    shop: Shop, apps: list[dict[str, Any]]
) -> None:
    shop.apply({"apps": [ONE, TWO]})
    shop.apply({"apps": apps})
    live = shop.row()["configuration"]["apps"]
    assert [{**app, "key": shop.value(app["key"])} for app in live] == [
        {**app, "key": f"planted-{'ONE' if app['key'] == ONE['key'] else 'TWO'}"} for app in apps
    ]


def test_a_rotated_secret_in_a_list_is_sent_and_its_neighbour_is_not(shop: Shop) -> None:
    shop.apply({"apps": [ONE, TWO]})
    before = shop.row()["configuration"]["apps"]
    shop.project.environ = {"TWO": "planted-anew"}
    shop.apply({"apps": [ONE, TWO]})
    after = shop.row()["configuration"]["apps"]
    assert after[0] == before[0]
    assert shop.value(after[1]["key"]) == "planted-anew"


def test_what_is_live_and_in_no_manifest_stays_and_what_left_the_manifest_goes(shop: Shop) -> None:
    shop.apply({"note": "a", "login": TOKEN, "apps": [ONE]})
    path = f"/sources/{shop.row()['sourceId']}"
    shop.api.call("PATCH", path, {"configuration": {"by_hand": {"deep": [1]}}})
    before = shop.row()["configuration"]
    shop.declare({"note": "b", "login": TOKEN})
    assert "removed from manifest" in shop.run("plan").stdout
    shop.apply({"note": "b", "login": TOKEN})
    after = {key: value for key, value in before.items() if key != "apps"}
    assert shop.row()["configuration"] == {**after, "note": "b"}
