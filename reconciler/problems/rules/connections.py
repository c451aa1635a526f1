"""R3xx: what connections sync, how, and when."""

from __future__ import annotations

from reconciler.problems.rules.rule import error_rule, warning_rule

STREAMS_NOT_MANAGED = warning_rule(
    "R301",
    "streams not managed",
    what="A connection does not say which streams it syncs.",
    why="A new connection gets every stream, and what is changed in Airbyte later stays.",
    hint="List the streams, or write `streams: all`.",
    example="connections:\n  stripe: {}",
)

DUPLICATE_STREAM = error_rule(
    "R302",
    "duplicate stream",
    what="A connection lists a stream of one name and namespace twice.",
    why="Airbyte refuses it.",
    hint="Remove one, or tell them apart by `namespace`.",
    example="streams: [{name: users}, {name: users}]",
)

NO_EFFECT = warning_rule(
    "R303",
    "no effect",
    what="A field is set that Airbyte does not use beside the others, such as a cursor.",
    why="Airbyte discards it without a word, so it does not do what its author believes.",
    hint="Remove it, or choose the `syncMode` or `scheduleType` that uses it.",
    example="streams: [{name: users, syncMode: full_refresh_append, cursorField: id}]",
)

INVALID_CRON_EXPRESSION = error_rule(
    "R304",
    "invalid cron expression",
    what="A schedule's cron expression is none that Airbyte takes.",
    why="Airbyte's cron is Quartz's: six fields that begin with a fixed second, always in UTC.",
    hint="The message translates five-field expressions; `0 30 2 * * ?` is 02:30 each day.",
    example='schedule: {scheduleType: cron, cronExpression: "30 2 * * 1-5"}',
)

NAMESPACE_FORMAT_MISSING = warning_rule(
    "R305",
    "namespace format missing",
    what="`namespaceDefinition: custom_format` stands without a `namespaceFormat`.",
    why="Airbyte accepts it, and where the tables go is then not said.",
    hint="Add `namespaceFormat`.",
    example="namespaceDefinition: custom_format",
)

FIELD_LISTED_TWICE = error_rule(
    "R306",
    "field listed twice",
    what="A stream lists a field twice in its `selectedFields` or its `primaryKey`.",
    why="Airbyte refuses it.",
    hint="Remove one of them.",
    example="selectedFields: [id, name, id]",
)

FIELD_NOT_SELECTED = error_rule(
    "R307",
    "field not selected",
    what="A stream's cursor or key is not among its `selectedFields`.",
    why="Its sync mode needs the field in every record, so Airbyte refuses it.",
    hint="Add it to `selectedFields`.",
    example="syncMode: incremental_append\ncursorField: updated\nselectedFields: [id]",
)

LIST_THAT_AIRBYTE_ADDS_TO = warning_rule(
    "R308",
    "list that Airbyte adds to",
    what="Fields or streams are listed one by one while Airbyte is told to add new ones.",
    why="What Airbyte adds is synced and stays, though no manifest lists it.",
    hint="Choose another `nonBreakingSchemaUpdatesBehavior` where only these shall be synced.",
    example="nonBreakingSchemaUpdatesBehavior: propagate_fully\nstreams: [{name: users}]",
)
