"""`reconciler report`: the reports of many jobs as one. Sends nothing."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence

import click

from reconciler.cli.options.settings import Settings, global_options
from reconciler.operations import plan_files
from reconciler.operations.exit_codes import ExitCode
from reconciler.operations.merge_reports import Report, merge_applies, merge_plans
from reconciler.plan.file import read_plan_file
from reconciler.plan.record import Record
from reconciler.problems.errors import UsageError


@click.group()
def report() -> None:
    """Put the reports of many jobs together.

    \b
    Examples:
      reconciler report merge shard-*.json > plan.json
    """


@report.command()
@click.argument("files", nargs=-1, required=True, metavar="FILE...")
@global_options
def merge(settings: Settings, files: tuple[str, ...]) -> None:
    """Merge the reports of all shards into one.

    FILES are what `plan --shard N/COUNT --out FILE` wrote, and become the plan file of all tenants;
    or what `apply --shard N/COUNT --events FILE` wrote, and become their sums with all problems, as
    `reconciler schema apply-report` has it. Every shard must be there once, of one environment. The
    exit code is what they ended with together.

    \b
    Examples:
      reconciler report merge shard-*.json > plan.json
      reconciler report merge events-*.jsonl > applied.json
    """
    reports = [
        Report(file, plan_files.text_at(file, "Name files that are there.")) for file in files
    ]
    logs = [each for each in reports if each.is_event_log]
    if not logs:
        merged = merge_plans(reports)
        settings.result(merged)
        sys.exit(plan_files.planned_code(read_plan_file(merged, "the merged plan"), detailed=False))
    if len(logs) < len(reports):
        raise UsageError("these are plans and applies", "Merge the ones, and then the others.")
    applied = merge_applies(reports)
    settings.result(json.dumps(applied, indent=2))
    sys.exit(_applied_code(applied["runs"]))


def _applied_code(runs: Sequence[Record]) -> ExitCode:
    """What all runs ended with, or that only a part is done."""
    codes = {run["exitCode"] for run in runs}
    if len(codes) > 1:
        return ExitCode.PARTLY_APPLIED
    (code,) = codes
    return ExitCode.FAILED if code is None else ExitCode(code)
