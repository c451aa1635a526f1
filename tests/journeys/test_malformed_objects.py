"""A live object with unexpected or missing fields is a message that names it, and one tenant's."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.journeys.manifests import ENVIRON, acme
from tests.support import Api, Project


@pytest.mark.parametrize(
    ("collection", "kind", "fields"),
    [
        ("sources", "source", {"name": None}),
        ("connections", "connection", {"configurations": 7}),
        ("connections", "connection", {"configurations": {"streams": ["odd"]}}),
        ("connections", "connection", {"tags": [None]}),
        ("connections", "connection", {"sourceId": 5}),
        ("destinations", "destination", {"destinationId": None}),
    ],
)
def test_an_odd_object_is_told_by_its_kind_and_id(
    project: Project, api: Api, collection: str, kind: str, fields: dict[str, Any]
) -> None:
    project.environ |= ENVIRON
    project.tenant(acme())
    project.apply()
    (row,) = api.rows(collection)
    body = json.dumps({"data": [{**row, **fields}], "next": "", "previous": ""})
    api.fault(method="GET", path=f"*/{collection}", status=200, body=body, count=0)
    result = project.run("plan")
    assert result.exit_code == 1
    assert isinstance(result.exception, SystemExit)
    told = " ".join(result.output.split())
    assert "acme: cannot be read error: unusable live object [R505]" in told
    named = row[f"{kind}Id"] if row[f"{kind}Id"] in told else f'"{row["name"]}"'
    assert f"The live {kind} {named} cannot be used: " in told
    assert "1 tenant unreadable, left alone." in told
