"""What Airbyte does by itself to what is managed: a plan says so and does not fight it."""

from __future__ import annotations

from typing import Any

import pytest

from tests.journeys.manifests import ENVIRON, acme
from tests.support import Api, Project

NEW = {
    "name": "refunds_v2",
    "jsonSchema": {"properties": {"id": {}, "at": {}}},
    "supportedSyncModes": ["full_refresh", "incremental"],
    "sourceDefinedCursor": True,
    "defaultCursorField": ["at"],
    "sourceDefinedPrimaryKey": [["id"]],
}
PAUSED = "it was active when it was applied last, and has been paused in Airbyte since"


def declare(project: Project, behaviour: str, **fields: Any) -> None:
    own = acme()["connections"]["stripe"]
    fields |= {"nonBreakingSchemaUpdatesBehavior": behaviour}
    project.environ |= ENVIRON
    project.tenant(acme(connections={"stripe": {**own, **fields}}))


def sync(api: Api) -> None:
    """A sync, at whose start the connection follows its source."""
    connection = api.row("connections", "stripe")["connectionId"]
    api.call("POST", "/jobs", {"connectionId": connection, "jobType": "sync"})
    api.control_call("/clock", {"seconds": 60})


def change_source(api: Api, **change: Any) -> None:
    source = api.row("sources", "stripe")["sourceId"]
    api.control_call(f"/sources/{source}/schema", change)
    sync(api)


def planned(project: Project, *, exit_code: int = 0) -> str:
    """What the plan says, in one line."""
    result = project.run("plan", "--detailed-exitcode", "--explain-equal")
    assert result.exit_code == exit_code, result.output
    return " ".join(result.stdout.split())


def assert_left_alone(project: Project, api: Api) -> None:
    before = api.row("connections", "stripe")
    project.apply()
    assert api.row("connections", "stripe") == before


def test_a_column_that_airbyte_selects_stays_and_is_told(project: Project, api: Api) -> None:
    declare(project, "propagate_columns")
    project.apply()
    change_source(api, columns={"invoices": ["vip"], "customers": ["vip"]})
    told = planned(project)
    assert "columns added by Airbyte" in told
    assert "they stay: invoices (vip)." in told
    assert '"vip"] in Airbyte' in told
    assert "Airbyte adds to this list itself, so more than declared is equal." in told
    assert_left_alone(project, api)


def test_a_stream_that_airbyte_adds_stays_and_one_that_it_drops_is_not_fought(
    project: Project, api: Api
) -> None:
    declare(project, "propagate_fully")
    project.apply()
    change_source(api, streams=[NEW], gone=["invoices"])
    told = planned(project, exit_code=2)
    assert "streams added by Airbyte" in told
    assert "streams dropped by Airbyte" in told
    assert "The order means nothing here" not in told
    assert "~ connection stripe [first load: invoices]" in told
    before = api.row("connections", "stripe")
    result = project.run("apply", "--auto-approve")
    assert result.exit_code == 1
    assert 'The source has no stream "invoices".' in result.output
    assert api.row("connections", "stripe") == before
    declare(project, "propagate_fully", streams=acme()["connections"]["stripe"]["streams"][:1])
    project.assert_no_changes()


def test_all_streams_follow_the_source_without_a_word(project: Project, api: Api) -> None:
    declare(project, "propagate_fully", streams="all")
    project.apply()
    change_source(api, streams=[NEW], gone=["invoices"])
    assert "added by Airbyte" not in planned(project)
    assert_left_alone(project, api)


@pytest.mark.parametrize(
    ("behaviour", "change"),
    [
        ("disable_connection", {"columns": {"customers": ["vip"]}}),
        ("ignore", {"goneColumns": {"customers": ["id"]}}),
    ],
)
def test_a_connection_that_airbyte_pauses_for_a_changed_schema_stays_paused(
    project: Project, api: Api, behaviour: str, change: dict[str, Any]
) -> None:
    declare(project, behaviour, status="active")
    project.apply()
    change_source(api, **change)
    assert api.row("connections", "stripe")["status"] == "inactive"
    assert PAUSED in planned(project)
    assert_left_alone(project, api)


def test_a_connection_that_airbyte_pauses_for_its_failures_stays_paused(
    project: Project, api: Api
) -> None:
    declare(project, "ignore", status="active")
    project.apply()
    connection = api.row("connections", "stripe")["connectionId"]
    api.control_call("/behaviour", {"failures_until_inactive": 2})
    api.control_call("/fail-sync", {"connectionId": connection, "count": 2})
    sync(api)
    sync(api)
    assert PAUSED in planned(project)
    assert_left_alone(project, api)
    project.apply("--resume", "connection/acme/*")
    assert api.row("connections", "stripe")["status"] == "active"


def test_a_locked_connection_is_told_and_a_change_of_it_refused(project: Project, api: Api) -> None:
    declare(project, "ignore", status="active")
    project.apply()
    connection = api.row("connections", "stripe")["connectionId"]
    api.control_call(f"/connections/{connection}", {"status": "locked"})
    told = planned(project)
    assert told.count("locked by Airbyte") == 1
    assert "left paused" not in told
    assert_left_alone(project, api)
    declare(project, "ignore", prefix="p_")
    result = project.run("plan")
    assert result.exit_code == 3, result.output
    assert "error: locked" in result.stdout
