"""A secret that changed is sent, and only then; the plan says what gave it away."""

from __future__ import annotations

import pytest

from tests.journeys.manifests import ENVIRON, acme, stripe
from tests.support import Api, Project


@pytest.fixture
def applied(project: Project) -> Project:
    """The project with tenant acme, applied."""
    project.environ |= ENVIRON
    project.tenant(acme())
    project.apply()
    return project


def coordinate(api: Api) -> str:
    """Where the stored secret is; another one after each write of a raw value."""
    path = f"/sources/{api.row('sources', 'stripe')['sourceId']}?includeSecretCoordinates=true"
    return str(api.call("GET", path)["configuration"]["client_secret"])


def test_a_changed_value_is_sent_once_and_the_plan_says_that_it_was_rotated(
    applied: Project, api: Api
) -> None:
    before = coordinate(api)
    applied.assert_no_changes()
    applied.environ["STRIPE_KEY"] = "sk_planted_rotated"
    result = applied.run("plan", "--detailed-exitcode")
    assert result.exit_code == 2, result.output
    assert "secret rotated" in result.stdout
    assert "sk_planted" not in result.output
    applied.apply()
    assert coordinate(api) != before
    applied.assert_no_changes()


def test_a_plan_without_the_secrets_does_not_guess(applied: Project) -> None:
    applied.environ.clear()
    applied.assert_no_changes()


def test_a_raised_version_sends_the_secret_again(applied: Project, api: Api) -> None:
    applied.tenant(acme(sources={"stripe": {**stripe(), "secretVersion": 1}}))
    applied.apply()
    before = coordinate(api)
    applied.tenant(acme(sources={"stripe": {**stripe(), "secretVersion": 2}}))
    result = applied.run("plan")
    assert "secret version" in result.stdout
    applied.apply()
    assert coordinate(api) != before
    applied.assert_no_changes()


def test_an_unchanged_secret_stays_where_it_is_when_its_neighbour_changes(
    applied: Project, api: Api
) -> None:
    before = coordinate(api)
    applied.tenant(acme(sources={"stripe": stripe(account_id="other")}))
    applied.apply()
    assert coordinate(api) == before


@pytest.mark.parametrize("lost", ["fingerprint.key", "ledger-test.db"])
def test_a_lost_key_or_ledger_is_no_rotation(applied: Project, lost: str) -> None:
    (applied.folder / ".reconciler" / lost).unlink()
    applied.assert_no_changes()
    applied.apply()
    applied.assert_no_changes()
    applied.environ["STRIPE_KEY"] = "sk_planted_rotated"
    assert applied.run("plan", "--detailed-exitcode").exit_code == 2
