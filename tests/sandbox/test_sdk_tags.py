"""The official SDK on tags: their life, their limits, and their place on connections."""

from __future__ import annotations

import pytest
from airbyte_api import AirbyteAPI, api, models
from airbyte_api.errors import SDKError

from tests.sandbox.sdk import connection, said, workspace


def tag(sdk: AirbyteAPI, workspace_id: str, name: str = "gold") -> models.TagResponse:
    request = models.TagCreateRequest(name=name, color="FFaa00", workspace_id=workspace_id)
    return said(sdk.tags.create_tag(request=request).tag_response)


def on_a_connection(tag: models.TagResponse) -> models.Tag:
    return models.Tag(
        tag_id=tag.tag_id, name=tag.name, color=tag.color, workspace_id=tag.workspace_id
    )


def test_a_tag_is_made_read_changed_listed_and_deleted(sdk: AirbyteAPI) -> None:
    mine, other = workspace(sdk, "Mine"), workspace(sdk, "Other")
    created = tag(sdk, mine)
    tag(sdk, other)
    assert created.color == "FFaa00"
    read = said(sdk.tags.get_tag(request={"tag_id": created.tag_id}).tag_response)
    assert read == created
    update = api.UpdateTagRequest(
        tag_id=created.tag_id,
        tag_patch_request=models.TagPatchRequest(name="silver", color="cccccc"),
    )
    changed = said(sdk.tags.update_tag(request=update).tag_response)
    assert (changed.name, changed.color, changed.workspace_id) == ("silver", "cccccc", mine)
    request = api.ListTagsRequest(workspace_ids=[mine])
    assert said(sdk.tags.list_tags(request=request).tags_response).data == [changed]
    assert len(said(sdk.tags.list_tags(request={}).tags_response).data) == 2
    assert sdk.tags.delete_tag(request={"tag_id": created.tag_id}).status_code == 204
    with pytest.raises(SDKError) as refused:
        sdk.tags.get_tag(request={"tag_id": created.tag_id})
    assert refused.value.status_code == 404


@pytest.mark.parametrize(
    ("name", "color", "status", "kind"),
    [
        ("gold", "FFaa00", 409, "error:tag-already-exists"),
        ("x" * 31, "FFaa00", 400, "error:tag-name-too-long"),
        ("x", "#FFaa00", 400, "error:tag-invalid-hex-color"),
        ("x", "FFaa0", 400, "error:tag-invalid-hex-color"),
        ("x", "FFaa0g", 400, "error:tag-invalid-hex-color"),
    ],
)
def test_a_tag_that_cannot_be_is_refused_with_its_own_problem(
    sdk: AirbyteAPI, name: str, color: str, status: int, kind: str
) -> None:
    mine = workspace(sdk)
    tag(sdk, mine, "gold")
    with pytest.raises(SDKError) as refused:
        sdk.tags.create_tag(
            request=models.TagCreateRequest(name=name, color=color, workspace_id=mine)
        )
    assert refused.value.status_code == status
    assert kind in refused.value.body


def test_names_of_tags_are_unique_in_one_workspace_and_case_counts(sdk: AirbyteAPI) -> None:
    mine, other = workspace(sdk, "Mine"), workspace(sdk, "Other")
    made = [tag(sdk, mine, "gold"), tag(sdk, mine, "Gold"), tag(sdk, other, "gold")]
    assert len({one.tag_id for one in made}) == 3


def test_a_workspace_holds_a_hundred_tags(sdk: AirbyteAPI) -> None:
    mine = workspace(sdk)
    for number in range(100):
        tag(sdk, mine, f"tag {number}")
    with pytest.raises(SDKError, match="tag-limit-for-workspace-reached"):
        tag(sdk, mine, "one too many")
    request = api.ListTagsRequest(workspace_ids=[mine])
    assert len(said(sdk.tags.list_tags(request=request).tags_response).data) == 100


def test_a_connection_keeps_tags_by_id_and_drops_those_it_does_not_know(sdk: AirbyteAPI) -> None:
    mine, other = workspace(sdk, "Mine"), workspace(sdk, "Other")
    gold, foreign = tag(sdk, mine), tag(sdk, other)
    unknown = models.Tag(
        tag_id="00000000-0000-4000-8000-000000000000", name="x", color="000000", workspace_id=mine
    )
    sent = [on_a_connection(gold), on_a_connection(foreign), unknown]
    created = connection(
        sdk, mine, tags=[one.model_dump(by_alias=True, mode="json") for one in sent]
    )
    assert [one.tag_id for one in created.tags] == [gold.tag_id]


def test_tags_of_a_connection_are_filtered_patched_and_gone_with_the_tag(sdk: AirbyteAPI) -> None:
    mine = workspace(sdk)
    gold, silver = tag(sdk, mine, "gold"), tag(sdk, mine, "silver")
    tagged = [on_a_connection(gold).model_dump(by_alias=True, mode="json")]
    created = connection(sdk, mine, tags=tagged)
    connection(sdk, mine)

    def found(*tags: models.TagResponse) -> list[str]:
        request = api.ListConnectionsRequest(tag_ids=[one.tag_id for one in tags])
        answer = said(sdk.connections.list_connections(request=request).connections_response)
        return [row.connection_id for row in answer.data]

    def patched(**fields: object) -> list[str]:
        request = api.PatchConnectionRequest(
            connection_id=created.connection_id,
            connection_patch_request=models.ConnectionPatchRequest.model_validate(fields),
        )
        answer = said(sdk.connections.patch_connection(request=request).connection_response)
        return [one.name for one in answer.tags]

    assert found(gold) == found(gold, silver) == [created.connection_id]
    assert found(silver) == []
    assert patched(prefix="x_") == ["gold"]
    both = [on_a_connection(gold), on_a_connection(silver)]
    assert sorted(patched(tags=both)) == ["gold", "silver"]
    sdk.tags.delete_tag(request={"tag_id": silver.tag_id})
    assert patched(prefix="y_") == ["gold"]
    assert patched(tags=[]) == []
