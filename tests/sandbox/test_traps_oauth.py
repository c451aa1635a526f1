"""An override of OAuth credentials: what it does to the sources that are written after it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from reconciler.sandbox.server.serving import Settings, running
from tests.sandbox.plain import MASK, UNKNOWN, Plain

ADVANCED_AUTH = {
    "predicate_key": ["auth"],
    "predicate_value": "oauth",
    "oauth_config_specification": {
        "complete_oauth_server_output_specification": {
            "properties": {
                "client_id": {"path_in_connector_config": ["client_id"]},
                "client_secret": {"path_in_connector_config": ["client_secret"]},
            }
        }
    },
}
SCHEMA = {
    "type": "object",
    "properties": {
        "auth": {"type": "string"},
        "client_id": {"type": "string"},
        "client_secret": {"type": "string", "airbyte_secret": True},
    },
}
SPEC = {"connectionSpecification": SCHEMA, "advanced_auth": ADVANCED_AUTH}
CRM = {
    "sourceDefinitionId": UNKNOWN,
    "name": "CRM",
    "dockerRepository": "airbyte/source-crm",
    "dockerImageTag": "1.0.0",
    "spec": SPEC,
}
SENT = {"client_id": "mine", "client_secret": "mine"}


@pytest.fixture
def crm(tmp_path: Path) -> Iterator[Plain]:
    """A sandbox whose only connector authenticates by OAuth."""
    registry = tmp_path / "registry.json"
    registry.write_text(json.dumps({"sources": [CRM], "destinations": []}), encoding="utf-8")
    with running(Settings(database=tmp_path / "sandbox.db", registry=registry)) as server:
        yield Plain(server)


def override(crm: Plain, configuration: dict[str, Any]) -> Any:
    organization = crm.get("/organizations")["data"][0]["organizationId"]
    body = {"actorType": "source", "name": "crm", "configuration": configuration}
    return crm.send("PUT", f"/organizations/{organization}/oauthCredentials", body)


def test_an_override_must_have_every_output_of_the_oauth_server(crm: Plain) -> None:
    answer = override(crm, {"client_id": "ours"})
    assert answer.status_code == 422
    assert answer.json()["message"] == "Missing OAuth param for key at $.client_secret"


def test_managed_fields_are_six_asterisks_whatever_is_sent(crm: Plain) -> None:
    override(crm, {"client_id": "ours", "client_secret": "ours"})
    workspace = crm.workspace()
    managed = crm.source(workspace, configuration={"sourceType": "crm", "auth": "oauth", **SENT})
    assert managed["configuration"] == {
        "auth": "oauth",
        "client_id": "******",
        "client_secret": MASK,
    }
    own = crm.source(workspace, configuration={"sourceType": "crm", "auth": "key", **SENT})
    assert own["configuration"]["client_id"] == "mine"


def test_an_override_touches_no_source_until_it_is_written_again(crm: Plain) -> None:
    configuration = {"sourceType": "crm", "auth": "oauth", **SENT}
    path = f"/sources/{crm.source(crm.workspace(), configuration=configuration)['sourceId']}"
    override(crm, {"client_id": "ours", "client_secret": "ours"})
    assert crm.get(path)["configuration"]["client_id"] == "mine"
    assert crm.ok("PATCH", path, {"name": "x"})["configuration"]["client_id"] == "******"
    assert crm.get(path)["configuration"]["client_id"] == "******"


def test_an_override_that_is_taken_away_leaves_what_it_wrote(crm: Plain) -> None:
    override(crm, {"client_id": "ours", "client_secret": "ours"})
    configuration = {"sourceType": "crm", "auth": "oauth"}
    path = f"/sources/{crm.source(crm.workspace(), configuration=configuration)['sourceId']}"
    organization = crm.get("/organizations")["data"][0]["organizationId"]
    crm.ok("DELETE", f"/organizations/{organization}/oauthCredentials/source/crm")
    assert crm.ok("PATCH", path, {"name": "x"})["configuration"]["client_id"] == "******"
    body = {"name": "x", "configuration": {"auth": "oauth", **SENT}}
    assert crm.ok("PUT", path, body)["configuration"]["client_id"] == "mine"


def test_under_an_override_a_new_name_makes_new_versions_of_secrets(crm: Plain) -> None:
    override(crm, {"client_id": "ours", "client_secret": "ours"})
    configuration = {"sourceType": "crm", "auth": "oauth"}
    path = f"/sources/{crm.source(crm.workspace(), configuration=configuration)['sourceId']}"

    def coordinate() -> str:
        read = crm.get(f"{path}?includeSecretCoordinates=true")
        return str(read["configuration"]["client_secret"])

    before = coordinate()
    crm.ok("PATCH", path, {"name": "Renamed"})
    assert coordinate() != before


def test_a_consent_flows_secret_fills_the_configuration_in(crm: Plain) -> None:
    secret = crm.control("/secrets", {"client_secret": "consented"})["secretId"]
    configuration = {"sourceType": "crm", "auth": "key"}
    made = crm.source(crm.workspace(), configuration=configuration, secretId=secret)
    assert made["configuration"] == {"auth": "key", "client_secret": MASK}
    assert "secretId" not in made
