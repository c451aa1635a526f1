"""The official SDK on sources and destinations: typed configurations, masks, PATCH, PUT, lists."""

from __future__ import annotations

from typing import Any

import pytest
from airbyte_api import AirbyteAPI, api, models
from airbyte_api.errors import ResponseValidationError, SDKError

from reconciler.sandbox.server.serving import Sandbox
from tests.sandbox.sdk import faker, said, warehouse, workspace
from tests.support import Api

MASK = "**********"
STRIPE = "e094cb9a-26de-4645-8761-65c0c425d1de"


def stripe(**fields: Any) -> models.SourceStripe:
    return models.SourceStripe(account_id="acct_1", client_secret="sk_live_1", **fields)


def sent_stripe(sdk: AirbyteAPI, workspace_id: str, **fields: Any) -> models.SourceResponse:
    request = models.SourceCreateRequest(
        name="Stripe", workspace_id=workspace_id, configuration=stripe(), **fields
    )
    return said(sdk.sources.create_source(request=request).source_response)


def raw(answer: Any) -> dict[str, Any]:
    """The JSON of an answer, before the SDK's models had a look at it."""
    body = answer.raw_response.json()
    assert isinstance(body, dict)
    return body


def test_a_typed_source_comes_back_as_its_type_with_its_secret_masked(sdk: AirbyteAPI) -> None:
    created = sent_stripe(sdk, workspace(sdk))
    assert isinstance(created.configuration, models.SourceStripe)
    assert (created.source_type, created.configuration.account_id) == ("stripe", "acct_1")
    assert created.configuration.client_secret == MASK
    read = said(sdk.sources.get_source(request={"source_id": created.source_id}).source_response)
    assert read == created


def test_secret_coordinates_are_shown_on_request_only(sdk: AirbyteAPI) -> None:
    created = sent_stripe(sdk, workspace(sdk))
    request = api.GetSourceRequest(source_id=created.source_id, include_secret_coordinates=True)
    shown = raw(sdk.sources.get_source(request=request))["configuration"]["client_secret"]
    assert shown.startswith("secret_coordinate::")


def test_a_patch_merges_and_a_put_replaces(sdk: AirbyteAPI) -> None:
    created = sent_stripe(sdk, workspace(sdk))
    patch = api.PatchSourceRequest(
        source_id=created.source_id,
        source_patch_request=models.SourcePatchRequest(
            name="Renamed",
            configuration=models.SourceStripe(
                account_id="acct_2", client_secret="sk_live_2", slice_range=30
            ),
        ),
    )
    patched = raw(sdk.sources.patch_source(request=patch))
    assert patched["name"] == "Renamed"
    assert (patched["configuration"]["account_id"], patched["configuration"]["slice_range"]) == (
        "acct_2",
        30,
    )
    put = api.PutSourceRequest(
        source_id=created.source_id,
        source_put_request=models.SourcePutRequest(
            name="Put",
            configuration=models.SourceStripe(
                account_id="acct_3", client_secret=MASK, slice_range=9
            ),
        ),
    )
    replaced = raw(sdk.sources.put_source(request=put))
    assert (replaced["name"], replaced["configuration"]["slice_range"]) == ("Put", 9)
    assert replaced["configuration"]["client_secret"] == MASK


def test_a_destination_is_made_patched_replaced_and_deleted(sdk: AirbyteAPI) -> None:
    created = warehouse(sdk, workspace(sdk))
    assert isinstance(created.configuration, models.DestinationPostgres)
    id_ = created.destination_id
    patch = api.PatchDestinationRequest(
        destination_id=id_, destination_patch_request=models.DestinationPatchRequest(name="Lake")
    )
    patched = raw(sdk.destinations.patch_destination(request=patch))
    assert (patched["name"], patched["configuration"]["password"]) == ("Lake", MASK)
    put = api.PutDestinationRequest(
        destination_id=id_,
        destination_put_request=models.DestinationPutRequest(
            name="Lake",
            configuration=models.DestinationPostgres(
                host="other.example.com", database="shop", username="loader", password=MASK
            ),
        ),
    )
    assert (
        raw(sdk.destinations.put_destination(request=put))["configuration"]["host"]
        == "other.example.com"
    )
    assert sdk.destinations.delete_destination(request={"destination_id": id_}).status_code == 204
    listed = said(sdk.destinations.list_destinations(request={}).destinations_response)
    assert listed.data == []


