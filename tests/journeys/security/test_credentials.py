"""Credentials with odd characters: trimmed or refused where they enter, and never printed."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import Result

from tests.journeys.manifests import ENVIRON, acme
from tests.journeys.security.hostile import Answering, Seen, hostile
from tests.support import CLIENT_ID, CLIENT_SECRET, Api, Project
from tests.support.forge import TOKEN, running

PLANTED = "planted-credential"
ENDINGS = ["\n", "\r\n", " \t\n", "\u2028"]
UNSENDABLE = {
    "line break": f"{PLANTED}\nsecond-planted",
    "return": f"{PLANTED}\rsecond-planted",
    "zero": f"{PLANTED}\x1fsecond-planted",
}
UNFIT_FOR_A_HEADER = {
    **UNSENDABLE,
    "curly quote": f"{PLANTED}\u201d",
    "latin letter": f"{PLANTED}\xe9",
    "blank": f"Bearer {PLANTED}",
    "invisible": f"{PLANTED}\u200b",
}


def project_with(folder: Path, address: str, **fields: str) -> Project:
    """A project whose environment has these fields, each from a variable of its name."""
    environ = {name.upper(): value for name, value in fields.items()}
    project = Project(folder, address, {**ENVIRON, **environ})
    written = {name: f"${{{{ env.{name.upper()} }}}}" for name in fields}
    written.setdefault("url", address)
    project.write(
        "reconciler.yaml",
        f"version: 1\ndefaultEnvironment: x\nenvironments:\n  x:\n{_lines(written)}",
    )
    project.tenant(acme())
    return project


def _lines(fields: dict[str, str]) -> str:
    return "".join(f"    {name}: {json.dumps(value)}\n" for name, value in fields.items())


def assert_failed_unseen(result: Result) -> None:
    """The run ended with a message, in which nothing of a credential is."""
    assert result.exit_code == 1, result.output
    assert isinstance(result.exception, SystemExit), result.exc_info
    assert "Traceback" not in result.output
    assert "planted" not in result.output


@pytest.mark.parametrize("ending", ENDINGS)
def test_white_space_around_a_token_is_no_part_of_it(api: Api, tmp_path: Path, ending: str) -> None:
    project = project_with(tmp_path / "p", api.url, token=f" {api.token}{ending}")
    result = project.run("plan")
    assert result.exit_code == 0, result.output


@pytest.mark.parametrize("ending", ENDINGS)
def test_white_space_around_an_application_s_credentials_is_no_part_of_them(
    api: Api, tmp_path: Path, ending: str
) -> None:
    fields = {"clientId": CLIENT_ID + ending, "clientSecret": CLIENT_SECRET + ending}
    project = project_with(tmp_path / "p", api.url, **fields)
    project.apply()


def test_white_space_around_a_name_and_a_password_is_no_part_of_them(tmp_path: Path) -> None:
    def answer(server: Answering, _seen: Seen) -> None:
        server.give({"data": []})

    with hostile(answer) as server:
        fields = {"url": f"{server.url}\n", "username": "me\n", "password": f"{PLANTED}\r\n"}
        result = project_with(tmp_path, server.url, **fields).run("plan")
    assert result.exit_code == 0, result.output
    # base64 of me:planted-credential
    assert server.seen[0].headers["Authorization"] == "Basic bWU6cGxhbnRlZC1jcmVkZW50aWFs"


@pytest.mark.parametrize("token", UNFIT_FOR_A_HEADER.values(), ids=UNFIT_FOR_A_HEADER)
def test_a_token_that_no_header_can_carry_is_refused_unseen(tmp_path: Path, token: str) -> None:
    result = project_with(tmp_path, "http://127.0.0.1:1", token=token).run("-v", "plan")
    assert_failed_unseen(result)
    assert "reconciler.yaml:5:12: error: unusable credentials [R033]" in result.stderr
    assert "`token`" in result.stderr


@pytest.mark.parametrize("value", UNSENDABLE.values(), ids=UNSENDABLE)
@pytest.mark.parametrize("field", ["clientId", "clientSecret", "username", "password"])
def test_a_control_character_inside_a_credential_is_refused_unseen(
    tmp_path: Path, field: str, value: str
) -> None:
    pairs = {"clientId": "clientSecret", "username": "password"}
    other = {**pairs, **{b: a for a, b in pairs.items()}}[field]
    fields = {field: value, other: "fine"}
    result = project_with(tmp_path, "http://127.0.0.1:1", **fields).run("plan")
    assert_failed_unseen(result)
    assert f"`{field}`" in result.stderr
    assert "[R033]" in result.stderr


def test_every_unusable_credential_is_told_at_once(tmp_path: Path) -> None:
    fields = {"username": UNSENDABLE["zero"], "password": UNSENDABLE["return"]}
    result = project_with(tmp_path, "http://127.0.0.1:1", **fields).run("plan")
    assert_failed_unseen(result)
    assert result.stderr.count("[R033]") == 2


@pytest.mark.parametrize(
    "url",
    [
        f"http://me:{PLANTED}@127.0.0.1:1/v1",
        f"https://{PLANTED}@airbyte.example/v1",
        f"http://me:{PLANTED}@127.0.0.1:99999999/v1",
        f"me:{PLANTED}@127.0.0.1/v1",
        f"http://me:{PLANTED}@[bad/v1",
        f"https://airbyte.example/v1?token={PLANTED}",
        f"https://airbyte.example/v1#{PLANTED}",
        f"http://airbyte.example/\n{PLANTED}",
    ],
)
def test_a_url_with_credentials_is_refused_unseen(tmp_path: Path, url: str) -> None:
    project = project_with(tmp_path, "", url=url, token="t")
    result = project.run("plan")
    assert_failed_unseen(result)
    assert "reconciler.yaml:5:10: error: unusable address [R034]" in result.stderr


@pytest.mark.parametrize("url", [PLANTED, f"{PLANTED}://x/v1", f"http://[{PLANTED}/v1"])
def test_a_token_in_the_place_of_the_url_is_not_shown(tmp_path: Path, url: str) -> None:
    result = project_with(tmp_path, "", url=url, token="t").run("plan")
    assert_failed_unseen(result)


@pytest.mark.parametrize(
    "proxy",
    [
        f"http://me:{PLANTED}@127.0.0.1:1",
        f"http://me:{PLANTED}@[bad",
        f"socks9://me:{PLANTED}@127.0.0.1:1",
        f"http://me:{PLANTED}%E2%80%9D@127.0.0.1:1",
    ],
)
@pytest.mark.parametrize("command", ["plan", "connectors update"])
def test_the_credentials_of_a_proxy_are_not_shown(tmp_path: Path, proxy: str, command: str) -> None:
    project = project_with(tmp_path, "http://airbyte.invalid/v1", token="t")
    text = (tmp_path / "reconciler.yaml").read_text(encoding="utf-8")
    project.write("reconciler.yaml", f"{text}connectors: {{registry: 'http://c.invalid/r.json'}}\n")
    project.environ |= {"http_proxy": proxy, "HTTP_PROXY": proxy, "no_proxy": "", "NO_PROXY": ""}
    assert_failed_unseen(project.run("-v", *command.split()))


@pytest.mark.parametrize(
    "registry",
    [
        f"http://me:{PLANTED}@127.0.0.1:1/r.json?sig={PLANTED}",
        f"http://me:{PLANTED}@127.0.0.1:x/r.json",
        f"http://me:plan/{PLANTED}@127.0.0.1/r.json",
        f"http://me:{PLANTED}@[bad/r.json",
        f"ftp://me:{PLANTED}@127.0.0.1/r.json",
    ],
)
def test_the_credentials_of_a_registry_are_not_shown(tmp_path: Path, registry: str) -> None:
    project = Project(tmp_path, "http://127.0.0.1:1")
    text = (tmp_path / "reconciler.yaml").read_text(encoding="utf-8")
    project.write("reconciler.yaml", f"{text}connectors: {{registry: '{registry}'}}\n")
    assert_failed_unseen(project.run("connectors", "update"))


def test_a_registry_that_takes_credentials_gets_them_and_shows_none(tmp_path: Path) -> None:
    def answer(server: Answering, seen: Seen) -> None:
        is_known = "If-None-Match" in seen.headers
        server.give(REGISTRY if not is_known else b"", 304 if is_known else 200, {"ETag": '"1"'})

    with hostile(answer) as server:
        project = Project(tmp_path, "http://127.0.0.1:1")
        registry = server.url.replace("://", f"://me:{PLANTED}@") + f"?sig={PLANTED}"
        text = (tmp_path / "reconciler.yaml").read_text(encoding="utf-8")
        project.write("reconciler.yaml", f"{text}connectors: {{registry: '{registry}'}}\n")
        results = [project.run("connectors", "update") for _ in range(2)]
    assert [result.exit_code for result in results] == [0, 0]
    assert "Authorization" in server.seen[0].headers
    assert PLANTED in server.seen[0].path
    assert "Unchanged: http://127.0.0.1" in results[1].stdout
    assert not any("planted" in result.output for result in results)


ROW = {
    "sourceDefinitionId": "5b1b2ef3-6a7c-4c7e-9d3a-9a6a1d1f0c11",
    "dockerRepository": "airbyte/source-x",
    "spec": {"connectionSpecification": {}},
}
REGISTRY = {"sources": [ROW], "destinations": []}


def commenting(project: Project, kind: str, url: str, variable: str, token: str) -> Result:
    """`comment` in a job of *kind* whose token is in *variable*."""
    project.environ |= {
        **ENVIRON,
        "GITHUB_TOKEN": "",
        "GITHUB_REPOSITORY": "acme/airbyte",
        "GITHUB_API_URL": url,
        "CI_PROJECT_ID": "4711",
        "CI_API_V4_URL": url,
        variable: token,
    }
    return project.run("comment", f"--{kind}", "--pull-request", "12", "--retry-for", "1s")


FORGES = [("github", "GITHUB_TOKEN"), ("github", "GH_TOKEN"), ("gitlab", "GITLAB_TOKEN")]


@pytest.mark.parametrize(("kind", "variable"), FORGES)
@pytest.mark.parametrize("ending", ENDINGS)
def test_white_space_around_a_forge_s_token_is_no_part_of_it(
    project: Project, kind: str, variable: str, ending: str
) -> None:
    project.tenant(acme())
    with running(kind) as forge:
        result = commenting(project, kind, f"{forge.url}\n", variable, TOKEN + ending)
    assert "comment written" in result.stderr
    assert forge.tokens == {TOKEN}


@pytest.mark.parametrize(("kind", "variable"), FORGES)
@pytest.mark.parametrize("token", UNFIT_FOR_A_HEADER.values(), ids=UNFIT_FOR_A_HEADER)
def test_a_forge_s_token_that_no_header_can_carry_is_refused_unseen(
    project: Project, kind: str, variable: str, token: str
) -> None:
    project.tenant(acme())
    with running(kind) as forge:
        result = commenting(project, kind, forge.url, variable, token)
    assert result.exit_code == 0, "the plan itself is not in doubt"
    assert "comment not written" in result.stderr
    assert variable in result.stderr
    assert "planted" not in result.output
    assert forge.seen == []


@pytest.mark.parametrize("kind", ["github", "gitlab"])
@pytest.mark.parametrize("url", ["http://me:planted@127.0.0.1:1", "http://me:planted@[bad"])
def test_credentials_in_the_address_of_a_forge_are_refused_unseen(
    project: Project, kind: str, url: str
) -> None:
    project.tenant(acme())
    variable = {"github": "GITHUB_TOKEN", "gitlab": "GITLAB_TOKEN"}[kind]
    result = commenting(project, kind, url, variable, TOKEN)
    assert result.exit_code == 0
    assert {"github": "GITHUB_API_URL", "gitlab": "CI_API_V4_URL"}[kind] in result.stderr
    assert "planted" not in result.output
