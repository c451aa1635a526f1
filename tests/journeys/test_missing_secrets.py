"""A secret that is not to be had stops the tenants that must send it, and nobody else."""

from __future__ import annotations

import json
import sys
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from tests.journeys.manifests import ENVIRON, acme, bigquery, stripe
from tests.journeys.test_secrets import with_secrets
from tests.support import ROOT, Api, Project

TENANTS = ("acme", "globex", "initech")


def tenant(name: str, **changes: Any) -> dict[str, Any]:
    """A tenant with secrets of its own: NAME_STRIPE and NAME_BQ."""
    sources = {"stripe": stripe(client_secret=f"${{{{ secrets.{name.upper()}_STRIPE }}}}")}
    destination = bigquery(credentials_json=f"${{{{ secrets.{name.upper()}_BQ }}}}")
    own = {"tenant": name, "workspace": {"name": name.title()}}
    return {**acme(sources=sources, destination=destination), **own, **changes}


@pytest.fixture
def fleet(project: Project) -> Project:
    """Three tenants, all of whose secrets are provided."""
    for name in TENANTS:
        project.tenant(tenant(name), name)
        project.environ |= {
            f"{name.upper()}_{what}": f"planted-{name}" for what in ("STRIPE", "BQ")
        }
    return project


def workspaces(api: Api) -> list[str]:
    return [row["name"] for row in api.rows("workspaces")]


def assert_seals(text: str) -> None:
    assert "planted" not in text
    assert "Traceback" not in text


def test_a_missing_secret_refuses_its_tenant_and_the_others_go_on(fleet: Project, api: Api) -> None:
    del fleet.environ["GLOBEX_STRIPE"]
    result = fleet.run("apply", "--auto-approve", "--events", "events.jsonl")
    assert result.exit_code == 4, result.output
    shown = " ".join(result.stdout.split())
    assert "1 tenant refused, left alone" in shown
    assert "tenants/globex.yaml:" in shown
    assert "error: secrets missing [R503]" in shown
    assert "GLOBEX_STRIPE is not provided, and needed by source/globex/stripe" in shown
    assert "Set the environment variables of these names" in shown
    assert workspaces(api) == ["Acme", "Initech"]
    log = (fleet.folder / "events.jsonl").read_text(encoding="utf-8")
    events = [json.loads(line) for line in log.splitlines()]
    schema = json.loads((ROOT / "schemas" / "events.schema.json").read_text(encoding="utf-8"))
    assert all(Draft202012Validator(schema).is_valid(event) for event in events)
    (refused,) = [event for event in events if event["event"] == "refused"]
    assert refused["tenant"] == "globex"
    (problem,) = refused["problems"]
    assert problem["rule"] == "R503"
    assert problem["at"].startswith("tenants/globex.yaml:")
    assert "GLOBEX_STRIPE" in problem["detail"]
    assert events[-1]["exitCode"] == 4
    assert events[-1]["outcome"] == "partly applied"
    assert_seals(result.output + log)
    fleet.environ["GLOBEX_STRIPE"] = "planted-globex"
    fleet.apply()
    assert workspaces(api) == ["Acme", "Globex", "Initech"]
    fleet.assert_no_changes()


def test_several_missing_secrets_of_several_tenants_are_all_named(fleet: Project, api: Api) -> None:
    for name in ("GLOBEX_STRIPE", "GLOBEX_BQ", "INITECH_BQ"):
        fleet.environ[name] = ""
    result = fleet.run("apply", "--auto-approve")
    assert result.exit_code == 4, result.output
    shown = " ".join(result.stdout.split())
    for name in ("GLOBEX_STRIPE", "GLOBEX_BQ", "INITECH_BQ"):
        assert f"{name} is not provided" in shown
    assert shown.count("It is empty.") == 3
    assert workspaces(api) == ["Acme"]


def test_a_secret_that_two_tenants_share_refuses_both(fleet: Project, api: Api) -> None:
    shared = bigquery(credentials_json="${{ secrets.SHARED }}")
    for name in ("globex", "initech"):
        fleet.tenant(tenant(name, destination=shared), name)
    result = fleet.run("apply", "--auto-approve")
    assert result.exit_code == 4
    assert "needed by destination/globex/destination" in result.stdout
    assert "needed by destination/initech/destination" in result.stdout
    assert workspaces(api) == ["Acme"]


def test_nothing_but_refused_tenants_is_a_refusal(fleet: Project, api: Api) -> None:
    fleet.environ.clear()
    result = fleet.run("apply", "--auto-approve")
    assert result.exit_code == 3, result.output
    assert workspaces(api) == []
    history = json.loads(fleet.run("history", "--format", "json").stdout)
    assert_seals(json.dumps(history))


def test_what_is_as_it_should_be_does_not_make_a_refusal_less(fleet: Project, api: Api) -> None:
    fleet.apply()
    fleet.tenant(tenant("newcomer"), "newcomer")
    assert fleet.run("apply", "--auto-approve").exit_code == 3
    assert workspaces(api) == ["Acme", "Globex", "Initech"]


