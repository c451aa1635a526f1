"""What each change does to the data, as the kinds tell it; docs/consequences.md has the table."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from reconciler.kinds import get
from reconciler.model import ALL, UNREADABLE, Exhaustive, Secret, SecretName
from reconciler.model.effects import Effect, Weight
from reconciler.plan.diff import field_changes

PAGE = Path(__file__).parents[2] / "docs" / "consequences.md"
USERS = {"name": "users", "syncMode": "incremental_append", "selectedFields": ["a", "b"]}


def _connection(**fields: Any) -> dict[str, Any]:
    return {"status": "active", "prefix": "", "streams": Exhaustive({"users": USERS}), **fields}


def _stream(**options: Any) -> dict[str, Any]:
    return _connection(streams=Exhaustive({"users": {**USERS, **options}}))


def _effects(kind: str, before: Any, after: Any) -> list[Effect]:
    changes = field_changes(before or {}, after or {}) if before and after else ()
    return [consequence.effect for consequence in get(kind).effects(before, after, changes)]


@pytest.mark.parametrize(
    ("after", "effects"),
    [
        ({"name": "other"}, [Effect.KEEPS_STATE]),
        ({"schedule": {"scheduleType": "manual"}}, [Effect.SCHEDULE_ONLY]),
        ({"status": "inactive"}, [Effect.PAUSED]),
        ({"prefix": "x_"}, [Effect.NEW_TABLES]),
        ({"namespaceDefinition": "source"}, [Effect.NEW_TABLES]),
        ({"namespaceFormat": "x"}, [Effect.KEEPS_STATE]),
        (
            {"namespaceDefinition": "custom_format", "namespaceFormat": "x"},
            [Effect.NEW_TABLES],
        ),
        ({"nonBreakingSchemaUpdatesBehavior": "ignore"}, [Effect.SCHEMA_BEHAVIOUR]),
        ({"streams": Exhaustive({})}, [Effect.STREAM_STOPS]),
        ({"streams": Exhaustive({"users": USERS, "new": {}})}, [Effect.FIRST_LOAD]),
        (_stream(syncMode="full_refresh_append"), [Effect.STATE_WIPED]),
        (_stream(syncMode="incremental_deduped_history"), [Effect.WRITE_MODE_CHANGED]),
        (_stream(cursorField=["t"]), [Effect.CURSOR_CHANGED]),
        (_stream(primaryKey=[["id"]]), [Effect.KEY_CHANGED]),
        (_stream(selectedFields=["a"]), [Effect.FIELDS_STOP]),
        (_stream(selectedFields=["a", "c"]), [Effect.FIELDS_STOP, Effect.FIELDS_START]),
        (_stream(selectedFields=None), [Effect.FIELDS_START]),
        (_stream(mappers=[{"type": "hashing"}]), [Effect.MAPPED_ANEW]),
        (_stream(includeFiles=True), [Effect.OPTIONS_CHANGED]),
    ],
)
def test_a_change_of_a_connection_says_what_it_does(
    after: dict[str, Any], effects: list[Effect]
) -> None:
    assert _effects("connection", _connection(), {**_connection(), **after}) == effects


def test_all_streams_where_there_were_none_load_for_the_first_time() -> None:
    assert _effects("connection", _connection(streams={}), _connection(streams=ALL)) == [
        Effect.FIRST_LOAD
    ]


def test_a_connection_resumed_by_its_manifest_goes_on() -> None:
    paused = _connection(status="inactive")
    assert _effects("connection", paused, _connection()) == [Effect.RESUMED]


@pytest.mark.parametrize(
    ("before", "after", "effects"),
    [
        ({"host": "a"}, {"host": "b"}, [Effect.IDENTITY_CHANGED]),
        ({"start_date": "a"}, {"start_date": "b"}, [Effect.SETTINGS_CHANGED]),
        ({}, {"password": Secret((SecretName("P"),))}, [Effect.CREDENTIALS_SENT]),
        (
            {"host": "a", "n": 1},
            {"host": "b", "n": 2},
            [Effect.IDENTITY_CHANGED, Effect.SETTINGS_CHANGED],
        ),
        ({"password": UNREADABLE}, {"password": "literal"}, [Effect.NO_EFFECT]),
    ],
)
def test_a_change_of_a_configuration_says_what_it_does(
    before: dict[str, Any], after: dict[str, Any], effects: list[Effect]
) -> None:
    found = _effects("source", {"configuration": before}, {"configuration": after})
    assert found == effects


@pytest.mark.parametrize(
    ("kind", "created", "deleted"),
    [
        ("workspace", Effect.NO_EFFECT, Effect.CONFIGURATION_LOST),
        ("source", Effect.NO_EFFECT, Effect.CONFIGURATION_LOST),
        ("destination", Effect.NO_EFFECT, Effect.CONFIGURATION_LOST),
        ("connection", Effect.FIRST_LOAD, Effect.SYNC_ENDS),
        ("tag", Effect.NO_EFFECT, Effect.TAG_LOST),
    ],
)
def test_every_kind_says_what_a_create_and_a_delete_do(
    kind: str, created: Effect, deleted: Effect
) -> None:
    assert _effects(kind, None, {}) == [created]
    assert _effects(kind, {}, None) == [deleted]


def test_the_page_has_every_effect_in_the_words_that_a_plan_uses() -> None:
    rows = [line.split("|") for line in PAGE.read_text(encoding="utf-8").splitlines()]
    told = {
        cells[1].strip().strip("`"): (cells[2].strip(), cells[3].strip())
        for cells in rows
        if len(cells) > 4 and cells[1].strip().startswith("`")
    }
    weights = {Weight.HARMLESS: "harmless", Weight.NOTABLE: "notable", Weight.LOSS: "**loss**"}
    assert told == {e.slug: (e.title, weights[e.weight]) for e in Effect}


@pytest.mark.parametrize("mode", ["full_refresh_append", "incremental_append"])
def test_of_a_mode_that_only_the_ui_can_set_the_worst_is_said(mode: str) -> None:
    nameless = _connection(streams=Exhaustive({"users": {"name": "users"}}))
    assert Effect.STATE_WIPED in _effects("connection", nameless, _stream(syncMode=mode))
