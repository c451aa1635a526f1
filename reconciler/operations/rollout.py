"""A roll-out in waves: some tenants first, and the rest only when those do well."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from reconciler.apply.outcome import Outcome, Report, Status
from reconciler.jobs import start
from reconciler.jobs.soak import Soak, soak
from reconciler.jobs.start import JobRun, JobType, State, Target
from reconciler.model import DesiredTenant
from reconciler.operations.choices import Watching
from reconciler.operations.console import WatchingJobs
from reconciler.operations.execution import Applied, CarryOut, Execution
from reconciler.operations.interruption import Stopping
from reconciler.operations.news import (
    JobsEnded,
    NotWatched,
    Soaking,
    WaveBegins,
    WavesGoOn,
    WavesStopped,
)
from reconciler.operations.running_jobs import Until, run_watched
from reconciler.operations.waves import (
    Labels,
    Size,
    failed_tenants,
    has_labels,
    part_of,
    touched_keys,
    waves_of,
)
from reconciler.plan.model import Plan, TenantPlan
from reconciler.problems.errors import ReconcilerError, UsageError
from reconciler.problems.wording import safe


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
        done = {outcome.step.id: outcome for outcome in self.outcomes}
        everything = (done.get(step.id) or Outcome(step, Status.SKIPPED) for step in plan.steps)
        return Report(tuple(everything), interrupted=self.is_interrupted)


def check_canaries(rollout: RollOut, tenants: Sequence[DesiredTenant]) -> None:
    """Raises UsageError for labels that no tenant has: then nobody would be a canary."""
    if rollout.canaries and not any(has_labels(t.labels, rollout.canaries) for t in tenants):
        wanted = ", ".join(f"{key}={value}" for key, value in rollout.canaries)
        raise UsageError(f"no selected tenant has the labels {safe(wanted)} of --canary")


def planned_waves(
    rollout: RollOut, made: Plan, tenants: Sequence[DesiredTenant]
) -> tuple[tuple[str, ...], ...]:
    """The tenants of each wave, which an approval would be for."""
    return tuple(map(tuple, waves_of(made, tenants, rollout.sizes, rollout.canaries)))


def in_waves(rollout: RollOut, watching: Watching) -> CarryOut:
    """A way to carry out a plan wave by wave."""

    def carry_out(execution: Execution, plan: Plan) -> Applied:
        # Whatever happens between waves, what was done by then is reported and noted.
        with execution.run.console.interruption.finishing(Stopping.AFTER_WAVE):
            result = roll_out(execution, plan, rollout, watching)
        return Applied(result.report(plan), tuple(result.left), is_good=not result.failed)

    return carry_out


def roll_out(execution: Execution, made: Plan, rollout: RollOut, watching: Watching) -> RolledOut:
    """Applies *made* wave by wave, as long as no more tenants fail than are allowed to."""
    console = execution.run.console
    waves = planned_waves(rollout, made, execution.tenants)
    result = RolledOut()
    for number, names in enumerate(waves, 1):
        console.tell(WaveBegins(number, len(waves), names))
        is_last = number == len(waves)
        _apply_wave(_Wave(execution, rollout, watching, result, names, is_last), made)
        failed = tuple(sorted(result.failed))
        result.is_interrupted |= console.interruption.is_requested
        if result.is_interrupted or len(failed) > rollout.max_failures:
            allowed, stopped = rollout.max_failures, result.is_interrupted
            console.tell(WavesStopped(number, waves, failed, allowed, stopped))
            break
        if failed and not is_last:
            console.tell(WavesGoOn(failed, rollout.max_failures))
    return result


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

    @property
    def is_interrupted(self) -> bool:
        return self.execution.run.console.interruption.is_requested

    def is_too_much(self, runs: Sequence[JobRun]) -> bool:
        """Whether these syncs together with all failures before are more than allowed."""
        return len(self.result.failed | _failed(runs)) > self.rollout.max_failures


def _apply_wave(wave: _Wave, made: Plan) -> None:
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
        _note(wave, "Syncs of what was touched", _sync_touched(wave, wanted))
    if wanted and soaks and not wave.is_interrupted:
        wave.execution.run.console.tell(Soaking(len(wanted), wave.rollout.soak_s))
        _note(wave, "Jobs since the wave", _soak_touched(wave, wanted))


def _touched(wave: _Wave, report: Report) -> list[Target]:
    """The connections of the wave that are to be watched: inactive ones do nothing."""
    run = wave.execution.run
    keys = {key for tenant in wave.tenants for key in touched_keys(tenant, report)}
    try:
        client = run.session.client
        found, failures = start.targets(client, wave.tenants, run.ledger.of_tenant)
    except ReconcilerError as problem:
        found, failures = [], [(name, problem) for name in wave.names]
    wave.result.failed |= {tenant for tenant, _ in failures}
    for why in dict.fromkeys(why for _, why in failures):
        run.console.tell(NotWatched(why))
    return [target for target in found if target.key in keys and target.is_active]


def _sync_touched(wave: _Wave, wanted: Sequence[Target]) -> list[JobRun]:
    run = wave.execution.run
    watching = replace(wave.watching, waits=True)
    until = Until(Stopping.AFTER_WAVE, wave.is_too_much, insists=True)
    return run_watched(run.session.client, wanted, JobType.SYNC, watching, run.console, until)


def _soak_touched(wave: _Wave, wanted: Sequence[Target]) -> list[JobRun]:
    run = wave.execution.run
    finishing = run.console.interruption.finishing(Stopping.AFTER_WAVE)
    with finishing, run.console.progress(WatchingJobs(len(wanted), waits=True)) as announce:
        how = Soak(
            duration_s=wave.rollout.soak_s,
            interval_s=wave.watching.poll_s,
            clock=time.monotonic,
            announce=announce,
            is_over=wave.is_too_much,
        )
        return soak(run.session.client, wanted, how)


def _note(wave: _Wave, heading: str, runs: Sequence[JobRun]) -> None:
    wave.execution.run.console.tell(JobsEnded(heading, tuple(runs)))
    if not wave.is_interrupted:
        wave.result.failed |= _failed(runs)


def _failed(runs: Sequence[JobRun]) -> set[str]:
    """The tenants whose syncs went wrong; one that was not started any more has not."""
    bad = (run for run in runs if run.state.is_failure and run.state is not State.SKIPPED)
    return {run.target.key.scope for run in bad}
