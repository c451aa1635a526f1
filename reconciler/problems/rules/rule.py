"""Rule: what one fixed summary means, why it matters and what to do about it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Severity(StrEnum):
    """How bad it is: an error stops before anything is sent; a note only informs."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"


@dataclass(frozen=True, slots=True)
class Rule:
    """One thing that can be wrong. `id` never changes and is never given to another rule.

    `title` is the summary of its Problems; `example` is a piece of a file that breaks it.
    `is_strict`: under `--strict` its warnings are errors. `is_debatable`: an error that a waiver
    may silence all the same, since it rests on a connector's schema, and that may be outdated.
    """

    id: str
    title: str
    severity: Severity
    what: str
    why: str
    hint: str
    example: str = ""
    is_strict: bool = False
    is_debatable: bool = False

    @property
    def is_waivable(self) -> bool:
        return self.severity is not Severity.ERROR or self.is_debatable


def error_rule(
    id_: str,
    title: str,
    *,
    what: str,
    why: str,
    hint: str,
    example: str = "",
    is_debatable: bool = False,
) -> Rule:
    """A rule whose Problems stop the run."""
    return Rule(id_, title, Severity.ERROR, what, why, hint, example, is_debatable=is_debatable)


def warning_rule(
    id_: str,
    title: str,
    *,
    what: str,
    why: str,
    hint: str,
    example: str = "",
    is_strict: bool = False,
) -> Rule:
    """A rule whose Problems are shown and stop nothing, unless `--strict` makes them errors."""
    return Rule(id_, title, Severity.WARNING, what, why, hint, example, is_strict)


def note_rule(id_: str, title: str, *, what: str, why: str, hint: str, example: str = "") -> Rule:
    """A rule whose Problems say what could not be checked."""
    return Rule(id_, title, Severity.NOTE, what, why, hint, example)
