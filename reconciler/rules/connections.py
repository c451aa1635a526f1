"""R3xx: what connections sync, how, and when."""

from __future__ import annotations

from reconciler.rules._rule import error_rule, warning_rule

RULES = (
    warning_rule(
        "R301",
        "streams not managed",
        what="A connection does not say which streams it syncs.",
        why="A new connection gets every stream, and what is changed in Airbyte later stays.",
        hint="List the streams, or write `streams: all`.",
        example="connections:\n  stripe: {}",
    ),
    error_rule(
        "R302",
        "duplicate stream",
        what="A connection lists a stream of one name and namespace twice.",
        why="Airbyte refuses it.",
        hint="Remove one, or tell them apart by `namespace`.",
        example="streams: [{name: users}, {name: users}]",
    ),
    warning_rule(
        "R303",
        "no effect",
        what="A stream has a cursor or a key that its sync mode does not use.",
        why="Airbyte discards it without a word, so it does not do what its author believes.",
        hint="Remove it, or choose another `syncMode`.",
        example="streams: [{name: users, syncMode: full_refresh_append, cursorField: id}]",
    ),
)
