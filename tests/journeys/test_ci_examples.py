"""examples/ci: what shares a fleet among jobs is taken by its platform's schema, and works."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.journeys.manifests import ENVIRON, acme
from tests.support import CLIENT_ID, CLIENT_SECRET, EXAMPLES, Project
from tests.support.runner import PACKAGE, Runner

CI = EXAMPLES / "ci"
TENANTS = ("acme", "globex", "hooli", "initech", "stark")
SHARDS = ("1", "2", "3", "4")


@pytest.fixture
def fleet(project: Project) -> Project:
    """Five tenants for the environment `production`, which is the sandbox."""
    text = (project.folder / "reconciler.yaml").read_text(encoding="utf-8")
    project.write("reconciler.yaml", text.replace("test:", "production:", 1))
    for name in TENANTS:
        project.tenant({**acme(), "tenant": name, "workspace": {"name": name.title()}}, name)
    project.environ |= ENVIRON
    return project


def machine(fleet: Project, name: str, **environ: str) -> Runner:
    return Runner(fleet.folder.parent / name, fleet.folder, {**ENVIRON, **environ})


def whole(output: str) -> None:
    """Fails the test unless *output* ends with the report of an apply of everything."""
    report = json.loads(output[output.index("{\n") :])
    assert [run["shard"] for run in report["runs"]] == [f"{shard}/4" for shard in SHARDS]
    assert report["counts"]["create"] == 4 * len(TENANTS)


def test_the_matrix_of_github_applies_every_part_of_the_plan(fleet: Project) -> None:
    workflow = yaml.safe_load((CI / "github-shards.yml").read_text(encoding="utf-8"))
    assert workflow["jobs"]["plan"]["strategy"]["matrix"]["shard"] == [1, 2, 3, 4]
    env = {name: str(value) for name, value in workflow["env"].items()}

    def run(job: str, shard: str = "") -> str:
        runner = machine(fleet, f"{job}-{shard}")
        runner.context = {
            "vars.RECONCILER": PACKAGE,
            "matrix.shard": shard,
            "secrets.AIRBYTE_CLIENT_ID": CLIENT_ID,
            "secrets.AIRBYTE_CLIENT_SECRET": CLIENT_SECRET,
        }
        done = runner.github(workflow["jobs"][job]["steps"], env)
        assert done.returncode == 0, done.stdout
        return done.stdout

    for shard in SHARDS:
        run("plan", shard)
    run("whole")
    for shard in SHARDS:
        run("apply", shard)
    whole(run("applied"))


def test_the_parallel_jobs_of_gitlab_make_the_plan_of_all(fleet: Project) -> None:
    text = (CI / "gitlab-shards.yml").read_text(encoding="utf-8")
    jobs = yaml.safe_load(text)
    assert str(jobs["plan"]["parallel"]) == jobs["variables"]["SHARDS"]
    for job, shard in (*(("plan", shard) for shard in SHARDS), ("whole", "")):
        runner = machine(fleet, f"{job}-{shard}", CI_NODE_INDEX=shard, **jobs["variables"])
        done = runner.gitlab(text, job)
        assert done.returncode == 0, done.stdout
    fleet.run("--env", "production", "plan", "--out", "expected.json")
    plan, expected = ((fleet.folder / name).read_bytes() for name in ("plan.json", "expected.json"))
    assert plan == expected
    assert "apply --auto-approve" in str(jobs["apply"]["script"])


def test_the_pods_of_kubernetes_apply_everything(fleet: Project, tmp_path: Path) -> None:
    job: dict[str, Any] = yaml.safe_load((CI / "kubernetes-shards.yaml").read_text("utf-8"))
    spec = job["spec"]
    assert spec["completionMode"] == "Indexed"
    (container,) = spec["template"]["spec"]["containers"]
    assert f"--shard=auto/{spec['completions']}" in container["args"]
    reports = tmp_path / "reports"
    reports.mkdir()
    for index in range(spec["completions"]):
        fleet.environ["JOB_COMPLETION_INDEX"] = str(index)
        args = [
            arg.replace("$(JOB_COMPLETION_INDEX)", str(index)).replace("/reports", str(reports))
            for arg in container["args"]
        ]
        result = fleet.run(*args)
        assert result.exit_code == 0, result.output
    merged = fleet.run("report", "merge", *sorted(map(str, reports.glob("events-*.jsonl"))))
    assert merged.exit_code == 0
    whole(merged.stdout)


@pytest.mark.parametrize(
    ("file", "options"),
    [
        ("github-shards.yml", ["vendor.github-workflows"]),
        ("github-shards.yml", ["custom.github-workflows-require-timeout"]),
        ("gitlab-shards.yml", ["vendor.gitlab-ci", "--data-transform", "gitlab-ci"]),
    ],
)
def test_their_platforms_take_them(file: str, options: list[str]) -> None:
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", *options]
    checked = subprocess.run(
        [*command, str(CI / file)], capture_output=True, text=True, check=False
    )
    assert checked.returncode == 0, checked.stdout + checked.stderr


def test_the_pod_has_only_what_it_needs() -> None:
    job = yaml.safe_load((CI / "kubernetes-shards.yaml").read_text(encoding="utf-8"))
    pod = job["spec"]["template"]["spec"]
    assert pod["restartPolicy"] == "Never", "a policy on failures asks for it"
    assert pod["securityContext"]["runAsNonRoot"] is True
    mounted = {mount["name"] for mount in pod["containers"][0]["volumeMounts"]}
    assert mounted == {volume["name"] for volume in pod["volumes"]}


def test_the_documentation_names_each_of_them() -> None:
    page = (EXAMPLES.parent / "docs" / "ci.md").read_text(encoding="utf-8")
    for file in CI.iterdir():
        assert f"examples/ci/{file.name}" in page
