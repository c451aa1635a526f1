"""Connections that Airbyte would refuse, or that do not do what they seem to."""

from __future__ import annotations

import pytest

from tests.support import Project

MANIFEST = """\
version: 1
tenant: acme
sources:
  shop: {type: faker, configuration: {count: 1}}
destination:
  type: dev-null
  configuration: {test_destination: {test_destination_type: SILENT}}
connections:
  shop:
"""

STREAMS = "streams:\n  - name: users\n    "

CASES = [
    (
        'schedule: {scheduleType: cron, cronExpression: "30 2 * * 1-5"}\nstreams: all',
        '10:52: error: invalid cron expression [R304]\n  "30 2 * * 1-5" is refused.',
        "Write `0 30 2 ? * MON-FRI`.",
    ),
    (
        'schedule: {scheduleType: manual, cronExpression: "0 0 2 * * ?"}\nstreams: all',
        "10:54: warning: no effect [R303]",
        "not of type cron",
    ),
    (
        "namespaceDefinition: custom_format\nstreams: all",
        "10:26: warning: namespace format missing [R305]",
        "${SOURCE_NAMESPACE}",
    ),
    (
        "namespaceDefinition: source\nnamespaceFormat: lake\nstreams: all",
        "11:22: warning: no effect [R303]",
        "beside `source`",
    ),
    (
        f"{STREAMS}selectedFields: [id, name, id]",
        "12:25: error: field listed twice [R306]",
        'lists "id" twice',
    ),
    (
        f"{STREAMS}syncMode: incremental_append\n    cursorField: updated_at\n"
        "    selectedFields: [id]",
        "13:22: error: field not selected [R307]",
        'Add "updated_at" to `selectedFields`.',
    ),
    (
        f"{STREAMS}syncMode: incremental_deduped_history\n    primaryKey: [[id], [at]]\n"
        "    selectedFields: [{fieldPath: [id]}]",
        "13:21: error: field not selected [R307]",
        'primaryKey "at"',
    ),
    (
        f"nonBreakingSchemaUpdatesBehavior: propagate_columns\n{STREAMS}selectedFields: [id]",
        "13:25: warning: list that Airbyte adds to [R308]",
        "new columns",
    ),
    (
        f"nonBreakingSchemaUpdatesBehavior: propagate_fully\n{STREAMS}syncMode: incremental_append",
        "12:7: warning: list that Airbyte adds to [R308]",
        "new streams",
    ),
    (
        f"{STREAMS}mappers: [{{type: hashing, mapperConfiguration: {{targetField: a}}}}]",
        "12:35: error: missing key [R021]",
        'needs the key "method"',
    ),
    (
        f"{STREAMS}mappers: [{{type: field-filtering, mapperConfiguration: {{field: a}}}}]",
        "12:65: error: unknown key [R020]",
        'Did you mean "targetField"?',
    ),
    (
        f"{STREAMS}mappers: [{{type: hash, mapperConfiguration: {{}}}}]",
        "12:26: error: unknown value [R024]",
        'Did you mean "hashing"?',
    ),
    (
        f"{STREAMS}mappers:\n    - type: encryption\n      mapperConfiguration:\n"
        "        {algorithm: AES, targetField: a, fieldNameSuffix: _x, mode: XYZ}",
        "15:73: error: unknown value [R024]",
        "One of: CBC, CFB, OFB, CTR, GCM, ECB.",
    ),
]


@pytest.mark.parametrize(("fields", "head", "advice"), CASES)
def test_a_mistake_in_a_connection_is_told_at_its_place(
    project: Project, fields: str, head: str, advice: str
) -> None:
    project.tenant(MANIFEST + "".join(f"    {line}\n" for line in fields.splitlines()))
    result = project.run("validate")
    output = " ".join(result.output.split())
    assert f"tenants/acme.yaml:{' '.join(head.split())}" in output
    assert advice in output
    assert "Traceback" not in output
    assert result.exit_code == ("error:" in output)


def test_an_aes_key_may_be_a_secret(project: Project) -> None:
    mapper = (
        "mappers: [{type: encryption, mapperConfiguration: {algorithm: AES, targetField: a, "
        'fieldNameSuffix: _x, mode: CBC, padding: NoPadding, key: "${{ secrets.AES }}"}}]'
    )
    fields = f"{STREAMS}{mapper}"
    project.tenant(MANIFEST + "".join(f"    {line}\n" for line in fields.splitlines()))
    assert project.run("validate").exit_code == 0


def test_a_tag_of_another_colour_or_too_long_is_told(project: Project) -> None:
    long = "x" * 31
    fields = f"    streams: all\n    tags: [{long}]\ntags: {{gold: '#FFD700'}}\n"
    project.tenant(MANIFEST + fields)
    output = project.run("validate").output
    assert "tenants/acme.yaml:11:12: error: invalid value [R025]" in output
    assert "at most 30 characters" in output
    assert "tenants/acme.yaml:12:14: error: invalid value [R025]" in output
