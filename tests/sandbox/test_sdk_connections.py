"""The official SDK on connections and discovered streams."""

from __future__ import annotations

import pytest
from airbyte_api import AirbyteAPI, api, models
from airbyte_api.errors import SDKError

from tests.sandbox.sdk import connection, faker, said, warehouse, workspace


def test_a_connection_reads_with_everything_that_the_server_fills_in(sdk: AirbyteAPI) -> None:
    created = connection(
        sdk,
        workspace(sdk),
        schedule={"scheduleType": "cron", "cronExpression": "0 0 12 * * ?"},
    )
    assert created.name == "Faker <> Warehouse"
    assert created.status is models.ConnectionStatusEnum.ACTIVE
    assert created.schedule.cron_expression == "0 0 12 * * ? UTC"
    assert (created.prefix, created.tags) == ("", [])
    (stream,) = said(created.configurations.streams)
    assert stream.sync_mode is models.ConnectionSyncModeEnum.FULL_REFRESH_OVERWRITE
    assert (stream.mappers, stream.selected_fields, stream.include_files) == ([], [], False)
    read = sdk.connections.get_connection(request={"connection_id": created.connection_id})
    assert said(read.connection_response) == created


def test_a_patch_replaces_the_whole_list_of_streams(sdk: AirbyteAPI) -> None:
    created = connection(sdk, workspace(sdk))
    wanted = models.StreamConfigurations(
        streams=[
            models.StreamConfiguration(
                name="purchases",
                sync_mode=models.ConnectionSyncModeEnum.INCREMENTAL_DEDUPED_HISTORY,
                selected_fields=[
                    models.SelectedFieldInfo(field_path=[name]) for name in ("id", "updated_at")
                ],
            ),
            models.StreamConfiguration(name="products"),
        ]
    )
    patch = api.PatchConnectionRequest(
        connection_id=created.connection_id,
        connection_patch_request=models.ConnectionPatchRequest(
            name="Faker to warehouse",
            configurations=wanted,
            namespace_definition=models.NamespaceDefinitionEnumNoDefault.CUSTOM_FORMAT,
            namespace_format="${SOURCE_NAMESPACE}",
            prefix="faker_",
            status=models.ConnectionStatusEnum.INACTIVE,
        ),
    )
    patched = said(sdk.connections.patch_connection(request=patch).connection_response)
    assert (patched.name, patched.prefix) == ("Faker to warehouse", "faker_")
    assert patched.status is models.ConnectionStatusEnum.INACTIVE
    streams = {stream.name: stream for stream in said(patched.configurations.streams)}
    assert set(streams) == {"purchases", "products"}
    assert streams["purchases"].cursor_field == ["updated_at"]
    assert streams["purchases"].primary_key == [["id"]]


def test_a_mapper_comes_back_with_an_id_and_without_its_key(sdk: AirbyteAPI) -> None:
    # The one kind of mapper that the SDK can send or read: telling mappers apart, its models want
    # the `algorithm` that only encryption has.
    mapper = {
        "type": "encryption",
        "mapperConfiguration": {
            "algorithm": "AES",
            "targetField": "name",
            "fieldNameSuffix": "_encrypted",
            "mode": "CBC",
            "padding": "PKCS5Padding",
            "key": "00112233445566778899aabbccddeeff",
        },
    }
    streams = [{"name": "users", "mappers": [mapper]}]
    created = connection(sdk, workspace(sdk), configurations={"streams": streams})
    (stream,) = said(created.configurations.streams)
    (kept,) = said(stream.mappers)
    assert kept.id
    assert isinstance(kept.mapper_configuration, models.EncryptionMapperAESConfiguration)
    assert kept.mapper_configuration.key == "**********"


def test_connections_are_listed_by_workspace_in_pages(sdk: AirbyteAPI) -> None:
    mine, other = workspace(sdk, "Mine"), workspace(sdk, "Other")
    created = {connection(sdk, mine).connection_id for _ in range(3)}
    connection(sdk, other)
    seen: list[str] = []
    for offset in (0, 2):
        request = api.ListConnectionsRequest(workspace_ids=[mine], limit=2, offset=offset)
        page = said(sdk.connections.list_connections(request=request).connections_response)
        seen += [row.connection_id for row in page.data]
    assert sorted(seen) == sorted(created)


def test_a_deleted_connection_is_deprecated_and_listed_only_on_request(sdk: AirbyteAPI) -> None:
    mine = workspace(sdk)
    created = connection(sdk, mine)
    id_ = created.connection_id
    for _again in range(2):
        gone = sdk.connections.delete_connection(request={"connection_id": id_})
        assert gone.status_code == 204
    answer = sdk.connections.get_connection(request={"connection_id": id_})
    read = said(answer.connection_response)
    assert read.status is models.ConnectionStatusEnum.DEPRECATED
    for include_deleted, expected in ((False, 0), (True, 1)):
        request = api.ListConnectionsRequest(workspace_ids=[mine], include_deleted=include_deleted)
        found = said(sdk.connections.list_connections(request=request).connections_response)
        assert len(found.data) == expected


def test_a_bad_schedule_is_refused_before_anything_is_looked_up(sdk: AirbyteAPI) -> None:
    nowhere = "00000000-0000-4000-8000-000000000000"
    request = models.ConnectionCreateRequest(
        source_id=nowhere,
        destination_id=nowhere,
        schedule=models.AirbyteAPIConnectionSchedule(
            schedule_type=models.ScheduleTypeEnum.CRON, cron_expression="0 12 * * *"
        ),
    )
    with pytest.raises(SDKError) as refused:
        sdk.connections.create_connection(request=request)
    assert refused.value.status_code == 400
    assert "0 12 * * *" in refused.value.body


def test_discovery_tells_modes_only_for_a_destination(sdk: AirbyteAPI) -> None:
    mine = workspace(sdk)
    source = faker(sdk, mine).source_id
    alone = sdk.streams.get_stream_properties(request={"source_id": source})
    assert {s.stream_name for s in said(alone.stream_properties_response)} == {
        "products",
        "purchases",
        "users",
    }
    assert all(s.sync_modes is None for s in said(alone.stream_properties_response))
    request = api.GetStreamPropertiesRequest(
        source_id=source, destination_id=warehouse(sdk, mine).destination_id, ignore_cache=True
    )
    both = said(sdk.streams.get_stream_properties(request=request).stream_properties_response)
    for stream in both:
        assert models.ConnectionSyncModeEnum.INCREMENTAL_APPEND in said(stream.sync_modes)
        assert stream.source_defined_primary_key == [["id"]]
        assert ["id"] in said(stream.property_fields)
