"""The ledger above its store: no secret stays in it, and intents stay until they are settled."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path as FilePath
from typing import Any

import pytest

from reconciler.ledger import (
    Address,
    Intent,
    LeasedLedger,
    Reveal,
    Run,
    Taker,
    Written,
    open_ledger,
    reveal_nothing,
)
from reconciler.model import (
    ALL,
    DesiredResource,
    Origin,
    Path,
    Ref,
    ResourceKey,
    Secret,
    SecretName,
)
from reconciler.problems.errors import EnvironmentLocked, LedgerUnusable

KEY = ResourceKey("source", "acme", "stripe")
PASSWORD = Secret((SecretName("PW"),))
ORIGIN = Origin("tenants/acme.yaml", 1, 1)


def revealing(value: str | None) -> Reveal:
    return lambda _secret: value


def taker(holder: str = "me", *, timeout_s: float = 0.0, told: list[str] | None = None) -> Taker:
    tell: Callable[[str], None] = print if told is None else told.append
    return Taker(holder, wait=lambda _s: True, tell=tell, timeout_s=timeout_s)


def desired(**spec: Any) -> DesiredResource:
    fields = {"name": "stripe", "workspace": Ref("workspace", ""), **spec}
    return DesiredResource(KEY, fields, ORIGIN)


def intent(action: str, *known_ids: str, key: ResourceKey = KEY) -> Intent:
    return Intent(key, action, known_ids, run="r1", at=12.0)


@pytest.fixture
def address(tmp_path: FilePath) -> Address:
    return Address(str(tmp_path / ".reconciler"), "production")


@contextmanager
def writing(address: Address, reveal: Reveal = reveal_nothing) -> Iterator[LeasedLedger]:
    with open_ledger(address, reveal) as ledger, ledger.holding_lease(["acme"], taker()) as leased:
        yield leased


@pytest.fixture
def ledger(address: Address) -> Iterator[LeasedLedger]:
    with writing(address) as opened:
        yield opened


def test_what_is_remembered_comes_back_by_tenant(ledger: LeasedLedger, address: Address) -> None:
    coordinates: dict[Path, str] = {("configuration", "keys", 0): "secret_coordinate::x_v1"}
    protected = replace(desired(streams=ALL), is_protected=True)
    ledger.remember([Written(protected, "id-1", coordinates)])
    with open_ledger(address) as other:
        (known,) = other.of_tenant("acme").resources.values()
        assert other.of_tenant("other").resources == {}
        assert other.tenants == ["acme"]
        assert other.workspaces == {}
    assert (known.id, known.is_protected, known.coordinates) == ("id-1", True, coordinates)
    assert known.spec["streams"] is ALL
    assert known.spec["workspace"] == Ref("workspace", "")


def test_the_workspace_of_a_tenant_is_the_resource_without_a_name(ledger: LeasedLedger) -> None:
    ledger.adopt(ResourceKey("tag", "acme", "a/b"), "tag-1")
    ledger.adopt(ResourceKey("workspace", "acme", ""), "ws-1")
    assert ledger.workspaces == {"acme": "ws-1"}


def test_a_secret_is_kept_as_a_fingerprint_and_never_as_its_value(
    tmp_path: FilePath, address: Address
) -> None:
    with writing(address, revealing("hunter22")) as ledger:
        ledger.remember([Written(desired(configuration={"pw": PASSWORD}), "i")])
        kept = ledger.of_tenant("acme").resources[KEY].spec["configuration"]["pw"]
        assert kept == ledger.fingerprint(PASSWORD)
    with open_ledger(address, revealing("hunter23")) as ledger:
        assert kept != ledger.fingerprint(PASSWORD)
    for file in (tmp_path / ".reconciler").iterdir():
        assert b"hunter22" not in file.read_bytes()


def test_a_secret_that_is_not_at_hand_keeps_its_fingerprint(address: Address) -> None:
    content = desired(configuration={"pw": PASSWORD, "list": [PASSWORD]})
    with writing(address, revealing("hunter22")) as ledger:
        ledger.remember([Written(content, "i")])
        before = ledger.of_tenant("acme").resources[KEY].spec
    with writing(address) as ledger:
        ledger.remember([Written(content, "i")])
        assert ledger.of_tenant("acme").resources[KEY].spec == before
        assert ledger.fingerprint(PASSWORD) is None


def test_fingerprints_under_another_key_do_not_compare(
    tmp_path: FilePath, address: Address
) -> None:
    with writing(address, revealing("x")) as ledger:
        before = ledger.fingerprint(PASSWORD)
    (tmp_path / ".reconciler" / "fingerprint.key").unlink()
    with open_ledger(address, revealing("x")) as other:
        assert other.fingerprint(PASSWORD) is None
    with writing(address, revealing("x")) as ledger:
        after = ledger.fingerprint(PASSWORD)
    assert before is not None
    assert after is not None
    assert before.key_id != after.key_id


def test_coordinates_stay_with_their_object_and_go_with_it(ledger: LeasedLedger) -> None:
    coordinates: dict[Path, str] = {("configuration", "pw"): "secret_coordinate::x_v1"}
    ledger.remember([Written(desired(), "id-1")])
    ledger.locate(KEY, "id-2", coordinates)
    assert ledger.of_tenant("acme").resources[KEY].coordinates == {}
    ledger.locate(KEY, "id-1", coordinates)
    ledger.locate(KEY, "id-1", {})
    assert ledger.of_tenant("acme").resources[KEY].coordinates == coordinates


def test_coordinates_that_were_noted_stay_with_an_update(address: Address) -> None:
    coordinates: dict[Path, str] = {("configuration", "pw"): "secret_coordinate::x_v1"}
    with writing(address) as ledger:
        ledger.remember([Written(desired(), "id-1", coordinates)])
        ledger.remember([Written(desired(a=1), "id-1")])
        assert ledger.of_tenant("acme").resources[KEY].coordinates == coordinates
        ledger.remember([Written(desired(a=1), "id-2")])
        assert ledger.of_tenant("acme").resources[KEY].coordinates == {}


def test_true_in_the_place_of_1_is_remembered_as_true(ledger: LeasedLedger) -> None:
    ledger.remember([Written(desired(flag=1), "i")])
    ledger.remember([Written(desired(flag=True), "i")])
    assert ledger.of_tenant("acme").resources[KEY].spec["flag"] is True


def test_an_intent_stays_until_its_end_is_known(address: Address) -> None:
    with writing(address) as ledger:
        ledger.announce(intent("create", "a", "b"))
    with writing(address) as ledger:
        assert ledger.intents() == [intent("create", "a", "b")]
        ledger.remember([Written(desired(), "id-1")])
        assert ledger.intents() == []
        ledger.announce(intent("delete", "id-1"))
        assert ledger.of_tenant("acme").doomed == {"id-1"}
        ledger.remember([Written(desired(), "id-2")])
        ledger.forget(KEY, "id-1")
        assert ledger.of_tenant("acme").doomed == frozenset()
        assert ledger.of_tenant("acme").resources[KEY].id == "id-2"
        ledger.forget(KEY, "id-2")
        assert ledger.intents() == []
        assert ledger.of_tenant("acme").resources == {}
    with open_ledger(address) as other:
        assert other.intents() == []


def test_a_request_that_was_refused_leaves_no_intent(address: Address) -> None:
    other = ResourceKey("source", "acme", "github")
    with writing(address) as ledger:
        ledger.announce(intent("create"), intent("delete", "x"), intent("update", key=other))
        ledger.withdraw(KEY)
    with open_ledger(address) as after:
        assert after.intents() == [intent("update", key=other)]


def test_a_tenant_is_forgotten_with_all_that_it_had(address: Address) -> None:
    with writing(address) as ledger:
        ledger.adopt(KEY, "i")
        ledger.adopt(ResourceKey("workspace", "acme", ""), "w")
        ledger.forget_tenant("acme")
    with open_ledger(address) as other:
        assert other.tenants == []


def test_more_tenants_than_are_kept_at_hand_are_remembered_all_the_same(
    address: Address, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("reconciler.ledger.ledger.CACHED", 2)
    written = [
        Written(replace(desired(), key=ResourceKey("source", f"t{number}", "s")), f"id-{number}")
        for number in range(5)
    ]
    with writing(address) as ledger:
        ledger.remember(written)
        for each in written:
            ledger.remember([replace(each, id=each.id + "b")])
    with open_ledger(address) as other:
        memories = [other.of_tenant(f"t{number}") for number in range(5)]
    assert [[known.id for known in memory.resources.values()] for memory in memories] == [
        [f"id-{number}b"] for number in range(5)
    ]


def test_of_several_resources_all_are_remembered_or_none(address: Address) -> None:
    odd = replace(desired(what=object()), key=ResourceKey("source", "acme", "odd"))
    with writing(address) as ledger:
        ledger.announce(intent("create"))
        with pytest.raises(TypeError):
            ledger.remember([Written(desired(), "id-1"), Written(odd, "id-2")])
        with open_ledger(address) as other:
            assert other.of_tenant("acme").resources == {}
            assert other.intents() == ledger.intents() == [intent("create")]
        ledger.remember([Written(desired(), "id-3")])
        assert ledger.of_tenant("acme").resources[KEY].id == "id-3"


def test_doomed_is_what_that_tenant_was_about_to_delete_and_nothing_else(
    ledger: LeasedLedger,
) -> None:
    theirs = ResourceKey("source", "other", "stripe")
    ledger.announce(
        intent("delete", "gone"),
        intent("create", "namesake"),
        intent("delete", "theirs", key=theirs),
    )
    assert ledger.of_tenant("acme").doomed == {"gone"}


def test_an_adoption_settles_what_was_open_and_loses_nothing_that_was_known(
    ledger: LeasedLedger,
) -> None:
    ledger.remember([Written(desired(x=1), "id-1")])
    ledger.announce(intent("create"))
    ledger.adopt(KEY, "id-1")
    assert ledger.intents() == []
    assert ledger.of_tenant("acme").resources[KEY].spec["x"] == 1
    ledger.adopt(KEY, "id-2")
    known = ledger.of_tenant("acme").resources[KEY]
    assert (known.id, known.spec) == ("id-2", {})


def test_half_a_key_is_replaced(tmp_path: FilePath, address: Address) -> None:
    key = tmp_path / ".reconciler" / "fingerprint.key"
    key.parent.mkdir()
    key.write_bytes(b"half a key")
    with open_ledger(address, revealing("x")) as reader:
        assert reader.fingerprint(PASSWORD) is None
    with writing(address, revealing("x")) as ledger:
        assert ledger.fingerprint(PASSWORD) is not None
    assert len(key.read_bytes()) == 32


def test_of_runs_that_began_together_the_later_name_is_first(ledger: LeasedLedger) -> None:
    for id_ in ("b", "c", "a"):
        ledger.record_run(Run(id_, 1.0, None, "me", "digest", "unfinished", {}))
    assert [run.id for run in ledger.runs(9)] == ["c", "b", "a"]


def test_history_has_the_newest_first(ledger: LeasedLedger) -> None:
    for number in range(3):
        ledger.record_run(Run(f"r{number}", float(number), None, "me", "digest", "unfinished", {}))
    ledger.record_run(Run("r1", 1.0, 2.0, "me", "digest", "done", {"created": 4}))
    assert [run.id for run in ledger.runs(2)] == ["r2", "r1"]
    assert ledger.runs(2)[1].counts == {"created": 4}


def test_no_change_is_announced_after_the_lease(address: Address) -> None:
    with writing(address) as ledger:
        pass
    with pytest.raises(LedgerUnusable, match="given its lock back"):
        ledger.announce(intent("create"))


def test_a_lease_that_another_run_has_is_waited_for_and_then_given_up(address: Address) -> None:
    waits: list[float] = []
    told: list[str] = []

    def wait(seconds: float) -> bool:
        waits.append(seconds)
        return True

    patient = replace(taker(timeout_s=1.2, told=told), wait=wait)
    with (
        writing(address),
        open_ledger(address) as other,
        pytest.raises(EnvironmentLocked) as caught,
    ):
        other.holding_lease(["acme"], patient).__enter__()
    assert (caught.value.environment, caught.value.holder) == ("production", "me")
    assert waits == pytest.approx([0.5, 0.5, 0.2])
    assert told == ['Waiting for environment "production", held by me.']


def test_whoever_waits_has_the_lease_once_it_is_let_go(address: Address) -> None:
    first = writing(address)
    first.__enter__()

    def wait(_seconds: float) -> bool:
        first.__exit__(None, None, None)
        return True

    patient = replace(taker("bob", timeout_s=9.0), wait=wait)
    with open_ledger(address) as other, other.holding_lease(["acme"], patient) as ledger:
        ledger.announce(intent("create"))
        assert ledger.intents() == [intent("create")]


def test_a_wait_that_is_interrupted_is_over(address: Address) -> None:
    waits: list[float] = []

    def wait(seconds: float) -> bool:
        waits.append(seconds)
        return False

    impatient = replace(taker("bob", timeout_s=9.0), wait=wait)
    with writing(address), open_ledger(address) as other, pytest.raises(EnvironmentLocked):
        other.holding_lease(["acme"], impatient).__enter__()
    assert waits == [0.5]


def test_a_run_that_died_is_told_to_who_has_the_lease_next(
    tmp_path: FilePath, address: Address
) -> None:
    told: list[str] = []
    with writing(address):
        pass
    lock = tmp_path / ".reconciler" / "apply-production.lock"
    for words in ("", "eve"):
        lock.write_text(words)
        with (
            open_ledger(address) as other,
            other.holding_lease(["acme"], taker(told=told)),
        ):
            pass
    (text,) = told
    assert "eve" in text
