"""The official SDK on custom connectors: docker images and declarative manifests."""

from __future__ import annotations

import pytest
from airbyte_api import AirbyteAPI, api, models
from airbyte_api.errors import SDKError

from tests.sandbox.sdk import said, workspace

IMAGE = models.CreateDefinitionRequest(
    name="Acme CRM", docker_repository="acme/source-crm", docker_image_tag="1.0.0"
)
MANIFEST = {
    "version": "4.6.2",
    "type": "DeclarativeSource",
    "spec": {
        "type": "Spec",
        "connection_specification": {
            "type": "object",
            "required": ["api_key"],
            "properties": {"api_key": {"type": "string", "airbyte_secret": True}},
        },
    },
}


def test_a_docker_source_is_made_read_changed_and_deleted(sdk: AirbyteAPI) -> None:
    mine = workspace(sdk)
    definitions = sdk.source_definitions
    create = api.CreateSourceDefinitionRequest(workspace_id=mine, create_definition_request=IMAGE)
    created = said(definitions.create_source_definition(request=create).definition_response)
    assert (created.docker_repository, created.documentation_url) == ("acme/source-crm", "")
    get = api.GetSourceDefinitionRequest(workspace_id=mine, definition_id=created.id)
    assert said(definitions.get_source_definition(request=get).definition_response) == created
    update = api.UpdateSourceDefinitionRequest(
        workspace_id=mine,
        definition_id=created.id,
        update_definition_request=models.UpdateDefinitionRequest(
            name="CRM", docker_image_tag="1.1.0"
        ),
    )
    changed = said(definitions.update_source_definition(request=update).definition_response)
    assert (changed.name, changed.docker_image_tag) == ("CRM", "1.1.0")
    every = api.ListSourceDefinitionsRequest(workspace_id=mine)
    listed = said(definitions.list_source_definitions(request=every).definitions_response)
    assert changed in listed.data
    assert any(row.docker_repository == "airbyte/source-stripe" for row in listed.data)
    delete = api.DeleteSourceDefinitionRequest(workspace_id=mine, definition_id=created.id)
    gone = definitions.delete_source_definition(request=delete)
    assert said(gone.definition_response).id == created.id
    with pytest.raises(SDKError) as refused:
        definitions.get_source_definition(request=get)
    assert refused.value.status_code == 404


def test_a_docker_destination_is_made_read_changed_and_deleted(sdk: AirbyteAPI) -> None:
    mine = workspace(sdk)
    definitions = sdk.destination_definitions
    create = api.CreateDestinationDefinitionRequest(
        workspace_id=mine,
        create_definition_request=models.CreateDefinitionRequest(
            name="Acme Lake",
            docker_repository="acme/destination-lake",
            docker_image_tag="1.0.0",
            documentation_url="https://example.com/lake",
        ),
    )
    created = said(definitions.create_destination_definition(request=create).definition_response)
    assert created.documentation_url == "https://example.com/lake"
    get = api.GetDestinationDefinitionRequest(workspace_id=mine, definition_id=created.id)
    assert said(definitions.get_destination_definition(request=get).definition_response) == created
    update = api.UpdateDestinationDefinitionRequest(
        workspace_id=mine,
        definition_id=created.id,
        update_definition_request=models.UpdateDefinitionRequest(
            name="Lake", docker_image_tag="2.0.0"
        ),
    )
    changed = said(definitions.update_destination_definition(request=update).definition_response)
    assert changed.docker_repository == "acme/destination-lake"
    every = api.ListDestinationDefinitionsRequest(workspace_id=mine)
    listed = definitions.list_destination_definitions(request=every).definitions_response
    assert changed in said(listed).data
    delete = api.DeleteDestinationDefinitionRequest(workspace_id=mine, definition_id=created.id)
    assert definitions.delete_destination_definition(request=delete).status_code == 200


def test_a_declarative_source_gets_a_version_with_every_put(sdk: AirbyteAPI) -> None:
    mine = workspace(sdk)
    definitions = sdk.declarative_source_definitions
    create = api.CreateDeclarativeSourceDefinitionRequest(
        workspace_id=mine,
        create_declarative_source_definition_request=(
            models.CreateDeclarativeSourceDefinitionRequest(name="Acme API", manifest=MANIFEST)
        ),
    )
    answer = definitions.create_declarative_source_definition(request=create)
    created = said(answer.declarative_source_definition_response)
    assert (created.name, created.version) == ("Acme API", 1)
    update = api.UpdateDeclarativeSourceDefinitionRequest(
        workspace_id=mine,
        definition_id=created.id,
        update_declarative_source_definition_request=(
            models.UpdateDeclarativeSourceDefinitionRequest(manifest=MANIFEST)
        ),
    )
    updated = definitions.update_declarative_source_definition(request=update)
    assert said(updated.declarative_source_definition_response).version == 2
    get = api.GetDeclarativeSourceDefinitionRequest(workspace_id=mine, definition_id=created.id)
    read = definitions.get_declarative_source_definition(request=get)
    assert said(read.declarative_source_definition_response).version == 2
    # The organization owns it: its other workspaces see it too.
    every = api.ListDeclarativeSourceDefinitionsRequest(workspace_id=workspace(sdk, "Other"))
    listed = definitions.list_declarative_source_definitions(request=every)
    rows = said(listed.declarative_source_definitions_response).data
    assert [row.id for row in rows] == [created.id]
    delete = api.DeleteDeclarativeSourceDefinitionRequest(
        workspace_id=mine, definition_id=created.id
    )
    gone = definitions.delete_declarative_source_definition(request=delete)
    assert said(gone.declarative_source_definition_response).id == created.id
    with pytest.raises(SDKError) as refused:
        definitions.get_declarative_source_definition(request=get)
    assert refused.value.status_code == 404


def test_a_source_of_a_custom_connector_goes_with_its_definition(sdk: AirbyteAPI) -> None:
    mine = workspace(sdk)
    create = api.CreateSourceDefinitionRequest(workspace_id=mine, create_definition_request=IMAGE)
    answer = sdk.source_definitions.create_source_definition(request=create)
    definition = said(answer.definition_response)
    source = sdk.sources.create_source(
        request=models.SourceCreateRequest(
            name="CRM",
            workspace_id=mine,
            definition_id=definition.id,
            configuration=models.SourceFaker(),
        )
    )
    assert said(source.source_response).source_type == ""
    delete = api.DeleteSourceDefinitionRequest(workspace_id=mine, definition_id=definition.id)
    sdk.source_definitions.delete_source_definition(request=delete)
    request = api.ListSourcesRequest(workspace_ids=[mine])
    assert said(sdk.sources.list_sources(request=request).sources_response).data == []


def test_a_connector_of_airbytes_own_cannot_be_changed(sdk: AirbyteAPI) -> None:
    mine = workspace(sdk)
    update = api.UpdateSourceDefinitionRequest(
        workspace_id=mine,
        definition_id="e094cb9a-26de-4645-8761-65c0c425d1de",
        update_definition_request=models.UpdateDefinitionRequest(
            name="Stripe", docker_image_tag="0.0.1"
        ),
    )
    with pytest.raises(SDKError) as refused:
        sdk.source_definitions.update_source_definition(request=update)
    assert refused.value.status_code == 400
