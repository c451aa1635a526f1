"""What counts as equal although it is written differently, and what Airbyte edits itself."""

from __future__ import annotations

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


def _connection(**fields: Any) -> dict[str, Any]:
    return acme(connections={"stripe": {**acme()["connections"]["stripe"], **fields}})


def _path(api: Api) -> str:
    return f"/connections/{api.row('connections', 'stripe')['connectionId']}"


def _live_streams(api: Api) -> list[dict[str, Any]]:
    streams: list[dict[str, Any]] = api.row("connections", "stripe")["configurations"]["streams"]
    return streams


def test_what_was_taken_for_equal_is_listed_with_the_reason(applied: Project) -> None:
    result = applied.run("plan", "--explain-equal")
    assert result.exit_code == 0
    for reason in (
        "Airbyte hides the stored secret",
        "Airbyte appends the zone UTC",
        "The manifest leaves it out",
        "The source defines it",
        "The order means nothing here",
        "An empty list is how Airbyte shows",
    ):
        assert reason in result.stdout, result.stdout
    assert "planted" not in result.stdout
    assert applied.run("plan").stdout == "No changes. acme matches its manifests.\n"


@pytest.mark.parametrize(
    "cron", ["0  0 2 * * ?", "0 0 2 * * ? UTC", " 0 0 2 * * ? utc", "0 0 2 * * ?"]
)
def test_zone_and_spacing_of_a_cron_expression_mean_nothing(applied: Project, cron: str) -> None:
    applied.tenant(_connection(schedule={"scheduleType": "cron", "cronExpression": cron}))
    applied.assert_no_changes()


def test_columns_that_airbyte_adds_to_a_selection_stay_and_are_told(
    applied: Project, api: Api
) -> None:
    applied.tenant(_connection(nonBreakingSchemaUpdatesBehavior="propagate_columns"))
    applied.apply()
    streams = _live_streams(api)
    for stream in streams:
        if stream["name"] == "invoices":
            stream["selectedFields"].append({"fieldPath": ["currency"]})
        else:
            del stream["selectedFields"]
    api.call("PATCH", _path(api), {"configurations": {"streams": streams}})
    result = applied.run("plan", "--detailed-exitcode")
    assert result.exit_code == 0, result.output
    assert "columns added by Airbyte" in result.stdout
    assert "invoices (currency)" in " ".join(result.stdout.split())
    wanted = acme()["connections"]["stripe"]["streams"]
    wanted[0]["syncMode"] = "full_refresh_append"
    applied.tenant(
        _connection(nonBreakingSchemaUpdatesBehavior="propagate_columns", streams=wanted)
    )
    applied.apply()
    fields = {s["name"]: s["selectedFields"] for s in _live_streams(api)}["invoices"]
    assert {"fieldPath": ["currency"]} in fields, "a change of another stream keeps them"


def test_a_column_that_is_missing_from_a_selection_is_a_difference_all_the_same(
    applied: Project, api: Api
) -> None:
    applied.tenant(_connection(nonBreakingSchemaUpdatesBehavior="propagate_columns"))
    applied.apply()
    streams = [
        {"name": "customers", "syncMode": "incremental_deduped_history"},
        {"name": "invoices", "selectedFields": [{"fieldPath": ["id"]}]},
    ]
    api.call("PATCH", _path(api), {"configurations": {"streams": streams}})
    assert applied.run("plan", "--detailed-exitcode").exit_code == 2


@pytest.mark.parametrize("behaviour", ["propagate_columns", "propagate_fully"])
def test_a_declared_column_that_is_not_selected_is_repaired_although_others_were_added(
    applied: Project, api: Api, behaviour: str
) -> None:
    applied.tenant(_connection(nonBreakingSchemaUpdatesBehavior=behaviour))
    applied.apply()
    streams = [
        {"name": "customers", "syncMode": "incremental_deduped_history"},
        {"name": "invoices", "selectedFields": [{"fieldPath": [f]} for f in ("id", "currency")]},
    ]
    api.call("PATCH", _path(api), {"configurations": {"streams": streams}})
    plan = applied.run("plan", "--detailed-exitcode")
    assert plan.exit_code == 2
    assert "columns added by Airbyte" not in plan.stdout
    applied.apply()
    fields = {s["name"]: s["selectedFields"] for s in _live_streams(api)}["invoices"]
    assert {field["fieldPath"][0] for field in fields} >= {"id", "customer", "amount_due"}
    applied.assert_no_changes()


def test_streams_that_airbyte_adds_with_propagate_fully_stay_and_are_told(
    applied: Project, api: Api
) -> None:
    applied.tenant(_connection(nonBreakingSchemaUpdatesBehavior="propagate_fully"))
    applied.apply()
    streams = [
        {"name": "customers", "syncMode": "incremental_deduped_history"},
        {
            "name": "invoices",
            "selectedFields": [{"fieldPath": [f]} for f in ("id", "customer", "amount_due")],
        },
        {"name": "charges"},
    ]
    api.call("PATCH", _path(api), {"configurations": {"streams": streams}})
    result = applied.run("plan", "--detailed-exitcode")
    assert result.exit_code == 0, result.output
    assert "streams added by Airbyte" in result.stdout
    applied.tenant(
        _connection(nonBreakingSchemaUpdatesBehavior="propagate_fully", status="inactive")
    )
    applied.apply()
    assert len(_live_streams(api)) == 3


def test_a_connection_paused_in_airbyte_is_left_paused_until_told_to_resume(
    applied: Project, api: Api
) -> None:
    applied.tenant(_connection(status="active"))
    applied.apply()
    api.call("PATCH", _path(api), {"status": "inactive"})
    result = applied.run("plan", "--detailed-exitcode")
    assert result.exit_code == 0, result.output
    assert "left paused" in result.stdout
    assert "--resume 'connection/acme/stripe'" in " ".join(result.stdout.split())
    applied.apply()
    assert api.row("connections", "stripe")["status"] == "inactive"
    assert "resumed" in applied.run("plan", "--resume", "connection/acme/*").stdout
    applied.apply("--resume", "connection/acme/*")
    assert api.row("connections", "stripe")["status"] == "active"


def test_a_connection_paused_by_its_manifest_is_resumed_by_it(applied: Project, api: Api) -> None:
    applied.tenant(_connection(status="inactive"))
    applied.apply()
    applied.tenant(_connection(status="active"))
    applied.apply()
    assert api.row("connections", "stripe")["status"] == "active"


def test_a_replaced_connection_gets_the_streams_of_its_manifest_and_none_that_airbyte_added(
    applied: Project, api: Api
) -> None:
    fully = {"nonBreakingSchemaUpdatesBehavior": "propagate_fully"}
    applied.tenant(_connection(**fully))
    applied.apply()
    streams = [{"name": name} for name in ("customers", "invoices", "charges")]
    api.call("PATCH", _path(api), {"configurations": {"streams": streams}})
    faker = {"type": "faker", "configuration": {"count": 1}}
    connections = {"stripe": {**fully, "streams": [{"name": "users"}]}}
    applied.tenant(acme(sources={"stripe": faker}, connections=connections))
    assert "added by Airbyte" not in applied.run("plan").stdout
    applied.apply("--allow-replace", "*")
    assert [stream["name"] for stream in _live_streams(api)] == ["users"]
    applied.assert_no_changes()
