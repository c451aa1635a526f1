"""Answers that never come, come late, or say no: one object each, and an honest report."""

from __future__ import annotations

import json
import sqlite3
from typing import Any

import pytest

from reconciler.ledger import Intent, Taker
from reconciler.model import ResourceKey
from tests.journeys.manifests import ENVIRON, acme, moved, stripe, tenant
from tests.journeys.survival.proxy import Arrival, Dropped, Harm, proxying
from tests.support import Api, Project

COLLECTIONS = ("workspaces", "sources", "destinations", "connections")


@pytest.fixture
def declared(project: Project) -> Project:
    """The project with tenant acme, not yet applied."""
    project.environ |= ENVIRON
    project.tenant(acme())
    return project


def counts(api: Api) -> dict[str, int]:
    return {collection: len(api.rows(collection)) for collection in COLLECTIONS}


ONE_EACH = dict.fromkeys(COLLECTIONS, 1)
FAKER = {"sourceType": "faker", "count": 1}


@pytest.mark.parametrize("close", ["before", "after"])
@pytest.mark.parametrize("collection", COLLECTIONS)
def test_a_create_whose_answer_is_lost_makes_one_object(
    declared: Project, api: Api, collection: str, close: str
) -> None:
    api.fault(method="POST", path=f"/{collection}", close=close)
    result = declared.apply()
    assert counts(api) == ONE_EACH
    assert ("its answer was lost" in result.stderr) == (close == "after")
    declared.assert_no_changes()


@pytest.mark.parametrize("status", [500, 503])
def test_a_create_that_a_proxy_or_the_server_drops_is_made_all_the_same(
    declared: Project, api: Api, status: int
) -> None:
    api.fault(method="POST", path="/sources", status=status)
    declared.apply()
    assert counts(api) == ONE_EACH
    posts = [entry for entry in api.requests() if entry == ("POST", "/sources")]
    assert len(posts) == 2


def test_a_create_that_the_server_explains_to_be_wrong_is_sent_once(
    declared: Project, api: Api
) -> None:
    body = json.dumps({"status": 500, "title": "unexpected-problem", "data": {"message": "bad"}})
    api.fault(method="POST", path="/sources", status=500, body=body, count=5)
    result = declared.run("apply", "--auto-approve")
    assert result.exit_code == 4
    assert "bad" in result.stdout
    assert [entry for entry in api.requests() if entry[0] == "POST"].count(
        ("POST", "/sources")
    ) == 1


@pytest.mark.parametrize("status", [400, 403, 404, 422])
def test_a_create_that_was_refused_leaves_nothing_open(
    declared: Project, api: Api, status: int
) -> None:
    api.fault(method="POST", path="/sources", status=status)
    assert declared.run("apply", "--auto-approve").exit_code == 4
    with declared.open_ledger() as ledger:
        assert ledger.intents() == []


def test_what_was_deleted_behind_the_back_is_made_once_though_its_answer_is_lost(
    declared: Project, api: Api
) -> None:
    declared.apply()
    source = api.row("sources", "stripe")
    api.call("DELETE", f"/sources/{source['sourceId']}")
    api.fault(method="POST", path="/sources", close="after")
    declared.apply()
    assert counts(api) == ONE_EACH


def twin_of(api: Api, connection: dict[str, Any]) -> str:
    """The id of a second connection of the same name and ends, made by somebody else."""
    fields = ("name", "sourceId", "destinationId")
    made = api.call("POST", "/connections", {field: connection[field] for field in fields})
    return str(made["connectionId"])


@pytest.mark.parametrize("has_twin", [False, True])
@pytest.mark.parametrize("close", ["before", "after"])
def test_what_had_the_name_before_is_not_taken_for_what_a_lost_create_made(
    declared: Project, api: Api, close: str, has_twin: bool
) -> None:
    declared.apply()
    replaced = api.row("connections", "stripe")
    twins = {twin_of(api, replaced)} if has_twin else set()
    declared.tenant(moved())
    api.fault(method="POST", path="/connections", close=close)
    declared.apply("--allow-replace", "*")
    left = {row["connectionId"]: row for row in api.rows("connections")}
    assert replaced["connectionId"] not in left, "the one that was replaced is gone"
    (made,) = (row for id_, row in left.items() if id_ not in twins)
    assert made["destinationId"] == api.row("destinations", "lake")["destinationId"]
    assert twins < left.keys(), "what is somebody else's stays"
    declared.assert_no_changes()


def test_what_a_list_has_of_another_workspace_is_not_taken_for_what_a_lost_create_made(
    declared: Project, api: Api
) -> None:
    elsewhere = api.call("POST", "/workspaces", {"name": "somebody's"})["workspaceId"]
    theirs = {"name": "stripe", "workspaceId": elsewhere, "configuration": FAKER}
    other = api.call("POST", "/sources", theirs)
    api.fault(method="POST", path="/sources", close="before")
    api.fault(method="GET", path="/sources", status=200, body=json.dumps({"data": [other]}))
    result = declared.run("apply", "--auto-approve")
    assert result.exit_code == 4, result.output
    assert "found by its name" not in result.stderr, "that one is somebody else's"
    assert "It may have been carried out." in " ".join(result.output.split())
    declared.apply()
    assert len(api.rows("sources")) == 2, "theirs, and one of our own"
    declared.assert_no_changes()


