"""`schema`: what editors are given. check-jsonschema is the editor here: another reader of both."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from reconciler.connectors import bundled
from reconciler.manifest.schema import own_schemas
from tests.support import EXAMPLES, Project

TENANTS = sorted((EXAMPLES / "tenants").glob("*.yaml"))


@pytest.fixture(scope="module")
def editor(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The schema of tenants, in a file."""
    folder = tmp_path_factory.mktemp("schema")
    printed = subprocess.run(
        [sys.executable, "-m", "reconciler", "schema", "tenant"],
        check=True,
        capture_output=True,
        env={"XDG_CACHE_HOME": str(folder)},
    )
    file = folder / "tenant.schema.json"
    file.write_bytes(printed.stdout)
    return file


def complaints(schema: Path, files: Sequence[Path]) -> str:
    """What check-jsonschema says against the files; nothing when it likes them."""
    program = shutil.which("check-jsonschema", path=str(Path(sys.executable).parent))
    assert program, "check-jsonschema belongs to the dev dependencies"
    result = subprocess.run(
        [program, "--schemafile", str(schema), *map(str, files)],
        check=False,
        capture_output=True,
        text=True,
    )
    assert result.returncode in (0, 1), result.stdout + result.stderr
    return "" if result.returncode == 0 else result.stdout


def test_editors_like_every_example(editor: Path) -> None:
    assert complaints(editor, TENANTS) == ""


WRONG = {
    "unknown section": "source: {}",
    "unknown type": "sources: {a: {type: strip, configuration: {}}}",
    "no type": "sources: {a: {configuration: {}}}",
    "missing field": "sources: {a: {type: stripe, configuration: {account_id: a}}}",
    "wrong type of field": "sources: {a: {type: faker, configuration: {count: many}}}",
    "out of range": "sources: {a: {type: faker, configuration: {count: 0}}}",
    "no such variant": "destination: {type: dev-null, configuration: "
    "{test_destination: {test_destination_type: LOUD}}}",
    "unknown key of a connection": "connections: {a: {stream: all}}",
    "unknown mode": "connections: {a: {streams: [{name: a, syncMode: full}]}}",
    "wrong mapper": "connections: {a: {streams: [{name: a, mappers: "
    "[{type: hashing, mapperConfiguration: {}}]}]}}",
    "wrong colour": "tags: {gold: '#FFD700'}",
}


@pytest.fixture(scope="module")
def complained(editor: Path, tmp_path_factory: pytest.TempPathFactory) -> str:
    """What is said of all the wrong manifests, in one run of the program."""
    folder = tmp_path_factory.mktemp("wrong")
    files = []
    for name, text in WRONG.items():
        file = folder / f"{name.replace(' ', '-')}.yaml"
        file.write_text(f"version: 1\ntenant: acme\n{text}\n", encoding="utf-8")
        files.append(file)
    return complaints(editor, files)


@pytest.mark.parametrize("name", WRONG)
def test_editors_complain_about_what_is_wrong(complained: str, name: str) -> None:
    assert f"{name.replace(' ', '-')}.yaml::" in complained


RIGHT = """\
version: 1
tenant: acme
labels: {tier: "${{ env.TIER }}"}
sources:
  shop:
    type: faker
    configuration: {count: "${{ env.COUNT }}", seed: "${{ secrets.SEED }}"}
  other:
    type: ${{ env.TYPE }}
    configuration: {anything: 1}
  custom:
    definitionId: 7c1f4b9e-0000-4000-8000-00000000000a
    configuration: {anything: 1}
  database:
    type: postgres
    configuration:
      host: h
      port: ${{ env.PORT || 5432 }}
      database: d
      username: u
      ssl_mode: ${{ env.SSL }}
destination:
  type: dev-null
  configuration: {test_destination: {test_destination_type: "${{ env.HOW }}"}}
connections:
  shop:
    status: ${{ env.STATUS }}
    schedule: {scheduleType: cron, cronExpression: "${{ env.CRON }}"}
    streams: [{name: users, syncMode: "${{ env.MODE }}", includeFiles: "${{ env.FILES }}"}]
"""


def test_editors_take_an_expression_wherever_a_value_is(editor: Path, tmp_path: Path) -> None:
    file = tmp_path / "right.yaml"
    file.write_text(RIGHT, encoding="utf-8")
    assert complaints(editor, [file]) == ""


def test_the_tenant_schema_names_every_type_and_describes_it(editor: Path) -> None:
    schema = json.loads(editor.read_text(encoding="utf-8"))
    offered = schema["definitions"]["source"]["properties"]["type"]["anyOf"][0]["enum"]
    assert offered == bundled().types("source")
    assert schema["definitions"]["source-stripe"]["properties"]["account_id"]["description"]


@pytest.mark.parametrize("name", ["project", "plan", "findings", "connection"])
def test_every_format_has_a_schema_in_one_piece(project: Project, name: str) -> None:
    result = project.run("schema", name)
    assert result.exit_code == 0
    schema = json.loads(result.stdout)
    assert ".schema.json" not in result.stdout
    assert schema["$schema"] == "http://json-schema.org/draft-07/schema#"


def test_one_connectors_schema(project: Project) -> None:
    schema = json.loads(project.run("schema", "connector", "stripe").stdout)
    assert (
        schema["required"] == ["client_secret", "account_id"] or "account_id" in schema["required"]
    )
    assert project.run("schema", "connector", "strip").exit_code == 1


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["tenent"], 'Did you mean "tenant"?'),
        (["connector"], "Name one: `reconciler schema connector source-postgres`."),
        (["tenant", "stripe"], "A TYPE goes with `connector`"),
    ],
)
def test_a_schema_that_there_is_not(project: Project, arguments: list[str], said: str) -> None:
    result = project.run("schema", *arguments)
    assert result.exit_code == 1
    assert "[R502]" in result.stderr
    assert said in result.stderr


def test_the_help_names_every_schema(project: Project) -> None:
    listed = project.run("schema", "--help").stdout.partition("Names of files")[2]
    words = set(listed.replace(",", " ").split())
    assert [name for name in own_schemas() if name not in words] == []
