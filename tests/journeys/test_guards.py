"""What keeps a plan from being applied although nothing is wrong with it: exit code 3."""

from __future__ import annotations

import json
import shutil
from typing import Any

import pytest

from tests.journeys.manifests import ENVIRON, acme
from tests.support import Api, Project


@pytest.fixture
def applied(project: Project) -> Project:
    """The project with tenant acme, applied."""
    project.environ |= ENVIRON
    project.tenant(acme())
    project.apply()
    return project


def lock(api: Api) -> None:
    """What Airbyte does itself, for billing or abuse."""
    id_ = api.row("connections", "stripe")["connectionId"]
    api.control_call(f"/connections/{id_}", {"status": "locked", "statusReason": "unpaid"})


def renamed() -> dict[str, Any]:
    return {"connections": {"stripe": {**acme()["connections"]["stripe"], "prefix": "new_"}}}


def test_a_change_of_a_locked_connection_is_refused(applied: Project, api: Api) -> None:
    lock(api)
    applied.tenant(acme(**renamed()))
    for command in (("plan",), ("apply", "--auto-approve")):
        api.clear_log()
        result = applied.run(*command)
        assert result.exit_code == 3
        assert "locked by Airbyte [R405]" in result.stdout
        assert all(method in ("GET", "POST") for method, _ in api.requests())


def test_a_locked_connection_that_stays_as_it_is_refuses_nothing(
    applied: Project, api: Api
) -> None:
    lock(api)
    assert applied.run("plan").exit_code == 0


def test_a_locked_connection_may_go(applied: Project, api: Api) -> None:
    lock(api)
    applied.tenant(acme(connections={"stripe": {"state": "absent", "reason": "unpaid"}}))
    applied.apply()
    assert api.rows("connections") == []


@pytest.mark.parametrize("is_folder_there", [True, False])
def test_no_manifest_at_all_is_refused_where_tenants_were_applied(
    applied: Project, api: Api, is_folder_there: bool
) -> None:
    shutil.rmtree(applied.folder / "tenants")
    if is_folder_there:
        (applied.folder / "tenants").mkdir()
    api.clear_log()
    for arguments in (("plan",), ("plan", "acme"), ("apply", "--auto-approve", "--prune")):
        result = applied.run(*arguments)
        assert result.exit_code == 3, result.output
        assert "no manifests left [R411]" in result.stdout
        assert "1 tenant was applied from here: acme." in " ".join(result.stdout.split())
    assert api.requests() == []
    document = json.loads(applied.run("plan", "--format", "json").stdout)
    assert [refusal["rule"] for refusal in document["refusals"]] == ["R411"]


def test_no_manifest_at_all_is_an_error_where_nothing_was_applied(project: Project) -> None:
    (project.folder / "tenants").mkdir()
    for command in (("plan",), ("apply", "--auto-approve"), ("validate",)):
        result = project.run(*command)
        assert result.exit_code == 1
        assert "no manifests [R017]" in result.stderr
