"""One run's reading: each question is asked once, by whichever thread comes first."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, cast

import pytest

from reconciler.api.client import Body, Client
from reconciler.live.lists import Reading
from reconciler.problems.errors import Forbidden, OrganizationUnclear

THREADS = 6


class Answering:
    """What a reading needs of a client: list calls, answered by a function, and counted."""

    def __init__(self, answer: Callable[[str], Sequence[Body]], organization_id: str = "") -> None:
        self.organization_id = organization_id
        self.asked: list[tuple[str, dict[str, Any]]] = []
        self._answer = answer

    def found(self, path: str, query: Mapping[str, Any]) -> Sequence[Body]:
        self.asked.append((path, dict(query)))
        return self._answer(path)


def reading(client: Answering) -> Reading:
    return Reading(cast(Client, client))


def test_what_several_ask_for_at_once_is_asked_once() -> None:
    all_wait = threading.Barrier(THREADS)

    def answer(_path: str) -> Sequence[Body]:
        all_wait.wait(timeout=30)
        return [{"id": "a"}]

    client = Answering(answer)
    reader = reading(client)

    def ask(number: int) -> Sequence[Body]:
        if number:
            all_wait.wait(timeout=30)
        return reader.rows("/users", {"b": "2", "a": "1"})

    with ThreadPoolExecutor(THREADS) as pool:
        answers = list(pool.map(ask, range(THREADS)))
    assert answers == [[{"id": "a"}]] * THREADS
    assert reader.rows("/users", {"a": "1", "b": "2"}) == [{"id": "a"}]
    assert client.asked == [("/users", {"a": "1", "b": "2"})]


def test_another_path_or_query_is_another_question() -> None:
    client = Answering(lambda path: [{"id": path}])
    reader = reading(client)
    queries: list[tuple[str, dict[str, str]]] = [
        ("/users", {}),
        ("/users", {"a": "1"}),
        ("/users", {"a": "2"}),
        ("/permissions", {"a": "1"}),
    ]
    for path, query in queries * 2:
        assert reader.rows(path, query) == [{"id": path}]
    assert client.asked == queries


def test_a_refusal_is_the_answer_for_everybody_who_asks() -> None:
    def refuse(_path: str) -> Sequence[Body]:
        raise Forbidden("GET", "https://x.test/users", status=403)

    client = Answering(refuse)
    reader = reading(client)
    for _ in range(2):
        with pytest.raises(Forbidden):
            reader.rows("/users", {})
    assert len(client.asked) == 1


def test_what_passes_is_asked_anew_each_time() -> None:
    client = Answering(lambda _path: [{"id": len(client.asked)}])
    reader = reading(client)
    assert [reader.passing_rows("/definitions") for _ in range(2)] == [[{"id": 1}], [{"id": 2}]]


def test_a_lock_is_one_for_a_name_and_another_for_another() -> None:
    reader = reading(Answering(lambda _path: []))
    assert reader.alone("a") is reader.alone("a")
    assert reader.alone("a") is not reader.alone("b")


@pytest.mark.parametrize("count", [0, 2])
def test_of_no_or_several_organizations_none_is_guessed(count: int) -> None:
    rows = [{"organizationId": str(number)} for number in range(count)]
    with pytest.raises(OrganizationUnclear):
        _ = reading(Answering(lambda _path: rows)).organization_id


def test_the_environments_organization_is_not_asked_for() -> None:
    client = Answering(lambda _path: [{"organizationId": "theirs"}], "ours")
    assert reading(client).organization_id == "ours"
    assert client.asked == []
    only = Answering(lambda _path: [{"organizationId": "theirs"}])
    assert reading(only).organization_id == "theirs"
