"""Templates: params, overrides, extends, and every mistake at its place."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support import Project

TEMPLATE = """\
version: 1
template: shop
params:
  required: [company]
  properties:
    company: {type: string}
    count: {type: integer, minimum: 1, default: 10}
    lists: {type: array, items: {type: string}, default: [a]}
labels: {tier: bronze}
workspace:
  name: ${{ params.company }}
sources:
  users:
    type: faker
    configuration:
      count: ${{ params.count }}
      seed: 7
  more:
    type: faker
    name: More of ${{ tenant }}
    configuration: {count: 5}
destination:
  type: dev-null
  configuration: {test_destination: {test_destination_type: SILENT}}
connections:
  users:
    streams: all
  more:
    streams: all
"""


def tenant(project: Project, text: str = "", name: str = "acme") -> None:
    """A tenant of the template, with more text behind it."""
    head = f"version: 1\ntenant: {name}\ntemplate: shop\nparams: {{company: {name.title()} Inc}}\n"
    project.write(f"tenants/{name}.yaml", head + text)


@pytest.fixture
def shop(project: Project) -> Project:
    """A project with a template and nothing else."""
    project.write("templates/shop.yaml", TEMPLATE)
    return project


def refused(project: Project, *arguments: str) -> str:
    """What validate says of a project that is wrong, as one line."""
    result = project.run("validate", *arguments)
    assert result.exit_code == 1, result.output
    assert isinstance(result.exception, SystemExit), result.exc_info
    return " ".join(result.stderr.split())


def test_a_tenant_of_a_template_applies_and_then_plans_empty(shop: Project, api: Any) -> None:
    tenant(shop)
    shop.apply()
    shop.assert_no_changes()
    assert [row["name"] for row in api.rows("workspaces")] == ["Acme Inc"]
    assert api.row("sources", "users")["configuration"] == {"count": 10, "seed": 7}
    assert api.row("sources", "More of acme")["configuration"] == {"count": 5}


def test_a_param_that_is_the_whole_value_keeps_its_type(shop: Project, api: Any) -> None:
    shop.write(
        "tenants/acme.yaml",
        "version: 1\ntenant: acme\ntemplate: shop\nparams: {company: A, count: 3}\n",
    )
    shop.apply()
    assert api.row("sources", "users")["configuration"]["count"] == 3


def test_maps_merge_scalars_replace_and_null_removes(shop: Project, api: Any) -> None:
    tenant(
        shop,
        "sources:\n"
        "  users: {configuration: {seed: null, count: 8}}\n"
        "  more: null\n"
        "  own: {type: faker, configuration: {count: 1}}\n"
        "connections: {more: null}\n",
    )
    shop.apply()
    assert [row["name"] for row in api.rows("sources")] == ["own", "users"]
    assert api.row("sources", "users")["configuration"] == {"count": 8}


def test_uses_picks_sources_and_connections_go_with_them(shop: Project, api: Any) -> None:
    tenant(shop, "uses: [more]\n")
    shop.apply()
    assert [row["name"] for row in api.rows("sources")] == ["More of acme"]
    assert [row["name"] for row in api.rows("connections")] == ["more"]


def test_a_param_of_a_source_that_is_left_out_need_not_be_given(shop: Project) -> None:
    text = TEMPLATE.replace("{count: 5}", "{count: '${{ params.special }}'}")
    text = text.replace("    company:", "    special: {type: integer}\n    company:")
    shop.write("templates/shop.yaml", text)
    tenant(shop, "uses: [users]\n")
    assert shop.run("validate").exit_code == 0
    tenant(shop)
    message = refused(shop)
    assert "tenants/acme.yaml:4:9: error: undefined param" in message
    assert "`sources.more.configuration.count`" in message


def test_a_template_may_extend_another(shop: Project, api: Any) -> None:
    shop.write(
        "templates/big.yaml",
        "version: 1\ntemplate: big\nextends: shop\n"
        "params: {required: [seed], properties: {seed: {type: integer}, count: {default: 99}}}\n"
        "sources: {users: {configuration: {seed: '${{ params.seed }}'}}, more: null}\n"
        "connections: {more: null}\n",
    )
    shop.write(
        "tenants/a.yaml",
        "version: 1\ntenant: a\ntemplate: big\nparams: {company: A, seed: 3}\n",
    )
    shop.apply()
    assert [row["name"] for row in api.rows("sources")] == ["users"]
    assert api.row("sources", "users")["configuration"] == {"count": 99, "seed": 3}


def test_a_secret_may_be_named_for_the_tenant(shop: Project) -> None:
    text = TEMPLATE.replace("type: dev-null", "type: bigquery").replace(
        "{test_destination: {test_destination_type: SILENT}}",
        "{project_id: p, dataset_id: d, dataset_location: US, "
        "credentials_json: '${{ secrets[tenant].big-query }}'}",
    )
    shop.write("templates/shop.yaml", text)
    tenant(shop)
    result = shop.run("apply", "--auto-approve")
    assert result.exit_code == 3
    shown = " ".join(result.stdout.split())
    assert "acme.big-query is not provided, and needed by destination/acme/destination" in shown
    assert "ACME_BIG_QUERY is not set" in shown
    shop.environ["ACME_BIG_QUERY"] = "planted"
    shop.apply()


def test_a_template_selects_every_tenant_that_uses_it(shop: Project) -> None:
    tenant(shop)
    tenant(shop, name="globex")
    shop.tenant({"version": 1, "tenant": "other"}, "other")
    assert "2 tenants" in shop.run("validate", "templates/shop.yaml").stdout
    assert "2 tenants" in shop.run("validate", "--label", "tier=bronze").stdout
    assert "1 tenant," in shop.run("validate", "tenants/globex.yaml").stdout


def test_a_mistake_that_comes_from_a_param_is_shown_where_it_was_given(shop: Project) -> None:
    long = "x" * 300
    shop.write(
        "tenants/acme.yaml",
        f"version: 1\ntenant: acme\ntemplate: shop\nparams:\n  company: {long}\n",
    )
    message = refused(shop)
    assert "tenants/acme.yaml:5:12: error: invalid value" in message
    assert "through templates/shop.yaml:11:9" in message


def test_a_mistake_in_a_mixed_text_names_the_params_in_it(shop: Project) -> None:
    text = TEMPLATE.replace("More of ${{ tenant }}", "More of ${{ params.company }}")
    shop.write("templates/shop.yaml", text.replace("${{ params.company }}\nsources", "A\nsources"))
    shop.write(
        "tenants/acme.yaml",
        f"version: 1\ntenant: acme\ntemplate: shop\nparams: {{company: {'x' * 250}}}\n",
    )
    message = refused(shop)
    assert "templates/shop.yaml:20:11: error: invalid value" in message
    assert "`params.company` is from tenants/acme.yaml:4:19." in message


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("template: shopp\n", ["tenants/acme.yaml:3:11", "unknown template", 'mean "shop"']),
        ("template: [shop]\n", ["tenants/acme.yaml:3:11", "unknown template"]),
        ("params: {company: A}\n", ["missing key", "template"]),
        ("uses: [users]\n", ["missing key", "template"]),
        ("template: shop\n", ["2:1", "missing param", "company"]),
        ("template: shop\nparams: {compny: A, company: A}\n", ["4:10", "unknown key", "company"]),
        ("template: shop\nparams: {company: 5}\n", ["4:19", "wrong type", '"5"']),
        ("template: shop\nparams: {company: A, count: 0}\n", ["4:29", "invalid value"]),
        ("template: shop\nparams: [A]\n", ["4:9", "wrong type"]),
        ("template: shop\nparams: {company: '${{ env.NOPE }}'}\n", ["4:19", "NOPE"]),
        ("template: shop\nparams: {company: A}\nuses: [userz]\n", ["5:8", 'mean "users"']),
        ("template: shop\nparams: {company: A}\nuses: users\n", ["5:7", "wrong type"]),
        (
            "template: shop\nparams: {company: A}\nuses: [users]\nsources: {more: {name: x}}\n",
            ["6:11", "unused override"],
        ),
        (
            "template: shop\nparams: {company: A}\nsources: {users: {configuraton: {}}}\n",
            ["5:19", "unknown key", "configuration"],
        ),
        (
            "template: shop\nparams: {company: A}\nsources: {userz: {configuration: {}}}\n",
            ["5:11", "missing key"],
        ),
        ("template: shop\nparams: {company: A}\nsources: {nope: null}\n", ["5:17", "wrong type"]),
        ("template: shop\nparams: {company: A}\nconections: {}\n", ["5:1", "connections"]),
    ],
)
def test_a_mistake_in_a_tenant_of_a_template_is_told_at_its_place(
    shop: Project, text: str, words: list[str]
) -> None:
    shop.write("tenants/acme.yaml", "version: 1\ntenant: acme\n" + text)
    message = refused(shop)
    for word in words:
        assert word in message


@pytest.mark.parametrize(
    ("before", "after", "words"),
    [
        ("seed: 7", "seed: ${{ params.sed }}", ["shop.yaml:17:13", "undefined param"]),
        ("seed: 7", "seed: ${{ parms.seed }}", ["17:13", "unknown expression", "params"]),
        ("seed: 7", "seed: ${{ params.count", ["17:13", "malformed expression"]),
        ("seed: 7", "seed: ${{ params[tenant].x }}", ["17:13", "unknown expression"]),
        ("  users:\n    type", "  users:\n    tpye", ["14:5", "unknown key", '"type"']),
        ("labels:", "lables:", ["9:1", "unknown key", "labels"]),
        ("version: 1", "version: 2", ["1:10", "version"]),
        ("type: integer, ", "type: integr, ", ["shop.yaml:7", "integer"]),
        ("{type: string}\n    count", "string\n    count", ["6:14", "company"]),
        ("properties:", "proprties:", ["params"]),
        ("type: integer", "$ref: 'http://x/y'", ["$ref", "unusable params schema"]),
        ("type: integer", "pattern: '['", ["regular expression"]),
        ("[company]", "[compny]", ["4:14", "compny"]),
        ("    company: {", "    uses: {}\n    company: {", ["6:5", "unusable key"]),
        ("params:", "extends: shop\nparams:", ["3:10", "extends itself"]),
        ("params:", "extends: nope\nparams:", ["3:10", "unknown template"]),
        ("template: shop", "tenant: shop", ["not a template"]),
        ("template: shop", "template: [shop]", ["not a template"]),
        ("version: 1", "version: 1\nuses: all", ["2:1", "unknown key"]),
    ],
)
def test_a_mistake_in_a_template_is_told_once_whoever_uses_it(
    shop: Project, before: str, after: str, words: list[str]
) -> None:
    assert before in TEMPLATE
    shop.write("templates/shop.yaml", TEMPLATE.replace(before, after, 1))
    tenant(shop)
    tenant(shop, name="globex")
    message = refused(shop)
    for word in words:
        assert word in message
    if "unknown template" not in message:
        assert message.count("error:") == 1, message


def test_a_template_that_nobody_uses_is_checked_too(shop: Project) -> None:
    shop.tenant({"version": 1, "tenant": "other"}, "other")
    assert shop.run("validate").exit_code == 0
    shop.write("templates/shop.yaml", TEMPLATE.replace("type: dev-null", "tpye: dev-null"))
    assert "templates/shop.yaml" in refused(shop)
    assert shop.run("validate", "other").exit_code == 0


def test_chains_and_cycles_of_templates_are_refused(shop: Project) -> None:
    shop.write("templates/b.yaml", "version: 1\ntemplate: b\nextends: shop\n")
    shop.write("templates/c.yaml", "version: 1\ntemplate: c\nextends: b\n")
    shop.tenant({"version": 1, "tenant": "other"}, "other")
    message = refused(shop)
    assert "templates/c.yaml:3:10" in message
    assert '"c" extends "b", which extends "shop" itself' in message
    shop.write("templates/c.yaml", "version: 1\ntemplate: c\nextends: d\n")
    shop.write("templates/d.yaml", "version: 1\ntemplate: d\nextends: c\n")
    assert refused(shop).count("unusable template") == 2


def test_two_templates_of_one_name_are_refused(shop: Project) -> None:
    shop.write("templates/z.yaml", TEMPLATE)
    tenant(shop)
    message = refused(shop)
    assert "templates/z.yaml:2:11: error: duplicate template" in message
    assert "templates/shop.yaml:2:11" in message


def test_two_tenants_of_a_template_may_not_claim_one_workspace(shop: Project) -> None:
    tenant(shop)
    shop.write(
        "tenants/b.yaml", "version: 1\ntenant: b\ntemplate: shop\nparams: {company: Acme Inc}\n"
    )
    message = refused(shop)
    assert "tenants/b.yaml:2:1: error: workspace claimed twice" in message
    assert "tenants/acme.yaml:2:1" in message


def test_nothing_outside_the_project_is_read(shop: Project) -> None:
    outside = shop.folder.parent / "secret.yaml"
    outside.write_text("planted: value\n", encoding="utf-8")
    (shop.folder / "tenants").mkdir(exist_ok=True)
    for folder in ("tenants", "templates"):
        link = shop.folder / folder / "link.yaml"
        link.symlink_to(outside)
        message = refused(shop)
        assert "outside the project" in message
        assert "planted" not in message
        link.unlink()
        shop.tenant({"version": 1, "tenant": "other"}, "other")


def test_an_adopt_of_the_wrong_shape_is_told_and_no_traceback(shop: Project) -> None:
    tenant(shop, "workspace: {adopt: 0b6f1c52-4a3e-4a57-9a0f-6f0d3c1e2b4a}\n")
    assert "tenants/acme.yaml:5:20: error: wrong type" in refused(shop)
