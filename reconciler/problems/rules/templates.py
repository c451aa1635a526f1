"""R05x: templates, their params, and the tables that fill them in."""

from __future__ import annotations

from reconciler.problems.rules.rule import error_rule

_UNUSABLE = "No tenant can be made from it."

NOT_A_TEMPLATE = error_rule(
    "R050",
    "not a template",
    what="A file in the folder of templates has no `template: NAME`.",
    why=_UNUSABLE,
    hint="Begin it with `version: 1` and `template: NAME`; keep tenants in their own folder.",
    example="tenant: acme   # in templates/",
)

UNKNOWN_TEMPLATE = error_rule(
    "R051",
    "unknown template",
    what="A tenant, a set or another template asks for a template that there is not.",
    why="What it is made from is not known.",
    hint="Correct the name; templates are the files in the project's `templates:` folder.",
    example="tenant: acme\ntemplate: marketting",
)

DUPLICATE_TEMPLATE = error_rule(
    "R052",
    "duplicate template",
    what="Two files have the same `template:` name.",
    why="One of them would silently win.",
    hint="Give one another name.",
    example="template: marketing   # also in templates/b.yaml",
)

UNUSABLE_TEMPLATE = error_rule(
    "R053",
    "unusable template",
    what="A template extends itself, or one that extends another itself.",
    why="With longer chains nobody could say any more where a value is from.",
    hint="Extend a template that extends none.",
    example="template: a\nextends: b   # and b extends c",
)

UNUSABLE_PARAMS_SCHEMA = error_rule(
    "R054",
    "unusable params schema",
    what="`params:` of a template is no JSON Schema, or uses a part that has no place there.",
    why="What the tenants say could not be checked.",
    hint="Write `params: {required: […], properties: {NAME: {type: …}}}`.",
    example="params: {company: string}",
)

UNDEFINED_PARAM = error_rule(
    "R055",
    "undefined param",
    what="A template uses a param that the tenant does not give and that has no default.",
    why="There is nothing to put there.",
    hint="Give it under `params:`, or in the table's column of that name.",
    example="sources:\n  shop: {name: '${{ params.shop }}'}",
)

MISSING_PARAM = error_rule(
    "R056",
    "missing param",
    what="A tenant does not give a param that its template requires.",
    why="There is nothing to put in the places that need it.",
    hint="Give it under `params:`, or in the table's column of that name.",
    example="tenant: acme\ntemplate: marketing\nparams: {}",
)

UNUSED_OVERRIDE = error_rule(
    "R057",
    "unused override",
    what="A tenant changes a source or connection of its template that `uses` leaves out.",
    why="The change would do nothing.",
    hint="Add the source to `uses`, or remove the override.",
    example="uses: [stripe]\nsources: {shopify: {name: Shop}}",
)

NO_SUCH_TABLE = error_rule(
    "R060",
    "no such table",
    what="The file that a tenant set is made from does not exist.",
    why="Its tenants are not known.",
    hint="Correct `from`; it is relative to the file that it stands in.",
    example="tenants: {template: marketing, from: custmers.csv}",
)

UNUSABLE_TABLE = error_rule(
    "R061",
    "unusable table",
    what="A table is no CSV as it should be: quotes, columns, the number of cells.",
    why="Its rows could be read in more than one way.",
    hint="Export it as CSV with commas; cells that hold commas stand in quotes.",
    example="tenant,company\nacme,Acme, Inc",
)

UNKNOWN_COLUMN = error_rule(
    "R062",
    "unknown column",
    what="A column of a table is no param of its template and none that every table may have.",
    why="A misspelt column would silently fill in nothing.",
    hint="Correct its name, or declare the param in the template.",
    example="tenant,compny",
)

MISSING_COLUMN = error_rule(
    "R063",
    "missing column",
    what="A table lacks the column `tenant`, or that of a required param.",
    why="No row could be made a tenant.",
    hint="Add the column, or give the param for all rows under `params:` of the set.",
    example="company,region",
)

EXPRESSION_IN_A_TABLE = error_rule(
    "R064",
    "expression in a table",
    what="A cell holds `${{ … }}`.",
    why="Tables are data, often from other systems: nothing in them is evaluated.",
    hint="Put the expression into the template.",
    example="tenant,company\nacme,${{ env.NAME }}",
)

OUTSIDE_THE_PROJECT = error_rule(
    "R065",
    "outside the project",
    what="A file that the project names, or a link in it, leads out of the project's folder.",
    why="A proposed manifest must not read whatever the machine that checks it can read.",
    hint="Copy the file into the project.",
    example="tenants: {template: marketing, from: ../../customers.csv}",
)
