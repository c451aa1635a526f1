"""Where secrets come from: providers, what is missing, and that no value is ever shown."""

from __future__ import annotations

import json
import sqlite3
import sys
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from tests.journeys.manifests import ENVIRON, acme, bigquery, stripe
from tests.support import Api, Project

VALUES = {"STRIPE_KEY": "sk_planted_stripe", "BQ_KEY": "planted-bigquery-key"}
PRINTS = (
    "import sys, pathlib; name = sys.argv[1];"
    "pathlib.Path('asked.log').open('a').write(name + '\\n');"
    "print({'STRIPE_KEY': 'sk_planted_stripe', 'BQ_KEY': 'planted-bigquery-key'}[name])"
)


def with_secrets(project: Project, **secrets: Any) -> None:
    """Sets the project's secrets provider."""
    file = project.folder / "reconciler.yaml"
    text = file.read_text(encoding="utf-8").partition("\nsecrets:")[0].rstrip("\n")
    project.write("reconciler.yaml", f"{text}\nsecrets: {json.dumps(secrets)}\n")


def coordinates(api: Api) -> list[str]:
    """What the sandbox has for the secrets of acme, as other tools see them."""
    path = f"/sources/{api.row('sources', 'stripe')['sourceId']}?includeSecretCoordinates=true"
    return [api.call("GET", path)["configuration"]["client_secret"]]


@pytest.mark.parametrize(
    ("file", "text"),
    [
        ("secrets.yaml", "STRIPE_KEY: sk_planted_stripe\nBQ_KEY: planted-bigquery-key\n"),
        ("secrets.json", json.dumps(VALUES)),
        (
            "secrets.env",
            "# ours\nexport STRIPE_KEY=sk_planted_stripe\nBQ_KEY='planted key'",
        ),
    ],
)
def test_a_file_gives_secrets(project: Project, api: Api, file: str, text: str) -> None:
    with_secrets(project, provider="file", path=file)
    project.write(file, text)
    project.tenant(acme())
    project.apply()
    assert coordinates(api)[0].startswith("secret_coordinate::")


def kept(api: Api, database: Path) -> str:
    """The value that the sandbox keeps for the secret of stripe."""
    with closing(sqlite3.connect(database)) as connection:
        rows = dict(connection.execute("SELECT coordinate, value FROM secret").fetchall())
    return str(rows[coordinates(api)[0].removeprefix("secret_coordinate::")])


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("STRIPE_KEY=abc#def", "abc#def"),
        ("STRIPE_KEY=#abc", "#abc"),
        ("STRIPE_KEY=abc #def", "abc"),
        ("STRIPE_KEY=abc\t# it's a comment", "abc"),
        ("STRIPE_KEY='abc #def' # a comment", "abc #def"),
        ('STRIPE_KEY="abc #def"', "abc #def"),
        ("STRIPE_KEY=a$BQ_KEY", "a$BQ_KEY"),
        ('STRIPE_KEY="a${BQ_KEY}"', "a${BQ_KEY}"),
        ("STRIPE_KEY=a=b==", "a=b=="),
        ("STRIPE_KEY=a\\\\b", "a\\\\b"),
        ("STRIPE_KEY=it's", "it's"),
        ("  export\tSTRIPE_KEY=abc  ", "abc"),
        ("STRIPE_KEY='one\n# two\nthree'", "one\n# two\nthree"),
        ('STRIPE_KEY="one\\ntwo"', "one\ntwo"),
        ("\ufeffSTRIPE_KEY=abc", "abc"),
        ("# é\r\n\r\nSTRIPE_KEY=abc\r\n", "abc"),
        ("STRIPE_KEY='one\r\ntwo'\r\n", "one\ntwo"),
    ],
)
def test_a_dotenv_file_means_what_docker_takes_it_for(
    project: Project, api: Api, tmp_path: Path, text: str, value: str
) -> None:
    with_secrets(project, provider="file", path="s.env")
    (project.folder / "s.env").write_bytes(f"{text}\nBQ_KEY=planted".encode())
    project.tenant(acme())
    project.apply()
    assert kept(api, tmp_path / "sandbox.db") == value


