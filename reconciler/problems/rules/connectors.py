"""R2xx: connectors, and configurations that are not what their connector takes."""

from __future__ import annotations

from reconciler.problems.rules.rule import error_rule, note_rule, warning_rule

_REFUSED = (
    "Airbyte validates every configuration against the connector's schema and would refuse it."
)

UNKNOWN_CONNECTOR = error_rule(
    "R201",
    "unknown connector",
    what="`type` names a connector that the catalogue does not know.",
    why="It has no definition id, so Airbyte cannot be told which connector is meant.",
    hint="`reconciler connectors list` shows the known ones; others take a `definitionId`.",
    example="type: shoppify",
)

CONFIGURATION_NOT_CHECKED = note_rule(
    "R202",
    "configuration not checked",
    what="The catalogue has no schema for this `definitionId`.",
    why="Mistakes in its configuration show only when Airbyte refuses it.",
    hint="`reconciler connectors update` fetches Airbyte's catalogue.",
    example="definitionId: 7c1f4b9e-0000-4000-8000-000000000001",
)

MISSING_FIELD = error_rule(
    "R203",
    "missing field",
    what="A configuration lacks a field that its connector requires.",
    why=_REFUSED,
    hint="Add the field; `reconciler connectors show TYPE` lists the required ones.",
    example="type: stripe\nconfiguration: {account_id: acct_1}",
    is_debatable=True,
)

FIELD_NOT_ALLOWED = error_rule(
    "R204",
    "field not allowed",
    what="A configuration has a field that its connector does not have and does not let pass.",
    why=_REFUSED,
    hint="Correct the spelling, or remove the field.",
    is_debatable=True,
)

UNKNOWN_FIELD = warning_rule(
    "R205",
    "unknown field",
    what="A configuration has a field that its connector does not declare.",
    why="Airbyte stores it and the connector ignores it, so it does not do what was meant.",
    hint="Correct the spelling, or remove the field.",
    example="type: stripe\nconfiguration: {acount_id: acct_1}",
    is_strict=True,
)

WRONG_TYPE_OF_FIELD = error_rule(
    "R206",
    "wrong type of field",
    what="A field of a configuration has another type than its connector takes.",
    why=_REFUSED,
    hint="Give it the type that the message names; quotes make a text, no quotes a number.",
    example='type: postgres\nconfiguration: {port: "5432"}',
    is_debatable=True,
)

VALUE_NOT_OFFERED = error_rule(
    "R207",
    "value not offered",
    what="A field has a fixed set of values, and this is none of them.",
    why=_REFUSED,
    hint="Take one of the values that the message lists.",
    example="type: bigquery\nconfiguration: {dataset_location: Europe}",
    is_debatable=True,
)

UNKNOWN_VARIANT = error_rule(
    "R208",
    "unknown variant",
    what="The field that chooses between variants of an object names none of them.",
    why=_REFUSED,
    hint="Take one of the values that the message lists.",
    example="configuration: {ssl_mode: {mode: required}}",
    is_debatable=True,
)

UNDECIDED_VARIANT = error_rule(
    "R209",
    "undecided variant",
    what="An object could be any of several variants, or does not say which it is.",
    why="Airbyte accepts exactly one of them and would refuse it.",
    hint="Add the field that the message names.",
    example="configuration: {ssl_mode: {}}",
    is_debatable=True,
)

VALUE_OUT_OF_RANGE = error_rule(
    "R210",
    "value out of range",
    what="A number, text or list is smaller or larger than the connector takes.",
    why=_REFUSED,
    hint="The message names the limit.",
    example="type: postgres\nconfiguration: {port: 70000}",
    is_debatable=True,
)

VALUE_OF_ANOTHER_FORM = error_rule(
    "R211",
    "value of another form",
    what="A text does not match the pattern that the connector's schema has for it.",
    why=_REFUSED,
    hint="The message shows the accepted form.",
    example='type: stripe\nconfiguration: {start_date: "2023-07-01"}',
    is_debatable=True,
)

NO_DATE = warning_rule(
    "R212",
    "no date",
    what="A field that its connector declares as a date or a time is neither.",
    why="Airbyte may accept it, and the sync fail later.",
    hint="Write `2024-01-31` or `2024-01-31T00:00:00Z`.",
    example="configuration: {start_date: yesterday}",
    is_strict=True,
)

SECRET_IN_PLAIN_TEXT = warning_rule(
    "R213",
    "secret in plain text",
    what="A field that its connector marks as secret has its value in the manifest.",
    why="Whoever can read the repository can use it, now and in its history.",
    hint="Write `${{ secrets.NAME }}`, and change the secret, since it has been written down.",
    example="type: stripe\nconfiguration: {client_secret: sk_live_1}",
    is_strict=True,
)

CONFIGURATION_REFUSED = error_rule(
    "R214",
    "configuration refused",
    what="A configuration breaks a rule of its connector's schema that has no words here.",
    why=_REFUSED,
    hint="`reconciler connectors show TYPE --format json` prints the schema.",
    is_debatable=True,
)

SCHEMA_UNUSABLE = note_rule(
    "R215",
    "schema unusable",
    what="The connector's schema in the catalogue is no valid JSON Schema.",
    why="The configuration cannot be checked against it.",
    hint="`reconciler connectors update` may fetch a mended one.",
)

CONNECTOR_REGISTRY_UNUSABLE = error_rule(
    "R216",
    "connector registry unusable",
    what="A registry of connectors cannot be fetched, read or kept.",
    why="Checking against another one than was asked for could pass what is wrong.",
    hint="Check the address or file; `connectors update --file FILE` takes an offline copy.",
)

NOT_A_CONNECTOR_MANIFEST = error_rule(
    "R217",
    "not a connector manifest",
    what="The `manifest` of a definition is not that of a declarative connector.",
    why="Airbyte refuses one without `spec.connection_specification`.",
    hint="Take the YAML that Airbyte's Connector Builder exports.",
)

NOT_A_CONNECTOR_SPECIFICATION = error_rule(
    "R218",
    "not a connector specification",
    what="The `spec` of a definition is no JSON Schema of configurations.",
    why="Configurations are checked by it, and it tells which fields are secret.",
    hint="Take what the image prints for the command `spec`.",
)

PATTERN_NOT_UNDERSTOOD = warning_rule(
    "R219",
    "pattern not understood",
    what="A connector's schema has a pattern for a field that no engine here understands.",
    why="The value is not checked against it, and Airbyte may refuse it.",
    hint="Compare the value with the connector's documentation.",
)

MASK_IN_PLACE_OF_A_SECRET = error_rule(
    "R220",
    "mask in place of a secret",
    what="A secret is written as the asterisks that Airbyte shows in its place.",
    why="When they are sent, Airbyte takes `**********` and `******` for the value, and the "
    "real secret is gone.",
    hint="Write `${{ secrets.NAME }}`; leave a field out that OAuth manages.",
    example='type: stripe\nconfiguration: {client_secret: "**********"}',
)
