"""`--changed-since`: the tenants that a branch changes, whatever file it changes them by."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests.journeys.manifests import acme, bigquery
from tests.journeys.repository import Repository
from tests.support import Project

TEMPLATE = {
    "version": 1,
    "template": "shop",
    "params": {"type": "object", "properties": {"dataset": {"type": "string"}}},
    "destination": bigquery(dataset_id="${{ params.dataset }}"),
}


def changed(repository: Repository, revision: str = "main") -> str:
    """What `validate` counts."""
    result = repository.project.run("validate", "--changed-since", revision)
    assert result.exit_code == 0, result.output
    return result.output


@pytest.fixture
def repository(project: Project) -> Repository:
    return Repository(project)


def test_an_edited_tenant_is_the_only_one(repository: Repository) -> None:
    repository.tenant("globex", destination=bigquery(dataset_id="other"))
    assert "1 tenant," in changed(repository)
    repository.commit()
    assert "1 tenant," in changed(repository)
    planned = repository.project.run("plan", "--changed-since", "main")
    assert planned.exit_code == 0, planned.output
    assert "globex" in planned.stdout
    assert "acme" not in planned.stdout
    rendered = repository.project.run("render", "--changed-since", "main")
    assert "tenant: globex" in rendered.stdout
    assert "tenant: acme" not in rendered.stdout


def test_what_main_changed_meanwhile_is_not_this_branch(repository: Repository) -> None:
    repository.git("switch", "--quiet", "main")
    repository.tenant("acme", destination=bigquery(dataset_id="main"))
    repository.commit()
    repository.git("switch", "--quiet", "change")
    repository.tenant("globex", destination=bigquery(dataset_id="branch"))
    repository.commit()
    assert "1 tenant," in changed(repository)


def test_a_comment_or_another_file_name_changes_no_tenant(repository: Repository) -> None:
    tenants = repository.project.folder / "tenants"
    (tenants / "acme.yaml").rename(tenants / "renamed.yaml")
    file = tenants / "globex.yaml"
    file.write_text("# a comment\n" + file.read_text())
    repository.commit()
    assert "0 tenants," in changed(repository)
    planned = repository.project.run("plan", "--changed-since", "main", "--detailed-exitcode")
    assert planned.exit_code == 0, planned.output


def test_the_project_files_defaults_reach_every_tenant(repository: Repository) -> None:
    file = repository.project.folder / "reconciler.yaml"
    file.write_text(file.read_text() + "defaults: {connections: {prefix: p_}}\n")
    assert "3 tenants," in changed(repository)


def test_a_template_reaches_the_tenants_that_use_it(repository: Repository) -> None:
    repository.project.write("templates/shop.yaml", TEMPLATE)
    for name in ("hooli", "umbrella"):
        tenant = {"version": 1, "tenant": name, "template": "shop", "params": {"dataset": name}}
        repository.project.tenant(tenant, name)
    repository.commit_on_main()
    labelled = {**TEMPLATE, "labels": {"tier": "gold"}}
    repository.project.write("templates/shop.yaml", labelled)
    assert "2 tenants," in changed(repository)


def test_a_row_of_a_set_is_one_tenant(repository: Repository) -> None:
    repository.project.write("templates/shop.yaml", TEMPLATE)
    repository.project.write(
        "tenants/set.yaml", {"version": 1, "tenants": {"template": "shop", "from": "rows.csv"}}
    )
    rows = "tenant,dataset\nhooli,h\numbrella,u\n"
    repository.project.write("tenants/rows.csv", rows)
    repository.commit_on_main()
    repository.project.write("tenants/rows.csv", rows.replace("umbrella,u", "umbrella,v"))
    assert "1 tenant," in changed(repository)
    repository.project.write("tenants/rows.csv", f"{rows}wayne,w\n")
    assert "1 tenant," in changed(repository)


def test_a_tenant_that_is_gone_is_named_with_what_to_do(repository: Repository) -> None:
    (repository.project.folder / "tenants" / "initech.yaml").unlink()
    told = changed(repository)
    assert "initech" in told
    assert "put the manifest back with `state: absent`" in " ".join(told.split())
    assert "0 tenants," in told


def test_a_mistake_elsewhere_does_not_stop_the_branch(repository: Repository) -> None:
    repository.git("switch", "--quiet", "main")
    repository.project.tenant("tenant: [", "broken")
    repository.commit()
    repository.git("switch", "--quiet", "-C", "change")
    repository.tenant("acme", destination=bigquery(dataset_id="other"))
    result = repository.project.run("validate", "--changed-since", "main")
    assert "broken" in result.stderr, "it cannot be said to be unchanged, so it is told"
    assert result.exit_code == 1
    (repository.project.folder / "tenants" / "broken.yaml").unlink()
    assert "1 tenant," in changed(repository)


def test_a_detached_head_is_compared_like_a_branch(repository: Repository) -> None:
    repository.git("switch", "--quiet", "--detach")
    repository.tenant("globex", destination=bigquery(dataset_id="other"))
    assert "1 tenant," in changed(repository)
    repository.commit()
    assert "1 tenant," in changed(repository)
    assert "1 tenant," in changed(repository, "HEAD~1")


def test_a_manifest_that_is_renamed_and_edited_is_the_same_tenant(repository: Repository) -> None:
    tenants = repository.project.folder / "tenants"
    (tenants / "acme.yaml").unlink()
    repository.project.tenant({**acme(destination=bigquery(dataset_id="other"))}, "renamed")
    (tenants / "globex").mkdir()
    (tenants / "globex.yaml").rename(tenants / "globex" / "tenant.yaml")
    repository.commit()
    told = changed(repository)
    assert "1 tenant," in told
    assert "no longer" not in told


def test_a_merge_that_is_not_finished_is_told_at_its_markers(repository: Repository) -> None:
    repository.tenant("acme", destination=bigquery(dataset_id="branch"))
    repository.commit()
    repository.git("switch", "--quiet", "main")
    repository.tenant("acme", destination=bigquery(dataset_id="main"))
    repository.commit()
    repository.git("switch", "--quiet", "change")
    with pytest.raises(subprocess.CalledProcessError):
        repository.git("merge", "--quiet", "main")
    for options in (("--changed-since", "main"), ("--base", "main")):
        result = repository.project.run("plan", *options)
        assert result.exit_code == 1
        assert "error: merge conflict [R003]" in result.stderr
        assert "tenants/acme.yaml:" in result.stderr


def test_a_repository_without_a_commit_is_told(project: Project) -> None:
    project.tenant(acme())
    subprocess.run(["git", "init", "--quiet"], cwd=project.folder, check=True)
    result = project.run("plan", "--changed-since", "HEAD")
    assert result.exit_code == 1
    assert 'Git knows no revision "HEAD"' in result.stderr


def test_an_unknown_revision_is_told(repository: Repository) -> None:
    for revision in ("no-such-branch", "--output=x", "main..change"):
        result = repository.project.run("plan", f"--changed-since={revision}")
        assert result.exit_code == 1, result.output
        assert f'Git knows no revision "{revision}"' in result.stderr


def test_outside_a_repository_it_is_told(project: Project) -> None:
    project.tenant(acme())
    result = project.run("plan", "--changed-since", "main")
    assert result.exit_code == 1
    assert "no git" in result.stderr


def test_a_shallow_checkout_is_told_what_to_fetch(repository: Repository, tmp_path: Path) -> None:
    repository.git("switch", "--quiet", "main")
    repository.tenant("acme", destination=bigquery(dataset_id="main"))
    repository.commit()
    repository.git("switch", "--quiet", "change")
    repository.tenant("globex", destination=bigquery(dataset_id="branch"))
    repository.commit()
    clone = tmp_path / "clone"
    origin = f"file://{repository.project.folder}"
    subprocess.run(
        ["git", "clone", "--quiet", "--depth", "1", "--no-single-branch", origin, str(clone)],
        check=True,
    )
    subprocess.run(["git", "switch", "--quiet", "--detach", "origin/change"], cwd=clone, check=True)
    result = repository.project.run("--project", str(clone), "plan", "--changed-since=origin/main")
    assert result.exit_code == 1
    assert "git fetch --unshallow" in result.stderr
