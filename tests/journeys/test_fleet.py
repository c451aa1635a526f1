"""The generated fleet of the benchmarks, small: what others measure must be right."""

from __future__ import annotations

import shutil
from pathlib import Path

from click.testing import CliRunner, Result

from benchmarks.fleet import FLEET, as_csv, as_secrets, businesses, write_fleet
from reconciler.cli import main
from tests.support import Project


def test_a_generated_fleet_of_files_applies_and_then_plans_empty(project: Project) -> None:
    write_fleet(project.folder, tenants=3, url=project.url)
    project.apply()
    project.assert_no_changes()


def test_a_seed_gives_the_same_fleet_again(tmp_path: Path) -> None:
    for name in ("one", "two"):
        write_fleet(tmp_path / name, tenants=5)
    files = sorted(file for file in (tmp_path / "one").rglob("*") if file.is_file())
    assert len(files) == 7
    for file in files:
        twin = tmp_path / "two" / file.relative_to(tmp_path / "one")
        assert file.read_bytes() == twin.read_bytes()


def test_files_and_a_set_of_the_same_businesses_are_the_same(tmp_path: Path) -> None:
    rendered = []
    for shape in ("files", "set"):
        write_fleet(tmp_path / shape, tenants=6, shape=shape)
        result = CliRunner().invoke(main, ["--project", str(tmp_path / shape), "render"])
        assert result.exit_code == 0, result.output
        rendered.append(result.stdout)
    assert rendered[0] == rendered[1]


def test_the_fleet_of_the_examples_is_the_generated_one() -> None:
    rows = list(businesses(100))
    table = (FLEET / "tenants" / "businesses.csv").read_text(encoding="utf-8")
    assert table == as_csv(rows)
    values = (FLEET / "demo-secrets.yaml").read_text(encoding="utf-8")
    assert values.partition("\n")[2] == as_secrets(rows)
    assert {len(row.uses) for row in rows} == {5, 6, 7, 8, 9, 10}


def test_two_businesses_of_the_examples_apply_and_then_plan_empty(tmp_path: Path) -> None:
    folder = tmp_path / "fleet"
    shutil.copytree(FLEET, folder, ignore=shutil.ignore_patterns(".reconciler"))
    chosen = [business.tenant for business in businesses(2)]

    def run(*arguments: str) -> Result:
        return CliRunner().invoke(main, ["--project", str(folder), *arguments])

    assert "Valid: 100 tenants" in run("validate").stdout
    applied = run("apply", "--auto-approve", *chosen)
    assert applied.exit_code == 0, applied.output
    again = run("plan", "--detailed-exitcode", *chosen)
    assert again.exit_code == 0, again.output