@pytest.mark.parametrize(
    ("text", "place", "words"),
    [
        ("\n# ours\n\nplanted\n", "s.env:4:1", "not NAME=value"),
        ("export STRIPE_KEY\n", "s.env:1:1", "not NAME=value"),
        ("STRIPE_KEY: planted\n", "s.env:1:1", "cannot be read"),
        ("STRIPE_KEY=planted\nA='planted' b\n", "s.env:2:1", "behind it"),
        ("STRIPE_KEY=planted\r\nA='planted\r\nB=1", "s.env:2:1", "not closed"),
        ("STRIPE_KEY='planted'#planted\n", "s.env:1:1", "behind a blank"),
        ("STRIPE_KEY=planted BQ_KEY=planted\n", "s.env:1:1", "blanks"),
        ("A=1\nSTRIPE_KEY=planted-1\nA=2\n", "s.env:3:1", "first is on line 1"),
    ],
)
def test_a_dotenv_line_that_is_not_clear_is_told_with_its_number(
    project: Project, text: str, place: str, words: str
) -> None:
    with_secrets(project, provider="file", path="s.env")
    (project.folder / "s.env").write_bytes(text.encode())
    project.tenant(acme())
    result = project.run("apply", "--auto-approve")
    assert result.exit_code == 3, result.output
    assert f"{place}: error: unreadable secrets file" in result.stderr
    assert words in " ".join(result.stderr.split())
    assert "planted" not in result.output


def test_a_dot_in_a_name_steps_into_a_file(project: Project) -> None:
    with_secrets(project, provider="file", path="s.yaml")
    project.write("s.yaml", "acme: {stripe: planted-a}\nshared.key: planted-b\n")
    project.tenant(
        acme(
            sources={"stripe": stripe(client_secret="${{ secrets.acme.stripe }}")},
            destination=bigquery(credentials_json="${{ secrets.shared.key }}"),
        )
    )
    project.apply()


def test_a_prefix_stands_before_the_names_of_variables(project: Project) -> None:
    with_secrets(project, provider="env", prefix="AB_")
    project.environ |= {f"AB_{name}": value for name, value in VALUES.items()}
    project.tenant(acme())
    project.apply()


def test_a_variable_for_a_name_with_other_signs_is_in_capitals(project: Project) -> None:
    project.environ |= {**ENVIRON, "BIG_CO_STRIPE": "sk_planted"}
    project.tenant(acme(sources={"stripe": stripe(client_secret="${{ secrets.big-co.stripe }}")}))
    project.apply()


def test_a_command_is_run_once_for_each_name(project: Project) -> None:
    with_secrets(project, provider="command", argv=[sys.executable, "-c", PRINTS, "{name}"])
    second = {**acme()["sources"]["stripe"], "name": "another with the same key"}
    project.tenant(acme(sources={"stripe": stripe(), "more": second}))
    project.apply()
    asked = (project.folder / "asked.log").read_text(encoding="utf-8").split()
    assert sorted(asked) == ["BQ_KEY", "STRIPE_KEY"]


def test_an_environment_may_have_a_provider_of_its_own(project: Project) -> None:
    with_secrets(project, provider="file", path="of-somebody-else.yaml")
    file = project.folder / "reconciler.yaml"
    own = "secrets: {provider: file, path: mine.env}"
    text = file.read_text(encoding="utf-8").replace("test: {", f"test: {{{own}, ", 1)
    project.write("reconciler.yaml", text)
    project.write("mine.env", "STRIPE_KEY=sk_planted\nBQ_KEY=planted\n")
    project.tenant(acme())
    project.apply()


