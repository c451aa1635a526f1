"""The contract of ledgers: every registered back end does what `ledger.protocol` promises."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reconciler.ledger import Address, Intent, Run
from reconciler.ledger.backends import all_backends
from reconciler.ledger.codec import is_same
from reconciler.ledger.protocol import Changes, Held, Records, Store
from reconciler.model import (
    ALL,
    MISSING,
    UNREADABLE,
    Fingerprint,
    Ref,
    RememberedResource,
    ResourceKey,
)
from reconciler.problems.errors import LedgerUnusable
from tests.contract.ledger_places import (
    COUNTER,
    COUNTS,
    KEYS,
    PLACES,
    Place,
    generation,
    leased,
    opened,
)
from tests.support import ROOT

KEY = KEYS[0]


@pytest.fixture(scope="module", params=PLACES, ids=lambda scheme: scheme or "folder")
def place(request: pytest.FixtureRequest) -> Place:
    return PLACES[request.param]


@pytest.fixture
def address(place: Place, tmp_path: Path) -> Address:
    return place.address(tmp_path)


def test_every_registered_back_end_is_held_to_this_contract() -> None:
    assert set(all_backends()) == set(PLACES)


def record(id_: str = "id-1", **spec: Any) -> RememberedResource:
    return RememberedResource(id_, spec)


def write(address: Address, changes: Changes) -> None:
    with opened(address) as store, leased(store):
        assert store.write(changes)


def records(address: Address, tenant: str = "acme") -> Records:
    with opened(address) as store:
        return store.read([tenant])[tenant]


# ── What is put is got ──

TEXTS = st.text(st.characters(min_codepoint=1, exclude_categories=["Cs"]), max_size=6)
NAMES = TEXTS.filter(lambda text: "/" not in text).filter(bool)
TENANTS = st.sampled_from(["acme", "größe", "a b", "%"])
KEYS_OF_ANY = st.builds(ResourceKey, st.sampled_from(["source", "workspace"]), TENANTS, TEXTS)
SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | TEXTS
    | st.builds(Ref, NAMES, TEXTS)
    | st.builds(Fingerprint, TEXTS, TEXTS)
    | st.sampled_from([ALL, MISSING, UNREADABLE])
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(TEXTS, inner, max_size=2),
    max_leaves=4,
)
PATHS = st.lists(TEXTS | st.integers(0, 9), min_size=1, max_size=3).map(tuple)
RECORDS = st.builds(
    RememberedResource,
    TEXTS,
    st.dictionaries(TEXTS, VALUES, max_size=3),
    st.booleans(),
    st.dictionaries(PATHS, TEXTS, max_size=2),
)
INTENTS = st.builds(
    Intent,
    KEYS_OF_ANY,
    st.sampled_from(["create", "update", "delete"]),
    st.lists(TEXTS, max_size=2).map(tuple),
    TEXTS,
    st.floats(0, 1e9),
)
RUNS = st.builds(
    Run,
    st.sampled_from(["r1", "r2", "r3"]),
    st.floats(0, 1e9),
    st.none() | st.floats(0, 1e9),
    TEXTS,
    TEXTS,
    TEXTS,
    st.dictionaries(TEXTS, st.integers(0, 9), max_size=2),
)
CHANGES = st.builds(
    Changes,
    st.dictionaries(KEYS_OF_ANY, RECORDS, max_size=3),
    st.lists(KEYS_OF_ANY, max_size=2),
    st.lists(INTENTS, max_size=2, unique_by=lambda each: (each.key, each.action)),
    st.lists(INTENTS, max_size=2),
    st.none() | RUNS,
)


@dataclass
class Model:
    """What a store has to have after some writes, as simply as it can be said."""

    records: dict[ResourceKey, RememberedResource] = field(default_factory=dict)
    intents: dict[tuple[str, str], Intent] = field(default_factory=dict)
    runs: dict[str, Run] = field(default_factory=dict)

    def write(self, changes: Changes) -> None:
        for settled in changes.settled:
            self.intents.pop((str(settled.key), settled.action), None)
        for key in changes.forgotten:
            self.records.pop(key, None)
        self.records |= changes.remembered
        self.intents |= {(str(each.key), each.action): each for each in changes.announced}
        if changes.run:
            self.runs[changes.run.id] = changes.run

    def check(self, store: Store) -> None:
        tenants = sorted({key.scope for key in self.records})
        wanted = {
            tenant: {key: each for key, each in self.records.items() if key.scope == tenant}
            for tenant in [*tenants, "nobody"]
        }
        read = store.read(list(wanted))
        assert read == wanted
        # Equal is not the same: to Python, true is 1.
        for tenant, known in wanted.items():
            assert all(is_same(read[tenant][key].spec, each.spec) for key, each in known.items())
        assert store.intents() == [self.intents[at] for at in sorted(self.intents)]
        newest = sorted(self.runs.values(), key=lambda run: (run.started, run.id), reverse=True)
        assert store.runs(2) == newest[:2]


@settings(max_examples=60)
@given(history=st.lists(CHANGES, max_size=4))
def test_what_is_put_is_got_by_this_store_and_by_the_next(
    place: Place, history: Sequence[Changes]
) -> None:
    model = Model()
    with tempfile.TemporaryDirectory() as folder:
        address = place.address(Path(folder))
        with opened(address) as store, leased(store):
            for changes in history:
                assert store.write(changes)
                model.write(changes)
                model.check(store)
        with opened(address) as store:
            model.check(store)


def test_a_tenant_is_told_with_the_id_of_its_resource_without_a_name(address: Address) -> None:
    nameless = ResourceKey("workspace", "acme", "")
    other = ResourceKey("source", "beta", "x/y")
    write(address, Changes(remembered={nameless: record("w"), KEY: record(), other: record()}))
    with opened(address) as store:
        assert list(store.tenants().items()) == [("acme", "w"), ("beta", "")]
    write(address, Changes(forgotten=[nameless, other]))
    with opened(address) as store:
        assert store.tenants() == {"acme": ""}


def test_nothing_is_remembered_where_nothing_was_written(address: Address, tmp_path: Path) -> None:
    with opened(address) as store:
        assert store.place
        assert store.tenants() == {}
        assert store.read(["acme"]) == {"acme": {}}
        assert list(store.intents()) == []
        assert list(store.runs(9)) == []
        assert store.fingerprint_key(make=False) is None
    assert list(tmp_path.iterdir()) == []


def test_environments_know_nothing_of_one_another(address: Address) -> None:
    write(address, Changes(remembered={KEY: record()}))
    assert records(replace(address, environment="staging")) == {}


def test_a_key_of_fingerprints_is_made_once(address: Address) -> None:
    with opened(address) as store, leased(store):
        key = store.fingerprint_key(make=True)
        assert key is None or len(key) >= 32
    with opened(address) as store:
        assert store.fingerprint_key(make=False) == key
        assert store.fingerprint_key(make=True) == key


def test_all_threads_may_write_through_one_store(address: Address) -> None:
    keys = [ResourceKey("source", "acme", f"t{number}") for number in range(40)]
    with opened(address) as store, leased(store), ThreadPoolExecutor(8) as pool:
        changes = [Changes(remembered={key: record(key.name)}) for key in keys]
        assert all(pool.map(store.write, changes))
    assert {key: each.id for key, each in records(address).items()} == {k: k.name for k in keys}


# ── All or none, and never over what another wrote ──


def test_what_was_changed_meanwhile_is_not_written_over(address: Address) -> None:
    other = KEYS[1]
    write(address, Changes(remembered={KEY: record(n=1), other: record(n=1)}))
    both = {KEY: record(n=2), other: record(n=2)}
    with opened(address) as store:
        stale = Changes(remembered=both, expected={KEY: record(n=1), other: record(n=0)})
        assert not store.write(stale)
        gone = Changes(remembered=both, expected={KEYS[2]: record()})
        assert not store.write(gone)
        assert store.read(["acme"]) == {"acme": {KEY: record(n=1), other: record(n=1)}}
        assert store.write(replace(stale, expected={KEY: record(n=1), other: record(n=1)}))
    assert records(address) == both


def test_processes_that_add_to_one_record_at_once_lose_nothing(address: Address) -> None:
    write(address, Changes(remembered={COUNTER: record(n=0)}))
    with ExitStack() as running:
        processes = [running.enter_context(process("count", address)) for _ in range(4)]
        assert [each.wait() for each in processes] == [0] * 4
    assert records(address, COUNTER.scope)[COUNTER].spec == {"n": 4 * COUNTS}


@contextmanager
def process(command: str, address: Address) -> Iterator[subprocess.Popen[str]]:
    """Another process at the same place; killed at the end, whatever it does."""
    module = [sys.executable, "-m", "tests.contract.ledger_places"]
    arguments = [*module, command, address.url, address.environment]
    pipes: Any = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    with subprocess.Popen(arguments, cwd=ROOT, text=True, **pipes) as running:
        try:
            yield running
        finally:
            running.kill()


def line(running: subprocess.Popen[str]) -> str:
    assert running.stdout
    return running.stdout.readline().strip()


def check_one_generation(store: Store) -> int:
    """The one generation that all records are of."""
    (number,) = {known.spec["n"] for known in store.read(["acme"])["acme"].values()}
    return int(number)


def test_a_reader_sees_all_of_a_write_or_nothing_of_it(address: Address) -> None:
    write(address, generation(0))
    with process("generations", address) as writer, opened(address) as store:
        line(writer)
        seen = [check_one_generation(store) for _ in range(100)]
        while seen[-1] == seen[0]:
            seen.append(check_one_generation(store))
    assert seen == sorted(seen)


@pytest.mark.parametrize("writes", [1, 3, 10])
def test_a_writer_that_is_killed_leaves_whole_writes_and_what_it_announced(
    address: Address, writes: int
) -> None:
    with process("generations", address) as writer:
        said = [int(line(writer)) for _ in range(writes)]
        writer.kill()
        writer.wait()
    with opened(address) as store, leased(store) as lease:
        assert lease.died == "the writer"
        (intent,) = store.intents()
        announced = int(intent.run.removeprefix("r"))
        assert announced >= said[-1]
        assert check_one_generation(store) == announced
        assert [run.plan for run in store.runs(9)] == [f"plan-{announced}"]


# ── Leases ──


def test_a_tenant_is_one_run_s_at_a_time(address: Address) -> None:
    with process("hold", address) as holder, opened(address) as store:
        assert line(holder) == "held"
        assert store.take(["acme"], "me") == Held("the holder")
        assert store.take(["other", "acme"], "me") == Held("the holder")
        holder.communicate()
        with leased(store) as lease:
            assert lease.died == ""


def test_a_lease_ends_with_its_run_and_its_holder_is_told(address: Address) -> None:
    with process("hold", address) as holder, opened(address) as store:
        line(holder)
        holder.kill()
        with leased(store) as lease:
            assert lease.died == "the holder"
            lease.check()
        with leased(store) as lease:
            assert lease.died == ""


def test_a_lease_that_was_given_back_allows_nothing(address: Address) -> None:
    with opened(address) as store, leased(store) as lease:
        lease.check()
    lease.release()
    with pytest.raises(LedgerUnusable):
        lease.check()


def test_with_its_lease_released_a_store_is_still_read(address: Address) -> None:
    with opened(address) as store:
        with leased(store):
            store.write(Changes(remembered={KEY: record()}))
        assert store.read(["acme"]) == {"acme": {KEY: record()}}


# ── Other versions ──


def test_what_a_newer_version_wrote_is_neither_read_nor_written(
    place: Place, address: Address
) -> None:
    write(address, Changes(remembered={KEY: record()}))
    place.make_newer(address)
    with opened(address) as store:
        for use in (
            lambda: store.read(["acme"]),
            store.tenants,
            store.intents,
            lambda: store.runs(1),
            lambda: store.take(["acme"], "me"),
            lambda: store.write(Changes(forgotten=[KEY], expected={KEY: record()})),
        ):
            with pytest.raises(LedgerUnusable, match="newer"):
                use()
