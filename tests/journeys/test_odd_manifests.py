"""What people write that is odd and right: applied, changed, taken away, and equal each time."""

from __future__ import annotations

from typing import Any

import pytest

from tests.journeys.manifests import ENVIRON, acme, stripe
from tests.support import Api, Project

HASH = {"targetField": "email", "method": "MD5", "fieldNameSuffix": "_h"}
HASHING = {"type": "hashing", "mapperConfiguration": HASH}
FILTERING = {"type": "field-filtering", "mapperConfiguration": {"targetField": "phone"}}

# Configurations of one source at three times; the last of each is without what was odd.
CONFIGURATIONS: dict[str, tuple[dict[str, Any], ...]] = {
    "null": ({"lookback_window_days": None}, {"lookback_window_days": 2}, {}),
    "whole": ({"lookback_window_days": 3.0}, {"lookback_window_days": 3}, {}),
    "numbers": ({"x": 12345678901234567890, "y": 1e-7}, {"x": 0.1, "y": 0}, {}),
    "truth": ({"x": True, "y": 1}, {"x": 1, "y": True}, {"x": False}),
    "empty": ({"x": [], "y": {}, "z": ""}, {"x": [1], "y": {"a": 1}, "z": "a"}, {}),
    "shape": ({"x": {"a": 1}}, {"x": "text"}, {"x": {"a": [1]}}),
    "nested": ({"x": [{"a": [1, {"b": 2}]}]}, {"x": [{"a": [{"b": 2}, 1]}]}, {"x": [1]}),
    "dots": ({"a.b": {"c.d": 1}}, {"a.b": {"c.d": 2}}, {"a": {"b": 1}}),
    "parts": ({"account_id": "a_${{ secrets.STRIPE_KEY }}_z"}, {"account_id": "plain"}, {}),
    "default": ({"client_secret": "${{ secrets.NONE || a }}"}, {"client_secret": "b"}, {}),
    "literal": ({"client_secret": "sk_literal"}, {"client_secret": "sk_other"}, {}),
    "asterisks": ({"x": "***"}, {"x": "****"}, {"x": ""}),
}
NAMES = {"null": "Straße/1 “q”", "whole": "  spaced  ", "numbers": "東京 🎉", "truth": "on"}

CUSTOMERS = "customers"
STREAMS: dict[str, tuple[dict[str, Any], ...]] = {
    "empty": ({"mappers": []}, {"mappers": [HASHING]}, {}),
    "shape": ({"mappers": [HASHING, FILTERING]}, {"mappers": [FILTERING, HASHING]}, {}),
    "dots": (
        {"selectedFields": ["id", {"fieldPath": ["email"]}]},
        {"selectedFields": [{"fieldPath": ["email"]}, "id"]},
        {"selectedFields": ["id"]},
    ),
    "nested": ({"destinationObjectName": "people"}, {"destinationObjectName": "x"}, {}),
    "parts": ({"syncMode": "full_refresh_append", "primaryKey": ["id"]}, {"syncMode": None}, {}),
}
SCHEDULES = (
    {"scheduleType": "cron", "cronExpression": "0 0  2 * * ?  2027 UTC"},
    {"scheduleType": "cron", "cronExpression": "0 0 2 ? * mon-fri"},
    {"scheduleType": "manual"},
)
TAGS: tuple[list[str], ...] = (["Gold", "gold"], ["gold", "é"], [])


def odd(time: int) -> dict[str, Any]:
    """All of them in one tenant, as they are at that time."""
    sources = {
        key: {**stripe(**configurations[time]), "name": NAMES.get(key, key)}
        for key, configurations in CONFIGURATIONS.items()
    }
    connections = {
        key: {
            "schedule": SCHEDULES[time],
            "tags": TAGS[time],
            "prefix": "" if time else "p_",
            "streams": [
                {"name": CUSTOMERS} | {k: v for k, v in times[time].items() if v is not None}
            ],
        }
        for key, times in STREAMS.items()
    }
    return acme(sources=sources, connections=connections)


@pytest.mark.parametrize("is_forgetful", [False, True])
def test_odd_manifests_are_equal_once_they_are_applied(
    project: Project, api: Api, is_forgetful: bool
) -> None:
    project.environ |= ENVIRON
    for time in range(3):
        project.tenant(odd(time))
        project.apply()
        project.assert_no_changes()
        if is_forgetful:
            project.forget()
            project.assert_no_changes()
    if is_forgetful:
        return
    assert "x" not in api.row("sources", "empty")["configuration"], "it has left the manifest"
    connections = {row["name"]: row for row in api.rows("connections")}
    (stream,) = connections["nested"]["configurations"]["streams"]
    assert "destinationObjectName" not in stream
    assert connections["shape"]["configurations"]["streams"][0]["mappers"] == []