class GaveUp(Harm):
    """A gateway that gives up on the first POST of a connection, at which the server goes on."""

    def __init__(self) -> None:
        self.struck = 0

    def sent_on(self, arrival: Arrival) -> None:
        if (arrival.method, arrival.path) == ("POST", "/connections") and not self.struck:
            self.struck = arrival.number
            raise Dropped


def test_a_create_that_the_server_is_still_at_work_on_is_waited_for(
    project: Project, api: Api
) -> None:
    project.tenant(tenant("acme", "faker"))
    # Longer than all the looks for a lost object together.
    api.control_call("/behaviour", {"discovery_s": 3})
    with proxying(api.url) as proxy:
        text = (project.folder / "reconciler.yaml").read_text(encoding="utf-8")
        project.write("reconciler.yaml", text.replace(api.url, proxy.url))
        harm = GaveUp()
        proxy.inflict(harm)
        result = project.apply()
    assert harm.struck
    assert "its answer was lost" in result.stderr
    assert counts(api) == ONE_EACH


def test_a_create_that_an_earlier_run_sent_and_never_heard_of_is_looked_for_first(
    declared: Project, api: Api
) -> None:
    declared.apply()
    source = api.row("sources", "stripe")
    intent = Intent(ResourceKey("source", "acme", "stripe"), "create", (), run="dead", at=0.0)
    taker = Taker("the run that died", wait=lambda _s: True, tell=print)
    with declared.open_ledger() as ledger, ledger.holding_lease(["acme"], taker) as leased:
        leased.announce(intent)
    api.clear_log()
    declared.apply()
    assert api.row("sources", "stripe")["sourceId"] == source["sourceId"]
    assert [entry for entry in api.requests() if entry[0] == "POST"] == [
        ("POST", "/applications/token")
    ]
    with declared.open_ledger() as ledger:
        assert ledger.intents() == []


@pytest.mark.parametrize("status", [502, 504])
@pytest.mark.parametrize(
    ("method", "path"),
    [("PUT", "/sources/*"), ("GET", "/sources/*"), ("GET", "/connections"), ("PATCH", "/c*/*")],
)
def test_what_may_be_repeated_is_repeated(
    declared: Project, api: Api, method: str, path: str, status: int
) -> None:
    declared.apply()
    changed = acme(sources={"stripe": stripe(start_date="2024-01-01T00:00:00Z")})
    changed["connections"]["stripe"]["schedule"] = {"scheduleType": "manual"}
    declared.tenant(changed)
    api.fault(method=method, path=path, status=status)
    declared.apply()
    declared.assert_no_changes()
    assert counts(api) == ONE_EACH


def test_a_token_that_expires_in_the_middle_is_renewed(declared: Project, api: Api) -> None:
    api.fault(method="POST", path="/sources", status=401)
    api.fault(method="GET", path="/workspaces", status=401)
    declared.apply()
    assert counts(api) == ONE_EACH


def test_refusals_slow_a_run_down_and_fail_nothing(declared: Project, api: Api) -> None:
    api.fault(status=429, count=3)
    declared.apply()
    assert counts(api) == ONE_EACH


def test_the_ledger_may_be_deleted_between_any_two_runs(declared: Project, api: Api) -> None:
    folder = declared.folder / ".reconciler"
    for content in (acme(), acme(sources={"stripe": stripe(account_id="other")}), acme()):
        declared.tenant(content)
        declared.apply()
        declared.assert_no_changes()
        for file in folder.iterdir():
            file.unlink()
        declared.assert_no_changes()
    assert counts(api) == ONE_EACH


def test_a_ledger_that_cannot_be_written_stops_the_apply_before_anything_is_sent(
    declared: Project, api: Api
) -> None:
    folder = declared.folder / ".reconciler"
    folder.mkdir()
    (folder / "ledger-test.db").write_bytes(b"not a database, though long enough" * 100)
    result = declared.run("apply", "--auto-approve")
    assert result.exit_code == 1
    assert "Delete it" in result.stderr
    assert counts(api) == dict.fromkeys(COLLECTIONS, 0)


def test_no_secret_is_in_any_file_of_the_project(declared: Project) -> None:
    declared.apply("--events", "events.jsonl")
    texts = [file.read_bytes() for file in declared.folder.rglob("*") if file.is_file()]
    for value in ENVIRON.values():
        assert all(value.encode() not in text for text in texts)
    raw = sqlite3.connect(declared.folder / ".reconciler" / "ledger-test.db")
    kept: list[Any] = raw.execute("SELECT spec FROM resource WHERE key LIKE 'source/%'").fetchall()
    raw.close()
    assert "$fingerprint" in kept[0][0]


