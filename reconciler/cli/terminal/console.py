"""The console of a command: a person at a terminal, or a log that somebody reads later."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import assert_never

import click

from reconciler.apply.outcome import Outcome
from reconciler.cli.options.settings import Settings
from reconciler.cli.terminal.asking import confirm
from reconciler.cli.terminal.event_log import EventLog
from reconciler.cli.terminal.progress import job_table, noted, progress, reading
from reconciler.cli.terminal.signals import interruptible
from reconciler.jobs.start import JobRun
from reconciler.manifest.discover import shown
from reconciler.operations import news
from reconciler.operations.console import (
    Applying,
    Event,
    MayApply,
    MayDestroy,
    MayReset,
    Question,
    ReadingLive,
    ReadingManifests,
    Step,
    WatchingJobs,
    Work,
)
from reconciler.operations.interruption import Interruption
from reconciler.operations.news import News
from reconciler.operations.open_project import OpenProject
from reconciler.plan.file import Place
from reconciler.problems.errors import ReconcilerError
from reconciler.problems.explain import explain
from reconciler.render.parts.problems import render_problems
from reconciler.render.parts.values import counted
from reconciler.render.plan.changed import render_gone, render_unclear
from reconciler.render.plan.lines import Look
from reconciler.render.plan.moved import render_moved
from reconciler.render.plan.text import render_plan
from reconciler.render.reports.apply import render_report
from reconciler.render.reports.jobs import render_reset, render_runs
from reconciler.render.reports.verification import render_not_in_effect
from reconciler.render.reports.waves import (
    render_failures,
    render_outlook,
    render_stopped,
    render_wave,
)


@dataclass(slots=True)
class Terminal:
    """Results go to stdout, all else to stderr; questions are asked unless *auto_approve*.

    `look` is how a plan is shown before a question.
    """

    settings: Settings
    interruption: Interruption = field(default_factory=Interruption)
    look: Look = field(default_factory=Look)
    auto_approve: bool = False
    log: EventLog | None = None

    def tell(self, news: News) -> None:
        """Shows what is worth knowing, as text."""
        _tell(news, self)

    def ask(self, question: Question) -> bool:
        """Asks on the terminal. Raises click.UsageError where nobody can be asked."""
        match question:
            case MayApply(place):
                text = f'\nApply these changes to {_named(place)}? Only "yes" is taken for yes'
                return self._confirm(text, "yes", "Nothing was applied.")
            case MayDestroy(tenant, objects, place):
                text = (
                    f"\nAll of this is deleted: {counted(objects, 'object')}. This is "
                    f'{_named(place)}. Type the name "{tenant}" to go on'
                )
                return self._confirm(text, tenant, "Nothing was deleted.")
            case MayReset(targets):
                click.echo(render_reset(targets), err=True)
                text = 'Delete this data? Only "yes" is taken for yes'
                return self._confirm(text, "yes", "Nothing was started.")
            case _:
                assert_never(question)

    def _confirm(self, question: str, expected: str, otherwise: str) -> bool:
        return self.auto_approve or confirm(question, expected=expected, otherwise=otherwise)

    @contextlib.contextmanager
    def progress(self, work: Work) -> Iterator[Callable[[Step], None]]:
        """A bar, a table or a note on a terminal, else a line a step."""
        settings = self.settings
        is_terminal = settings.shows_progress_bar
        palette = settings.palette(sys.stderr)
        match work:
            case ReadingManifests():
                with noted("Reading the manifests", terminal=is_terminal):
                    yield _ignored
            case ReadingLive(tenants):
                with reading(tenants, terminal=is_terminal):
                    yield _ignored
            case Applying(operations, pacer):
                with progress(
                    operations,
                    terminal=is_terminal,
                    echo=settings.tell,
                    palette=palette,
                    pacer=pacer,
                ) as show:
                    yield lambda step: show(step) if isinstance(step, Outcome) else None
            case WatchingJobs(jobs, waits):
                with job_table(
                    jobs,
                    terminal=is_terminal and waits,
                    echo=settings.tell if waits else _untold,
                    palette=palette,
                ) as show_run:
                    yield lambda step: show_run(step) if isinstance(step, JobRun) else None
            case _:
                assert_never(work)

    def record(self, event: Event) -> None:
        """Writes the event to the file of `--events`, where one is asked for."""
        if self.log is not None:
            self.log.record(event)


@contextlib.contextmanager
def attended(
    settings: Settings,
    project: OpenProject,
    *,
    look: Look | None = None,
    auto_approve: bool = False,
    events: str | None = None,
) -> Iterator[Terminal]:
    """A terminal whose Ctrl-C asks to stop, and that keeps events in the file *events*."""
    log = EventLog(events, project.redaction, settings.tell) if events is not None else None
    terminal = Terminal(settings, look=look or Look(), auto_approve=auto_approve, log=log)
    try:
        with interruptible(terminal.interruption):
            yield terminal
    finally:
        if log is not None:
            log.close()


def _ignored(_step: Step) -> None:
    """Nothing is shown of the steps of this work."""


def _untold(_text: str) -> None:
    """Nobody waits for these jobs."""


def _named(place: Place) -> str:
    """The environment as a question names it: by its name, and its address."""
    return place.name if place.url == place.name else f"{place.name} ({place.url})"


def _tell(told: News, terminal: Terminal) -> None:
    settings = terminal.settings
    palette, width = settings.palette(sys.stdout), settings.width(sys.stdout)
    match told:
        case news.ManifestWarnings(problems):
            settings.tell(render_problems(problems, settings.palette(sys.stderr)))
        case news.SecretsUnavailable(problems):
            text = render_problems(problems, settings.palette(sys.stderr))
            click.echo(text, err=True, color=True)  # an error, which --quiet does not hide
        case news.TenantsGone(tenants, revision):
            settings.tell(render_gone(tenants, revision))
        case news.TenantsUnclear(tenants, revision):
            settings.tell(render_unclear(tenants, revision))
        case news.PlanReady(plan, moved):
            if plan.tenants or not moved:
                settings.result(render_plan(plan, terminal.look))
            if moved:
                settings.result(render_moved(moved, palette))
        case news.WavesReady(waves):
            settings.result(render_outlook(waves))
        case news.PlanExecuted(report):
            settings.result(render_report(report, palette))
        case news.NotInEffect(left):
            settings.result(render_not_in_effect(left, palette))
        case news.WaveBegins(number, count, tenants):
            settings.result(render_wave(number, count, tenants, palette))
        case news.WavesStopped(number, waves, failed, allowed, is_interrupted):
            why = "interrupted" if is_interrupted else _too_many(failed, allowed)
            settings.result(render_stopped(number, waves, failed, why, palette))
        case news.WavesGoOn(failed, allowed):
            settings.result(render_failures(failed, allowed))
        case news.JobsEnded(heading, runs):
            table = render_runs(runs, palette, width=width) if runs else "none\n"
            settings.result(f"\n{heading}:\n{table}")
        case news.JobsUnreadable(problem):
            lead = "The jobs cannot be read, and the plan goes without them:"
            _tell_problem(lead, problem, settings)
        case news.NotProven(problem):
            _tell_problem("What was written could not be read again:", problem, settings)
        case news.NotWatched(problem):
            _tell_problem("What was touched cannot be watched:", problem, settings)
        case news.LedgerTrouble(problem):
            _tell_problem("", problem, settings)
        case _:
            settings.tell(_sentence(told))


def _sentence(
    told: news.LockNews
    | news.RestoreKept
    | news.Soaking
    | news.TenantForgotten
    | news.ManifestStays,
) -> str:
    match told:
        case news.LockNews(text):
            return text
        case news.RestoreKept(folder):
            return f"What is deleted can be restored from {shown(folder)}."
        case news.Soaking(connections, seconds):
            return f"Watching {counted(connections, 'connection')} for {seconds:,.0f} s."
        case news.TenantForgotten(tenant):
            return f"Nothing is left of {tenant} in Airbyte; it is forgotten."
        case news.ManifestStays(file):
            return f"Its manifest is still there: {file}."
        case _:
            assert_never(told)


def _tell_problem(lead: str, problem: ReconcilerError, settings: Settings) -> None:
    text = render_problems([explain(problem)], settings.palette(sys.stderr))
    settings.tell(f"{lead}\n{text}" if lead else text)


def _too_many(failed: Sequence[str], allowed: int) -> str:
    most = f", {allowed:,} allowed" if allowed else ""
    return f"{counted(len(failed), 'tenant')} failed{most}"
