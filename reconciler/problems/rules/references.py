"""R1xx: names that point nowhere, and names that are taken."""

from __future__ import annotations

from reconciler.problems.rules.rule import error_rule

_ONE_NAME = (
    "Names are how live objects are recognised: two of one name could not be told apart, and an "
    "update could hit the wrong one."
)

UNKNOWN_SOURCE = error_rule(
    "R101",
    "unknown source",
    what="A connection reads from a source that its tenant does not declare.",
    why="The connection cannot be made.",
    hint="Correct the key, or declare the source under `sources:`.",
    example="connections:\n  shop: {source: shoppify, streams: all}",
)

UNKNOWN_DESTINATION = error_rule(
    "R102",
    "unknown destination",
    what="A connection writes to a destination that its tenant does not declare.",
    why="The connection cannot be made.",
    hint="Correct the key, or declare it under `destinations:`.",
    example="connections:\n  shop: {destination: bigqery, streams: all}",
)

MISSING_SOURCE = error_rule(
    "R104",
    "missing source",
    what="A connection names no source, and no source has the connection's own key.",
    why="It would be a guess which one is meant.",
    hint="Add `source: KEY`.",
    example="sources: {shopify: {}}\nconnections:\n  orders: {streams: all}",
)

MISSING_DESTINATION = error_rule(
    "R105",
    "missing destination",
    what="A connection names no destination, and the tenant has none or several.",
    why="It would be a guess which one is meant.",
    hint="Add `destination: KEY`.",
    example="destinations: {lake: {}, warehouse: {}}\nconnections:\n  shopify: {streams: all}",
)

UNKNOWN_DEFINITION = error_rule(
    "R106",
    "unknown definition",
    what="A source or destination is of a definition that nobody declares.",
    why="There is no connector to make it of.",
    hint="Correct the key, or declare it under `definitions:` of the tenant or the project.",
    example="sources:\n  crm: {definition: crmm, configuration: {}}",
)

WRONG_KIND_OF_CONNECTOR = error_rule(
    "R107",
    "wrong kind of connector",
    what="A source is of a definition for destinations, or the other way round.",
    why="Airbyte keeps the two apart, and would not find it.",
    hint="Use another definition, or correct its `actorType`.",
)

DUPLICATE_NAME = error_rule(
    "R110",
    "duplicate name",
    what="Two resources of one kind in one workspace have the same `name`.",
    why=_ONE_NAME,
    hint="Give each its own `name`.",
    example="sources:\n  a: {name: Shop}\n  b: {name: Shop}",
)

DUPLICATE_TENANT = error_rule(
    "R111",
    "duplicate tenant",
    what="Two manifests describe a tenant of the same key.",
    why="One of them would silently win.",
    hint="Give one another `tenant:`, or put both files into one folder.",
    example="tenant: acme   # also in tenants/acme-2.yaml",
)

WORKSPACE_CLAIMED_TWICE = error_rule(
    "R112",
    "workspace claimed twice",
    what="Two tenants have the same workspace name.",
    why="Each would undo what the other does.",
    hint="Give one of them another `workspace.name`.",
    example="workspace: {name: Acme Inc}   # also that of tenant acme-2",
)

SHARED_AND_DIFFERENT = error_rule(
    "R113",
    "shared and different",
    what="Two tenants declare something of the organization by one name, with other content.",
    why="There is one of that name for all tenants, and each apply would undo the other's.",
    hint="Declare it once, in the project file, or give each a `name` of its own.",
)

ADOPTED_TWICE = error_rule(
    "R114",
    "adopted twice",
    what="Two entries, of one tenant or of two, `adopt` one live object by its id.",
    why="Each would undo what the other does, and with pruning delete what the other has.",
    hint="Give each the id of its own object, or no `adopt` where there is none yet.",
    example="sources:\n  a: {adopt: {id: 5b1b2ef3-6a7c-4c7e-9d3a-9a6a1d1f0c11}}\n"
    "  b: {adopt: {id: 5b1b2ef3-6a7c-4c7e-9d3a-9a6a1d1f0c11}}",
)
