"""The main job: plan, apply, plan again, and repair what others changed."""

from __future__ import annotations

import pytest

from tests.journeys.manifests import ENVIRON, acme, bigquery, stripe
from tests.support import Api, Project


@pytest.fixture
def applied(project: Project) -> Project:
    """The project with tenant acme, applied."""
    project.environ |= ENVIRON
    project.tenant(acme())
    project.apply()
    return project


def test_a_first_plan_creates_everything_and_sends_only_reads(project: Project, api: Api) -> None:
    project.tenant(acme())
    api.clear_log()
    result = project.run("plan", "--detailed-exitcode")
    assert result.exit_code == 2, result.output
    assert "4 to create" in result.stdout
    others = [entry for entry in api.requests() if entry[0] != "GET"]
    assert [path.rpartition("/")[2] for _, path in others] == ["token"]


def test_a_plan_right_after_apply_is_empty(applied: Project, api: Api) -> None:
    result = applied.run("plan", "--detailed-exitcode")
    assert result.exit_code == 0
    assert result.stdout == "No changes. acme matches its manifests.\n"
    assert [row["name"] for row in api.rows("sources")] == ["stripe"]
    assert api.row("connections", "stripe")["schedule"]["cronExpression"] == "0 0 2 * * ? UTC"


def test_a_plan_needs_no_secret(applied: Project) -> None:
    applied.environ.clear()
    applied.assert_no_changes()


def test_an_apply_without_its_secrets_lists_all_of_them_and_sends_nothing(
    project: Project, api: Api
) -> None:
    project.tenant(acme())
    result = project.run("apply", "--auto-approve")
    assert result.exit_code == 3
    assert "STRIPE_KEY" in result.stdout
    assert "BQ_KEY" in result.stdout
    assert api.rows("workspaces") == []


def test_an_edited_field_is_the_only_change(applied: Project) -> None:
    applied.tenant(acme(sources={"stripe": stripe(start_date="2024-01-01T00:00:00Z")}))
    result = applied.run("plan", "--detailed-exitcode")
    assert result.exit_code == 2
    arrows = [line.strip() for line in result.stdout.splitlines() if "→" in line]
    (change,) = arrows
    assert change.startswith("configuration.start_date:")
    assert "2023-07-01" in change
    assert "2024-01-01" in change
    applied.apply()
    applied.assert_no_changes()


def test_an_update_keeps_what_no_manifest_mentions(applied: Project, api: Api) -> None:
    source = api.row("sources", "stripe")
    path = f"/sources/{source['sourceId']}"
    api.call("PATCH", path, {"configuration": {"num_workers": 7}})
    applied.assert_no_changes()
    applied.tenant(acme(sources={"stripe": stripe(start_date="2024-01-01T00:00:00Z")}))
    applied.apply()
    configuration = api.row("sources", "stripe")["configuration"]
    assert configuration["num_workers"] == 7
    assert configuration["start_date"] == "2024-01-01T00:00:00Z"


def test_an_update_does_not_send_an_unchanged_secret_again(applied: Project, api: Api) -> None:
    path = f"/sources/{api.row('sources', 'stripe')['sourceId']}?includeSecretCoordinates=true"
    before = api.call("GET", path)["configuration"]["client_secret"]
    applied.tenant(acme(sources={"stripe": stripe(start_date="2024-01-01T00:00:00Z")}))
    applied.environ.clear()
    applied.apply()
    assert api.call("GET", path)["configuration"]["client_secret"] == before
    assert before.startswith("secret_coordinate::")


def test_what_was_changed_behind_the_back_is_shown_and_repaired(applied: Project, api: Api) -> None:
    path = f"/connections/{api.row('connections', 'stripe')['connectionId']}"
    api.call("PATCH", path, {"schedule": {"scheduleType": "manual"}, "status": "inactive"})
    result = applied.run("plan")
    assert "schedule.scheduleType" in result.stdout
    assert "status" not in result.stdout, "the manifest does not manage the status"
    applied.apply()
    applied.assert_no_changes()


