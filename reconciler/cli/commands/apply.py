"""`reconciler apply`: plan, show, ask, execute, and read again what was written."""

from __future__ import annotations

import hashlib
import sys
from dataclasses import replace

import click

from reconciler.apply.outcome import Report
from reconciler.cli.options import plan_file
from reconciler.cli.options.executing import Wishes, executing_options
from reconciler.cli.options.plan_file import Moved, place_named
from reconciler.cli.options.plan_output import details_option, plan_look
from reconciler.cli.options.planning import (
    Permissions,
    forgotten,
    lost_manifests,
    planning_options,
    recollections,
)
from reconciler.cli.options.rollout import (
    RollOut,
    check_canaries,
    in_waves,
    rollout_options,
    show_outlook,
)
from reconciler.cli.options.selectors import tenant_selection
from reconciler.cli.options.settings import Settings, global_options
from reconciler.cli.options.watching import Watching, watching_options
from reconciler.cli.terminal.asking import confirm
from reconciler.cli.terminal.progress import noted, reading
from reconciler.cli.terminal.verdict import plan_exit_code
from reconciler.model import DesiredTenant
from reconciler.operations import loading, stages
from reconciler.operations.apply_run import ApplyRun, apply_run, outcome_code
from reconciler.operations.execution import Applied, CarryOut, Execution, whole
from reconciler.operations.exit_codes import ExitCode
from reconciler.operations.restore import keep_what_goes
from reconciler.operations.sync_new import exit_code_with, sync_new
from reconciler.plan.guards import Allowances
from reconciler.plan.model import Plan
from reconciler.problems.errors import NothingDeclared
from reconciler.problems.explain import explain
from reconciler.project.fleet import Loaded
from reconciler.project.project import Project
from reconciler.project.selection import Selection
from reconciler.render.parts.diagnostics import render_diagnostics
from reconciler.render.plan.moved import render_moved
from reconciler.render.plan.text import render_plan
from reconciler.render.reports import events as events_of


@click.command()
@tenant_selection
@planning_options
@details_option
@click.option("--auto-approve", is_flag=True, help="Do not ask before applying.")
@click.option("--no-verify", is_flag=True, help="Do not read again what was written.")
@click.option("--sync", is_flag=True, help="Start a first sync of each new connection.")
@watching_options
@rollout_options
@executing_options
@global_options
def apply(
    settings: Settings,
    selection: Selection,
    permissions: Permissions,
    details: bool,
    auto_approve: bool,
    no_verify: bool,
    sync: bool,
    watching: Watching,
    rollout: RollOut | None,
    wishes: Wishes,
) -> None:
    """Bring Airbyte to what the manifests say.

    Shows the plan and asks before anything is changed. Running it again is always safe. A plan
    file of `plan --out` (NAME.json) is applied as it is: a tenant that has changed since, in its
    manifests or in Airbyte, is skipped.

    \b
    Examples:
      reconciler apply
      reconciler apply plan.json
      reconciler --env production apply --auto-approve acme
      reconciler apply acme --sync --wait
      reconciler apply --waves 1,10%,100% --canary tier=test --verify-first-sync
    """
    if watching.waits and not sync:
        raise click.UsageError("--wait goes with --sync.")
    if rollout and sync:
        raise click.UsageError("--waves has --verify-first-sync in place of --sync.")
    approved = plan_file.approved(selection, permissions, settings)
    shard = str(selection.shard or "")
    if approved:
        selection, permissions = approved.selection, approved.permissions
        shard = approved.file.shard
    with noted("Reading the manifests", terminal=settings.shows_progress_bar):
        project, loaded = _loaded(settings, selection)
    environment = project.environment(settings.env, settings.environ)
    with apply_run(settings, project, wishes, shard=shard) as run:
        chosen = permissions.applied_to(loaded.tenants)
        if rollout:
            check_canaries(rollout, chosen)
        made = planned(run, chosen, permissions.allowances(project), settings)
        left = forgotten(settings, project, selection, loaded.declared)
        made = replace(made, forgotten=left)
        if approved:
            made, moved = approved.holds(chosen, made)
        else:
            moved = ()
        show_plan(made, moved, settings, details=details)
        if rollout:
            show_outlook(rollout, made, chosen, settings)
        if made.operations:
            confirm(
                f'\nApply these changes to {place_named(environment)}? Only "yes" is taken for yes',
                expected="yes",
                otherwise="Nothing was applied.",
                auto_approve=auto_approve,
            )
        carry_out = in_waves(rollout, watching) if rollout else whole
        applied = execute_plan(
            run,
            made,
            moved,
            chosen,
            settings,
            wishes,
            verify=not no_verify,
            carry_out=carry_out,
        )
        if not sync or applied.report.interrupted:
            sys.exit(applied.exit_code)
        run.unlock()  # what follows may take hours, and changes nothing that others could
        runs = sync_new(run, applied, watching, settings)
        is_interrupted = run.interruption.is_requested
        sys.exit(exit_code_with(runs, applied, is_interrupted=is_interrupted))