def test_a_plan_file_is_applied_but_for_the_tenant_that_lacks_a_secret(
    fleet: Project, api: Api
) -> None:
    assert fleet.run("plan", "--out", "plan.json").exit_code == 0
    del fleet.environ["ACME_BQ"]
    result = fleet.run("apply", "--auto-approve", "plan.json")
    assert result.exit_code == 4, result.output
    assert "ACME_BQ is not provided" in result.stdout
    assert workspaces(api) == ["Globex", "Initech"]
    fleet.environ["ACME_BQ"] = "planted-acme"
    assert fleet.run("apply", "--auto-approve", "acme").exit_code == 0


def test_waves_are_of_the_tenants_that_have_their_secrets(fleet: Project, api: Api) -> None:
    del fleet.environ["ACME_BQ"]
    result = fleet.run("apply", "--auto-approve", "--waves", "1,100%")
    assert result.exit_code == 4, result.output
    assert "ACME_BQ is not provided" in result.stdout
    assert "Wave 1 of 2" in result.stdout
    assert workspaces(api) == ["Globex", "Initech"]


def test_the_question_is_about_what_can_be_applied(fleet: Project, api: Api) -> None:
    del fleet.environ["ACME_BQ"]
    result = fleet.run("apply", input="no\n")
    assert "ACME_BQ is not provided" in result.stdout
    assert workspaces(api) == []


FAILS = [sys.executable, "-c", "import sys; sys.exit(7)", "{name}"]


@pytest.mark.parametrize(
    ("secrets", "told"),
    [
        ({"provider": "command", "argv": FAILS}, "exit code 7"),
        ({"provider": "command", "argv": ["no-such-program", "{name}"]}, "cannot be run"),
        ({"provider": "file", "path": "none.yaml"}, "no such file"),
    ],
)
def test_a_provider_that_fails_is_told_once_and_stops_only_those_who_need_it(
    fleet: Project, api: Api, secrets: dict[str, Any], told: str
) -> None:
    with_secrets(fleet, **secrets)
    faker = {"type": "faker", "configuration": {"count": 1}}
    plain = acme(sources={"faker": faker}, connections={})
    del plain["destination"]
    fleet.tenant({**plain, "tenant": "plain", "workspace": {"name": "Plain"}}, "plain")
    result = fleet.run("apply", "--auto-approve")
    assert result.exit_code == 4, result.output
    assert " ".join(result.stderr.split()).count(told) == 1, result.stderr
    assert "reconciler.yaml:5:10: error:" in result.stderr
    shown = " ".join(result.stdout.split())
    assert told not in shown
    assert shown.count("The provider of secrets failed.") == 6
    assert workspaces(api) == ["Plain"]


def test_a_default_stands_for_what_is_not_there_and_not_for_what_cannot_be_asked(
    project: Project, api: Api
) -> None:
    given = stripe(client_secret="${{ secrets.STRIPE_KEY || planted-default }}")
    project.tenant(acme(sources={"stripe": given}))
    with_secrets(project, provider="command", argv=["false"])
    result = project.run("apply", "--auto-approve")
    assert result.exit_code == 3, result.output
    assert "needed by source/acme/stripe" in result.stdout
    assert workspaces(api) == []
    project.write("some.env", "BQ_KEY=planted")
    with_secrets(project, provider="file", path="some.env")
    project.apply()


@pytest.mark.parametrize("gone", ["file", "entry"])
def test_secrets_asked_for_only_because_they_may_be_rotated_stop_nothing(
    project: Project, api: Api, gone: str
) -> None:
    with_secrets(project, provider="file", path="s.json")
    project.write("s.json", json.dumps(ENVIRON))
    project.tenant(acme())
    project.apply()
    file = project.folder / "s.json"
    file.unlink() if gone == "file" else file.write_text("{}", encoding="utf-8")
    project.assert_no_changes()
    assert project.run("apply", "--auto-approve").exit_code == 0
    project.tenant(acme(workspace={"name": "Acme Anew"}))
    project.apply()
    assert workspaces(api) == ["Acme Anew"]


def test_the_merged_report_names_the_tenants_that_lacked_a_secret(fleet: Project) -> None:
    del fleet.environ["GLOBEX_STRIPE"]
    del fleet.environ["ACME_BQ"]
    codes = []
    for shard in ("1/2", "2/2"):
        events = f"events-{shard[0]}.jsonl"
        options = ("--shard", shard, "--events", events)
        codes.append(fleet.run("apply", "--auto-approve", *options).exit_code)
    result = fleet.run("report", "merge", "events-1.jsonl", "events-2.jsonl")
    merged = json.loads(result.stdout)
    schema = json.loads((ROOT / "schemas" / "apply-report.schema.json").read_text(encoding="utf-8"))
    Draft202012Validator(schema).validate(merged)
    assert sorted(each["tenant"] for each in merged["refused"]) == ["acme", "globex"]
    assert set(codes) <= {3, 4}
    assert result.exit_code in (3, 4)
