"""Every connector of the registry: applied it plans empty, changed it is that change alone.

All of them live in a few tenants, so that a property of six hundred connectors costs a few runs.
"""

from __future__ import annotations

import json
import random
import re
import shutil
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pytest

from reconciler.connectors import Connector
from reconciler.sandbox.server.serving import Sandbox, Settings, running
from tests.connectors.generate import (
    REGISTRY,
    At,
    Schema,
    changed,
    configuration,
    connectors,
    fields,
    parts,
    texts,
)
from tests.support import Api, Project

pytestmark = [
    pytest.mark.skipif(
        not REGISTRY.exists(), reason="Airbyte's registry is not here: ../shared/airbyte"
    ),
    pytest.mark.xdist_group("all-connectors"),
]

BATCH = 90  # sources and destinations of one workspace, which fit a page
EXPRESSION = re.compile(r"\$\{\{ secrets\.(\w+) \}\}")
Configurations = dict[str, Any]


class Fleet:
    """A project with one source or destination of each connector, named for it."""

    def __init__(self, folder: Path, server: Sandbox) -> None:
        self.project = Project(folder, server.url)
        self.api = Api(server)
        self._database = folder.parent / "sandbox.db"

    def write(
        self,
        configurations: Configurations,
        environ: Mapping[str, str],
        names: Mapping[str, str] = MappingProxyType({}),
    ) -> None:
        """Writes the manifests, a tenant for each batch; *names* are new ones."""
        self.project.environ = dict(environ)
        keys = sorted(configurations)
        for start in range(0, len(keys), BATCH):
            sections: dict[str, Any] = {"sources": {}, "destinations": {}}
            for name in keys[start : start + BATCH]:
                role, _, type_ = name.partition("-")
                block = {"type": type_, "configuration": configurations[name]}
                if name in names:
                    block |= {"name": names[name], "renamedFrom": name}
                sections[f"{role}s"][name] = block
            tenant = f"batch-{start // BATCH}"
            self.project.tenant({"version": 1, "tenant": tenant, **sections}, tenant)

    def planned(self) -> dict[str, dict[At, Any]]:
        """The changes that a plan makes, by connector and path; a plan sends nothing but GETs."""
        self.api.clear_log()
        result = self.project.run("plan", "--registry", str(REGISTRY), "--format", "json")
        assert result.exit_code == 0, result.output
        assert self.writes() == []
        operations = [op for t in json.loads(result.stdout)["tenants"] for op in t["operations"]]
        assert {op["action"] for op in operations} <= {"update"}
        return {
            op["name"]: {tuple(change["path"]): change for change in op["changes"]}
            for op in operations
        }

    def apply(self) -> None:
        self.project.apply("--registry", str(REGISTRY), "--quiet")

    def writes(self) -> list[tuple[str, str]]:
        """The requests that changed something since the log was cleared."""
        asked = self.api.requests()
        return [each for each in asked if each[0] != "GET" and "/applications/" not in each[1]]

    def stored(self) -> Configurations:
        """Each configuration as the server has it, with the values of its secrets."""
        with closing(sqlite3.connect(self._database)) as database:
            secrets = dict(database.execute("SELECT coordinate, value FROM secret"))
            rows = database.execute("SELECT name, configuration FROM actor WHERE tombstone = 0")
            return {name: revealed(json.loads(text), secrets) for name, text in rows}


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the database and the project of a fleet that was applied once."""
    folder = tmp_path_factory.mktemp("registry")
    with running(Settings(database=folder / "sandbox.db", registry=REGISTRY)) as server:
        (folder / "project").mkdir()
        fleet = Fleet(folder / "project", server)
        fleet.write(*written(seed=0))
        fleet.apply()
    return folder


@pytest.fixture
def fleet(template: Path, tmp_path: Path) -> Iterator[Fleet]:
    """A copy of that fleet."""
    folder = tmp_path / "fleet"
    shutil.copytree(template, folder)
    with running(Settings(database=folder / "sandbox.db", registry=REGISTRY)) as server:
        yield Fleet(folder / "project", server)


def name_of(connector: Connector) -> str:
    return f"{connector.role}-{connector.type}"


def written(seed: int, *, is_rotated: bool = False) -> tuple[Configurations, dict[str, str]]:
    """A generated configuration of each connector, its secrets by name; and their values."""
    environ: dict[str, str] = {}
    configurations = {}
    for c in connectors():
        value = configuration(c, seed)
        configurations[name_of(c)] = veiled(c.schema, value, name_of(c), environ, is_rotated)
    return configurations, environ


def veiled(schema: Schema, value: Any, name: str, environ: dict[str, str], is_rotated: bool) -> Any:
    """*value* with an expression in the place of each secret, whose value *environ* gets."""
    if schema.get("airbyte_secret") and isinstance(value, str):
        variable = re.sub(r"\W", "_", name).upper()
        environ[variable] = (other(schema, value) if is_rotated else None) or value
        return "${{ secrets." + variable + " }}"
    if isinstance(value, list):
        each = schema.get("items") or {}
        items = enumerate(value)
        return [veiled(each, item, f"{name}.{i}", environ, is_rotated) for i, item in items]
    if not isinstance(value, dict):
        return value
    known: dict[str, Schema] = {}
    for part in parts(schema, value):
        known |= part.get("properties", {})
    return {
        key: veiled(known.get(key, {}), inner, f"{name}.{key}", environ, is_rotated)
        for key, inner in value.items()
    }


def revealed(stored: Any, secrets: Mapping[str, str]) -> Any:
    """*stored* with values in the place of references to secrets."""
    if isinstance(stored, dict):
        if "_secret" in stored:
            return secrets[stored["_secret"]]
        return {key: revealed(value, secrets) for key, value in stored.items()}
    return [revealed(item, secrets) for item in stored] if isinstance(stored, list) else stored


def filled(declared: Any, environ: Mapping[str, str]) -> Any:
    """*declared* with values in the place of expressions."""
    if isinstance(declared, dict):
        return {key: filled(value, environ) for key, value in declared.items()}
    if isinstance(declared, list):
        return [filled(item, environ) for item in declared]
    name = EXPRESSION.fullmatch(declared) if isinstance(declared, str) else None
    return environ[name[1]] if name else declared


def assert_stored(fleet: Fleet, configurations: Configurations) -> None:
    """What the server has is what is declared, to the last secret, and nothing more."""
    stored = fleet.stored()
    wanted = filled(configurations, fleet.project.environ)
    differing = {n: (stored[n], wanted[n]) for n in wanted if stored[n] != wanted[n]}
    assert differing == {}


def test_an_applied_configuration_of_every_connector_plans_empty(fleet: Fleet) -> None:
    configurations, fleet.project.environ = written(seed=0)
    assert_stored(fleet, configurations)
    assert fleet.planned() == {}
    fleet.apply()
    assert fleet.writes() == []


def test_a_changed_value_and_each_rotated_secret_are_what_is_planned_and_sent(
    fleet: Fleet,
) -> None:
    configurations, environ = written(seed=0)
    expected = {}
    for connector in connectors():
        name = name_of(connector)
        if choices := list(changeable(connector.schema, configurations[name])):
            at, new = random.Random(name).choice(choices)
            configurations[name] = changed(configurations[name], at, new)
            expected[name] = [("configuration", *at)]
    assert len(expected) > 470
    fleet.write(configurations, environ)
    assert {name: list(changes) for name, changes in fleet.planned().items()} == expected
    fleet.project.environ = written(seed=0, is_rotated=True)[1]
    secret = sum(fleet.project.environ[name] != value for name, value in environ.items())
    assert secret > 600
    assert sum(map(len, fleet.planned().values())) == secret + len(expected)
    fleet.apply()
    assert fleet.planned() == {}
    assert_stored(fleet, configurations)


@pytest.mark.parametrize("is_forgetful", [False, True])
def test_another_configuration_of_each_connector_leaves_nothing_of_the_first(
    fleet: Fleet, is_forgetful: bool
) -> None:
    configurations, environ = written(seed=1)
    if is_forgetful:
        fleet.project.forget()
    fleet.write(configurations, environ)
    assert len(fleet.planned()) > 140
    fleet.apply()
    assert fleet.planned() == {}
    assert_stored(fleet, configurations)


def test_what_a_manifest_leaves_out_is_kept_to_the_last_secret(fleet: Fleet) -> None:
    configurations, environ = written(seed=0)
    before = fleet.stored()
    fleet.project.forget()
    names: dict[str, str] = {}
    for index, connector in enumerate(connectors()):
        name, required = name_of(connector), connector.schema.get("required", ())
        declared = {k: v for k, v in configurations[name].items() if k in required}
        # Deeper ones may be masked for the sake of another branch: without a ledger they are equal.
        choices = [each for each in changeable(connector.schema, declared) if len(each[0]) == 1]
        if choices and index % 2:  # the others are renamed, which is another request
            at, new = choices[0]
            declared, before[name] = (changed(c, at, new) for c in (declared, before[name]))
        else:
            names[name] = f"{name} renamed"
        configurations[name] = declared
    fleet.write(configurations, environ, names)
    told = [tuple(changes) for changes in fleet.planned().values()]
    assert told.count((("name",),)) == len(names)
    assert len(told) == len(configurations)
    fleet.apply()
    assert fleet.stored() == {names.get(name, name): value for name, value in before.items()}


def changeable(schema: Schema, written: Any) -> Iterator[tuple[At, Any]]:
    """Where a value that is no secret can become another one, and which."""
    for at, inner in fields(schema, written):
        value = written
        for step in at:
            value = value[step]
        new = other(inner, value)
        if new is not None and "airbyte_secret" not in inner:  # hidden even where it is false
            yield at, new


def other(schema: Schema, value: Any) -> Any:
    """Another value that fits, None when there is none at hand."""
    if "const" in schema or "oneOf" in schema:
        return None
    if schema.get("enum"):
        return next((choice for choice in schema["enum"] if choice != value), None)
    if isinstance(value, bool):
        return not value
    if isinstance(value, int | float):
        return value + 1 if value + 1 <= schema.get("maximum", value + 1) else None
    if isinstance(value, str):
        return next((text for text in texts(schema) if text != value), None)
    return None
