"""Which live object is which declared resource: by an id that is given, one remembered, a name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import pytest

from reconciler.live.identity import Rows, identified
from reconciler.model import (
    DesiredResource,
    DesiredTenant,
    Origin,
    Ref,
    Remembered,
    RememberedResource,
    ResourceKey,
    Retired,
    workspace_key,
)
from reconciler.problems.errors import AdoptionFailed, AmbiguousName

HERE = Origin("acme.yaml", 1, 1)
WORKSPACE = workspace_key("acme")
FAKER, OTHER = "faker-type", "other-type"


def key(name: str) -> ResourceKey:
    return ResourceKey("source", "acme", name)


def declared(name: str, entry: str = "s", **fields: Any) -> DesiredResource:
    """A source of that name; *fields* are those of the resource."""
    spec = {"workspace": Ref("workspace", ""), "name": name, "definitionId": FAKER}
    return DesiredResource(key(entry), {**spec, "configuration": {}}, HERE, **fields)


def retired(name: str, entry: str = "s", **fields: Any) -> Retired:
    return Retired(key(entry), name, "gone", HERE, **fields)


def tenant(*entries: DesiredResource | Retired) -> DesiredTenant:
    workspace = DesiredResource(WORKSPACE, {"name": "Acme"}, HERE)
    resources = {each.key: each for each in entries if isinstance(each, DesiredResource)}
    gone = {each.key: each for each in entries if isinstance(each, Retired)}
    return DesiredTenant("acme", {}, {WORKSPACE: workspace, **resources}, HERE, gone)


def live(*rows: tuple[str, str] | tuple[str, str, str]) -> list[Mapping[str, Any]]:
    """Sources of these ids and names, and their connectors where it is another."""
    return [
        {
            "sourceId": id_,
            "name": name,
            "workspaceId": "w",
            "definitionId": "".join(other) or FAKER,
            "configuration": {},
        }
        for id_, name, *other in rows
    ]


def found(
    tenant: DesiredTenant,
    rows: Sequence[Mapping[str, Any]],
    memory: Mapping[str, str] | None = None,
) -> tuple[dict[str, str], list[str]]:
    """The ids of the sources by their entries, and of those that are nobody's."""
    known = {key(entry): RememberedResource(id_, {}) for entry, id_ in (memory or {}).items()}
    bodies: dict[str, Rows] = {
        "workspace": [{"workspaceId": "w", "name": "Acme"}],
        "source": [*rows],
    }
    state = identified(tenant, bodies, Remembered(known))
    sources = {at.name: each for at, each in state.resources.items() if at.kind == "source"}
    assert all(each.key.name == name for name, each in sources.items())
    return {name: each.id for name, each in sources.items()}, [r.id for r in state.undeclared]


RENAMED = declared("Shop", renamed_from="Old")


@pytest.mark.parametrize("turned", [False, True])
@pytest.mark.parametrize(
    ("entries", "rows", "memory", "ids", "others"),
    [
        ([declared("A")], [("1", "A"), ("2", "B")], {}, {"s": "1"}, ["2"]),
        ([declared("A")], [("1", "B")], {"s": "1"}, {"s": "1"}, []),
        ([declared("A")], [("1", "A")], {"s": "gone"}, {"s": "1"}, []),
        ([declared("A")], [("1", "A"), ("2", "B")], {"s": "2"}, {"s": "2"}, ["1"]),
        ([declared("A")], [("1", "B")], {"t": "1"}, {}, ["1"]),
        ([RENAMED], [("1", "Old")], {}, {"s": "1"}, []),
        ([RENAMED], [("1", "Old"), ("2", "Shop")], {}, {"s": "2"}, ["1"]),
        ([RENAMED, declared("Old", "t")], [("1", "Old")], {}, {"t": "1"}, []),
        (
            [RENAMED, declared("Old", "t")],
            [("1", "Old"), ("2", "Shop")],
            {},
            {"s": "2", "t": "1"},
            [],
        ),
        ([declared("A", adopt_id="2")], [("1", "A"), ("2", "B")], {}, {"s": "2"}, ["1"]),
        (
            [declared("A", adopt_id="1"), retired("A", "t", adopt_id="1")],
            [("1", "A")],
            {},
            {"s": "1"},
            [],
        ),
        ([declared("A", adopt_id="2")], [("1", "A"), ("2", "B")], {"s": "1"}, {"s": "2"}, ["1"]),
        (
            [declared("A"), declared("B", "t", adopt_id="1")],
            [("1", "A"), ("2", "A")],
            {"s": "1"},
            {"s": "2", "t": "1"},
            [],
        ),
        ([retired("A")], [("1", "A"), ("2", "B")], {}, {"s": "1"}, ["2"]),
        ([retired("A")], [("1", "B")], {"s": "1"}, {"s": "1"}, []),
        ([retired("A", adopt_id="1")], [("1", "B"), ("2", "A")], {}, {"s": "1"}, ["2"]),
        ([retired("A", adopt_id="gone")], [("2", "A")], {}, {}, ["2"]),
        ([declared("A"), retired("A", "t", adopt_id="1")], [("1", "A")], {}, {"t": "1"}, []),
        (
            [declared("A"), retired("A", "t", adopt_id="1")],
            [("1", "A"), ("2", "A")],
            {},
            {"s": "2", "t": "1"},
            [],
        ),
        ([declared("A")], [("1", "A", OTHER), ("2", "A")], {}, {"s": "2"}, ["1"]),
        ([declared("A")], [("1", "A", OTHER), ("2", "A")], {"s": "1"}, {"s": "1"}, ["2"]),
        ([declared("A")], [("1", "A", OTHER)], {}, {"s": "1"}, []),
    ],
)
def test_what_is_whose(
    entries: list[Any],
    rows: list[Any],
    memory: dict[str, str],
    ids: dict[str, str],
    others: list[str],
    turned: bool,
) -> None:
    """Whatever the order of the rows."""
    listed = live(*rows)
    assert found(tenant(*entries), listed[::-1] if turned else listed, memory) == (ids, others)


