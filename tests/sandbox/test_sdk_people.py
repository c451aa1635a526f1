"""The official SDK on organizations, users and permissions."""

from __future__ import annotations

import pytest
import requests
from airbyte_api import AirbyteAPI, api, models
from airbyte_api.errors import SDKError

from reconciler.sandbox.server.serving import Sandbox
from tests.sandbox.sdk import said, workspace


def organization(sdk: AirbyteAPI) -> models.OrganizationResponse:
    answer = sdk.organizations.list_organizations_for_user().organizations_response
    (one,) = said(answer).data
    return one


def users(sdk: AirbyteAPI) -> list[models.UserResponse]:
    request = api.ListUsersWithinAnOrganizationRequest(
        organization_id=organization(sdk).organization_id
    )
    return said(sdk.users.list_users_within_an_organization(request=request).users_response).data


def a_new_user(sandbox: Sandbox, sdk: AirbyteAPI) -> models.UserResponse:
    """Somebody without any role: the API itself makes no users."""
    address = "ada@example.com"
    body = {"name": "Ada", "email": address}
    control = f"http://{sandbox.host}:{sandbox.port}/_sandbox/users"
    requests.post(control, json=body, timeout=10).raise_for_status()
    (found,) = [user for user in users(sdk) if user.email == address]
    return found


def test_a_self_managed_server_has_the_default_organization(sdk: AirbyteAPI) -> None:
    assert organization(sdk).organization_id == "00000000-0000-0000-0000-000000000000"


def test_users_are_found_by_their_address_or_their_id(sdk: AirbyteAPI) -> None:
    someone = users(sdk)[0]
    organization_id = organization(sdk).organization_id
    for query in ({"emails": [someone.email]}, {"ids": [someone.id]}):
        request = api.ListUsersWithinAnOrganizationRequest.model_validate(
            {"organizationId": organization_id, **query}
        )
        found = sdk.users.list_users_within_an_organization(request=request).users_response
        assert said(found).data == [someone]
    request = api.ListUsersWithinAnOrganizationRequest(
        organization_id=organization_id, emails=["nobody@example.com"]
    )
    found = sdk.users.list_users_within_an_organization(request=request).users_response
    assert said(found).data == []


def test_a_permission_is_made_once_read_changed_listed_and_deleted(
    sdk: AirbyteAPI, sandbox: Sandbox
) -> None:
    someone = a_new_user(sandbox, sdk)
    mine = workspace(sdk)
    request = models.PermissionCreateRequest(
        permission_type=models.PublicPermissionType.WORKSPACE_READER,
        user_id=someone.id,
        workspace_id=mine,
    )
    created = said(sdk.permissions.create_permission(request=request).permission_response)
    again = said(sdk.permissions.create_permission(request=request).permission_response)
    assert created == again
    assert created.workspace_id == mine
    id_ = created.permission_id
    read = sdk.permissions.get_permission(request={"permission_id": id_})
    assert said(read.permission_response) == created
    update = api.UpdatePermissionRequest(
        permission_id=id_,
        permission_update_request=models.PermissionUpdateRequest(
            permission_type=models.PermissionType.WORKSPACE_EDITOR
        ),
    )
    changed = said(sdk.permissions.update_permission(request=update).permission_response)
    assert changed.permission_type is models.PermissionType.WORKSPACE_EDITOR
    every = api.ListPermissionsRequest(
        user_id=someone.id, organization_id=organization(sdk).organization_id
    )
    listed = said(sdk.permissions.list_permissions(request=every).permissions_response).data
    (row,) = [row for row in listed if row.permission_id == id_]
    assert (row.scope, row.scope_id) == (models.PermissionScope.WORKSPACE, mine)
    gone = sdk.permissions.delete_permission(request={"permission_id": id_})
    assert gone.status_code == 204
    with pytest.raises(SDKError) as refused:
        sdk.permissions.get_permission(request={"permission_id": id_})
    assert refused.value.status_code == 404


def test_a_permission_has_exactly_one_scope(sdk: AirbyteAPI) -> None:
    someone = users(sdk)[-1]
    both = {
        "workspace_id": workspace(sdk),
        "organization_id": organization(sdk).organization_id,
    }
    for scope in ({}, both):
        request = models.PermissionCreateRequest(
            permission_type=models.PublicPermissionType.WORKSPACE_READER,
            user_id=someone.id,
            **scope,
        )
        with pytest.raises(SDKError) as refused:
            sdk.permissions.create_permission(request=request)
        assert refused.value.status_code == 400


def test_the_caller_reads_its_own_permissions_by_default(sdk: AirbyteAPI) -> None:
    own = said(sdk.permissions.list_permissions(request={}).permissions_response).data
    assert own
    assert len({row.user_id for row in own}) == 1
