"""Where each back end of the ledger is tested, and what other processes do with it there.

As a program: `python -m tests.contract.ledger_places COMMAND URL ENVIRONMENT`.
"""

from __future__ import annotations

import sqlite3
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from reconciler.ledger import Address, Intent, Run, sqlite
from reconciler.ledger.backends import open_store
from reconciler.ledger.protocol import Changes, Held, Lease, Store
from reconciler.model import RememberedResource, ResourceKey

KEYS = tuple(ResourceKey("source", "acme", f"s{number}") for number in range(20))
COUNTER = ResourceKey("source", "counted", "s")
COUNTS = 25


@dataclass(frozen=True, slots=True)
class Place:
    """A back end to be tested: an empty place in a folder of the test, and how it ages.

    `make_newer` marks what was written there as that of a version which is still to come.
    """

    address: Callable[[Path], Address]
    make_newer: Callable[[Address], None]


def _make_newer_file(address: Address) -> None:
    (file,) = Path(address.url).glob("ledger-*.db")
    with closing(sqlite3.connect(file)) as raw, raw:
        raw.execute(f"PRAGMA user_version={sqlite.VERSION + 1}")


PLACES: Mapping[str, Place] = {
    "": Place(lambda folder: Address(str(folder / ".reconciler"), "production"), _make_newer_file)
}
"""By the scheme of its URLs; every registered back end has one."""


@contextmanager
def opened(address: Address) -> Iterator[Store]:
    with closing(open_store(address)) as store:
        yield store


@contextmanager
def leased(store: Store, tenant: str = "acme", holder: str = "me") -> Iterator[Lease]:
    """The lease, once the back end takes it for certain that no other process has it."""
    while isinstance(lease := store.take([tenant], holder), Held):
        time.sleep(0.02)
    try:
        yield lease
    finally:
        lease.release()


def generation(number: int) -> Changes:
    """All the records, an intent and a run of one *number*, to be written at once."""
    records = {key: RememberedResource(f"id-{number}", {"n": number}) for key in KEYS}
    intent = Intent(KEYS[0], "update", (), run=f"r{number}", at=0.0)
    run = Run("r", 0.0, None, "me", f"plan-{number}", "unfinished", {})
    return Changes(remembered=records, announced=[intent], run=run)


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def _write_generations(store: Store) -> None:
    """Writes one generation after the other, and says each once it is written; until killed."""
    with leased(store, holder="the writer"):
        number = 0
        while True:
            number += 1
            store.write(generation(number))
            _say(str(number))


def _hold_lease(store: Store) -> None:
    """Has the lease until somebody closes its input."""
    with leased(store, holder="the holder"):
        _say("held")
        sys.stdin.read()


def _count_up(store: Store) -> None:
    """Adds to one record, which others add to as well, without a lease."""
    for _ in range(COUNTS):
        while True:
            before = store.read([COUNTER.scope])[COUNTER.scope][COUNTER]
            after = RememberedResource(before.id, {"n": before.spec["n"] + 1})
            if store.write(Changes(remembered={COUNTER: after}, expected={COUNTER: before})):
                break


COMMANDS = {"generations": _write_generations, "hold": _hold_lease, "count": _count_up}


if __name__ == "__main__":
    command, url, environment = sys.argv[1:]
    with opened(Address(url, environment)) as chosen:
        COMMANDS[command](chosen)
