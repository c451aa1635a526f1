"""A plan is carried out, told of, and read again."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

from reconciler.api.usage import APPLYING, PROVING
from reconciler.apply.journal import Journal
from reconciler.apply.outcome import Outcome, Report, Status
from reconciler.apply.run import Steps
from reconciler.cli.options.executing import Wishes
from reconciler.cli.options.planning import recollections
from reconciler.cli.options.settings import Settings
from reconciler.cli.terminal.progress import progress
from reconciler.model import DesiredTenant
from reconciler.operations import stages
from reconciler.operations.apply_run import ApplyRun
from reconciler.operations.exit_codes import ExitCode
from reconciler.plan.model import Action, Plan, TenantPlan
from reconciler.problems.errors import ReconcilerError
from reconciler.problems.explain import explain
from reconciler.render.parts.diagnostics import render_diagnostic
from reconciler.render.reports import events as events_of
from reconciler.render.reports.apply import render_report
from reconciler.render.reports.verification import render_not_in_effect


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

    run: ApplyRun
    journal: Journal
    tenants: tuple[DesiredTenant, ...]
    settings: Settings
    wishes: Wishes
    verifies: bool

    def carry_out(self, plan: Plan) -> tuple[Report, tuple[TenantPlan, ...]]:
        """The report on *plan*, and what was accepted without being in effect. Shows both."""
        usage = self.settings.usage
        with usage.phase(APPLYING):
            report = self._execute(plan)
        palette = self.settings.palette(sys.stdout)
        self.settings.result(render_report(report, palette))
        if not self.verifies or report.interrupted or not report.count(Status.SUCCEEDED):
            return report, ()
        recall = recollections(self.run.ledger, self.run.reveal)
        try:
            client = self.run.connection.client
            with usage.phase(PROVING):
                left = stages.not_in_effect(client, self.tenants, report, recall)
        except ReconcilerError as problem:
            return report, self._unproven(report, problem)
        if left:
            self.settings.result(render_not_in_effect(left, palette))
        return report, left

    def _unproven(self, report: Report, problem: ReconcilerError) -> tuple[TenantPlan, ...]:
        """The tenants of whom something was written that could not be read again; tells why."""
        text = render_diagnostic(explain(problem), self.settings.palette(sys.stderr))
        self.settings.tell(f"What was written could not be read again:\n{text}")
        done = (o.operation for o in report.outcomes if o.status is Status.SUCCEEDED)
        names = sorted({operation.key.scope for operation in done})
        return tuple(TenantPlan(name, failure=problem) for name in names)

    def _execute(self, plan: Plan) -> Report:
        run = self.run
        bar = progress(
            len(plan.operations),
            terminal=self.settings.shows_progress_bar,
            echo=self.settings.tell,
            palette=self.settings.palette(sys.stderr),
            pacer=run.connection.client.pacer,
        )
        # An update reads what it changes first.
        run.connection.client.foretells(
            sum(2 if operation.action is Action.UPDATE else 1 for operation in plan.operations)
        )
        with run.interruption.finishing(), bar as show:

            def announce(outcome: Outcome) -> None:
                run.events.write(events_of.operation(outcome))
                show(outcome)

            steps = Steps(
                parallelism=self.wishes.parallelism,
                announce=announce,
                should_stop=lambda: run.interruption.is_requested,
                fail_fast=self.wishes.fail_fast,
                redact=run.redaction,
            )
            return stages.apply_plan(plan, run.surroundings, self.journal, steps)


CarryOut: TypeAlias = Callable[[Execution, Plan], Applied]
"""A way to carry out a plan."""


def whole(execution: Execution, plan: Plan) -> Applied:
    """Everything, in the order that things depend on one another."""
    return Applied(*execution.carry_out(plan))