@pytest.mark.parametrize(
    ("entries", "rows"),
    [
        ([declared("A")], [("1", "A"), ("2", "A")]),
        ([declared("A")], [("1", "A"), ("2", "A"), ("3", "A", OTHER)]),
        ([declared("A")], [("1", "A", OTHER), ("2", "A", OTHER)]),
        ([retired("A")], [("1", "A"), ("2", "A", OTHER)]),
        ([RENAMED], [("1", "Old"), ("2", "Old")]),
    ],
)
def test_of_several_of_a_name_none_is_guessed(entries: list[Any], rows: list[Any]) -> None:
    with pytest.raises(AmbiguousName) as told:
        found(tenant(*entries), live(*rows))
    assert sorted(told.value.ids) == sorted(id_ for id_, *_ in rows)


def test_an_id_that_is_not_there_is_refused_whatever_has_the_name() -> None:
    with pytest.raises(AdoptionFailed):
        found(tenant(declared("A", adopt_id="gone")), live(("1", "A")), {"s": "1"})


def test_a_field_that_the_manifest_leaves_out_tells_no_two_apart() -> None:
    entry = declared("A")
    spec = {field: value for field, value in entry.spec.items() if field != "definitionId"}
    with pytest.raises(AmbiguousName):
        found(tenant(replace(entry, spec=spec)), live(("1", "A", OTHER), ("2", "A")))


@pytest.mark.parametrize(("workspace", "is_there"), [("w", True), ("former", False)])
def test_what_nothing_reads_is_as_it_was_written_as_long_as_its_workspace_lives(
    workspace: str, is_there: bool
) -> None:
    at = ResourceKey("oauthCredentials", "acme", "shop")
    known = RememberedResource(f"{workspace}/shop", {"name": "shop"})
    state = identified(
        tenant(), {"workspace": [{"workspaceId": "w", "name": "Acme"}]}, Remembered({at: known})
    )
    there = [each.id for each in (*state.resources.values(), *state.undeclared)]
    assert (f"{workspace}/shop" in there) is is_there


@pytest.mark.parametrize(
    ("image", "ids"),
    [("ghcr.io/acme/source-shop", []), ("airbyte/source-shop", ["1"])],
)
def test_a_connector_of_airbytes_own_is_taken_for_a_declared_one_by_its_image_alone(
    image: str, ids: list[str]
) -> None:
    at = ResourceKey("definition", "acme", "shop")
    spec = {"workspace": Ref("workspace", ""), "name": "Shop", "form": "sources"}
    entry = DesiredResource(at, {**spec, "dockerRepository": image, "dockerImageTag": "1"}, HERE)
    theirs = {"id": "1", "workspaceId": "w", "name": "Shop", "form": "sources"}
    theirs |= {"dockerRepository": "airbyte/source-shop", "dockerImageTag": "1"}
    workspace = {"workspaceId": "w", "name": "Acme"}
    state = identified(tenant(entry), {"workspace": [workspace], "definition": [theirs]})
    assert [each.id for key, each in state.resources.items() if key == at] == ids
    assert state.undeclared == ()
