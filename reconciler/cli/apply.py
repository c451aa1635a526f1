"""`reconciler apply`: plan, show, ask, execute, and read again what was written."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import threading
from collections.abc import Iterator
from types import FrameType

import click

from reconciler import connectors, pipeline, secrets
from reconciler.apply.outcome import Report, Status
from reconciler.apply.perform import Surroundings
from reconciler.cli import session
from reconciler.cli.exit_codes import ExitCode
from reconciler.cli.plan import details_option, plan_exit_code, plan_look
from reconciler.cli.progress import progress
from reconciler.cli.selectors import selection, tenant_selection
from reconciler.cli.session import Session
from reconciler.cli.settings import Settings, global_options
from reconciler.model import DesiredTenant
from reconciler.plan.guards import Allowances
from reconciler.plan.model import Plan, TenantPlan
from reconciler.render.plan import render_plan
from reconciler.render.report import render_report
from reconciler.render.verification import render_not_in_effect


@click.command()
@tenant_selection
@click.option(
    "--allow-replace",
    multiple=True,
    metavar="KEY",
    help="Allow this resource, such as connection/acme/stripe, to be deleted and created anew.",
)
@details_option
@click.option("--auto-approve", is_flag=True, help="Do not ask before applying.")
@click.option(
    "--parallelism",
    type=click.IntRange(1, 64),
    default=16,
    show_default=True,
    help="The most requests at a time; fewer are sent while Airbyte is slow or refuses.",
)
@click.option("--no-verify", is_flag=True, help="Do not read again what was written.")
@global_options
def apply(
    settings: Settings,
    tenants: tuple[str, ...],
    patterns: tuple[str, ...],
    labels: tuple[tuple[str, str], ...],
    allow_replace: tuple[str, ...],
    details: bool,
    auto_approve: bool,
    parallelism: int,
    no_verify: bool,
) -> None:
    """Bring Airbyte to what the manifests say.

    Shows the plan and asks before anything is changed. Running it again is always safe.

    \b
    Examples:
      reconciler apply
      reconciler --env production apply --auto-approve acme
    """
    project, loaded = session.load(settings, selection(tenants, patterns, labels))
    with session.connected(settings, project) as connection:
        made = pipeline.make_plan(connection.client, loaded.tenants, Allowances(allow_replace))
        settings.result(render_plan(made, plan_look(settings, details=details)))
        if not made.operations:
            sys.exit(plan_exit_code(made, detailed=False))
        _confirm(auto_approve)
        report = _execute(made, connection, settings, parallelism)
        left = () if no_verify else _left(connection, loaded.tenants, report)
    palette = settings.palette(sys.stdout)
    settings.result(render_report(report, palette) + render_not_in_effect(left, palette))
    sys.exit(_exit_code(made, report, left))


def _confirm(auto_approve: bool) -> None:
    if auto_approve:
        return
    if not sys.stdin.isatty():
        raise click.UsageError("Nobody can be asked without a terminal: use --auto-approve.")
    answer = click.prompt('\nApply these changes? Only "yes" is taken for yes', err=True)
    if answer.strip() != "yes":
        click.echo("Nothing was applied.", err=True)
        sys.exit(ExitCode.FAILED)


def _execute(made: Plan, connection: Session, settings: Settings, parallelism: int) -> Report:
    surroundings = Surroundings(
        client=connection.client,
        catalogue=connectors.bundled(),
        resolve_secret=secrets.from_environment(settings.environ),
        organization_id=connection.environment.organization_id,
    )
    bar = progress(
        len(made.operations),
        terminal=settings.shows_progress_bar,
        echo=settings.tell,
        palette=settings.palette(sys.stderr),
    )
    with _interruptible() as stop, bar as announce:
        return pipeline.apply_plan(
            made,
            surroundings,
            parallelism=parallelism,
            announce=announce,
            should_stop=stop.is_set,
        )


@contextlib.contextmanager
def _interruptible() -> Iterator[threading.Event]:
    """An event that the first Ctrl-C or SIGTERM sets; a second one ends the program at once."""
    stop = threading.Event()

    def interrupt(_number: int, _frame: FrameType | None) -> None:
        if stop.is_set():
            os._exit(ExitCode.INTERRUPTED)
        stop.set()
        message = "\nStopping: running operations are finished. Again to stop at once."
        os.write(sys.stderr.fileno(), message.encode() + b"\n")

    signals = (signal.SIGINT, signal.SIGTERM)
    if threading.current_thread() is not threading.main_thread():
        yield stop
        return
    before = [signal.signal(number, interrupt) for number in signals]
    try:
        yield stop
    finally:
        for number, handler in zip(signals, before, strict=True):
            signal.signal(number, handler)


def _left(
    connection: Session, tenants: tuple[DesiredTenant, ...], report: Report
) -> tuple[TenantPlan, ...]:
    if report.interrupted:
        return ()
    return pipeline.not_in_effect(connection.client, tenants, report)


def _exit_code(made: Plan, report: Report, left: tuple[TenantPlan, ...]) -> ExitCode:
    if report.interrupted:
        return ExitCode.INTERRUPTED
    kept_back = plan_exit_code(made, detailed=False)
    if report.is_success and not left and kept_back is ExitCode.DONE:
        return ExitCode.DONE
    return ExitCode.PARTLY_APPLIED if report.count(Status.SUCCEEDED) else ExitCode.FAILED
