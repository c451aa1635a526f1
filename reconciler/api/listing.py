"""Lists longer than a page: walked by offset, and trusted only once they come to rest.

The API's lists have no order and say no total, so rows can be skipped or repeated between two pages
while anything is written.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import count, islice

from reconciler.api.client import PAGE_SIZE, Body, Client
from reconciler.problems.errors import ListingInconsistent, MalformedObject

MAX_PAGES = 1_000  # a hundred thousand objects of a kind
AHEAD = 4  # pages fetched at a time
MAX_PASSES = 5  # over a listing that keeps changing while it is read


def list_complete(
    client: Client,
    collection: str,
    id_field: str,
    *,
    workspace_ids: Sequence[str] = (),
    is_enough: Callable[[Iterable[Body]], bool] = lambda _rows: False,
    expected: int = 0,
) -> list[Body]:
    """Every object of a collection, by offset, verified; so many are *expected* at least.

    A single page is complete by itself. More pages are read again until a pass adds nothing, unless
    *is_enough* says that what was looked for is there and no row came twice. Raises
    ListingInconsistent when the passes do not come to rest.
    """
    known: dict[str, Body] = {}
    for _ in range(MAX_PASSES):
        before = len(known)
        pages = _pages(client, collection, workspace_ids, math.ceil(expected / PAGE_SIZE))
        rows = list(_walk(collection, id_field, pages))
        known |= {_id(row, id_field): row for row in rows}
        is_steady = len(known) == len(rows)
        is_single = len(rows) < PAGE_SIZE
        if is_steady and (is_single or len(known) == before or is_enough(known.values())):
            return list(known.values())
    raise ListingInconsistent(collection, f"it kept changing over {MAX_PASSES} readings")


def _pages(
    client: Client, collection: str, workspace_ids: Sequence[str], likely: int
) -> Iterator[list[Body]]:
    """The pages in order, without end; after a full first one the *likely* ones a few at a time.

    One after the other they would agree no better: no order holds from one request to the next.
    """

    def page(number: int) -> list[Body]:
        return client.page(collection, workspace_ids=workspace_ids, offset=number * PAGE_SIZE)

    yield page(0)
    with ThreadPoolExecutor(AHEAD) as pool:
        for start in range(1, likely, AHEAD):
            yield from pool.map(page, range(start, min(start + AHEAD, likely)))
    yield from map(page, count(max(likely, 1)))


def _walk(collection: str, id_field: str, pages: Iterator[list[Body]]) -> Iterator[Body]:
    """The rows of all pages. Raises ListingInconsistent when the pages have no end."""
    seen: set[str] = set()
    for number, page in enumerate(islice(pages, MAX_PAGES), 1):
        yield from page
        if len(page) < PAGE_SIZE:
            return
        before = len(seen)
        seen |= {_id(row, id_field) for row in page}
        if len(seen) == before:
            raise ListingInconsistent(collection, f"page {number} only repeats earlier ones")
    raise ListingInconsistent(collection, f"it has no end: {MAX_PAGES:,} pages were full")


def _id(row: Body, id_field: str) -> str:
    id_ = row.get(id_field)
    if not isinstance(id_, str):
        name = row.get("name")
        known = f' "{name}"' if isinstance(name, str) else ""
        raise MalformedObject(f"a listed object{known} has no {id_field}")
    return id_
