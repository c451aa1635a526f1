"""Problem: everything that is wrong or worth knowing, from every room."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace

from reconciler.model import Origin
from reconciler.problems.rules import Rule, Severity


@dataclass(frozen=True, slots=True)
class Problem:
    """The rule that is broken, where, whole sentences about this case, and advice."""

    rule: Rule
    where: Origin | None = None
    detail: str = ""
    hint: str = ""

    @property
    def severity(self) -> Severity:
        """How bad it is: as its rule says, or the project says of that rule."""
        return self.rule.severity

    @property
    def origin(self) -> Origin | None:
        """The place in a file, where it has one."""
        return self.where

    def sharpen(self) -> Problem:
        """The same, as an error when its rule is one that `--strict` sharpens."""
        if not self.rule.is_strict:
            return self
        return replace(self, rule=replace(self.rule, severity=Severity.ERROR))


def in_order(problems: Collection[Problem]) -> list[Problem]:
    """The distinct problems by file, line and column; those without a place come first."""

    def rank(problem: Problem) -> tuple[str, int, int, str, str]:
        place = problem.origin or Origin("", 0, 0)
        return place.path, place.line, place.column, problem.rule.title, problem.detail

    return sorted(dict.fromkeys(problems), key=rank)
