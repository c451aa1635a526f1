"""`apply --waves`: some tenants first, and the rest only when those do well."""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import click

from reconciler.apply.outcome import Outcome, Report, Status
from reconciler.cli.options.durations import DURATION
from reconciler.cli.options.groups import taken_as
from reconciler.cli.options.selectors import parsed_labels
from reconciler.cli.options.settings import Settings
from reconciler.cli.options.watching import Watching, run_watched
from reconciler.cli.terminal.progress import job_table
from reconciler.jobs import start
from reconciler.jobs.soak import Soak, soak
from reconciler.jobs.start import JobRun, JobType, State, Target
from reconciler.model import DesiredTenant
from reconciler.operations.execution import Applied, CarryOut, Execution
from reconciler.operations.waves import (
    Labels,
    Size,
    failed_tenants,
    has_labels,
    parse_sizes,
    part_of,
    touched_keys,
    waves_of,
)
from reconciler.plan.model import Plan, TenantPlan
from reconciler.problems.errors import ReconcilerError, UsageError
from reconciler.problems.explain import explain
from reconciler.render.parts.diagnostics import render_diagnostic
from reconciler.render.parts.values import counted, safe
from reconciler.render.reports.jobs import render_runs
from reconciler.render.reports.waves import (
    render_failures,
    render_outlook,
    render_stopped,
    render_wave,
)

_STOPPING = "\nStopping: no longer watching, and no further wave. Again to stop at once.\n"


@dataclass(frozen=True, slots=True)
class RollOut:
    """How the waves go: how far each, who comes first, what is watched between, and the limit."""

    sizes: tuple[Size, ...]
    canaries: Labels
    soak_s: float
    verifies: bool
    max_failures: int


@dataclass(slots=True)
class RolledOut:
    """What has come of it so far; `failed` are tenants, by an operation or a sync of theirs."""

    outcomes: list[Outcome] = field(default_factory=list)
    left: list[TenantPlan] = field(default_factory=list)
    failed: set[str] = field(default_factory=set)
    is_interrupted: bool = False

    def report(self, plan: Plan) -> Report:
        """The report on the whole *plan*: what was not touched is skipped."""
        done = {outcome.operation.id: outcome for outcome in self.outcomes}
        everything = (done.get(op.id) or Outcome(op, Status.SKIPPED) for op in plan.operations)
        return Report(tuple(everything), interrupted=self.is_interrupted)


def _sizes(
    _context: click.Context, _parameter: click.Parameter, text: str | None
) -> tuple[Size, ...] | None:
    try:
        return None if text is None else parse_sizes(text)
    except ValueError as problem:
        raise click.BadParameter(f"{problem}, as in 1,10%,100%.") from problem


def _rollout(
    waves: tuple[Size, ...] | None,
    canaries: Labels,
    soak_for: float,
    verify_first_sync: bool,
    max_failures: int,
) -> RollOut | None:
    """None without --waves."""
    rollout = RollOut(waves or (), canaries, soak_for, verify_first_sync, max_failures)
    if waves is None and rollout != RollOut((), (), 0.0, False, 0):
        raise click.UsageError(
            "--canary, --soak, --verify-first-sync and --max-failures go with --waves."
        )
    return rollout if waves else None


rollout_options = taken_as(
    "rollout",
    _rollout,
    click.option(
        "--waves",
        metavar="SIZES",
        callback=_sizes,
        help="Roll out in waves, such as 1,10%,100%: so many of the tenants that change, those of "
        "the waves before included.",
    ),
    click.option(
        "--canary",
        "canaries",
        multiple=True,
        metavar="KEY=VALUE",
        callback=parsed_labels,
        help="Tenants with this label come first; may be repeated.",
    ),
    click.option(
        "--soak",
        "soak_for",
        type=DURATION,
        default="0s",
        help="Between waves, watch for so long the jobs that start by themselves.",
    ),
    click.option(
        "--verify-first-sync",
        is_flag=True,
        help="After each wave, sync the connections that it has touched, and wait for them.",
    ),
    click.option(
        "--max-failures",
        type=click.IntRange(0),
        default=0,
        show_default=True,
        metavar="N",
        help="Go on as long as no more than N tenants have failed.",
    ),
)


def check_canaries(rollout: RollOut, tenants: Sequence[DesiredTenant]) -> None:
    """Raises UsageError for labels that no tenant has: then nobody would be a canary."""
    if rollout.canaries and not any(has_labels(t.labels, rollout.canaries) for t in tenants):
        wanted = ", ".join(f"{key}={value}" for key, value in rollout.canaries)
        raise UsageError(f"no selected tenant has the labels {safe(wanted)} of --canary")


def show_outlook(
    rollout: RollOut, made: Plan, tenants: Sequence[DesiredTenant], settings: Settings
) -> None:
    """Says which waves an approval would be for."""
    if made.operations:
        waves = waves_of(made, tenants, rollout.sizes, rollout.canaries)
        settings.result(render_outlook(waves))


def in_waves(rollout: RollOut, watching: Watching) -> CarryOut:
    """A way to carry out a plan wave by wave."""

    def carry_out(execution: Execution, plan: Plan) -> Applied:
        # Whatever happens between waves, what was done by then is reported and noted.
        with execution.run.interruption.finishing(_STOPPING):
            result = roll_out(execution, plan, rollout, watching)
        return Applied(result.report(plan), tuple(result.left), is_good=not result.failed)

    return carry_out


