"""What a sandbox keeps: through kill -9, migrations, dumps; and who else may open it."""

from __future__ import annotations

import json
import os
import re
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterable
from contextlib import closing
from importlib import resources
from pathlib import Path
from typing import Any

import pytest
import requests
from click.testing import CliRunner, Result

from reconciler.cli import main
from reconciler.cli.commands.sandbox import _translated
from reconciler.sandbox.core.call import Behaviour
from reconciler.sandbox.server.serving import Sandbox, SandboxError, Settings, running
from tests.sandbox.plain import POSTGRES, UNKNOWN, Plain


def run(*arguments: str) -> Result:
    return CliRunner().invoke(main, ["sandbox", *arguments])


def test_everything_answered_is_still_there_after_kill_9(tmp_path: Path) -> None:
    database = tmp_path / "sandbox.db"
    command = [sys.executable, "-m", "reconciler", "sandbox", "serve", "--port", "0"]
    environ = {**os.environ, "PYTHONUNBUFFERED": "1"}
    with subprocess.Popen(
        [*command, "--db", str(database)], stdout=subprocess.PIPE, text=True, env=environ
    ) as process:
        assert process.stdout is not None
        found = re.search(r"http://127\.0\.0\.1:(\d+)", process.stdout.readline())
        assert found is not None
        client = Plain(Sandbox("127.0.0.1", int(found[1])))
        ids = [client.workspace(f"W{number}") for number in range(5)]
        process.send_signal(signal.SIGKILL)
    with running(Settings(database=database)) as server:
        rows = Plain(server).get("/workspaces")["data"]
    assert [row["workspaceId"] for row in rows] == ids


def test_a_second_process_cannot_open_the_database(tmp_path: Path, sandbox: Sandbox) -> None:
    assert sandbox.port
    result = run("dump", str(tmp_path / "x"), "--db", str(tmp_path / "sandbox.db"))
    assert result.exit_code == 1
    assert "is in use by another process" in " ".join(result.output.split())


def test_an_old_database_is_brought_up_to_date(tmp_path: Path) -> None:
    database = tmp_path / "sandbox.db"
    first = resources.files("reconciler.sandbox.core") / "migrations"
    script = (first / "0001_workspaces_actors_connections.sql").read_text(encoding="utf-8")
    with closing(sqlite3.connect(database)) as connection, connection:
        connection.executescript(f"{script}; PRAGMA user_version=1")
        row = (UNKNOWN, "Old", "{}", 0, 0, 1)
        connection.execute("INSERT INTO workspace VALUES (?, ?, ?, ?, ?, ?)", row)
    with running(Settings(database=database)) as server:
        assert [row["name"] for row in Plain(server).get("/workspaces")["data"]] == ["Old"]


def put_into_version(version: int, old: Path, made: Path, tables: Iterable[str]) -> None:
    """Makes a database as that version of the schema has it, with rows of today's."""
    folder = resources.files("reconciler.sandbox.core") / "migrations"
    scripts = sorted((file for file in folder.iterdir()), key=lambda file: file.name)
    with closing(sqlite3.connect(old)) as connection:
        for script in [one for one in scripts if one.name.endswith(".sql")][:version]:
            connection.executescript(script.read_text(encoding="utf-8"))
        connection.execute("ATTACH ? AS made", [str(made)])
        for table in tables:
            rows = connection.execute(f"PRAGMA main.table_info({table})").fetchall()
            columns = ", ".join(row[1] for row in rows)
            connection.execute(
                f"INSERT INTO {table} ({columns}) SELECT {columns} FROM made.{table}"
            )
        connection.commit()
        connection.execute(f"PRAGMA user_version={version}")


def test_connections_of_an_older_database_get_their_place_in_the_timetable(
    tmp_path: Path,
) -> None:
    made, old = tmp_path / "made.db", tmp_path / "old.db"
    hourly = {"scheduleType": "cron", "cronExpression": "0 0 * * * ?"}
    with running(Settings(made)) as server:
        plain = Plain(server)
        plain.connection(schedule=hourly)
        plain.connection(schedule=hourly, status="inactive")
        plain.connection()
    put_into_version(3, old, made, ("workspace", "actor", "connection"))
    with running(Settings(old, behaviour=Behaviour(runs_schedules=True))) as server:
        plain = Plain(server)
        assert plain.get("/jobs")["data"] == []
        plain.control("/clock", {"seconds": 3600})
        plain.token = plain.control("/tokens", {"caller": "admin"})["access_token"]
        assert len(plain.get("/jobs")["data"]) == 1


def test_a_database_of_a_newer_version_is_refused(tmp_path: Path) -> None:
    database = tmp_path / "sandbox.db"
    with closing(sqlite3.connect(database)) as connection:
        connection.execute("PRAGMA user_version=99")
    with (
        pytest.raises(SandboxError, match="newer version"),
        running(Settings(database=database)),
    ):
        pass


