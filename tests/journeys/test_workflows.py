"""The workflows that `init --ci` writes, and our action: checked by other programs, and run."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.journeys.manifests import ENVIRON, acme, stripe
from tests.support import CLIENT_ID, CLIENT_SECRET, ROOT, Api, Project
from tests.support.forge import TOKEN, Forge, running
from tests.support.runner import PACKAGE, Runner

ACTION = ROOT / "action.yml"
PINNED = {  # checked by hand against the actions' repositories; change both together
    "actions/checkout": "11bd71901bbe5b1630ceea73d27597364c9af683",
    "actions/setup-python": "a26af69be951a213d495a4c3e4e4022e16d87065",
    "actions/upload-artifact": "ea165f8d65b6e75b540449e92b4886f43607fa02",
    "actions/download-artifact": "d3f86a106a0bac45b974a628896c90dbdf5c8093",
}
LATER = {"stripe": stripe(start_date="2024-01-01T00:00:00Z")}
CREDENTIALS = {"AIRBYTE_CLIENT_ID": CLIENT_ID, "AIRBYTE_CLIENT_SECRET": CLIENT_SECRET}
EVENT = json.dumps({"pull_request": {"number": 12}})


@dataclass
class Repository:
    """A project that `init --ci` has begun, with one tenant on main, and its clone of origin."""

    project: Project
    api: Api
    forge: Forge
    kind: str

    def __post_init__(self) -> None:
        folder = self.project.folder
        (folder / "reconciler.yaml").unlink()
        assert self.project.run("init", "--ci", self.kind).exit_code == 0
        (folder / "tenants" / "example.yaml").unlink()
        self.project.tenant(acme())
        self.git("init", "--quiet", "--initial-branch", "main")
        self.commit()
        bare = folder.parent / "origin.git"
        self.git("clone", "--quiet", "--bare", ".", str(bare))
        self.git("remote", "add", "origin", str(bare))
        self.git("fetch", "--quiet", "origin")
        self.git("switch", "--quiet", "--create", "change")

    def git(self, *arguments: str) -> None:
        identity = ["-c", "user.name=t", "-c", "user.email=t@example.test"]
        subprocess.run(["git", *identity, *arguments], cwd=self.project.folder, check=True)

    def commit(self) -> None:
        self.git("add", "--all")
        self.git("commit", "--quiet", "--message", "a change")

    def runner(self, name: str, environ: dict[str, str] | None = None) -> Runner:
        """A fresh machine for one job, with what its own runner sets."""
        folder = self.project.folder
        (event := folder.parent / "event.json").write_text(EVENT, encoding="utf-8")
        variables = {
            "AIRBYTE_URL": self.project.url,
            "GITHUB_ACTIONS": "true",
            "GITHUB_WORKSPACE": str(folder),
            "GITHUB_REPOSITORY": "acme/airbyte",
            "GITHUB_BASE_REF": "main",
            "GITHUB_EVENT_PATH": str(event),
            "GITHUB_API_URL": self.forge.url,
            "GITHUB_ACTION_PATH": str(ROOT),
        }
        context = {f"secrets.{key}": value for key, value in CREDENTIALS.items()} | {
            "vars.RECONCILER": PACKAGE,
            "github.token": TOKEN,
            "github.repository": "acme/airbyte",
            "github.server_url": "https://github.test",
            "github.run_id": "99",
        }
        return Runner(folder.parent / name, folder, {**variables, **(environ or {})}, context)

    @property
    def workflow(self) -> dict[str, Any]:
        path = ".github/workflows/reconciler.yml"
        text = (self.project.folder / path).read_text(encoding="utf-8")
        loaded: dict[str, Any] = yaml.safe_load(text)
        return loaded


@pytest.fixture(params=["github"])
def repository(project: Project, api: Api, request: pytest.FixtureRequest) -> Iterator[Repository]:
    with running(request.param) as forge:
        yield Repository(project, api, forge, request.param)


gitlab = pytest.mark.parametrize("repository", ["gitlab"], indirect=True)


def job(repository: Repository, name: str) -> tuple[Runner, subprocess.CompletedProcess[str]]:
    """Runs one job of the written GitHub workflow on a fresh machine."""
    workflow = repository.workflow
    runner = repository.runner(name)
    wanted = workflow["jobs"][name]
    env = {**workflow["env"], **wanted.get("env", {})}
    if name == "apply":
        env |= (
            ENVIRON  # the secrets that manifests name, which the comment in the file tells to add
        )
    return runner, runner.github(wanted["steps"], env)


def test_a_pull_request_is_validated_and_gets_its_comment(repository: Repository) -> None:
    project = repository.project
    project.tenant(acme(sources={"stripe": {**stripe(), "type": "strpe"}}))
    _, validated = job(repository, "validate")
    assert validated.returncode == 1
    assert "::error file=tenants/acme.yaml,line=" in validated.stdout
    project.tenant(acme(sources=LATER))
    repository.commit()
    runner, reviewed = job(repository, "review")
    assert reviewed.returncode == 0, reviewed.stdout
    (comment,) = repository.forge.comments
    assert "to create" in comment.body
    assert "to create" in runner.summary
    assert "comment written" in reviewed.stdout
    assert (project.folder / "plan.html").exists()
    assert TOKEN not in reviewed.stdout
    assert CLIENT_SECRET not in reviewed.stdout


def test_nothing_is_installed_that_nobody_has_named(repository: Repository) -> None:
    runner, _ = job(repository, "validate")
    assert runner.stubs == [f"pip install {PACKAGE}"]
    runner.context["vars.RECONCILER"] = ""
    workflow = repository.workflow
    done = runner.github(workflow["jobs"]["validate"]["steps"], workflow["env"])
    assert done.returncode != 0
    assert "RECONCILER: set this variable of CI" in done.stdout
    assert len(runner.stubs) == 1


def test_what_is_merged_is_planned_and_exactly_that_applied(repository: Repository) -> None:
    runner, planned = job(repository, "plan")
    assert planned.returncode == 0, planned.stdout
    assert runner.context["steps.plan.outputs.changes"] == "true"
    _, applied = job(repository, "apply")
    assert applied.returncode == 0, applied.stdout
    assert [row["name"] for row in repository.api.rows("sources")] == ["stripe"]
    (repository.project.folder.parent / "plan").rename(repository.project.folder.parent / "first")
    runner, planned = job(repository, "plan")
    assert planned.returncode == 0
    assert runner.context["steps.plan.outputs.changes"] == "false"


def test_a_plan_that_fails_ends_the_job_and_says_nothing_of_changes(
    repository: Repository,
) -> None:
    repository.api.fault(method="GET", status=403, count=50)
    runner, planned = job(repository, "plan")
    assert planned.returncode == 1
    assert "steps.plan.outputs.changes" not in runner.context


def nightly(repository: Repository, steps: list[dict[str, Any]], **context: str) -> None:
    """One issue through three nights: none, one that is brought up to date, none again."""
    runner = repository.runner("night", ENVIRON)
    runner.context |= context

    def night() -> str | None:
        done = runner.github(steps, CREDENTIALS)
        assert done.returncode == 0, done.stdout
        return runner.issue

    repository.project.environ |= {**ENVIRON, **CREDENTIALS, "AIRBYTE_URL": repository.project.url}
    repository.project.apply("--env", "production")
    assert night() is None
    (row,) = repository.api.rows("connections")
    path = f"/connections/{row['connectionId']}"
    repository.api.call("PATCH", path, {"schedule": {"scheduleType": "manual"}})
    assert "schedule" in (night() or "")
    assert "schedule" in runner.summary
    repository.api.call("DELETE", path)
    assert "missing" in (night() or "")
    repository.project.apply("--env", "production")
    assert night() is None
    asked = [line for line in runner.stubs if line.startswith("gh ")]
    list_, create, edit, close = (
        "gh issue " + verb for verb in ("list", "create", "edit", "close")
    )
    assert asked == [list_, list_, create, list_, edit, list_, close]


def test_drift_keeps_one_issue(repository: Repository) -> None:
    nightly(repository, repository.workflow["jobs"]["drift"]["steps"])


def action(
    repository: Repository, command: str, **inputs: str
) -> tuple[Runner, subprocess.CompletedProcess[str]]:
    """Runs our action as a step of a job whose environment has the credentials."""
    runner = repository.runner(f"action-{command}", {**ENVIRON, **CREDENTIALS})
    runner.context |= {
        f"inputs.{name}": value for name, value in inputs_of(command, inputs).items()
    }
    return runner, runner.github(action_steps())


def action_steps() -> list[dict[str, Any]]:
    steps: list[dict[str, Any]] = yaml.safe_load(ACTION.read_text(encoding="utf-8"))["runs"][
        "steps"
    ]
    return steps


def inputs_of(command: str, given: dict[str, str]) -> dict[str, str]:
    return {
        "command": command,
        "environment": "production",
        "project": ".",
        "arguments": "",
        "token": TOKEN,
        **given,
    }


def test_the_action_reviews_plans_and_applies(repository: Repository) -> None:
    repository.project.tenant(acme(sources=LATER))
    repository.commit()
    runner, reviewed = action(repository, "review", arguments="--details --job-info")
    assert reviewed.returncode == 0, reviewed.stdout
    assert "to create" in repository.forge.comments[0].body
    assert "to create" in runner.summary
    runner, planned = action(repository, "plan")
    assert planned.returncode == 0, planned.stdout
    assert runner.context["steps.plan.outputs.changes"] == "true"
    stored = (runner.folder / "plan.json").read_text(encoding="utf-8")
    applying = repository.runner("applying", {**ENVIRON, **CREDENTIALS})
    applying.context |= {f"inputs.{n}": v for n, v in inputs_of("apply", {}).items()}
    (applying.folder / "plan.json").write_text(stored, encoding="utf-8")
    applied = applying.github(action_steps())
    assert applied.returncode == 0, applied.stdout
    assert len(repository.api.rows("connections")) == 1


def test_the_action_refuses_a_command_that_it_does_not_know(repository: Repository) -> None:
    _, done = action(repository, "destroy")
    assert done.returncode == 2
    assert '::error::The input command is "destroy"' in done.stdout


def test_the_action_keeps_one_issue_of_drift(repository: Repository) -> None:
    inputs = {f"inputs.{name}": value for name, value in inputs_of("drift", {}).items()}
    nightly(repository, action_steps(), **inputs)


@gitlab
def test_gitlab_reviews_plans_applies_and_finds_drift(repository: Repository) -> None:
    text = (repository.project.folder / ".gitlab-ci.yml").read_text(encoding="utf-8")
    variables = {
        **CREDENTIALS,
        "AIRBYTE_URL": repository.project.url,
        "GITHUB_ACTIONS": "",
        "GITLAB_CI": "true",
        "GITLAB_TOKEN": TOKEN,
        "CI_PROJECT_DIR": str(repository.project.folder),
        "CI_PROJECT_ID": "4711",
        "CI_MERGE_REQUEST_IID": "12",
        "CI_MERGE_REQUEST_TARGET_BRANCH_NAME": "main",
        "CI_API_V4_URL": repository.forge.url,
    }
    repository.project.tenant(acme(sources=LATER))
    repository.commit()
    runner = repository.runner("gitlab", {**ENVIRON, **variables})
    for name, expected in (("validate", 0), ("review", 0), ("plan", 0), ("apply", 0), ("drift", 0)):
        done = runner.gitlab(text, name)
        assert done.returncode == expected, (name, done.stdout)
        assert TOKEN not in done.stdout
    assert "to create" in repository.forge.comments[0].body
    (row,) = repository.api.rows("connections")
    repository.api.call("DELETE", f"/connections/{row['connectionId']}")
    assert runner.gitlab(text, "drift").returncode == 2
    repository.api.fault(method="GET", status=403, count=50)
    assert runner.gitlab(text, "review").returncode == 1, "not what the plan before ended with"


def workflows() -> list[Path]:
    """Every file that uses actions."""
    scaffold = ROOT / "reconciler" / "data" / "scaffold" / "github" / "reconciler.yml"
    return [scaffold, ACTION, *sorted((ROOT / "examples" / "ci").glob("github*.yml"))]


@pytest.mark.parametrize("file", workflows(), ids=lambda file: file.name)
def test_actions_are_pinned_to_commits_that_were_looked_at(file: Path) -> None:
    used = re.findall(r"uses: (\S+)@(\S+)( # v\d\S*)?$", file.read_text("utf-8"), re.MULTILINE)
    assert used
    for name, commit, version in used:
        assert PINNED[name] == commit
        assert version


def test_no_job_has_more_permissions_than_it_needs(repository: Repository) -> None:
    workflow = repository.workflow
    assert workflow["permissions"] == {}
    permissions = {name: job["permissions"] for name, job in workflow["jobs"].items()}
    assert permissions == {
        "validate": {"contents": "read"},
        "review": {"contents": "read", "pull-requests": "write"},
        "plan": {"contents": "read"},
        "apply": {"contents": "read"},
        "drift": {"contents": "read", "issues": "write"},
    }


def test_no_step_has_the_credentials_of_both_sides(repository: Repository) -> None:
    jobs = repository.workflow["jobs"]
    assert not any("env" in job for job in jobs.values()), "secrets go to the steps that need them"
    for name, wanted in jobs.items():
        for step in wanted["steps"]:
            env = json.dumps(step.get("env", {}))
            assert not ("secrets." in env and "github.token" in env), name
    assert "secrets." not in json.dumps(jobs["validate"])
    assert "head.repo.full_name == github.repository" in jobs["review"]["if"]
    assert jobs["apply"]["environment"] == "production"


@pytest.mark.parametrize(
    ("file", "schema"),
    [
        (workflows()[0], "vendor.github-workflows"),
        (workflows()[0], "custom.github-workflows-require-timeout"),
        (ACTION, "vendor.github-actions"),
    ],
)
def test_github_s_own_schemas_take_them(file: Path, schema: str) -> None:
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", schema, str(file)]
    checked = subprocess.run(command, capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stdout + checked.stderr