def test_fail_fast_begins_nothing_new_after_a_failure(declared: Project, api: Api) -> None:
    faker = {"type": "faker", "configuration": {"count": 10}}
    declared.tenant(acme(sources={f"s{n}": faker for n in range(9)}, connections={}))
    api.fault(method="POST", path="/sources", status=422)
    result = declared.run("apply", "--auto-approve", "--fail-fast", "--parallelism", "1")
    assert result.exit_code == 4
    assert "1 failed" in result.stdout
    assert "skipped" in result.stdout
    assert len(api.rows("sources")) < 8
    declared.apply()
    assert len(api.rows("sources")) == 9


def test_fail_fast_between_the_halves_of_a_replacement_leaves_the_old_one_to_the_next_run(
    declared: Project, api: Api
) -> None:
    zebra = {"source": "stripe", "destination": "lake", "streams": [{"name": "invoices"}]}
    before = moved(zebra=zebra)
    before["connections"]["stripe"]["destination"] = "destination"
    declared.tenant(before)
    declared.apply()
    declared.tenant(moved(zebra={**zebra, "prefix": "z_"}))
    api.fault(method="PATCH", path="/connections/*", status=422)
    allowed = ("apply", "--auto-approve", "--allow-replace", "*", "--parallelism", "1")
    result = declared.run(*allowed, "--fail-fast")
    assert result.exit_code == 4, result.output
    names = [row["name"] for row in api.rows("connections")]
    assert names == ["stripe", "stripe", "zebra"], "stopped with the new one made, the old one left"
    assert declared.run(*allowed).exit_code == 0
    (stripe_,) = [row for row in api.rows("connections") if row["name"] == "stripe"]
    assert stripe_["destinationId"] == api.row("destinations", "lake")["destinationId"]
    declared.assert_no_changes()


@pytest.mark.parametrize(
    ("type_", "words", "sent"),
    [
        ("error:connection/locked", "locked the connection", 1),
        ("https://reference.airbyte.com/reference/errors#409-state-conflict", "not in a state", 1),
        ("error:tag-already-exists", "has that name already", 1),
    ],
)
def test_conflicts_that_do_not_pass_are_told_apart_and_sent_once(
    declared: Project, api: Api, type_: str, words: str, sent: int
) -> None:
    declared.apply()
    changed = acme()
    changed["connections"]["stripe"]["schedule"] = {"scheduleType": "manual"}
    declared.tenant(changed)
    body = json.dumps({"status": 409, "type": type_, "title": "x", "data": {"message": "no"}})
    api.clear_log()
    api.fault(method="PATCH", path="/connections/*", status=409, body=body, count=9)
    result = declared.run("apply", "--auto-approve")
    assert result.exit_code == 1
    assert words in " ".join(result.stdout.split())
    assert [method for method, _ in api.requests()].count("PATCH") == sent


def test_a_conflict_with_a_running_job_is_waited_for(declared: Project, api: Api) -> None:
    declared.apply()
    changed = acme()
    changed["connections"]["stripe"]["schedule"] = {"scheduleType": "manual"}
    declared.tenant(changed)
    type_ = "https://reference.airbyte.com/reference/errors#try-again-later"
    body = json.dumps({"status": 409, "type": type_, "title": "try-again-later", "data": None})
    api.fault(method="PATCH", path="/connections/*", status=409, body=body, count=2)
    declared.apply()
    declared.assert_no_changes()


def test_the_embedded_sandbox_is_for_its_owner_only(declared: Project) -> None:
    result = declared.run("--env", "sandbox", "apply", "--auto-approve")
    assert result.exit_code == 0, result.output
    for file in (declared.folder / ".reconciler").iterdir():
        assert file.stat().st_mode & 0o077 == 0, file


class GoneMeanwhile(Harm):
    """Somebody deletes what the tool is about to delete; it is then answered 403, or 403 alone."""

    def __init__(self, api: Api, *, is_gone: bool) -> None:
        self._api = api
        self._is_gone = is_gone

    def arrived(self, arrival: Arrival) -> tuple[int, dict[str, str]] | None:
        if arrival.method != "DELETE":
            return None
        if self._is_gone:
            self._api.call("DELETE", arrival.path)
        return 403, {}


@pytest.mark.parametrize("is_gone", [True, False])
def test_a_forbidden_delete_has_succeeded_only_if_the_object_is_gone(
    declared: Project, api: Api, is_gone: bool
) -> None:
    declared.apply()
    declared.tenant(acme(connections={"stripe": {"state": "absent", "reason": "not used"}}))
    with proxying(api.url) as proxy:
        text = (declared.folder / "reconciler.yaml").read_text(encoding="utf-8")
        declared.write("reconciler.yaml", text.replace(api.url, proxy.url))
        proxy.inflict(GoneMeanwhile(api, is_gone=is_gone))
        result = declared.run("apply", "--auto-approve", "--allow-deletes", "1")
    assert result.exit_code == (0 if is_gone else 1), result.output
    assert ("forbidden" in result.stdout) != is_gone