def test_a_dump_seeds_another_sandbox_with_the_same(tmp_path: Path) -> None:
    first, second = tmp_path / "first.db", tmp_path / "second.db"
    with running(Settings(database=first)) as server:
        plain = Plain(server)
        made = plain.connection()
        plain.ok("POST", "/jobs", {"connectionId": made["connectionId"], "jobType": "sync"})
    file = str(tmp_path / "dump.jsonl")
    assert run("dump", file, "--db", str(first)).exit_code == 0
    assert run("seed", file, "--db", str(second)).exit_code == 0
    with running(Settings(database=second)) as server:
        plain = Plain(server)
        assert plain.get("/connections")["data"] == [made]
        assert len(plain.get("/jobs")["data"]) == 1
        plain.workspace("Next")
        assert plain.get("/workspaces")["data"][-1]["name"] == "Next"


def test_requests_seed_a_sandbox_and_a_bad_line_is_named(tmp_path: Path) -> None:
    database, file = str(tmp_path / "s.db"), tmp_path / "seed.jsonl"
    lines = [
        {"post": "/workspaces", "body": {"name": "Acme"}, "as": "acme"},
        {"post": "/tags", "body": {"name": "gold", "color": "ffaa00", "workspaceId": "@acme"}},
    ]
    file.write_text("\n".join(map(json.dumps, lines)), encoding="utf-8")
    assert run("seed", str(file), "--db", database).output == "Seeded 2 things.\n"
    result = run("seed", str(file), "--db", database)
    assert result.exit_code == 0
    file.write_text('{"post": "/tags", "body": {"name": "x"}}', encoding="utf-8")
    result = run("seed", str(file), "--db", database)
    assert result.exit_code == 1
    assert "line 1 cannot be carried out" in " ".join(result.output.split())


def test_a_seed_names_ids_in_paths_and_anywhere_in_bodies(tmp_path: Path) -> None:
    database, file = tmp_path / "s.db", tmp_path / "seed.jsonl"
    docker = {"name": "CRM", "dockerRepository": "acme/source-crm", "dockerImageTag": "1.0.0"}
    tag = {"name": "gold", "color": "ffaa00", "workspaceId": "@acme"}
    warehouse = {**POSTGRES, "host": "@unknown"}
    lines: list[Any] = [
        {"post": "/workspaces", "body": {"name": "Acme"}, "as": "acme"},
        {"post": "/workspaces/@acme/definitions/sources", "body": docker, "as": "crm"},
        {"post": "/tags", "body": tag, "as": "gold"},
        _source({"definitionId": "@crm", "configuration": {}}, "shop"),
        {
            "post": "/destinations",
            "body": {"name": "W", "workspaceId": "@acme", "configuration": warehouse},
            "as": "lake",
        },
        {
            "post": "/connections",
            "body": {
                "sourceId": "@shop",
                "destinationId": "@lake",
                "tags": [{**tag, "tagId": "@gold"}],
            },
        },
    ]
    file.write_text("\n\n".join(map(json.dumps, lines)), encoding="utf-8")
    assert run("seed", str(file), "--db", str(database)).output == "Seeded 6 things.\n"
    with running(Settings(database=database)) as server:
        plain = Plain(server)
        (made,) = plain.get("/connections")["data"]
        assert [one["name"] for one in made["tags"]] == ["gold"]
        (lake,) = plain.get("/destinations")["data"]
        assert lake["configuration"]["host"] == "@unknown"


def _source(more: Any, name: str) -> Any:
    return {"post": "/sources", "body": {"name": "S", "workspaceId": "@acme", **more}, "as": name}


def test_tenants_can_be_made_up_and_a_reset_forgets_them(tmp_path: Path) -> None:
    database = tmp_path / "s.db"
    assert run("seed", "--tenants", "2", "--db", str(database)).output == "Seeded 36 things.\n"
    with running(Settings(database=database)) as server:
        assert len(Plain(server).get("/connections?limit=100")["data"]) == 16
    assert run("reset", "--db", str(database)).exit_code == 0
    assert not database.exists()
    assert run("reset", "--db", str(database)).output.startswith("There is no ")


def test_a_fault_can_be_said_in_words(tmp_path: Path) -> None:
    from reconciler.sandbox.control.faults import spoken

    faults = (
        *(spoken("GET /tags 429 x2"), spoken("* /jobs close-before"), spoken("GET /users 404")),
        *(spoken("GET /organizations expire"), spoken("GET /permissions .01s")),
        spoken("POST /tags 503:7"),
    )
    settings = Settings(database=tmp_path / "s.db", faults=faults)
    with running(settings) as server:
        plain = Plain(server)
        statuses = [plain.send("GET", "/tags").status_code for _ in range(3)]
        assert statuses == [429, 429, 200]
        with pytest.raises(requests.exceptions.RequestException):
            plain.send("GET", "/jobs")
        busy = plain.send("POST", "/tags", {})
        assert (busy.status_code, busy.headers["Retry-After"]) == (503, "7")
        missing = plain.send("GET", "/users")
        assert (missing.status_code, missing.content) == (404, b"")
        assert plain.send("GET", "/permissions").elapsed.total_seconds() >= 0.01
        assert plain.send("GET", "/organizations").status_code == 401
    result = run("serve", "--fault", "nonsense", "--port", "0", "--db", str(tmp_path / "x.db"))
    assert (result.exit_code, "is no fault" in result.output) == (1, True)