def _loaded(settings: Settings, selection: Selection) -> tuple[Project, Loaded]:
    """The project and its selected tenants; without any manifest, nothing is applied."""
    try:
        return loading.load(settings, selection)
    except NothingDeclared as problem:
        _, refused = lost_manifests(settings, problem)
        show_plan(refused, (), settings, details=False)
        sys.exit(plan_exit_code(refused))


def planned(
    run: ApplyRun, tenants: tuple[DesiredTenant, ...], allowances: Allowances, settings: Settings
) -> Plan:
    """What would bring the live state to *tenants*, by what the ledger of this run remembers."""
    with reading(len(tenants), terminal=settings.shows_progress_bar):
        recall = recollections(run.ledger, run.reveal)
        return stages.make_plan(run.connection.client, tenants, allowances, recall)


def show_plan(made: Plan, moved: Moved, settings: Settings, *, details: bool) -> None:
    """The plan, and what of a plan file no longer holds."""
    if made.tenants or not moved:
        settings.result(render_plan(made, plan_look(settings, details=details)))
    if moved:
        settings.result(render_moved(moved, settings.palette(sys.stdout)))


def execute_plan(
    run: ApplyRun,
    made: Plan,
    moved: Moved,
    tenants: tuple[DesiredTenant, ...],
    settings: Settings,
    wishes: Wishes,
    *,
    verify: bool,
    carry_out: CarryOut = whole,
) -> Applied:
    """Executes the plan, reports, verifies, and notes how it went."""
    digest = hashlib.sha256(render_plan(made).encode()).hexdigest()[:16]
    run.events.write(events_of.planned(made, digest))
    journal = run.journal(made)
    journal.take_stock(tenants)
    if not made.operations:
        exit_code = plan_file.exit_code(plan_exit_code(made, detailed=False), made, moved)
        run.ends(Report(()), exit_code)
        return Applied(Report(()), exit_code=exit_code)
    stages.check_secrets(made, run.surroundings.resolve_secret)
    keep_what_goes(made, run, settings)
    run.begins(digest)
    applied = carry_out(Execution(run, journal, tenants, settings, wishes, verify), made)
    is_proven = applied.is_good and not applied.left and journal.trouble is None
    exit_code = _exit_code(made, applied.report, is_proven=is_proven)
    exit_code = plan_file.exit_code(exit_code, made, moved)
    trouble = run.ends(applied.report, exit_code) or journal.trouble
    if trouble:
        settings.tell(render_diagnostics([explain(trouble)], settings.palette(sys.stderr)))
    return replace(applied, exit_code=exit_code)


def _exit_code(made: Plan, report: Report, *, is_proven: bool) -> ExitCode:
    exit_code = outcome_code(report)
    if exit_code is not ExitCode.DONE:
        return exit_code
    kept_back = plan_exit_code(made, detailed=False)
    return ExitCode.DONE if is_proven and kept_back is ExitCode.DONE else ExitCode.PARTLY_APPLIED
