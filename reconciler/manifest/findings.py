"""Finding: a mistake in a value, by the path to it; a Manifest knows the place of the path."""

from __future__ import annotations

from dataclasses import dataclass

from reconciler.model import Origin, Path
from reconciler.problems.problem import Problem
from reconciler.problems.rules import Rule, Severity


@dataclass(frozen=True, slots=True)
class Finding:
    """What is wrong with the value at `at`, or with its key when `on_key` is set.

    `isolated`: the value has the right shape, so that what is around it can be understood.
    `shown_at`: the path whose place is to be shown, where it is another that must be mended.
    """

    at: Path
    rule: Rule
    detail: str = ""
    hint: str = ""
    on_key: bool = False
    isolated: bool = False
    severity: Severity = Severity.ERROR
    shown_at: Path = ()

    def placed(self, origin: Origin) -> Problem:
        """The same as a Problem at *origin*."""
        return Problem(self.rule, origin, self.detail, self.hint)
