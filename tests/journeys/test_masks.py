"""What Airbyte shows in the place of a secret, copied into a manifest: never sent for one."""

from __future__ import annotations

from typing import Any

import pytest
import yaml

from tests.journeys.manifests import ENVIRON, acme, bigquery, stripe
from tests.journeys.test_definitions import crm
from tests.support import Api, Project

MASK, OAUTH = "*" * 10, "*" * 6


def refused(project: Project, *places: str) -> str:
    """What validate says, which must be one error of the rule for each of the places."""
    result = project.run("validate")
    assert result.exit_code == 1, result.output
    heads = [line for line in result.stderr.splitlines() if "[R220]" in line]
    assert [head.partition(": error: mask in place of a secret")[0] for head in heads] == [
        *places
    ], result.output
    return " ".join(result.stderr.split())


def source(project: Project, type_: str, configuration: dict[str, Any], **fields: Any) -> None:
    """A tenant whose only block is this source; its configuration begins on line 4."""
    block = {**({} if "definitionId" in fields else {"type": type_}), **fields}
    body = {"sources": {"shop": {"configuration": configuration, **block}}}
    text = yaml.safe_dump(body, sort_keys=False)
    project.tenant(text + "tenant: acme\nversion: 1\n")


@pytest.mark.parametrize("mask", [MASK, OAUTH, f" {MASK}\n"])
def test_a_mask_in_the_place_of_a_secret_is_an_error_at_its_place(
    project: Project, mask: str
) -> None:
    source(project, "stripe", stripe(client_secret=mask)["configuration"])
    told = refused(project, "tenants/acme.yaml:5:22")
    assert "${{ secrets.NAME }}" in told
    assert "secret in plain text" not in told


def test_the_mask_of_a_field_that_oauth_manages_says_so(project: Project) -> None:
    source(project, "stripe", stripe(client_secret=OAUTH)["configuration"])
    told = refused(project, "tenants/acme.yaml:5:22")
    assert "Leave the field out where OAuth manages it" in told


def test_a_mask_at_any_depth_and_in_lists_is_found(project: Project) -> None:
    tunnel = {"tunnel_method": "SSH_PASSWORD_AUTH", "tunnel_user_password": MASK}
    configuration = {"host": "h", "tunnel_method": tunnel}
    source(project, "postgres", configuration)
    result = project.run("validate")
    assert "tenants/acme.yaml:7:31: error: mask in place of a secret [R220]" in result.stderr
    applications = [{"app_name": "a", "app_id": MASK, "app_api_key": "${{ secrets.A }}"}]
    source(project, "onesignal", {"applications": applications})
    result = project.run("validate")
    assert "tenants/acme.yaml:6:17: error: mask in place of a secret [R220]" in result.stderr


def test_where_no_schema_tells_every_mask_is_an_error(project: Project) -> None:
    id_ = "7c1f4b9e-0000-4000-8000-000000000001"
    source(project, "", {"inner": [{"key": MASK}]}, definitionId=id_)
    refused(project, "tenants/acme.yaml:5:14")
    source(project, "stripe", stripe(of_a_later_version=MASK)["configuration"])
    refused(project, "tenants/acme.yaml:7:27")


def test_a_text_that_is_no_secret_of_its_connector_may_be_asterisks(project: Project) -> None:
    project.tenant(acme(destination=bigquery(dataset_id=MASK)))
    result = project.run("validate")
    assert result.exit_code == 0, result.output


@pytest.mark.parametrize(
    "written", ['${{ secrets.X || "**********" }}', "${{ secrets.X || ****** }}"]
)
def test_a_mask_as_the_default_of_a_secret_is_one(project: Project, written: str) -> None:
    source(project, "stripe", stripe(client_secret=written)["configuration"])
    assert 'The default of "client_secret"' in refused(project, "tenants/acme.yaml:5:22")


@pytest.mark.parametrize("written", ["${{ env.SHOWN }}", '${{ env.NOT_SET || "**********" }}'])
def test_a_mask_from_the_environment_is_one(project: Project, written: str) -> None:
    project.environ["SHOWN"] = MASK
    source(project, "stripe", stripe(client_secret=written)["configuration"])
    refused(project, "tenants/acme.yaml:5:22")


TEMPLATE = """\
version: 1
template: shop
params:
  properties:
    key: {type: string, default: "**********"}
sources:
  shop:
    type: stripe
    configuration: {account_id: a, client_secret: "${{ params.key }}"}
"""


