"""What can be said of a resource that differs or does not: changes, marks, equalities.

Values only. Kinds say them, the planner collects them, renderings show them.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, StrEnum

from reconciler.model.resources import Json, Path


class Mark(StrEnum):
    """Why a field differs, where that is known and is not simply an edit of the manifest.

    The first two need the ledger. A secret's value never differs visibly: the last three say what
    gave a rotated one away.
    """

    CHANGED_OUTSIDE = "changed outside"
    """The manifest still says what was applied last; somebody changed it in Airbyte since."""

    REMOVED_FROM_MANIFEST = "removed from manifest"
    """The manifest had the field when it was applied last. `after` is what it becomes."""

    SECRET_ROTATED = "secret rotated"
    """The declared secret has another value than the one last applied (fingerprints differ)."""

    SECRET_VERSION = "secret version"
    """The manifest's `secretVersion` is another than the one last applied."""

    SECRET_REWRITTEN = "secret rewritten"
    """Somebody stored the secret anew in Airbyte since (its coordinate is another)."""


@dataclass(frozen=True, slots=True)
class FieldChange:
    """One value that differs: *before* is live, *after* desired; MISSING stands for absent."""

    path: Path
    before: Json
    after: Json
    mark: Mark | None = None


class EqualReason(Enum):
    """Why two values that are written differently are taken for equal, with the sentence for it."""

    UNMANAGED = ("unmanaged", "The manifest leaves it out, so whatever is live stays.")
    MASKED = ("masked", "Airbyte hides the stored secret, so it counts as the declared one.")
    HIDDEN = ("hidden", "Airbyte shows a mask here, so the live value cannot be compared.")
    SECRET_SHOWN = ("secret-shown", "The declared value is a secret, which plan does not know.")
    OAUTH = ("oauth-managed", "Airbyte manages this OAuth field itself and shows six asterisks.")
    ZONE = ("cron-zone", "Airbyte appends the zone UTC to every cron expression.")
    SPACING = ("cron-spacing", "Spaces between the fields of a cron expression mean nothing.")
    NO_CRON = ("manual-cron", "A manual schedule has no cron expression; Airbyte drops it.")
    ORDER = ("order", "The order means nothing here.")
    EMPTY = ("empty-is-absent", "An empty list is how Airbyte shows that nothing is set.")
    MAPPER_ID = ("mapper-id", "Airbyte gives mappers their ids.")
    SOURCE_DEFINED = ("source-defined", "The source defines it, and the manifest leaves it out.")
    FILLED = ("filled", "Airbyte fills it in where it is left out.")
    NUMBER = ("number", "One number, written in two ways.")
    NULL = ("null-is-absent", "The manifest wants it absent, and it is.")
    AT_LEAST = ("at-least", "Airbyte adds to this list itself, so more than declared is equal.")
    ALL = ("all", "The manifest wants everything there is, and something is there.")

    def __init__(self, slug: str, sentence: str) -> None:
        self.slug = slug
        self.sentence = sentence


@dataclass(frozen=True, slots=True)
class Equality:
    """Two values taken for equal: *live* as the API wrote it, *desired* as the manifest means it.

    MISSING stands for absent. Either may be or hold a secret reference; no value of one.
    """

    path: Path
    live: Json
    desired: Json
    reason: EqualReason