def roll_out(execution: Execution, made: Plan, rollout: RollOut, watching: Watching) -> RolledOut:
    """Applies *made* wave by wave, as long as no more tenants fail than are allowed to."""
    settings = execution.settings
    palette = settings.palette(sys.stdout)
    waves = waves_of(made, execution.tenants, rollout.sizes, rollout.canaries)
    result = RolledOut()
    for number, names in enumerate(waves, 1):
        settings.result(render_wave(number, len(waves), names, palette))
        is_last = number == len(waves)
        _one_wave(_Wave(execution, rollout, watching, result, names, is_last), made)
        failed = sorted(result.failed)
        result.is_interrupted |= execution.run.interruption.is_requested
        is_over = len(failed) > rollout.max_failures
        if result.is_interrupted or is_over:
            why = "interrupted" if result.is_interrupted else _too_many(failed, rollout)
            settings.result(render_stopped(number, waves, failed, why, palette))
            break
        if failed and not is_last:
            settings.result(render_failures(failed, rollout.max_failures))
    return result


def _too_many(failed: Sequence[str], rollout: RollOut) -> str:
    allowed = f", {rollout.max_failures:,} allowed" if rollout.max_failures else ""
    return f"{counted(len(failed), 'tenant')} failed{allowed}"


@dataclass(frozen=True, slots=True)
class _Wave:
    execution: Execution
    rollout: RollOut
    watching: Watching
    result: RolledOut
    names: tuple[str, ...]
    is_last: bool

    @property
    def tenants(self) -> tuple[DesiredTenant, ...]:
        return tuple(t for t in self.execution.tenants if t.name in self.names)

    def is_too_much(self, runs: Sequence[JobRun]) -> bool:
        """Whether these syncs together with all failures before are more than allowed."""
        return len(self.result.failed | _failed(runs)) > self.rollout.max_failures


def _one_wave(wave: _Wave, made: Plan) -> None:
    """Applies the wave, then watches what it has touched; all that is noted in its result."""
    report, left = wave.execution.carry_out(part_of(made, wave.names))
    wave.result.outcomes += report.outcomes
    wave.result.left += left
    wave.result.failed |= failed_tenants(report) | {plan.tenant for plan in left}
    if report.interrupted or wave.is_too_much(()):
        return
    soaks = bool(wave.rollout.soak_s) and not wave.is_last
    wanted = _touched(wave, report) if wave.rollout.verifies or soaks else []
    if wave.is_too_much(()):
        return
    if wanted and wave.rollout.verifies:
        _note(wave, "Syncs of what was touched", _verified(wave, wanted))
    if wanted and soaks and not wave.execution.run.interruption.is_requested:
        wave.execution.settings.tell(
            f"Watching {counted(len(wanted), 'connection')} for {wave.rollout.soak_s:,.0f} s."
        )
        _note(wave, "Jobs since the wave", _soaked(wave, wanted))


def _touched(wave: _Wave, report: Report) -> list[Target]:
    """The connections of the wave that are to be watched: inactive ones do nothing."""
    run, settings = wave.execution.run, wave.execution.settings
    keys = {key for tenant in wave.tenants for key in touched_keys(tenant, report)}
    try:
        client = run.connection.client
        found, failures = start.targets(client, wave.tenants, run.ledger.of_tenant)
    except ReconcilerError as problem:
        found, failures = [], [(name, problem) for name in wave.names]
    wave.result.failed |= {tenant for tenant, _ in failures}
    for why in dict.fromkeys(why for _, why in failures):
        text = render_diagnostic(explain(why), settings.palette(sys.stderr))
        settings.tell(f"What was touched cannot be watched:\n{text}")
    return [target for target in found if target.key in keys and target.is_active]


def _verified(wave: _Wave, wanted: Sequence[Target]) -> list[JobRun]:
    run = wave.execution.run
    watching = replace(
        wave.watching, waits=True, insists=True, notice=_STOPPING, is_over=wave.is_too_much
    )
    return run_watched(
        run.connection.client,
        wanted,
        JobType.SYNC,
        watching,
        wave.execution.settings,
        run.interruption,
    )


def _soaked(wave: _Wave, wanted: Sequence[Target]) -> list[JobRun]:
    run, settings = wave.execution.run, wave.execution.settings
    table = job_table(
        len(wanted),
        terminal=settings.shows_progress_bar,
        echo=settings.tell,
        palette=settings.palette(sys.stderr),
    )
    with run.interruption.finishing(_STOPPING), table as announce:
        how = Soak(
            duration_s=wave.rollout.soak_s,
            interval_s=wave.watching.poll_s,
            clock=time.monotonic,
            announce=announce,
            is_over=wave.is_too_much,
        )
        return soak(run.connection.client, wanted, how)


def _note(wave: _Wave, title: str, runs: Sequence[JobRun]) -> None:
    settings = wave.execution.settings
    palette, width = settings.palette(sys.stdout), settings.width(sys.stdout)
    table = render_runs(runs, palette, width=width) if runs else "none\n"
    settings.result(f"\n{title}:\n{table}")
    if not wave.execution.run.interruption.is_requested:
        wave.result.failed |= _failed(runs)


def _failed(runs: Sequence[JobRun]) -> set[str]:
    """The tenants whose syncs went wrong; one that was not started any more has not."""
    bad = (run for run in runs if run.state.is_failure and run.state is not State.SKIPPED)
    return {run.target.key.scope for run in bad}
