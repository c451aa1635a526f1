"""The SDK's typed configurations of Airbyte's connectors, sent to a sandbox that has them all."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any, get_args

import pytest
from airbyte_api import AirbyteAPI, models
from airbyte_api.errors import ResponseValidationError, SDKError
from jsonschema import Draft7Validator
from pydantic import BaseModel, ValidationError

from reconciler.sandbox.server.serving import Settings, running
from tests.sandbox.samples import masked, sample
from tests.sandbox.sdk import IS_SOAK, client, said, workspace

FACTS = Path(__file__).parents[3] / "shared" / "airbyte"

# Customers' usual ones, and what is special: arrays, branches in branches, patterns, tunnels.
SOURCES = """
    airtable amazon-ads amplitude asana bigquery chargebee facebook-marketing faker freshdesk gcs
    google-ads google-analytics-data-api google-sheets hubspot intercom jira klaviyo linkedin-ads
    mailchimp mongodb-v2 mssql mysql notion onesignal postgres s3 salesforce sftp-bulk shopify slack
    snowflake strava stripe zendesk-support
"""
DESTINATIONS = """
    bigquery clickhouse databricks dev-null gcs mssql mysql postgres redshift s3 snowflake weaviate
"""
CHOSEN = {"source": SOURCES.split(), "destination": DESTINATIONS.split()}

Row = Mapping[str, Any]


def rows() -> list[Any]:
    file = FACTS / "registry.json"
    if not file.exists():
        return [
            pytest.param("source", {}, marks=pytest.mark.skip(f"no ../shared/airbyte/{file.name}"))
        ]
    registry = json.loads(file.read_text(encoding="utf-8"))
    return [
        pytest.param(role, row, id=f"{role}-{name_of(role, row)}")
        for role in ("source", "destination")
        for row in registry[f"{role}s"]
        if IS_SOAK or name_of(role, row) in CHOSEN[role]
    ]


def name_of(role: str, row: Row) -> str:
    return str(row["dockerRepository"]).rpartition("/")[2].removeprefix(f"{role}-")


@pytest.fixture(scope="module")
def everything(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[AirbyteAPI, str]]:
    """The SDK against a sandbox with every connector, and a workspace there."""
    database = tmp_path_factory.mktemp("connectors") / "sandbox.db"
    with (
        running(Settings(database=database, registry=FACTS / "registry.json")) as sandbox,
        client(sandbox) as sdk,
    ):
        yield sdk, workspace(sdk)


@pytest.fixture(scope="module")
def names() -> Mapping[str, Mapping[str, str]]:
    """The server's own table from name to definition id."""
    table: Mapping[str, Mapping[str, str]] = json.loads(
        (FACTS / "connector-names.json").read_text(encoding="utf-8")
    )
    return table


def typed(role: str, row: Row) -> BaseModel:
    """The SDK's model of a small valid configuration of that connector."""
    configuration = sample(row["spec"]["connectionSpecification"])
    try:
        return _models()[role, name_of(role, row)].model_validate(configuration)
    except ValidationError as problem:
        pytest.skip(f"the SDK's model is stricter than the connector's schema: {problem}")


@cache  # importing a thousand models takes seconds, which no other test is to wait for
def _models() -> dict[tuple[str, str], type[BaseModel]]:
    sources = get_args(models.SourceConfiguration.__value__)
    tagged = get_args(get_args(models.DestinationConfiguration)[0])
    destinations = [get_args(annotated)[0] for annotated in tagged]
    return {
        (role, str(model.model_fields[f"{role.upper()}_TYPE"].default.value)): model
        for role, union in (("source", sources), ("destination", destinations))
        for model in union
    }


def create(sdk: AirbyteAPI, role: str, body: dict[str, Any]) -> dict[str, Any]:
    """The JSON of the answer to a create, after the SDK's models could hold it."""
    if role == "source":
        answer = _create_source(sdk, body)
    else:
        request = models.DestinationCreateRequest(**body)
        destination = sdk.destinations.create_destination(request=request)
        said(destination.destination_response)
        answer = destination.raw_response.json()
        del answer["configuration"]["destinationType"]  # which our transport put in
    assert isinstance(answer, dict)
    return answer


def _create_source(sdk: AirbyteAPI, body: dict[str, Any]) -> Any:
    try:
        answer = sdk.sources.create_source(request=models.SourceCreateRequest(**body))
    except ResponseValidationError as problem:
        # The SDK tries a configuration on all its models of sources, and some of them end the
        # search with an error where another connector uses the name of a field that they tell their
        # variants by. Such an answer is held against the model with nothing in its configuration.
        if "Could not find discriminator field" not in str(problem):
            raise
        read = json.loads(problem.body)
        models.SourceResponse.model_validate({**read, "configuration": {}})
        return read
    said(answer.source_response)
    return answer.raw_response.json()


@pytest.mark.parametrize(("role", "row"), rows())
def test_a_typed_configuration_is_accepted_and_comes_back_masked(
    role: str, row: Row, everything: tuple[AirbyteAPI, str], names: Mapping[str, Mapping[str, str]]
) -> None:
    sdk, workspace_id = everything
    configuration = typed(role, row)
    definition_id = row[f"{role}DefinitionId"]
    table_name = names[f"{role}s"].get(name_of(role, row), "")
    by_id = {} if table_name == definition_id else {"definition_id": definition_id}
    body = {
        "name": "One",
        "workspace_id": workspace_id,
        "configuration": configuration,
        **by_id,
    }
    sent = configuration.model_dump(by_alias=True, mode="json")
    del sent[f"{role}Type"]
    schema = row["spec"]["connectionSpecification"]
    if not Draft7Validator(schema).is_valid(sent):
        # The SDK reads a date and writes it in another form than the connector's pattern wants.
        with pytest.raises(SDKError) as refused:
            create(sdk, role, body)
        assert refused.value.status_code == 422
        return
    answer = create(sdk, role, body)
    assert answer["definitionId"] == definition_id
    assert answer["configuration"] == masked(schema, sent)
    _models()[role, name_of(role, row)].model_validate(answer["configuration"])