@pytest.mark.parametrize("collection", ["connections", "sources", "destinations", "workspaces"])
def test_what_was_deleted_behind_the_back_is_created_again(
    applied: Project, api: Api, collection: str
) -> None:
    (row,) = api.rows(collection)
    api.call("DELETE", f"/{collection}/{row[collection.removesuffix('s') + 'Id']}")
    assert applied.run("plan", "--detailed-exitcode").exit_code == 2
    applied.apply()
    applied.assert_no_changes()
    assert len(api.rows(collection)) == 1


def test_a_removed_stream_and_changed_options_reach_the_connection(
    applied: Project, api: Api
) -> None:
    streams = [{"name": "customers", "syncMode": "full_refresh_append"}, {"name": "charges"}]
    applied.tenant(acme(connections={"stripe": {"streams": streams}}))
    applied.apply()
    applied.assert_no_changes()
    live = api.row("connections", "stripe")["configurations"]["streams"]
    assert {s["name"]: s["syncMode"] for s in live} == {
        "customers": "full_refresh_append",
        "charges": "full_refresh_overwrite",
    }


def test_stream_options_that_no_manifest_mentions_survive_a_stream_update(
    applied: Project, api: Api
) -> None:
    streams = [{"name": "customers"}, {"name": "invoices"}]
    applied.tenant(acme(connections={"stripe": {"streams": streams}}))
    applied.apply()
    path = f"/connections/{api.row('connections', 'stripe')['connectionId']}"
    by_hand = [
        {"name": "customers", "syncMode": "incremental_append"},
        {"name": "invoices", "selectedFields": [{"fieldPath": ["id"]}]},
    ]
    api.call("PATCH", path, {"configurations": {"streams": by_hand}})
    streams[0]["syncMode"] = "full_refresh_append"
    applied.tenant(acme(connections={"stripe": {"streams": streams}}))
    applied.apply()
    live = api.row("connections", "stripe")["configurations"]["streams"]
    selected = {s["name"]: s["selectedFields"] for s in live}["invoices"]
    assert [field["fieldPath"] for field in selected] == [["id"]]


def test_all_streams_are_made_an_explicit_list(project: Project, api: Api) -> None:
    project.environ |= ENVIRON
    project.tenant(acme(connections={"stripe": {"streams": "all"}}))
    project.apply()
    project.assert_no_changes()
    connection = api.row("connections", "stripe")
    discovered = api.call("GET", f"/streams?sourceId={connection['sourceId']}")
    live = [stream["name"] for stream in connection["configurations"]["streams"]]
    assert sorted(live) == sorted(stream["streamName"] for stream in discovered)


def test_a_live_workspace_and_source_of_the_right_name_are_taken_over(
    project: Project, api: Api
) -> None:
    workspace = api.call("POST", "/workspaces", {"name": "Acme Inc"})
    body = {
        "name": "stripe",
        "workspaceId": workspace["workspaceId"],
        "configuration": {"sourceType": "stripe", "account_id": "a", "client_secret": "b"},
    }
    source = api.call("POST", "/sources", body)
    project.environ |= ENVIRON
    project.tenant(acme())
    result = project.run("plan")
    assert "2 to create" in result.stdout, result.stdout
    project.apply()
    project.assert_no_changes()
    assert [row["sourceId"] for row in api.rows("sources")] == [source["sourceId"]]


def test_two_live_objects_of_one_name_are_refused_with_both_ids(applied: Project, api: Api) -> None:
    source = api.row("sources", "stripe")
    body = {
        "name": "stripe",
        "workspaceId": source["workspaceId"],
        "configuration": {"sourceType": "stripe", "account_id": "a", "client_secret": "b"},
    }
    twin = api.call("POST", "/sources", body)
    applied.assert_no_changes()  # the ledger knows which of them it was
    applied.forget()
    result = applied.run("plan")
    assert result.exit_code == 3
    assert source["sourceId"] in result.stdout
    assert twin["sourceId"] in result.stdout
    assert applied.run("apply", "--auto-approve").exit_code == 3


