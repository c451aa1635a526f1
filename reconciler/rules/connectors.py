"""R2xx: connectors, and configurations that are not what their connector takes."""

from __future__ import annotations

from reconciler.rules._rule import error_rule

RULES = (
    error_rule(
        "R201",
        "unknown connector",
        what="`type` names a connector that the catalogue does not know.",
        why="It has no definition id, so Airbyte cannot be told which connector is meant.",
        hint="`reconciler connectors list` shows the known ones; others take a `definitionId`.",
        example="sources:\n  shop: {type: shoppify}",
    ),
)
