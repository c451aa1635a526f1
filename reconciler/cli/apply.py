"""`reconciler apply`: plan, show, ask, execute, and read again what was written."""

from __future__ import annotations

import hashlib
import sys

import click

from reconciler import pipeline
from reconciler.apply.journal import Journal
from reconciler.apply.outcome import Outcome, Report
from reconciler.apply.run import Steps
from reconciler.cli import loading, plan_file
from reconciler.cli.asking import confirm
from reconciler.cli.exit_codes import ExitCode
from reconciler.cli.first_syncs import Applied, exit_code_with, sync_new
from reconciler.cli.plan_file import Moved
from reconciler.cli.plan_output import details_option, plan_look
from reconciler.cli.planning import Permissions, lost_manifests, planning_options, recollections
from reconciler.cli.progress import noted, progress, reading
from reconciler.cli.restore import keep_what_goes
from reconciler.cli.run import ApplyRun, apply_run, outcome_code
from reconciler.cli.selectors import tenant_selection
from reconciler.cli.settings import Settings, global_options
from reconciler.cli.verdict import plan_exit_code
from reconciler.cli.watching import Watching, watching_options
from reconciler.cli.wishes import Wishes, executing_options
from reconciler.errors import NothingDeclared
from reconciler.fleet import Loaded
from reconciler.manifest.project import Project
from reconciler.model import DesiredTenant
from reconciler.plan.guards import Allowances
from reconciler.plan.model import Plan, TenantPlan
from reconciler.render import events as events_of
from reconciler.render.diagnostics import render_diagnostics
from reconciler.render.moved import render_moved
from reconciler.render.plan import render_plan
from reconciler.render.problems import explain
from reconciler.render.report import render_report
from reconciler.render.verification import render_not_in_effect
from reconciler.selection import Selection


@click.command()
@tenant_selection
@planning_options
@details_option
@click.option("--auto-approve", is_flag=True, help="Do not ask before applying.")
@click.option("--no-verify", is_flag=True, help="Do not read again what was written.")
@click.option("--sync", is_flag=True, help="Start a first sync of each new connection.")
@watching_options
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
    """
    if watching.waits and not sync:
        raise click.UsageError("--wait goes with --sync.")
    approved = plan_file.approved(selection, permissions, settings)
    shard = str(selection.shard or "")
    if approved:
        selection, permissions = approved.selection, approved.permissions
        shard = approved.file.shard
    with noted("Reading the manifests", terminal=settings.shows_progress_bar):
        project, loaded = _loaded(settings, selection)
    with apply_run(settings, project, wishes, shard=shard) as run:
        chosen = permissions.applied_to(loaded.tenants)
        made = planned(run, chosen, permissions.allowances(project), settings)
        if approved:
            made, moved = approved.holds(chosen, made)
        else:
            moved = ()
        show_plan(made, moved, settings, details=details)
        if made.operations:
            confirm(
                '\nApply these changes? Only "yes" is taken for yes',
                expected="yes",
                otherwise="Nothing was applied.",
                auto_approve=auto_approve,
            )
        applied = execute_plan(run, made, moved, chosen, settings, wishes, verify=not no_verify)
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
        return pipeline.make_plan(run.connection.client, tenants, allowances, recall)


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
) -> Applied:
    """Executes the plan, reports, verifies, and notes how it went."""
    digest = hashlib.sha256(render_plan(made).encode()).hexdigest()[:16]
    run.events.write(events_of.planned(made, digest))
    journal = run.journal(made)
    journal.take_stock(tenants)
    if not made.operations:
        exit_code = plan_file.exit_code(plan_exit_code(made, detailed=False), made, moved)
        run.ends(Report(()), exit_code)
        return Applied(exit_code, Report(()))
    keep_what_goes(made, run, settings)
    run.begins(digest)
    report = _execute(run, made, journal, settings, wishes)
    palette = settings.palette(sys.stdout)
    settings.result(render_report(report, palette))
    left: tuple[TenantPlan, ...] = ()
    if verify and not report.interrupted:
        recall = recollections(run.ledger, run.reveal)
        left = pipeline.not_in_effect(run.connection.client, tenants, report, recall)
    if left:
        settings.result(render_not_in_effect(left, palette))
    exit_code = _exit_code(made, report, is_proven=not left and journal.trouble is None)
    exit_code = plan_file.exit_code(exit_code, made, moved)
    trouble = run.ends(report, exit_code) or journal.trouble
    if trouble:
        settings.tell(render_diagnostics([explain(trouble)], settings.palette(sys.stderr)))
    return Applied(exit_code, report, left)


def _execute(
    run: ApplyRun, made: Plan, journal: Journal, settings: Settings, wishes: Wishes
) -> Report:
    pacer = run.connection.client.pacer
    bar = progress(
        len(made.operations),
        terminal=settings.shows_progress_bar,
        echo=settings.tell,
        palette=settings.palette(sys.stderr),
        pacer=pacer,
    )
    with run.interruption.finishing(), bar as show:

        def announce(outcome: Outcome) -> None:
            run.events.write(events_of.operation(outcome))
            show(outcome)

        steps = Steps(
            parallelism=wishes.parallelism,
            announce=announce,
            should_stop=lambda: run.interruption.is_requested,
            fail_fast=wishes.fail_fast,
            redact=run.redaction,
        )
        return pipeline.apply_plan(made, run.surroundings, journal, steps)


def _exit_code(made: Plan, report: Report, *, is_proven: bool) -> ExitCode:
    exit_code = outcome_code(report)
    if exit_code is not ExitCode.DONE:
        return exit_code
    kept_back = plan_exit_code(made, detailed=False)
    return ExitCode.DONE if is_proven and kept_back is ExitCode.DONE else ExitCode.PARTLY_APPLIED
