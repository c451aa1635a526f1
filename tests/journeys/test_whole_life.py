"""A whole life: workspaces made by hand, taken over, drifted, repaired, grown and shrunk.

They are made by the official SDK, a client that we did not write. 30 of them by default;
RECONCILER_LIFE=300 makes it the size that docs/adopting.md speaks of.
"""

from __future__ import annotations

import csv
import os
from collections.abc import Iterator
from typing import Any

import pytest
from airbyte_api import AirbyteAPI, api, models

from reconciler.sandbox.server.serving import Sandbox
from tests.sandbox.sdk import client, said, workspace
from tests.support import Api, Project

COUNT = int(os.environ.get("RECONCILER_LIFE", "30"))
ODD = 7  # one of so many workspaces has a source more than the others


@pytest.fixture
def sdk(sandbox: Sandbox) -> Iterator[AirbyteAPI]:
    """The official SDK against an empty sandbox."""
    with client(sandbox) as made:
        yield made


def make_by_hand(sdk: AirbyteAPI, number: int) -> None:
    """A customer as somebody would click it together: Stripe and test data into a Postgres."""
    owner = workspace(sdk, f"Customer {number} Ltd")
    stripe = models.SourceStripe.model_validate(
        {
            "account_id": f"acct_{number:04}",
            "client_secret": f"sk_planted_{number}",
            "start_date": "2023-07-01T00:00:00Z",
        }
    )
    sources: list[tuple[str, Any, str]] = [("Stripe", stripe, "customers")]
    if number % ODD == 0:
        sources.append(("Test data", models.SourceFaker(count=10), "users"))
    lake = models.DestinationPostgres(
        host="db.example.com",
        database=f"customer_{number}",
        username="loader",
        password=f"planted-{number}",
    )
    destination = models.DestinationCreateRequest(
        name="Warehouse", workspace_id=owner, configuration=lake
    )
    made = said(sdk.destinations.create_destination(request=destination).destination_response)
    for name, configuration, stream in sources:
        request = models.SourceCreateRequest(
            name=name, workspace_id=owner, configuration=configuration
        )
        source = said(sdk.sources.create_source(request=request).source_response)
        link = models.ConnectionCreateRequest.model_validate(
            {
                "name": f"{name} to warehouse",
                "sourceId": source.source_id,
                "destinationId": made.destination_id,
                "schedule": {"scheduleType": "cron", "cronExpression": f"0 {number % 60} 2 * * ?"},
                "configurations": {"streams": [{"name": stream}]},
            }
        )
        said(sdk.connections.create_connection(request=link).connection_response)


def test_a_whole_life(project: Project, sdk: AirbyteAPI, sandbox: Sandbox) -> None:
    witness = Api(sandbox)
    for number in range(1, COUNT + 1):
        make_by_hand(sdk, number)

    # Taken over: no secret is at hand, and there is nothing to change.
    result = project.run("export", "--all", "--template", "standard")
    assert result.exit_code == 0, result.output
    assert f"Exported {COUNT} workspaces" in result.stdout
    assert f"Template: {COUNT} tenants as rows of a table, 0 in files of their own" in result.stdout
    texts = [file.read_text(encoding="utf-8") for file in project.folder.rglob("*.*ml")]
    assert not any("planted" in text for text in texts)
    project.assert_no_changes()
    project.apply()  # nothing is sent; the ledger remembers from now on

    # One is edited in the UI behind our back, and found.
    row = next(r for r in witness.rows("connections") if r["name"] == "Stripe to warehouse")
    patch = models.ConnectionPatchRequest(prefix="by_hand_")
    sdk.connections.patch_connection(
        request=api.PatchConnectionRequest(
            connection_id=row["connectionId"], connection_patch_request=patch
        )
    )
    schedule = models.AirbyteAPIConnectionSchedule.model_validate({"scheduleType": "manual"})
    sdk.connections.patch_connection(
        request=api.PatchConnectionRequest(
            connection_id=row["connectionId"],
            connection_patch_request=models.ConnectionPatchRequest(schedule=schedule),
        )
    )
    drift = project.run("drift")
    assert drift.exit_code == 2
    assert 'schedule.scheduleType: live "manual", manifest "cron"  changed outside' in drift.stdout
    assert f"Drift in 1 of {COUNT} tenants" in drift.stdout

    # Repaired.
    project.apply()
    assert project.run("drift").exit_code == 0

    # A customer is added by a row, with secrets for that one alone.
    table = project.folder / "tenants" / "standard.csv"
    header, first, *_ = csv.reader(table.read_text(encoding="utf-8").splitlines())
    new = dict(zip(header, first, strict=True)) | {
        "tenant": "newcomer",
        "name": "Newcomer Ltd",
        "database": "newcomer",
        "account_id": "acct_9999",
    }
    with table.open("a", encoding="utf-8") as rows:
        csv.writer(rows, lineterminator="\n").writerow(new[column] for column in header)
    project.environ |= {
        "NEWCOMER_STRIPE_CLIENT_SECRET": "sk_new",
        "NEWCOMER_DESTINATION_PASSWORD": "new",
    }
    plan = project.run("plan")
    assert "newcomer" in plan.stdout
    project.apply()
    project.environ.clear()

    # Synced: what is new, and nothing else.
    witness.control_call("/behaviour", {"job_pending_s": 0, "job_running_s": 0})
    synced = project.run("sync", "newcomer", "--wait", "--poll", "10ms")
    assert synced.exit_code == 0, synced.output
    status = project.run("status", "newcomer", "--detailed-exitcode")
    assert status.exit_code == 0, status.output
    assert "succeeded" in status.stdout
    assert len(witness.call("GET", "/jobs")["data"]) == synced.stdout.count("newcomer")
    assert len(workspaces(witness)) == COUNT + 1

    # And one is retired.
    result = project.run("destroy", "newcomer", "--allow-deletes", "9", "--auto-approve")
    assert result.exit_code == 0, result.output
    assert "Newcomer Ltd" not in workspaces(witness)
    lines = table.read_text(encoding="utf-8").splitlines(keepends=True)
    table.write_text("".join(lines[:-1]), encoding="utf-8")
    project.assert_no_changes()


def workspaces(witness: Api) -> list[str]:
    """The names of all live workspaces."""
    names: list[str] = []
    while page := witness.call("GET", f"/workspaces?limit=100&offset={len(names)}")["data"]:
        names += [row["name"] for row in page]
    return names
