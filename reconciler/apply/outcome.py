"""What became of each step, and of the run as a whole."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from reconciler.plan.operation import STEP_ACTIONS, Action, Step
from reconciler.problems.errors import ReconcilerError


class Status(StrEnum):
    """How a step ended. UNKNOWN: it was sent, and no answer says whether it happened."""

    SUCCEEDED = "succeeded"
    FAILED = "failed"
    SKIPPED = "skipped"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Outcome:
    """The end of one step.

    `id` is the live object's afterwards. `problem` says why it failed. `blocked_by` is the id of
    the step whose failure made this one be skipped, empty when the run ended before its turn.
    `was_found` says that a create's answer was lost and its object looked up by name.
    """

    step: Step
    status: Status
    id: str = ""
    problem: ReconcilerError | None = None
    blocked_by: str = ""
    duration_s: float = 0.0
    was_found: bool = False


@dataclass(frozen=True, slots=True)
class Report:
    """Every step of the plan, in its order, with its outcome.

    `interrupted` says that somebody asked to stop, however far it had come by then.
    """

    outcomes: tuple[Outcome, ...]
    interrupted: bool = False

    @property
    def is_success(self) -> bool:
        return not self.interrupted and all(o.status is Status.SUCCEEDED for o in self.outcomes)

    @property
    def counts(self) -> dict[str, int]:
        """Operations by how they ended; what succeeded, by what it did."""
        done = {action.value: self.count(Status.SUCCEEDED, action) for action in STEP_ACTIONS}
        others = (Status.FAILED, Status.UNKNOWN, Status.SKIPPED)
        return {**done, **{status.value: self.count(status) for status in others}}

    def count(self, status: Status, action: Action | None = None) -> int:
        """How many steps ended in *status*, of *action* when one is given."""
        return sum(o.status is status and action in (None, o.step.action) for o in self.outcomes)