def test_another_destination_is_a_replacement_and_refused(applied: Project, api: Api) -> None:
    before = api.row("connections", "stripe")["connectionId"]
    applied.tenant(_moved())
    result = applied.run("plan")
    assert result.exit_code == 3
    assert "connection/acme/stripe" in result.stdout
    assert applied.run("apply", "--auto-approve").exit_code == 3
    assert api.row("connections", "stripe")["connectionId"] == before

    applied.apply("--allow-replace", "connection/acme/stripe")
    applied.assert_no_changes()
    connection = api.row("connections", "stripe")
    assert connection["connectionId"] != before
    assert connection["destinationId"] == api.row("destinations", "lake")["destinationId"]


def test_another_connector_replaces_the_source_and_its_connections(
    applied: Project, api: Api
) -> None:
    sources = {"stripe": {"type": "faker", "configuration": {"count": 10}}}
    connections = {"stripe": {"streams": [{"name": "users"}]}}
    applied.tenant(acme(sources=sources, connections=connections))
    assert applied.run("apply", "--auto-approve").exit_code == 3
    applied.apply("--allow-replace", "*/acme/stripe")
    applied.assert_no_changes()
    assert len(api.rows("sources")) == len(api.rows("connections")) == 1


def test_a_failed_source_stops_its_connection_and_nothing_else(project: Project, api: Api) -> None:
    # Which value a secret has is known to apply alone, so only Airbyte can refuse it.
    project.environ |= {**ENVIRON, "DAYS": "many"}
    broken = stripe(lookback_window_days="${{ secrets.DAYS }}")
    faker = {"type": "faker", "configuration": {"count": 10}}
    project.tenant(
        acme(
            sources={"stripe": broken, "faker": faker},
            connections={
                "stripe": {"streams": [{"name": "customers"}]},
                "faker": {"streams": [{"name": "users"}]},
            },
        )
    )
    result = project.run("apply", "--auto-approve")
    assert result.exit_code == 4, result.output
    assert "failed to create acme: source stripe" in result.stdout
    assert "so not created: connection/acme/stripe" in result.stdout
    assert "lookback_window_days" in result.stdout
    assert "acme.yaml:" in result.stdout
    assert [row["name"] for row in api.rows("connections")] == ["faker"]


def test_without_a_terminal_apply_needs_auto_approve(project: Project, api: Api) -> None:
    project.environ |= ENVIRON
    project.tenant(acme())
    result = project.run("apply")
    assert result.exit_code == 2
    assert "--auto-approve" in result.stderr
    assert api.rows("workspaces") == []


def test_undeclared_objects_are_mentioned_and_left_alone(applied: Project, api: Api) -> None:
    applied.tenant(acme(connections={}, sources={"other": stripe()}))
    result = applied.run("plan")
    assert "no manifest" in result.stdout
    applied.apply()
    assert [row["name"] for row in api.rows("sources")] == ["other", "stripe"]
    assert len(api.rows("connections")) == 1


def test_planted_secrets_appear_in_no_output(project: Project, api: Api) -> None:
    project.environ |= ENVIRON
    project.tenant(acme())
    texts = []
    for command in (["plan"], ["-v", "apply", "--auto-approve"], ["-v", "plan"]):
        result = project.run(*command)
        texts.append(result.output)
    project.tenant(acme(sources={"stripe": stripe(lookback_window_days="many")}))
    texts.append(project.run("-v", "apply", "--auto-approve").output)
    for value in ENVIRON.values():
        assert all(value not in text for text in texts)
    assert api.rows("sources")


def _moved() -> dict[str, object]:
    """Acme with a second destination, which its connection now goes to."""
    content = acme(destinations={"destination": bigquery(), "lake": bigquery(dataset_id="lake")})
    del content["destination"]
    content["connections"]["stripe"]["destination"] = "lake"
    return content
