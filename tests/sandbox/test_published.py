"""The check that every answer of a sandbox gets: what passes, what it finds, where it looks."""

from __future__ import annotations

import json
from typing import Any
from uuid import uuid4

import pytest

from reconciler.sandbox.server.observe import Exchange
from tests.support import Api, Project
from tests.support.published import DIFFERENCES, Description, Witness

SOURCE = {
    "sourceId": str(uuid4()),
    "name": "Stripe",
    "sourceType": "stripe",
    "definitionId": str(uuid4()),
    "workspaceId": str(uuid4()),
    "configuration": {"anything": ["goes"]},
    "createdAt": 1,
}


def answer(
    body: Any, *, method: str = "GET", path: str = f"/v1/sources/{uuid4()}", status: int = 200
) -> Exchange:
    return Exchange(method, path, status, "application/json", json.dumps(body).encode())


@pytest.mark.parametrize(
    ("exchange", "fault"),
    [
        (answer({**SOURCE, "name": 1}), "/name: 1 is not of type"),
        (answer({**SOURCE, "sourceId": "x"}), '"x" is not a "uuid"'),
        (answer({**SOURCE, "sort": "stripe"}), "Additional properties"),
        (answer({**SOURCE, "resourceAllocation": None}), "/resourceAllocation: null is not"),
        (
            answer({k: v for k, v in SOURCE.items() if k != "createdAt"}),
            '"createdAt" is a required',
        ),
        (answer(SOURCE, status=201), "the statuses described are 200, 403, 404"),
        (answer({}, method="DELETE"), "the statuses described are 204, 403, 404"),
        (answer({}, path="/v1/source"), "no operation is described here"),
        (answer([], status=404), "an error answer is a JSON object"),
        (answer({"error": "no"}, status=404), "an error answer is a problem"),
        (answer({"type": "x", "status": 404}, status=404), "the keys of a problem are"),
    ],
)
def test_an_answer_that_the_api_cannot_give_is_found(
    description: Description, exchange: Exchange, fault: str
) -> None:
    found = "\n".join(description.faults(exchange))
    assert fault in found


@pytest.mark.parametrize(
    "exchange",
    [
        answer(SOURCE),
        answer({**SOURCE, "configuration": None}),
        answer({"errorId": "x"}, status=500),
        answer({"message": "Unauthorized", "_links": {}, "_embedded": {}}, status=401),
        answer({"data": [SOURCE], "next": "", "previous": ""}, path="/api/public/v1/sources"),
        answer({"anything": 1}, path="/v1/applications/token", method="POST"),
    ],
)
def test_an_answer_that_the_api_can_give_passes(
    description: Description, exchange: Exchange
) -> None:
    assert list(description.faults(exchange)) == []


def test_every_difference_from_the_description_has_its_reason() -> None:
    assert all(reason.strip() for _, reason in DIFFERENCES.values())


def test_the_sandbox_of_a_test_is_watched(witness: Witness | None, api: Api) -> None:
    if witness is None:
        pytest.skip("Airbyte's description is not here")
    before = witness.answers
    api.call("GET", "/workspaces")
    assert witness.answers == before + 1


def test_the_sandbox_that_the_program_starts_by_itself_is_watched(
    witness: Witness | None, project: Project
) -> None:
    if witness is None:
        pytest.skip("Airbyte's description is not here")
    project.tenant({"version": 1, "tenant": "acme", "workspace": {"name": "Acme"}})
    before = witness.answers
    result = project.run("plan", "--env", "sandbox")
    assert result.exit_code == 0, result.output
    assert witness.answers > before
