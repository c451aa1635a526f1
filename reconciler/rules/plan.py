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
    error_rule(
        "R440",
        "unusable plan file",
        what="A plan file is missing, cut short, or no plan at all.",
        why="What it was meant to say cannot be known.",
        hint="Make one with `plan --out FILE`.",
    ),
    error_rule(
        "R441",
        "plan file refused",
        what="A plan file was edited, is of a newer format, or was made for another environment.",
        why="It is applied as it was made and approved, where it was made for, or not at all.",
        hint="Plan again, or choose the environment it was made for.",
    ),
)
