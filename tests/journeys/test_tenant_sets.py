"""Tenant sets: a row is a tenant, and what is wrong in a table is told at its cell."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.journeys.test_templates import TEMPLATE, refused
from tests.support import Project

SET = "version: 1\ntenants: {template: shop, from: customers.csv}\n"
CSV = """\
tenant,company,count,uses,labels.region
acme,Acme Inc,3,users,eu
globex,"Globex, ""The"" Corp",,users;more,us
"""


@pytest.fixture
def fleet(project: Project) -> Project:
    """A project with a set of two tenants."""
    project.write("templates/shop.yaml", TEMPLATE)
    project.write("tenants/customers.yaml", SET)
    project.write("tenants/customers.csv", CSV)
    return project


def test_each_row_is_a_tenant(fleet: Project, api: Any) -> None:
    fleet.apply()
    fleet.assert_no_changes()
    names = [row["name"] for row in api.rows("workspaces")]
    assert names == ["Acme Inc", 'Globex, "The" Corp']
    counts = [row["configuration"] for row in api.rows("sources") if row["name"] == "users"]
    assert sorted(counts, key=lambda each: each["count"]) == [
        {"count": 3, "seed": 7},
        {"count": 10, "seed": 7},
    ]
    assert len(api.rows("connections")) == 3


def test_a_whole_number_with_a_fraction_of_zero_is_one(fleet: Project, api: Any) -> None:
    named = TEMPLATE.replace("More of ${{ tenant }}", "More than ${{ params.count }}")
    fleet.write("templates/shop.yaml", named)
    fleet.write("tenants/customers.csv", "tenant,company,count\nacme,Acme,3.0\n")
    fleet.apply()
    assert api.row("sources", "users")["configuration"]["count"] == 3
    assert {row["name"] for row in api.rows("sources")} == {"users", "More than 3"}


def test_a_table_in_another_encoding_is_told_how_to_save_it(fleet: Project) -> None:
    (fleet.folder / "tenants/customers.csv").write_bytes(b"tenant,company\nacme,Caf\xe9\n")
    result = fleet.run("validate")
    assert result.exit_code == 1
    assert "tenants/customers.csv:1:1: error: not a text file" in result.stderr
    assert "CSV UTF-8" in result.stderr


@pytest.mark.parametrize("suffix", ["json", "yaml"])
def test_rows_may_be_json_or_yaml(fleet: Project, suffix: str) -> None:
    rows = [
        {"tenant": "acme", "company": "Acme Inc", "count": 3, "uses": ["users"]},
        {"tenant": "globex", "company": "Globex", "labels": {"region": "us"}, "count": None},
    ]
    fleet.write("tenants/customers.yaml", SET.replace("customers.csv", f"rows.{suffix}"))
    fleet.write(f"tenants/rows.{suffix}", json.dumps(rows))
    assert "2 tenants" in fleet.run("validate").stdout
    assert "1 tenant," in fleet.run("validate", "--label", "region=us").stdout


def test_a_set_selects_by_name_label_glob_table_set_and_template(fleet: Project) -> None:
    for selector, expected in {
        ("acme",): "1 tenant,",
        ("--tenant", "glob*"): "1 tenant,",
        ("--label", "region=us"): "1 tenant,",
        ("tenants/customers.csv",): "2 tenants",
        ("tenants/customers.yaml",): "2 tenants",
        ("templates/shop.yaml",): "2 tenants",
    }.items():
        assert expected in fleet.run("validate", *selector).stdout, selector


def test_a_set_may_say_something_for_all_its_rows(fleet: Project, api: Any) -> None:
    fleet.write(
        "tenants/customers.yaml",
        SET + "params: {count: 4}\nlabels: {fleet: a}\n"
        "sources: {users: {configuration: {seed: 1}}, more: {name: Others}}\n",
    )
    fleet.apply()
    named = [row["name"] for row in api.rows("sources")]
    assert named == ["Others", "users", "users"]
    users = [row for row in api.rows("sources") if row["name"] == "users"]
    assert sorted(row["configuration"]["count"] for row in users) == [3, 4]
    assert "2 tenants" in fleet.run("validate", "--label", "fleet=a").stdout


def test_a_row_may_retire_its_tenant(fleet: Project) -> None:
    fleet.apply()
    lines = CSV.splitlines()
    rows = [f"{lines[0]},state,reason", f"{lines[1]},absent,contract ended", f"{lines[2]},,"]
    fleet.write("tenants/customers.csv", "\n".join(rows))
    result = fleet.run("plan", "acme")
    assert "contract ended" in result.stdout, result.output


def test_a_table_from_a_spreadsheet_is_read(fleet: Project) -> None:
    windows = "\ufeff" + CSV.replace("\n", "\r\n") + "\r\n\r\n , \r\n".replace(" , ", "")
    fleet.write("tenants/customers.csv", windows)
    assert "2 tenants" in fleet.run("validate").stdout


def test_a_merge_conflict_in_a_table_is_called_so(fleet: Project) -> None:
    header, acme, globex = CSV.splitlines(keepends=True)
    lines = (header, "<<<<<<< HEAD\n", acme, "=======\n", acme, ">>>>>>> change\n", globex)
    fleet.write("tenants/customers.csv", "".join(lines))
    result = fleet.run("validate")
    assert "tenants/customers.csv:2:1: error: merge conflict [R003]" in result.stderr
    assert "R061" not in result.stderr


@pytest.mark.parametrize(
    ("table", "words"),
    [
        ("", ["customers.csv:1:1", "empty file"]),
        ("tenant,company\n", ["customers.csv:1:1", "no rows"]),
        ("tenant;company\nacme;A\n", ["1:1", "commas"]),
        ("company\nA\n", ["1:1", "missing column", '"tenant"']),
        ("tenant\nacme\n", ["1:1", "missing column", '"company"']),
        ("tenant,company,cuont\nacme,A,1\n", ["1:16", "unknown column", '"count"']),
        ("tenant,company,company\nacme,A,B\n", ["1:16", "duplicate key"]),
        ("tenant,company,\nacme,A,\n", ["1:16", "no name"]),
        ("tenant,company\nacme,A,B\n", ["2:1", "3 cells", "header has 2"]),
        ("tenant,company\nacme\n", ["2:1", "1 cells"]),
        ('tenant,company\nacme,"A\n', ["2:6", "not closed"]),
        ('tenant,company\nacme,"A"B\n', ["2:9", "closing quote"]),
        ("tenant,company\nacme,A\n,B\n", ["3:1", "missing key", "tenant"]),
        ("tenant,company\nacme,\n", ["2:6", "missing param", "company"]),
        ("tenant,company\nacme,A\nacme,B\n", ["3:1", "duplicate tenant", "customers.csv:2:1"]),
        ("tenant,company\nacme,A\nb,A\n", ["3:1", "workspace claimed twice", "2:1"]),
        ("tenant,company\n../x,A\n", ["2:1", "invalid value"]),
        ("tenant,company,count\nacme,A,many\n", ["2:8", "wrong type", "whole number"]),
        ("tenant,company,count\nacme,A,0\n", ["2:8", "invalid value"]),
        ("tenant,company,uses\nacme,A,userz\n", ["2:8", "unknown source", '"users"']),
        ("tenant,company\nacme,${{ env.HOME }}\n", ["2:6", "expression in a table"]),
        ("tenant,company,state\nacme,A,absnt\n", ["2:8", "unknown value", "absent"]),
        (f"tenant,company\nacme,{'x' * 300}\n", ["2:6", "through templates/shop.yaml:11:9"]),
    ],
)
def test_a_mistake_in_a_table_is_told_at_its_cell(
    fleet: Project, table: str, words: list[str]
) -> None:
    fleet.write("tenants/customers.csv", table)
    message = refused(fleet)
    for word in words:
        assert word in message, message


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        ("{}", ["1:1", "list"]),
        ("[]", ["1:1", "no rows"]),
        ("[5]", ["1:2", "mapping"]),
        ("[{tenant: acme}]", ["1:2", "missing param", "company"]),
        ("[{tenant: acme, company: 5}]", ["1:26", "wrong type"]),
        ("[{tenant: acme, cmpany: A}]", ["1:25", "unknown column", "company"]),
        ("[{tenant: acme, company: A, uses: users}]", ["1:35", "wrong type"]),
        ("[{tenant: acme, company: A, labels: {a: '${{ env.X }}'}}]", ["expression in a table"]),
        ("[{tenant: acme, company: A", ["not YAML"]),
    ],
)
def test_a_mistake_in_rows_of_yaml_is_told_at_its_place(
    fleet: Project, rows: str, words: list[str]
) -> None:
    fleet.write("tenants/customers.yaml", SET.replace("customers.csv", "rows.yaml"))
    fleet.write("tenants/rows.yaml", rows)
    message = refused(fleet)
    for word in words:
        assert word in message, message


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("tenants: {template: shopp, from: customers.csv}", ["2:21", "unknown template"]),
        ("tenants: {template: shop, from: custmers.csv}", ["2:33", "no such table"]),
        ("tenants: {template: shop, from: customers.xls}", ["2:33", ".csv"]),
        ("tenants: {template: shop, from: ../../outside.csv}", ["2:33", "outside the project"]),
        ("tenants: {template: shop, from: /etc/passwd.csv}", ["2:33", "outside the project"]),
        ("tenants: {template: shop}", ["2:1", "missing key", "from"]),
        ("tenants: {template: shop, form: x, from: customers.csv}", ["2:27", "unknown key"]),
        ("tenants: customers.csv", ["2:10", "wrong type"]),
        ("tenants: {template: shop, from: customers.csv}\ntenant: a", ["3:1", "unknown key"]),
        ("tenants: {template: shop, from: customers.csv}\nlabls: {}", ["3:1", "labels"]),
        ("tenants: {template: shop, from: customers.csv}\nparams: {cont: 1}", ["cont"]),
        (
            "tenants: {template: shop, from: customers.csv}\nsources: {users: {nam: x}}",
            ["3:19", "unknown key"],
        ),
    ],
)
def test_a_mistake_in_a_set_is_told_at_its_place(
    fleet: Project, text: str, words: list[str]
) -> None:
    (fleet.folder.parent / "outside.csv").write_text("tenant\nplanted\n", encoding="utf-8")
    fleet.write("tenants/customers.yaml", f"version: 1\n{text}\n")
    message = refused(fleet)
    assert "planted" not in message
    for word in words:
        assert word in message, message


def test_mistakes_of_another_row_do_not_stop_a_selected_one(fleet: Project) -> None:
    fleet.write("tenants/customers.csv", CSV + "bad,Bad Inc,0,users,eu\n")
    assert fleet.run("validate", "acme").exit_code == 0
    assert "customers.csv:4:13" in refused(fleet)


def test_a_set_of_thousands_of_rows_is_read(fleet: Project) -> None:
    rows = "".join(f"t{n},Company {n},,users,eu\n" for n in range(2000))
    fleet.write("tenants/customers.csv", CSV.splitlines(keepends=True)[0] + rows)
    assert "2,000 tenants" in fleet.run("validate").stdout