@pytest.mark.parametrize(
    ("secrets", "words"),
    [
        ({"provider": "file", "path": "none.yaml"}, ["reconciler.yaml:5:10", "no such file"]),
        ({"provider": "file", "path": "list.yaml"}, ["mapping"]),
        ({"provider": "file", "path": "broken.yaml"}, ["broken.yaml:2:1"]),
        ({"provider": "file", "path": "quote.env"}, ["quote.env:1:1", "not closed"]),
        ({"provider": "file", "path": "spaces.env"}, ["spaces.env:1:1", "not in quotes"]),
        ({"provider": "file", "path": "empty.json"}, ["STRIPE_KEY", "BQ_KEY", "empty.json"]),
        ({"provider": "file", "path": "sops.yaml"}, ["encrypted"]),
        ({"provider": "file", "path": "types.yaml"}, ["quotes"]),
        ({"provider": "command", "argv": ["no-such-program", "{name}"]}, ["no-such-program"]),
        ({"provider": "command", "argv": ["false", "{name}"]}, ["exit code 1", "BQ_KEY"]),
        (
            {
                "provider": "command",
                "argv": [sys.executable, "-c", "import time; time.sleep(60)", "{name}"],
                "timeoutSeconds": 0.01,
            },
            ["0.01 s"],
        ),
    ],
)
def test_secrets_that_cannot_be_had_are_told_before_anything_is_sent(
    project: Project, api: Api, secrets: dict[str, Any], words: list[str]
) -> None:
    project.write("list.yaml", "[planted-secret]")
    project.write("broken.yaml", "A: [planted-secret")
    project.write("quote.env", "A='planted-secret")
    project.write("spaces.env", "A=planted secret\n")
    project.write("empty.json", "{}")
    project.write("sops.yaml", "STRIPE_KEY: ENC[AES256_GCM,data:planted]\nBQ_KEY: x\n")
    project.write("types.yaml", "STRIPE_KEY: 1.5\nBQ_KEY: true\n")
    with_secrets(project, **secrets)
    project.tenant(acme())
    assert project.run("plan").exit_code == 0
    result = project.run("apply", "--auto-approve")
    assert result.exit_code == 3, (result.output, result.exception)
    assert isinstance(result.exception, SystemExit), result.exc_info
    shown = " ".join(result.output.split())
    for word in words:
        assert word in shown
    assert "planted" not in result.output
    assert "Traceback" not in result.output
    assert api.rows("workspaces") == []


@pytest.mark.parametrize(
    ("secrets", "words"),
    [
        ({"provider": "file"}, "path"),
        ({"provider": "command"}, "argv"),
        ({"provider": "vault"}, "command"),
        ({"provider": "env", "prefx": "A"}, "prefix"),
        ({"provider": "command", "argv": "op read"}, "list"),
    ],
)
def test_a_wrong_provider_is_told_at_its_place(
    project: Project, secrets: dict[str, Any], words: str
) -> None:
    with_secrets(project, **secrets)
    project.tenant(acme())
    result = project.run("validate")
    assert result.exit_code == 1
    assert "reconciler.yaml:5:" in result.stderr
    assert words in result.stderr


def test_a_coordinate_of_airbyte_itself_passes_through(project: Project, api: Api) -> None:
    project.environ |= ENVIRON
    project.tenant(acme())
    project.apply()
    (stored,) = coordinates(api)
    assert stored.startswith("secret_coordinate::")
    project.tenant(acme(sources={"stripe": stripe(client_secret=stored)}))
    assert project.run("plan").exit_code == 0


def test_no_value_of_a_secret_is_ever_shown_or_stored(project: Project, tmp_path: Path) -> None:
    vault = tmp_path / "vault.yaml"
    vault.write_text(json.dumps(VALUES), encoding="utf-8")
    with_secrets(project, provider="file", path=str(vault))
    project.tenant(acme())
    runs = [
        project.run("-v", "validate"),
        project.run("-v", "plan"),
        project.run("-v", "apply", "--auto-approve"),
        project.run("-v", "plan"),
    ]
    project.tenant(acme(destination=bigquery(credentials_json="x ${{ secrets.BQ_KEY }}")))
    runs += [project.run("-v", "apply", "--auto-approve"), project.run("-v", "plan")]
    seen = "".join(run.output for run in runs)
    assert "planted" not in seen
    for file in project.folder.rglob("*"):
        if file.is_file():
            assert b"planted" not in file.read_bytes(), file