def test_resources_are_kept_by_a_write_that_sends_them_and_lost_by_one_that_does_not(
    sdk: AirbyteAPI,
) -> None:
    wanted = models.ScopedResourceRequirements(
        default=models.ResourceRequirements(cpu_limit="2", memory_limit="4Gi"), job_specific=[]
    )
    created = sent_stripe(sdk, workspace(sdk), resource_allocation=wanted)
    assert created.resource_allocation == wanted
    patch = api.PatchSourceRequest(
        source_id=created.source_id,
        source_patch_request=models.SourcePatchRequest(name="Renamed"),
    )
    assert said(sdk.sources.patch_source(request=patch).source_response).resource_allocation is None


def test_sources_are_listed_by_workspace_in_pages(sdk: AirbyteAPI) -> None:
    mine, other = workspace(sdk, "Mine"), workspace(sdk, "Other")
    created = {faker(sdk, mine, f"Faker {number}").source_id for number in range(3)}
    faker(sdk, other)
    seen: list[str] = []
    for offset in (0, 2):
        request = api.ListSourcesRequest(workspace_ids=[mine], limit=2, offset=offset)
        page = said(sdk.sources.list_sources(request=request).sources_response)
        seen += [row.source_id for row in page.data]
    assert sorted(seen) == sorted(created)


def test_a_deleted_source_leaves_the_list_and_no_model_of_the_sdk_can_hold_it(
    sdk: AirbyteAPI,
) -> None:
    mine = workspace(sdk)
    created = faker(sdk, mine)
    for _again in range(2):
        gone = sdk.sources.delete_source(request={"source_id": created.source_id})
        assert gone.status_code == 204
    request = api.ListSourcesRequest(workspace_ids=[mine])
    assert said(sdk.sources.list_sources(request=request).sources_response).data == []
    with pytest.raises(ResponseValidationError, match="configuration"):
        sdk.sources.get_source(request={"source_id": created.source_id})


@pytest.mark.parametrize(
    ("configuration", "definition_id", "status"),
    [
        (models.SourceAha(api_key="x", url="https://example.com"), None, 400),
        (models.SourceFaker(), STRIPE, 422),
        (models.SourceFaker(), "00000000-0000-4000-8000-000000000000", 404),
    ],
    ids=["no such connector", "another connector's configuration", "no such definition"],
)
def test_a_bad_create_is_a_problem_that_the_sdk_reads(
    sdk: AirbyteAPI,
    configuration: models.SourceConfiguration,
    definition_id: str | None,
    status: int,
) -> None:
    request = models.SourceCreateRequest(
        name="Bad",
        workspace_id=workspace(sdk),
        definition_id=definition_id,
        configuration=configuration,
    )
    with pytest.raises(SDKError) as refused:
        sdk.sources.create_source(request=request)
    assert refused.value.status_code == status
    assert '"documentationUrl":null' in refused.value.body


def test_the_sdk_alone_cannot_read_a_destination(sandbox: Sandbox, sdk: AirbyteAPI) -> None:
    created = warehouse(sdk, workspace(sdk))
    security = models.Security(bearer_auth=Api(sandbox).token)
    with (
        AirbyteAPI(server_url=sandbox.url, security=security) as alone,
        pytest.raises(ResponseValidationError, match="destination_type"),
    ):
        alone.destinations.get_destination(request={"destination_id": created.destination_id})
