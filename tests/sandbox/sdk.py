"""The official SDK against a sandbox: a client with models that we did not write."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

import httpx
from airbyte_api import AirbyteAPI, models

from reconciler.sandbox.server.serving import Sandbox
from tests.support import Api

T = TypeVar("T")

# Set, it makes the tests try everything and not a part of it: minutes and not seconds.
IS_SOAK = bool(os.environ.get("RECONCILER_SOAK"))


class NamesDestinations(httpx.HTTPTransport):
    """Writes a destination's type into its configuration before the SDK parses an answer.

    The SDK's models tell one destination from another by `destinationType` inside the
    configuration, where the server never returns it, so the SDK by itself reads no destination at
    all. Sources have no such discriminator and come through as they are.
    """

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        answer = super().handle_request(request)
        if "/destinations" not in request.url.path or "/definitions" in request.url.path:
            return answer
        text = answer.read()
        if answer.status_code != 200:
            return httpx.Response(answer.status_code, headers=answer.headers, content=text)
        return httpx.Response(200, json=_named(json.loads(text)))


def _named(body: dict[str, Any]) -> dict[str, Any]:
    for row in body.get("data", [body]):
        if row.get("configuration") is not None:
            row["configuration"]["destinationType"] = row["destinationType"]
    return body


@contextmanager
def client(sandbox: Sandbox) -> Iterator[AirbyteAPI]:
    """The SDK with a token of its own; it keeps tokens by client id, and all of ours are alike."""
    security = models.Security(bearer_auth=Api(sandbox).token)
    with (
        httpx.Client(transport=NamesDestinations(), timeout=30) as http,
        AirbyteAPI(server_url=sandbox.url, security=security, client=http) as sdk,
    ):
        yield sdk


def said(answer: T | None) -> T:
    """The model that the SDK made of an answer, which has one."""
    assert answer is not None, "the answer has no body"
    return answer


def workspace(sdk: AirbyteAPI, name: str = "Acme") -> str:
    """The id of a new workspace."""
    return said(
        sdk.workspaces.create_workspace(request={"name": name}).workspace_response
    ).workspace_id


def faker(sdk: AirbyteAPI, workspace_id: str, name: str = "Faker") -> models.SourceResponse:
    """A new source that needs no credentials; its streams are users, products and purchases."""
    request = models.SourceCreateRequest(
        name=name, workspace_id=workspace_id, configuration=models.SourceFaker(count=10)
    )
    return said(sdk.sources.create_source(request=request).source_response)


def warehouse(sdk: AirbyteAPI, workspace_id: str) -> models.DestinationResponse:
    """A new destination of the starter set."""
    request = models.DestinationCreateRequest(
        name="Warehouse",
        workspace_id=workspace_id,
        configuration=models.DestinationPostgres(
            host="db.example.com", database="shop", username="loader", password="s3cret-pass"
        ),
    )
    return said(sdk.destinations.create_destination(request=request).destination_response)


def connection(sdk: AirbyteAPI, workspace_id: str, **fields: object) -> models.ConnectionResponse:
    """A new connection from a faker to a warehouse."""
    request = models.ConnectionCreateRequest.model_validate(
        {
            "sourceId": faker(sdk, workspace_id).source_id,
            "destinationId": warehouse(sdk, workspace_id).destination_id,
            "configurations": {"streams": [{"name": "users"}]},
            **fields,
        }
    )
    return said(sdk.connections.create_connection(request=request).connection_response)
