"""The official SDK on OAuth: what a self-managed server refuses; an organization's overrides."""

from __future__ import annotations

import pytest
from airbyte_api import AirbyteAPI, api, models
from airbyte_api.errors import SDKError

from tests.sandbox.sdk import said, workspace

SOURCE = models.ActorTypeEnum.SOURCE


def test_initiating_oauth_is_not_implemented_here(sdk: AirbyteAPI) -> None:
    request = models.InitiateOauthRequest(
        redirect_url="https://example.com",
        workspace_id=workspace(sdk),
        source_type=models.OAuthActorNames.GITHUB,
    )
    with pytest.raises(SDKError) as refused:
        sdk.sources.initiate_o_auth(request=request)
    assert refused.value.status_code == 501


def test_workspace_oauth_credentials_are_not_implemented_here(sdk: AirbyteAPI) -> None:
    created = workspace(sdk)
    put = api.CreateOrUpdateWorkspaceOAuthCredentialsRequest(
        workspace_id=created,
        workspace_o_auth_credentials_request=models.WorkspaceOAuthCredentialsRequest(
            actor_type=models.ActorTypeEnum.SOURCE,
            name=models.OAuthActorNames.GITHUB,
            configuration={},
        ),
    )
    with pytest.raises(SDKError) as refused:
        sdk.workspaces.create_or_update_workspace_o_auth_credentials(request=put)
    assert refused.value.status_code == 501
    delete = api.DeleteWorkspaceOAuthCredentialsRequest(
        workspace_id=created, actor_type=models.ActorTypeEnum.SOURCE, name="github"
    )
    with pytest.raises(SDKError) as refused:
        sdk.workspaces.delete_workspace_o_auth_credentials(request=delete)
    assert refused.value.status_code == 501


def test_an_override_of_an_organization_is_set_again_and_taken_away(sdk: AirbyteAPI) -> None:
    organizations = sdk.organizations.list_organizations_for_user().organizations_response
    (organization,) = said(organizations).data
    put = api.CreateOrUpdateOrganizationOAuthCredentialsRequest(
        organization_id=organization.organization_id,
        organization_o_auth_credentials_request=models.OrganizationOAuthCredentialsRequest(
            actor_type=SOURCE,
            name="google-ads",
            configuration={"credentials": {"client_id": "id", "client_secret": "secret"}},
        ),
    )
    for _again in range(2):
        answer = sdk.organizations.create_or_update_organization_o_auth_credentials(request=put)
        assert answer.status_code == 200
    delete = api.DeleteOrganizationOAuthCredentialsRequest(
        organization_id=organization.organization_id, actor_type=SOURCE, name="google-ads"
    )
    for _again in range(2):
        gone = sdk.organizations.delete_organization_o_auth_credentials(request=delete)
        assert gone.status_code == 204
