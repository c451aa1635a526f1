"""Tags by name: made when a connection uses them, and deleted only when that is asked for."""

from __future__ import annotations

from typing import Any

import pytest

from tests.journeys.manifests import ENVIRON, acme
from tests.support import Api, Project


@pytest.fixture
def tagged(project: Project) -> Project:
    """The project with tenant acme, whose connection has two tags, applied."""
    project.environ |= ENVIRON
    project.tenant(_tagged(["gold", "eu"], tags={"gold": "ffd700"}))
    project.apply()
    return project


def _tagged(names: list[str], **changes: Any) -> dict[str, Any]:
    connection = {**acme()["connections"]["stripe"], "tags": names}
    return acme(connections={"stripe": connection}, **changes)


def _tags(api: Api) -> dict[str, str]:
    return {tag["name"]: tag["color"] for tag in api.call("GET", "/tags")["data"]}


def test_tags_are_made_by_their_first_use_and_coloured_as_declared(
    tagged: Project, api: Api
) -> None:
    colours = _tags(api)
    assert set(colours) == {"gold", "eu"}
    assert colours["gold"].upper() == "FFD700"
    live = api.row("connections", "stripe")["tags"]
    assert {tag["name"] for tag in live} == {"gold", "eu"}
    tagged.assert_no_changes()


def test_a_tag_taken_off_a_connection_is_not_deleted(tagged: Project, api: Api) -> None:
    tagged.tenant(_tagged(["gold"]))
    plan = tagged.run("plan")
    assert "1 to update" in plan.stdout, plan.stdout
    tagged.apply()
    assert [tag["name"] for tag in api.row("connections", "stripe")["tags"]] == ["gold"]
    assert set(_tags(api)) == {"gold", "eu"}
    tagged.assert_no_changes()


def test_another_colour_is_an_update_of_the_tag_alone(tagged: Project, api: Api) -> None:
    tagged.tenant(_tagged(["gold", "eu"], tags={"gold": "00FF00"}))
    assert "1 to update" in tagged.run("plan").stdout
    tagged.apply()
    assert _tags(api)["gold"].upper() == "00FF00"
    tagged.assert_no_changes()


def test_tags_put_on_by_hand_stay_where_the_manifest_says_nothing_of_tags(
    tagged: Project, api: Api
) -> None:
    tagged.tenant(acme())
    tagged.forget()
    tagged.assert_no_changes()
    assert len(api.row("connections", "stripe")["tags"]) == 2
