"""The options of every command that makes a plan."""

from __future__ import annotations

import click

from reconciler.cli.options.groups import taken_as
from reconciler.cli.options.selectors import revision
from reconciler.operations.choices import Permissions

job_info_option = click.option(
    "--job-info",
    is_flag=True,
    help="Also what the connections in the plan have synced, and whether one syncs right now.",
)

base_option = click.option(
    "--base",
    metavar="REV",
    callback=revision,
    help="Tell what this branch changes against REV, such as origin/main, from what would be done "
    "without it (drift).",
)

planning_options = taken_as(
    "permissions",
    Permissions,
    click.option(
        "--allow-replace",
        "replace",
        multiple=True,
        metavar="KEY",
        help="Allow this resource, such as connection/acme/stripe, to be deleted and created "
        "anew; a pattern allows several.",
    ),
    click.option(
        "--allow-deletes",
        "deletes",
        type=click.IntRange(0),
        metavar="N",
        help="Allow up to N deletes in this run, in place of the project's limits.",
    ),
    click.option(
        "--resume",
        multiple=True,
        metavar="KEY",
        help="Make this connection active again although it was paused in Airbyte.",
    ),
    click.option("--prune", is_flag=True, help="Also delete what is live and in no manifest."),
)
