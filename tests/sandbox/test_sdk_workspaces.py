"""The official SDK on workspaces, their lists, and what the API tells without a workspace."""

from __future__ import annotations

import pytest
from airbyte_api import AirbyteAPI, api, models
from airbyte_api.errors import SDKError

from reconciler.sandbox.server.serving import Sandbox
from tests.sandbox.sdk import said, workspace
from tests.support import CLIENT_SECRET

OFF = models.NotificationConfig(email=models.EmailNotificationConfig(enabled=False))


def test_the_sdk_gets_its_own_token_with_a_form(sandbox: Sandbox) -> None:
    # The SDK keeps tokens by client id and secret for the life of the process, beyond one sandbox:
    # basic credentials would not do, and a second test like this one would meet the first's token.
    security = models.Security(
        client_credentials=models.SchemeClientCredentials(
            client_id="sandbox-client",
            client_secret=CLIENT_SECRET,
            token_url=f"{sandbox.url}/applications/token",
        )
    )
    with AirbyteAPI(server_url=sandbox.url, security=security) as sdk:
        assert said(sdk.workspaces.list_workspaces(request={}).workspaces_response).data == []


def test_the_api_is_healthy_without_a_token(sandbox: Sandbox) -> None:
    with AirbyteAPI(server_url=sandbox.url) as sdk:
        assert sdk.health.get_health_check().status_code == 200


def test_a_workspace_is_made_read_changed_and_deleted(sdk: AirbyteAPI) -> None:
    created = workspace(sdk, "Acme")
    read = said(sdk.workspaces.get_workspace(request={"workspace_id": created}).workspace_response)
    assert (read.name, read.data_residency) == ("Acme", "auto")
    update = api.UpdateWorkspaceRequest(
        workspace_id=created, workspace_update_request=models.WorkspaceUpdateRequest(name="Acme 2")
    )
    changed = said(sdk.workspaces.update_workspace(request=update).workspace_response)
    assert (changed.workspace_id, changed.name) == (created, "Acme 2")
    assert sdk.workspaces.delete_workspace(request={"workspace_id": created}).status_code == 204
    with pytest.raises(SDKError) as refused:
        sdk.workspaces.get_workspace(request={"workspace_id": created})
    assert refused.value.status_code == 404


def test_notifications_merge_item_by_item(sdk: AirbyteAPI) -> None:
    request = models.WorkspaceCreateRequest(
        name="Acme", notifications=models.NotificationsConfig(failure=OFF)
    )
    created = said(sdk.workspaces.create_workspace(request=request).workspace_response)
    hook = models.WebhookNotificationConfig(enabled=True, url="https://example.com/hook")
    update = api.UpdateWorkspaceRequest(
        workspace_id=created.workspace_id,
        workspace_update_request=models.WorkspaceUpdateRequest(
            notifications=models.NotificationsConfig(
                success=models.NotificationConfig(webhook=hook)
            )
        ),
    )
    after = said(sdk.workspaces.update_workspace(request=update).workspace_response).notifications
    assert said(said(after.failure).email).enabled is False
    assert said(said(after.success).webhook).url == "https://example.com/hook"
    assert said(said(after.sync_disabled).email).enabled is True


def test_workspaces_are_listed_in_pages_that_do_not_overlap(sdk: AirbyteAPI) -> None:
    created = {workspace(sdk, f"W{number}") for number in range(5)}
    pages = []
    for offset in (0, 2, 4, 6):
        request = api.ListWorkspacesRequest(limit=2, offset=offset)
        pages.append(said(sdk.workspaces.list_workspaces(request=request).workspaces_response))
    assert [len(page.data) for page in pages] == [2, 2, 1, 0]
    assert {row.workspace_id for page in pages for row in page.data} == created
    assert [bool(page.next) for page in pages] == [True, True, True, False]
    assert [bool(page.previous) for page in pages] == [False, True, True, True]


def test_workspaces_are_filtered_by_repeated_ids(sdk: AirbyteAPI) -> None:
    first, second, _third = (workspace(sdk, name) for name in "abc")
    request = api.ListWorkspacesRequest(workspace_ids=[first, second])
    found = said(sdk.workspaces.list_workspaces(request=request).workspaces_response)
    assert {row.workspace_id for row in found.data} == {first, second}