def test_a_mask_in_a_param_or_a_cell_of_a_table_is_told_there(project: Project) -> None:
    project.write("templates/shop.yaml", TEMPLATE)
    project.tenant({"version": 1, "tenant": "acme", "template": "shop", "params": {"key": MASK}})
    refused(project, "tenants/acme.yaml:2:8")
    project.tenant("version: 1\ntenants: {template: shop, from: customers.csv}\n")
    project.write("tenants/customers.csv", f"tenant,key\nglobex,{MASK}\ninitech,sk_1\n")
    refused(project, "tenants/customers.csv:2:8")


def test_a_mask_in_a_templates_own_text_or_a_default_is_told_there(project: Project) -> None:
    project.write("templates/shop.yaml", TEMPLATE)
    project.tenant({"version": 1, "tenant": "acme", "template": "shop"})
    refused(project, "templates/shop.yaml:5:34")


def test_a_mask_in_a_default_of_the_project_is_told_there(project: Project) -> None:
    text = (project.folder / "reconciler.yaml").read_text(encoding="utf-8")
    streams = [{"name": "customers", "mappers": [encryption(MASK)]}]
    defaults = yaml.safe_dump({"defaults": {"connections": {"streams": streams}}}, sort_keys=False)
    project.write("reconciler.yaml", text + defaults)
    project.tenant(acme(connections={"stripe": {}}))
    refused(project, "reconciler.yaml:14:16")


def encryption(key: str) -> dict[str, Any]:
    configuration = {"targetField": "id", "fieldNameSuffix": "_x", "key": key}
    configuration |= {"algorithm": "AES", "mode": "CBC", "padding": "PKCS5Padding"}
    return {"type": "encryption", "mapperConfiguration": configuration}


def test_a_mask_as_the_programs_own_credential_is_one(project: Project) -> None:
    file = project.folder / "reconciler.yaml"
    text = file.read_text(encoding="utf-8")
    file.write_text(text.replace("sandbox-secret", '"**********"'), encoding="utf-8")
    project.tenant(acme())
    result = project.run("plan")
    assert result.exit_code == 1
    assert "error: mask in place of a secret [R220]" in result.stderr


@pytest.mark.parametrize(
    "block",
    [
        {"oauthCredentials": {"source-hubspot": {"configuration": {"client_id": OAUTH}}}},
        {"workspace": {"notifications": {"failure": {"webhook": {"enabled": True, "url": MASK}}}}},
        {"definitions": {"crm": {"manifest": crm(streams=[{"token": MASK}])}}},
    ],
    ids=lambda block: next(iter(block)),
)
def test_a_mask_in_other_blocks_that_may_hold_secrets_is_one(
    project: Project, block: dict[str, Any]
) -> None:
    project.tenant(yaml.safe_dump({**block, "tenant": "acme", "version": 1}, sort_keys=False))
    result = project.run("validate")
    assert result.exit_code == 1
    assert result.stderr.count("[R220]") == 1, result.stderr


def test_a_mask_in_the_file_of_a_definition_says_where_in_it(project: Project) -> None:
    project.write("connectors/crm.yaml", crm(streams=[{"token": MASK}]))
    definitions = {"crm": {"manifest": "../connectors/crm.yaml"}}
    project.tenant({"version": 1, "tenant": "acme", "definitions": definitions})
    assert "At `streams.0.token`" in refused(project, "tenants/acme.yaml:3:15")


def test_asterisks_in_the_specification_of_a_definition_are_words(project: Project) -> None:
    spec = crm()["spec"]
    spec["connection_specification"]["properties"]["api_key"]["examples"] = [MASK]
    project.tenant(
        {"version": 1, "tenant": "acme", "definitions": {"crm": {"manifest": crm(spec=spec)}}}
    )
    assert project.run("validate").exit_code == 0


def test_a_mask_as_the_key_of_a_mapper_is_one(project: Project) -> None:
    streams = [{"name": "customers", "mappers": [encryption(MASK)]}]
    project.tenant(acme(connections={"stripe": {"streams": streams}}))
    assert "[R220]" in project.run("validate").stderr


@pytest.mark.parametrize("value", [MASK, OAUTH, f"{MASK}\n"])
def test_a_secret_whose_value_is_a_mask_is_refused_before_anything_is_sent(
    project: Project, api: Api, value: str
) -> None:
    project.environ |= {**ENVIRON, "STRIPE_KEY": value}
    with_default = "${{ secrets.STRIPE_KEY || sk_default }}"
    for secret in ("${{ secrets.STRIPE_KEY }}", with_default):
        project.tenant(acme(sources={"stripe": stripe(client_secret=secret)}))
        result = project.run("apply", "--auto-approve")
        assert result.exit_code != 0
        assert "STRIPE_KEY" in result.output
        assert "asterisks that Airbyte shows" in " ".join(result.output.split())
        assert "sk_default" not in result.output
    assert api.rows("sources") == []