def said(result: Result) -> str:
    """What a command that failed as foreseen said, on one line."""
    assert result.exit_code == 1, result.output
    assert result.exception is None or isinstance(result.exception, SystemExit)
    return " ".join(result.output.split())


def test_a_seed_is_there_whole_or_not_at_all(tmp_path: Path) -> None:
    database, file = tmp_path / "s.db", tmp_path / "seed.jsonl"
    good = json.dumps({"post": "/workspaces", "body": {"name": "Acme"}})
    file.write_text("\n".join([good] * 3000 + ['{"post": "/tags", "body": {}}']), encoding="utf-8")
    assert "line 3001 cannot be carried out" in said(run("seed", str(file), "--db", str(database)))
    with running(Settings(database=database)) as server:
        assert Plain(server).get("/workspaces")["data"] == []


@pytest.mark.parametrize(
    ("line", "words"),
    [
        (b"[1]", "line 1 is no JSON object"),
        (b"\n{", "line 2 is no JSON object"),
        (b"{}", 'line 1 has neither "table" nor "post"'),
        (b"\xff", "the file is not UTF-8 text"),
        (b'{"post": 1}', 'line 1: "post" is no path'),
        (b'{"post": "/workspaces", "body": 1}', "line 1 cannot be carried out"),
        (b'{"table": "nonsense", "row": {}}', "there is no table nonsense"),
        (b'{"table": "tag"}', 'line 1 has no "row"'),
        (b'{"table": "tag", "row": {"x": 1}}', "a row does not fit into tag"),
        (b'{"table": "heap", "row": {}}', "a row does not fit into heap"),
        (b'{"format": "other"}', "this is no dump of this version"),
    ],
)
def test_a_line_that_says_nothing_is_told(tmp_path: Path, line: bytes, words: str) -> None:
    file = tmp_path / "seed.jsonl"
    file.write_bytes(line)
    assert words in said(run("seed", str(file), "--db", str(tmp_path / "s.db")))


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("{", "cannot be read as JSON"),
        ("[]", 'it has no list "sources"'),
        ('{"sources": [{"name": "x"}], "destinations": []}', "source 1 lacks its id"),
    ],
)
def test_what_is_no_registry_is_told(tmp_path: Path, content: str, words: str) -> None:
    registry = tmp_path / "registry.json"
    registry.write_text(content, encoding="utf-8")
    with (
        pytest.raises(SandboxError, match=words),
        running(Settings(database=tmp_path / "s.db", registry=registry)),
    ):
        pass


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("[1]", "holds no list of faults"),
        ('[{"nonsense": 1}]', "nonsense"),
        ('[{"status": "x"}]', "tatus is not a int"),
        ('[{"close": "never"}]', 'lose is "before" or "after"'),
    ],
)
def test_what_is_no_fault_is_told_before_anything_is_served(
    tmp_path: Path, content: str, words: str
) -> None:
    file = tmp_path / "faults.json"
    file.write_text(content, encoding="utf-8")
    database = tmp_path / "s.db"
    result = run("serve", "--faults", str(file), "--port", "0", "--db", str(database))
    assert words in said(result)
    assert not database.exists()


@pytest.mark.parametrize(
    "problem",
    [ValueError("a bug"), TypeError("a bug"), ModuleNotFoundError("x", name="reconciler.x")],
)
def test_a_bug_of_the_sandbox_is_no_message_of_the_command_line(
    problem: Exception,
) -> None:
    with pytest.raises(type(problem)), _translated():
        raise problem


def test_what_is_no_database_is_told_and_so_is_one_that_is_not_there(tmp_path: Path) -> None:
    assert "there is no database" in said(run("dump", str(tmp_path / "x"), "--db", "nowhere.db"))
    file = tmp_path / "notes.db"
    file.write_text("no database at all, and long enough to be looked at as one" * 20)
    for command in (("dump", str(tmp_path / "x")), ("reset",), ("serve", "--port", "0")):
        assert "is not a sandbox's database" in said(run(*command, "--db", str(file)))
    assert file.exists()


def test_a_name_for_an_answer_without_an_id_is_told(tmp_path: Path) -> None:
    file = tmp_path / "seed.jsonl"
    body = {"redirectUrl": "x", "workspaceId": UNKNOWN, "sourceType": "x"}
    line = {"post": "/sources/initiateOAuth", "body": body, "as": "it"}
    file.write_text(json.dumps(line), encoding="utf-8")
    result = run("seed", str(file), "--db", str(tmp_path / "s.db"))
    assert '"as" names an answer without an id' in said(result)


def test_a_file_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    database = str(tmp_path / "s.db")
    assert run("seed", "--tenants", "1", "--db", database).exit_code == 0
    assert "cannot write" in said(run("dump", str(tmp_path / "no" / "x"), "--db", database))
    (tmp_path / "file").write_text("", encoding="utf-8")
    assert "cannot open" in said(run("seed", "--tenants", "1", "--db", f"{tmp_path}/file/s.db"))
