"""R4xx: reasons to refuse a plan before anything is written."""

from __future__ import annotations

from reconciler.rules._rule import error_rule

RULES = (
    error_rule(
        "R401",
        "replacement refused",
        what="A change can only be had by deleting an object and creating it anew.",
        why="What hangs on the old object is lost: connections, sync state, history.",
        hint="Undo the change, or allow it with `--allow-replace KEY`.",
    ),
    error_rule(
        "R402",
        "undeclared object would be deleted",
        what="Airbyte would delete an object that no manifest mentions along with a deleted one.",
        why="Somebody made it on purpose, and nobody has decided that it should go.",
        hint="Declare it, or delete it in Airbyte first.",
    ),
    error_rule(
        "R403",
        "ambiguous name",
        what="Several live objects have the name that a manifest asks for.",
        why="Choosing one would be a guess.",
        hint="Rename or delete all but one of them in Airbyte.",
    ),
)
