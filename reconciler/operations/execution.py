"""A plan is carried out, told of, and read again."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TypeAlias

from reconciler.api.usage import APPLYING, PROVING, Usage
from reconciler.apply.journal import Journal
from reconciler.apply.outcome import Outcome, Report, Status
from reconciler.apply.run import Conduct
from reconciler.model import DesiredTenant
from reconciler.operations import plan_files, stages
from reconciler.operations.apply_run import ApplyRun, outcome_code
from reconciler.operations.choices import Pace
from reconciler.operations.console import Applying, RunPlanned
from reconciler.operations.exit_codes import ExitCode
from reconciler.operations.interruption import Stopping
from reconciler.operations.news import LedgerTrouble, NotInEffect, NotProven, PlanExecuted
from reconciler.operations.open_project import OpenProject
from reconciler.operations.plan_files import Moved
from reconciler.operations.restore import keep_what_goes
from reconciler.operations.verdict import plan_exit_code
from reconciler.plan.model import Plan, TenantPlan
from reconciler.plan.operation import UpdateStep
from reconciler.plan.record import digest, step_record
from reconciler.problems.errors import ReconcilerError


@dataclass(frozen=True, slots=True)
class Applied:
    """What an apply came to: the report, and what is not in effect although it was accepted.

    `is_good` says that no sync which was part of it failed.
    """

    report: Report
    left: tuple[TenantPlan, ...] = ()
    is_good: bool = True
    exit_code: ExitCode = ExitCode.DONE


@dataclass(frozen=True, slots=True)
class Execution:
    """What it takes to carry out a plan about *tenants*, whole or part by part."""

    project: OpenProject
    run: ApplyRun
    journal: Journal
    tenants: tuple[DesiredTenant, ...]
    pace: Pace
    verifies: bool

    @property
    def usage(self) -> Usage:
        return self.project.usage

    def carry_out(self, plan: Plan) -> tuple[Report, tuple[TenantPlan, ...]]:
        """The report on *plan*, and what was accepted without being in effect. Tells both."""
        console = self.run.console
        with self.usage.phase(APPLYING):
            report = self._execute(plan)
        console.tell(PlanExecuted(report))
        if not self.verifies or report.interrupted or not report.count(Status.SUCCEEDED):
            return report, ()
        try:
            client = self.run.session.client
            with self.usage.phase(PROVING):
                left = stages.not_in_effect(client, self.tenants, report, self.run.ledger.of_tenant)
        except ReconcilerError as problem:
            console.tell(NotProven(problem))
            return report, _unproven(report, problem)
        if left:
            console.tell(NotInEffect(left))
        return report, left

    def _execute(self, plan: Plan) -> Report:
        run = self.run
        console, client = run.console, run.session.client
        # An update reads what it changes first.
        client.foretells(sum(2 if isinstance(step, UpdateStep) else 1 for step in plan.steps))
        work = Applying(len(plan.steps), client.pacer)
        finishing = console.interruption.finishing(Stopping.AFTER_OPERATIONS)
        with finishing, console.progress(work) as show:

            def announce(outcome: Outcome) -> None:
                console.record(outcome)
                show(outcome)

            conduct = Conduct(
                parallelism=self.pace.parallelism,
                announce=announce,
                should_stop=lambda: console.interruption.is_requested,
                fail_fast=self.pace.fail_fast,
                redact=self.project.redaction,
            )
            return stages.apply_plan(plan, run.surroundings, self.journal, conduct)


def _unproven(report: Report, problem: ReconcilerError) -> tuple[TenantPlan, ...]:
    """The tenants of whom something was written that could not be read again."""
    done = (o.step for o in report.outcomes if o.status is Status.SUCCEEDED)
    names = sorted({operation.key.scope for operation in done})
    return tuple(TenantPlan(name, failure=problem) for name in names)


CarryOut: TypeAlias = Callable[[Execution, Plan], Applied]
"""A way to carry out a plan."""


def carry_out_whole(execution: Execution, plan: Plan) -> Applied:
    """Everything, in the order that things depend on one another."""
    return Applied(*execution.carry_out(plan))


def execute_plan(
    execution: Execution, made: Plan, moved: Moved = (), *, carry_out: CarryOut = carry_out_whole
) -> Applied:
    """Executes the plan, tells of it, verifies, and notes how it went."""
    run = execution.run
    plan_digest = _digest(made)
    run.console.record(RunPlanned(made, plan_digest))
    execution.journal.take_stock(execution.tenants)
    if not made.operations:
        exit_code = plan_files.exit_code(plan_exit_code(made, detailed=False), made, moved)
        run.end(Report(()), exit_code)
        return Applied(Report(()), exit_code=exit_code)
    keep_what_goes(made, run)
    run.begin(plan_digest)
    applied = carry_out(execution, made)
    is_proven = applied.is_good and not applied.left and execution.journal.trouble is None
    exit_code = _exit_code(made, applied.report, is_proven=is_proven)
    exit_code = plan_files.exit_code(exit_code, made, moved)
    trouble = run.end(applied.report, exit_code) or execution.journal.trouble
    if trouble:
        run.console.tell(LedgerTrouble(trouble))
    return replace(applied, exit_code=exit_code)


def _digest(made: Plan) -> str:
    """What tells this plan from others in logs and in the history."""
    return digest([step_record(step) for step in made.steps])[-16:]


def _exit_code(made: Plan, report: Report, *, is_proven: bool) -> ExitCode:
    exit_code = outcome_code(report)
    if exit_code is not ExitCode.DONE:
        return exit_code
    kept_back = plan_exit_code(made, detailed=False)
    return ExitCode.DONE if is_proven and kept_back is ExitCode.DONE else ExitCode.PARTLY_APPLIED
