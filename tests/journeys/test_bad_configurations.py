"""Configurations that are not what their connector takes: what, where, and what to do."""

from __future__ import annotations

from typing import Any

import pytest

from tests.journeys.manifests import acme, stripe
from tests.support import Project

POSTGRES = {
    "host": "db.acme.example",
    "port": 5432,
    "database": "shop",
    "username": "airbyte",
    "password": "${{ secrets.PG }}",
}

MANIFEST = """\
version: 1
tenant: acme
sources:
  shop:
    type: {type}
    configuration:
{configuration}
"""


def check(project: Project, type_: str, configuration: str, *options: str) -> str:
    """What validate says of one source, whose configuration begins on line 7."""
    indented = "".join(f"      {line}\n" for line in configuration.strip().splitlines())
    project.tenant(MANIFEST.format(type=type_, configuration=indented))
    result = project.run("validate", *options)
    assert "Traceback" not in result.output
    assert "R000" not in result.output
    return result.output


def postgres(**changes: Any) -> str:
    """A Postgres configuration, a field a line in sorted order."""
    fields = {**POSTGRES, **changes}
    return "\n".join(f"{key}: {value}" for key, value in sorted(fields.items()))


CASES = [
    pytest.param(
        "acount_id: a", "8:7: warning: unknown field [R205]", 'Did you mean "account_id"?'
    ),
    pytest.param("start_date: 2023", "8:19: error: wrong type of field [R206]", "in quotes"),
    pytest.param(
        "start_date: a",
        "8:19: error: value of another form [R211]",
        "Write it like 20",
    ),
    pytest.param("slice_range: 0", "8:20: error: value out of range [R210]", "at least 1, not 0"),
    pytest.param(
        "client_secret: sk_1", "8:22: warning: secret in plain text [R213]", "secrets.NAME"
    ),
    pytest.param("", "6:5: error: missing field [R203]", '"client_secret"'),
]


@pytest.mark.parametrize(("line", "head", "advice"), CASES)
def test_a_mistake_is_told_at_its_own_line(
    project: Project, line: str, head: str, advice: str
) -> None:
    output = check(project, "stripe", f"account_id: acct_1\n{line}")
    assert f"tenants/acme.yaml:{head}" in output
    assert advice in output
    assert "sk_1" not in output


def test_a_mistake_in_a_variant_is_reported_inside_the_variant_that_was_meant(
    project: Project,
) -> None:
    tunnel = "{tunnel_method: SSH_KEY_AUTH, tunnel_host: h, tunnel_port: x, tunnel_user: u}"
    output = check(project, "postgres", postgres(tunnel_method=tunnel))
    assert "acme.yaml:11:81: error: wrong type of field [R206]" in output
    assert "(tunnel_method: SSH_KEY_AUTH) needs the field" in output
    assert "ssh_key" in output
    assert output.count("error:") == 2


def test_a_variant_that_does_not_exist_is_told_with_the_nearest(project: Project) -> None:
    output = check(project, "postgres", postgres(ssl_mode="{mode: required}"))
    assert "acme.yaml:11:24: error: unknown variant [R208]" in output
    assert 'Did you mean "require"?' in output


def test_a_variant_that_is_not_named_is_asked_for(project: Project) -> None:
    output = check(project, "postgres", postgres(ssl_mode="{}"))
    assert "acme.yaml:11:7: error: undecided variant [R209]" in output
    assert "mode: verify-full" in output


def test_a_field_of_another_variant_says_where_it_belongs(project: Project) -> None:
    ssl = "{mode: require, ca_certificate: x}"
    output = check(project, "postgres", postgres(ssl_mode=ssl))
    assert "acme.yaml:11:33: warning: unknown field [R205]" in output
    assert "It belongs to mode: verify-ca and mode: verify-full." in output


@pytest.mark.parametrize("field", ["port", "ssl_mode", "host", "tunnel_method"])
def test_an_expression_stands_for_any_value(project: Project, field: str) -> None:
    output = check(project, "postgres", postgres(**{field: "${{ secrets.ANY }}"}))
    assert "error" not in output
    assert "warning" not in output


def test_a_secret_from_the_environment_is_no_literal(project: Project) -> None:
    project.environ["PG"] = "planted"
    output = check(project, "postgres", postgres(password="${{ env.PG }}"))
    assert "R213" not in output
    assert "planted" not in output


def test_a_text_from_the_environment_is_no_number(project: Project) -> None:
    project.environ["PORT"] = "5432"
    output = check(project, "postgres", postgres(port="${{ env.PORT }}"))
    assert "wrong type of field [R206]" in output
    assert "use a param of that type instead" in output


def test_a_key_set_to_null_is_not_there(project: Project) -> None:
    assert "missing field [R203]" in check(project, "postgres", postgres(host="null"))
    assert "error" not in check(project, "postgres", postgres(schemas="null"))


def test_a_value_of_a_secret_field_is_never_shown(project: Project) -> None:
    output = check(project, "postgres", postgres(password="[planted]"))
    assert "wrong type of field [R206]" in output
    assert "planted" not in output


def test_a_connector_that_is_not_known_is_a_note(project: Project) -> None:
    custom = {"definitionId": "7c1f4b9e-0000-4000-8000-000000000001", "configuration": {"a": 1}}
    project.tenant(acme(sources={"stripe": custom}))
    result = project.run("validate")
    assert result.exit_code == 0
    assert "note: configuration not checked [R202]" in result.stderr


def test_a_misspelt_connector_has_its_configuration_left_alone(project: Project) -> None:
    project.tenant(acme(sources={"stripe": {**stripe(), "type": "strip"}}))
    output = project.run("validate").output
    assert "unknown connector [R201]" in output
    assert output.count("error:") == 1
