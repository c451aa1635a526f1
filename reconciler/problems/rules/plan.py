"""R4xx: reasons to refuse a plan before anything is written."""

from __future__ import annotations

from reconciler.problems.rules.rule import error_rule, note_rule

REPLACEMENT_REFUSED = error_rule(
    "R401",
    "replacement refused",
    what="A change can only be had by deleting an object and creating it anew.",
    why="What hangs on the old object is lost: connections, sync state, history.",
    hint="Undo the change, or allow it with `--allow-replace KEY`.",
)

UNDECLARED_WOULD_BE_DELETED = error_rule(
    "R402",
    "undeclared object would be deleted",
    what="Airbyte would delete an object that no manifest mentions along with a deleted one.",
    why="Somebody made it on purpose, and nobody has decided that it should go.",
    hint="Declare it, or delete it in Airbyte first.",
)

AMBIGUOUS_NAME = error_rule(
    "R403",
    "ambiguous name",
    what="Several live objects have the name that a manifest asks for.",
    why="Choosing one would be a guess.",
    hint="Rename or delete all but one of them in Airbyte.",
)

PROTECTED_RESOURCE = error_rule(
    "R404",
    "protected resource",
    what="The plan would delete or replace something with `protect: true`.",
    why="Whoever protected it wants a second look before it goes; the ledger remembers the "
    "protection after the entry is gone.",
    hint="Set `protect: false` in its entry first, if it may really go.",
    example="connections: {orders: {state: absent, reason: unused, protect: true}}",
)

LOCKED_BY_AIRBYTE = error_rule(
    "R405",
    "locked by Airbyte",
    what="The plan would change a connection that Airbyte has locked.",
    why="Airbyte answers every change of it with an error (409).",
    hint="Have it unlocked first, or undo the change.",
)

NOTHING_DECLARED = error_rule(
    "R406",
    "nothing declared",
    what="Pruning is asked for, and the tenant's manifests declare nothing but a workspace.",
    why="A lost or emptied file looks just the same, and everything live would be deleted.",
    hint="Restore its files, or allow it with `--allow-deletes N`.",
    example="{version: 1, tenant: acme, prune: true}",
)

TOO_MANY_DELETES = error_rule(
    "R407",
    "too many deletes",
    what="One tenant, or the whole run, would lose more than `limits` of the project allow.",
    why="More deletes than expected are a mistake more often than a wish.",
    hint="If that is meant, allow it with `--allow-deletes N`, the exact number.",
)

LISTING_DOES_NOT_ADD_UP = error_rule(
    "R408",
    "listing does not add up",
    what="A list of live objects is inconsistent in itself, so that rows may be missing.",
    why="What is missing would be created a second time, or counted as gone.",
    hint="Somebody is changing Airbyte at this moment, mostly. Try again.",
)

NOTHING_TO_ADOPT = error_rule(
    "R409",
    "nothing to adopt",
    what="A resource is to be the live object of an id that its workspace has not.",
    why="Taking another object for it, or making a new one, is not what was asked.",
    hint="Correct the id: it may be of another kind or workspace, or be deleted.",
    example="sources: {stripe: {adopt: {id: 5b1b2ef3-6a7c-4c7e-9d3a-9a6a1d1f0c11}}}",
)

UNKNOWN_PERSON = error_rule(
    "R410",
    "unknown person",
    what="A permission is for an e-mail address that no user of the organization has.",
    why="Airbyte gives permissions to users it knows, and its API cannot invite any.",
    hint="Correct the address, or have the person invited in Airbyte first.",
    example="permissions: {grcae@acme.example: workspace_reader}",
)

NO_MANIFESTS_LEFT = error_rule(
    "R411",
    "no manifests left",
    what="There is no manifest, and the ledger knows tenants that were applied here.",
    why="A lost or half checked out folder looks just the same as the wish to have nothing.",
    hint="Restore the files; to remove a tenant, use `destroy`, or give it `state: absent`.",
)

WORKSPACE_OF_ANOTHER_TENANT = error_rule(
    "R412",
    "workspace of another tenant",
    what="The live workspace of a tenant belongs to another manifest: that gives its id, was "
    "applied to it, or names it.",
    why="After a change of a tenant's key both keys mean one workspace; what is deleted by the "
    "old one is the live customer's.",
    hint="Let go of the old key; what is to be deleted is for the other manifest to say.",
)

LEFT_PAUSED = note_rule(
    "R420",
    "left paused",
    what="A connection that the manifest wants active has been paused in Airbyte since the "
    "last apply.",
    why="Airbyte pauses connections itself after failures and breaking schema changes; "
    "resuming blindly would hide that.",
    hint="Look into it, then use `--resume KEY`, or write `status: inactive`.",
)

COLUMNS_ADDED_BY_AIRBYTE = note_rule(
    "R421",
    "columns added by Airbyte",
    what="Airbyte has added columns to the `selectedFields` that a manifest lists.",
    why="It does so with `propagate_columns` and `propagate_fully`; taking them away would be "
    "undone at the next schema change.",
    hint="List them, or set `nonBreakingSchemaUpdatesBehavior` to `ignore`.",
)

STREAMS_ADDED_BY_AIRBYTE = note_rule(
    "R422",
    "streams added by Airbyte",
    what="Airbyte has added streams to those that a manifest lists.",
    why="It does so with `propagate_fully`.",
    hint="List them, or choose another `nonBreakingSchemaUpdatesBehavior`.",
)

STREAMS_DROPPED_BY_AIRBYTE = note_rule(
    "R423",
    "streams dropped by Airbyte",
    what="A stream of the manifest is not live, and Airbyte may have dropped it.",
    why="With `propagate_fully` it drops streams that the source has no longer; adding one "
    "back fails.",
    hint="If the source has it no longer, remove it from the manifest.",
)

ANOTHER_OBJECT_OF_THIS_NAME = note_rule(
    "R424",
    "another object of this name",
    what="An object that no manifest mentions has the name of one that is declared.",
    why="A replacement that was cut short leaves the old object behind.",
    hint="Delete it, or have undeclared objects deleted with `--prune`.",
)

PERMISSION_IMPLIED = note_rule(
    "R425",
    "permission implied",
    what="A person's role in the organization already allows what a permission would.",
    why="Airbyte refuses such a permission, and removes those that are there.",
    hint="Leave the entry for the day when that role is taken away, or remove it.",
)

TENANT_NO_LONGER_DECLARED = note_rule(
    "R426",
    "tenant no longer declared",
    what="The ledger knows tenants that were applied from here and that no manifest declares "
    "any more.",
    why="What they have in Airbyte goes on syncing, and nothing looks after it.",
    hint="Restore their manifests, or declare them with `state: absent` and a reason. Where "
    "only the key was changed, apply the manifest that has the new one.",
)

UNUSABLE_PLAN_FILE = error_rule(
    "R440",
    "unusable plan file",
    what="A plan file is missing, cut short, or no plan at all.",
    why="What it was meant to say cannot be known.",
    hint="Make one with `plan --out FILE`.",
)

PLAN_FILE_REFUSED = error_rule(
    "R441",
    "plan file refused",
    what="A plan file was edited, is of a newer format, or was made for another environment.",
    why="It is applied as it was made and approved, where it was made for, or not at all.",
    hint="Plan again, or choose the environment it was made for.",
)
