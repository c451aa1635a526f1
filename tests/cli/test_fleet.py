"""The generated fleet of the benchmarks, small: what others measure must be right."""

from __future__ import annotations

from pathlib import Path

from benchmarks.fleet import write_fleet
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
