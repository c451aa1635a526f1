"""`--shard` and `report merge`: many jobs share a fleet, and make together what one would."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from reconciler.project.selection import Shard
from tests.journeys.manifests import ENVIRON, acme
from tests.journeys.repository import Repository
from tests.support import ROOT, Api, Project

TENANTS = ("acme", "globex", "hooli", "initech", "stark", "umbrella", "wayne")
COUNT = 3


@pytest.fixture
def fleet(project: Project) -> Project:
    project.environ |= ENVIRON
    for name in TENANTS:
        project.tenant({**acme(), "tenant": name, "workspace": {"name": name.title()}}, name)
    return project


def shards(fleet: Project, *command: str, ending: str) -> list[str]:
    """Runs *command* for each shard; the files that they were told to write."""
    files = [f"{number}{ending}" for number in range(1, COUNT + 1)]
    for number, file in enumerate(files, 1):
        result = fleet.run(*command, file, "--shard", f"{number}/{COUNT}")
        assert result.exit_code == 0, result.output
    return files


@given(st.sets(st.text(max_size=30), max_size=40), st.integers(1, 20))
def test_shards_share_all_tenants_and_no_tenant_twice(names: set[str], count: int) -> None:
    parts = [{n for n in names if Shard(i, count).has(n)} for i in range(1, count + 1)]
    assert set().union(*parts) == names
    assert sum(len(part) for part in parts) == len(names)


def test_every_tenant_keeps_its_shard_whoever_else_is_there(fleet: Project) -> None:
    def told() -> dict[str, set[str]]:
        listed = {}
        for number in range(1, COUNT + 1):
            rendered = fleet.run("render", "--format", "json", "--shard", f"{number}/{COUNT}")
            tenants = json.loads(rendered.stdout)["tenants"]
            listed[str(number)] = {tenant["tenant"] for tenant in tenants}
        return listed

    before = told()
    assert set().union(*before.values()) == set(TENANTS)
    fleet.tenant({**acme(), "tenant": "aaa", "workspace": {"name": "First"}}, "aaa")
    after = told()
    assert {number: names - {"aaa"} for number, names in after.items()} == before


def test_merged_plans_are_the_plan_of_all_byte_for_byte(fleet: Project) -> None:
    files = shards(fleet, "plan", "--allow-deletes", "3", "--out", ending=".json")
    fleet.run("plan", "--allow-deletes", "3", "--out", "whole.json")
    merged = fleet.run("report", "merge", *reversed(files))
    assert merged.exit_code == 0, merged.output
    assert merged.stdout == (fleet.folder / "whole.json").read_text(encoding="utf-8")
    fleet.write("merged.json", merged.stdout)
    fleet.apply("merged.json")
    fleet.assert_no_changes()


def test_merged_plans_of_a_branch_name_every_tenant_that_is_gone(project: Project) -> None:
    project.environ |= ENVIRON
    repository = Repository(project)
    repository.project.apply()
    for name in ("acme", "globex"):
        (project.folder / "tenants" / f"{name}.yaml").unlink()
    repository.tenant("initech", connections={})
    options = ("--base", "main", "--changed-since", "main", "--out")
    project.run("plan", *options, "whole.json")
    files = shards(project, "plan", *options, ending=".json")
    whole = (project.folder / "whole.json").read_text(encoding="utf-8")
    assert json.loads(whole)["base"]["gone"] == ["acme", "globex"]
    assert project.run("report", "merge", *files).stdout == whole


def test_a_refused_shard_refuses_the_whole(fleet: Project) -> None:
    fleet.apply()
    fleet.tenant({**acme(), "tenant": "acme", "connections": {}, "prune": True})
    for number in (1, 2):
        fleet.run(
            "plan", "--allow-deletes", "0", "--out", f"{number}.json", "--shard", f"{number}/2"
        )
    assert fleet.run("report", "merge", "1.json", "2.json").exit_code == 3


def test_a_plan_of_a_shard_is_applied_as_it_is(fleet: Project) -> None:
    files = shards(fleet, "plan", "--out", ending=".json")
    for number, file in enumerate(files, 1):
        fleet.apply(file, "--events", f"{number}.jsonl")
    fleet.assert_no_changes()
    merged = json.loads(fleet.run("report", "merge", *(f"{n}.jsonl" for n in (1, 2, 3))).stdout)
    assert [run["shard"] for run in merged["runs"]] == ["1/3", "2/3", "3/3"]


def test_the_events_of_applies_add_up(fleet: Project, api: Api) -> None:
    api.fault(method="POST", path="/connections", status=422, count=1)
    files = [f"{number}.jsonl" for number in (1, 2)]
    codes = []
    for number, file in enumerate(files, 1):
        options = ("--auto-approve", "--events", file, "--shard", f"{number}/2")
        codes.append(fleet.run("apply", *options).exit_code)
    assert codes == [4, 0]
    merged = fleet.run("report", "merge", *reversed(files))
    assert merged.exit_code == 4, merged.output
    report = json.loads(merged.stdout)
    validated(report)
    assert report["counts"]["create"] == 4 * len(TENANTS) - 1
    assert report["counts"]["failed"] == 1
    (problem,) = report["problems"]
    assert problem["status"] == "failed"
    assert problem["problem"]["summary"] == "refused by Airbyte"


def test_an_apply_that_was_killed_is_not_done(fleet: Project) -> None:
    files = shards(fleet, "apply", "--auto-approve", "--events", ending=".jsonl")
    assert fleet.run("report", "merge", *files).exit_code == 0
    log = fleet.folder / files[1]
    lines = log.read_text(encoding="utf-8").splitlines(keepends=True)
    log.write_text("".join(lines[:-1]), encoding="utf-8")
    merged = fleet.run("report", "merge", *files)
    assert merged.exit_code == 4
    report = json.loads(merged.stdout)
    validated(report)
    assert [run["outcome"] for run in report["runs"]] == ["succeeded", "unfinished", "succeeded"]
    killed = "".join(lines[:-1]).replace('"run": "', '"run": "a')
    log.write_text(killed + "".join(lines), encoding="utf-8")
    assert fleet.run("report", "merge", *files).exit_code == 0, "the job was started anew"


def validated(report: Any) -> None:
    schema = json.loads((ROOT / "schemas" / "apply-report.schema.json").read_text("utf-8"))
    Draft202012Validator(schema).validate(report)


def test_what_does_not_make_one_whole_is_refused(fleet: Project, tmp_path: Path) -> None:
    one, two, three = shards(fleet, "plan", "--out", ending=".json")
    fleet.run("plan", "--out", "of-2.json", "--shard", "2/2")
    fleet.run("plan", "--out", "whole.json")
    fleet.run("plan", "--out", "pruning.json", "--prune", "--shard", "3/3")
    other = Project(tmp_path / "other", fleet.url, fleet.environ)
    text = (fleet.folder / "reconciler.yaml").read_text(encoding="utf-8")
    other.write("reconciler.yaml", text.replace("test", "second"))
    other.tenant(acme())
    elsewhere = str(fleet.folder / "elsewhere.json")
    other.run("plan", "--out", elsewhere, "--shard", "3/3")
    fleet.run("apply", "--auto-approve", "--events", "log.jsonl", "--shard", "3/3")
    fleet.write("junk.jsonl", '{"event": "started"}\n')
    for files, told in (
        ((one, three), "of the 3 shards, 2 is missing"),
        ((one,), "of the 3 shards, 2, 3 are missing"),
        ((one, two, three, two), "2.json and 2.json are both shard 2/3"),
        ((one, "of-2.json", three), "not of one count"),
        (("whole.json",), "whole.json is of no shard"),
        ((one, two, "pruning.json"), "differ in `options`"),
        ((one, two, elsewhere), "differ in `environment`"),
        ((one, two, "log.jsonl"), "these are plans and applies"),
        (("junk.jsonl",), "no report of ours"),
        (("none.json",), "cannot be read"),
    ):
        result = fleet.run("report", "merge", *files)
        assert result.exit_code == 1, (files, result.output)
        assert told.lower() in " ".join(result.stderr.split()).lower()
        assert result.stdout == ""


def test_a_job_s_own_number_says_which_shard(fleet: Project) -> None:
    def selected(**environ: str) -> str:
        fleet.environ |= {"JOB_COMPLETION_INDEX": "", "CI_NODE_INDEX": "", **environ}
        result = fleet.run("validate", "--shard", "auto/3")
        return result.stdout or result.stderr

    first = fleet.run("validate", "--shard", "1/3").stdout
    last = fleet.run("validate", "--shard", "3/3").stdout
    assert selected(JOB_COMPLETION_INDEX="0") == selected(CI_NODE_INDEX="1") == first
    assert selected(JOB_COMPLETION_INDEX="2") == selected(CI_NODE_INDEX="3") == last
    assert "no shard 4 of 3" in selected(JOB_COMPLETION_INDEX="3")
    assert "neither JOB_COMPLETION_INDEX nor CI_NODE_INDEX is set" in selected()


@pytest.mark.parametrize("shard", ["0/3", "4/3", "3", "/3", "3/", "a/b", "1/0", "-1/3"])
def test_a_shard_that_is_none_is_wrong_usage(fleet: Project, shard: str) -> None:
    result = fleet.run("plan", "--shard", shard)
    assert result.exit_code == 2
    assert "shard" in result.stderr


def test_a_shard_without_tenants_has_nothing_to_do(project: Project) -> None:
    project.tenant(acme())
    for command in ("validate", "plan", "drift"):
        results = [project.run(command, "--shard", f"{n}/2") for n in (1, 2)]
        assert 0 in [result.exit_code for result in results], results[0].output
        assert all(result.exit_code in (0, 2) for result in results)


def test_a_tenant_that_nobody_declares_any_more_is_told_by_one_shard(fleet: Project) -> None:
    fleet.apply()
    gone = TENANTS[0]
    (fleet.folder / "tenants" / f"{gone}.yaml").unlink()
    outputs = [fleet.run("plan", "--shard", f"{n}/{COUNT}").output for n in range(1, COUNT + 1)]
    assert ["R426" in output for output in outputs].count(True) == 1
