"""`reconciler sandbox`: an embedded Airbyte to serve, empty, fill, and write down."""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click

from reconciler.cli.options.durations import DURATION
from reconciler.cli.options.settings import Settings, global_options
from reconciler.problems.errors import UsageError

_database = click.option(
    "--db", metavar="FILE", help="The database [default: .reconciler/sandbox.db in the project]."
)


@click.group()
def sandbox() -> None:
    """An embedded Airbyte to try things on.

    Every project has it as the environment `sandbox`; these commands are for other clients.

    \b
    Examples:
      reconciler sandbox seed --tenants 20
      reconciler sandbox serve --port 8000
    """


@sandbox.command()
@_database
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    default=8000,
    show_default=True,
    help="Where to listen; 0 is any free one.",
)
@click.option(
    "--client-id",
    default="sandbox-client",
    show_default=True,
    help="The application that gets a token, in place of this one.",
)
@click.option(
    "--client-secret", default="sandbox-secret", show_default=True, help="The secret that it shows."
)
@click.option(
    "--caller",
    type=click.Choice(["admin", "ordinary"]),
    default="admin",
    show_default=True,
    help="Who calls: an ordinary user hears 403 of what is not there.",
)
@click.option("--cloud", is_flag=True, help="Have what only Cloud has: OAuth of workspaces.")
@click.option("--latency", type=DURATION, default=0.0, help="How long every answer waits: 50ms.")
@click.option(
    "--rate-limit",
    type=click.FloatRange(min=0),
    default=0.0,
    metavar="N",
    help="429 for more than N requests/s.",
)
@click.option("--fault", "faults", multiple=True, help='For instance "POST /sources 429 x3".')
@click.option("--faults", "fault_file", metavar="FILE", help="A JSON list of faults.")
@click.option(
    "--schedules/--no-schedules",
    default=True,
    show_default=True,
    help="Whether connections with a cron start their syncs by themselves.",
)
@click.option(
    "--clock-speed",
    type=click.FloatRange(1, 1_000_000),
    default=1.0,
    metavar="N",
    help="Let jobs and schedules run N times as fast.",
)
@click.option(
    "--token-lifetime",
    type=DURATION,
    default="15m",
    show_default=True,
    help="How long tokens live.",
)
@global_options
def serve(
    settings: Settings,
    db: str | None,
    port: int,
    client_id: str,
    client_secret: str,
    caller: str,
    cloud: bool,
    latency: float,
    rate_limit: float,
    faults: tuple[str, ...],
    fault_file: str | None,
    schedules: bool,
    clock_speed: float,
    token_lifetime: float,
) -> None:
    """Serve the API of a self-managed Airbyte until interrupted.

    \b
    Examples:
      reconciler sandbox serve
      reconciler sandbox serve --latency 50ms --rate-limit 20
      reconciler sandbox serve --clock-speed 60
      reconciler sandbox serve --fault "POST /sources 429 x3" --fault "* * close-after p0.05"
    """
    with _translated():
        from reconciler.sandbox.core.call import Behaviour, Caller
        from reconciler.sandbox.server import serving

        database = _file(settings, db)
        wanted = serving.Settings(
            database=database,
            port=port,
            client_id=client_id,
            client_secret=client_secret,
            registry=Path(settings.registry) if settings.registry else None,
            token_lifetime_s=int(token_lifetime),
            latency_s=latency,
            caller=Caller(caller),
            faults=_faults(fault_file, faults),
            requests_per_second=rate_limit,
            behaviour=Behaviour(runs_schedules=schedules, is_cloud=cloud),
            clock_speed=clock_speed,
        )
        serving.serve(wanted, lambda started: settings.result(_welcome(started.url, wanted)))


@sandbox.command()
@_database
@global_options
def reset(settings: Settings, db: str | None) -> None:
    """Delete the sandbox's database.

    \b
    Examples:
      reconciler sandbox reset
      reconciler sandbox reset --db airbyte.db
    """
    with _translated():
        from reconciler.sandbox.control import files

        database = _file(settings, db)
        existed = files.reset(database)
    settings.result(f"Deleted {database}." if existed else f"There is no {database}.")


@sandbox.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False), required=False)
@click.option("--tenants", type=click.IntRange(1), help="Make up so many tenants of 18 objects.")
@_database
@global_options
def seed(settings: Settings, file: str | None, tenants: int | None, db: str | None) -> None:
    """Fill the sandbox's database from FILE, a dump or a list of requests, or with tenants.

    \b
    Examples:
      reconciler sandbox seed dump.json
      reconciler sandbox seed --tenants 20 --db airbyte.db
    """
    if (file is None) == (tenants is None):
        raise click.UsageError("Give a FILE, or --tenants.")
    with _translated():
        from reconciler.sandbox.control import bulk, files, seeds

        registry = Path(settings.registry) if settings.registry else None
        if tenants is not None:
            count = files.seed(_file(settings, db), registry, bulk.tenants(tenants))
        else:
            with Path(str(file)).open(encoding="utf-8") as lines:
                count = files.seed(_file(settings, db), registry, seeds.parsed(lines))
    settings.result(f"Seeded {count} things.")


@sandbox.command()
@click.argument("file", type=click.Path(dir_okay=False))
@_database
@global_options
def dump(settings: Settings, file: str, db: str | None) -> None:
    """Write all that the sandbox holds to FILE, secrets in clear.

    \b
    Examples:
      reconciler sandbox dump dump.json
      reconciler --project airbyte sandbox dump dump.json
    """
    with _translated():
        from reconciler.sandbox.control import files

        count = files.dump(_file(settings, db), Path(file))
    settings.result(f"Dumped {count} rows to {file}.")


def _file(settings: Settings, db: str | None) -> Path:
    return Path(db) if db else settings.folder / ".reconciler" / "sandbox.db"


def _welcome(url: str, wanted: Any) -> str:
    """Where it listens, a credential, and a first request."""
    body = json.dumps({"client_id": wanted.client_id, "client_secret": wanted.client_secret})
    return f"""\
Airbyte sandbox at {url} (database {wanted.database})
  client id      {wanted.client_id}
  client secret  {wanted.client_secret}

Try:
  TOKEN=$(curl -s {url}/applications/token -H 'Content-Type: application/json' \\
    -d {shlex.quote(body)} | sed 's/.*"access_token":"\\([^"]*\\)".*/\\1/')
  curl -s {url}/workspaces -H "Authorization: Bearer $TOKEN"

Ctrl-C stops it."""


def _from_file(file: str | None) -> tuple[dict[str, Any], ...]:
    if file is None:
        return ()
    try:
        faults = json.loads(Path(file).read_text(encoding="utf-8"))
    except (OSError, ValueError) as problem:
        raise UsageError(f"{file} cannot be read as JSON: {problem}") from problem
    if not (isinstance(faults, list) and all(isinstance(fault, dict) for fault in faults)):
        raise UsageError(f"{file} holds no list of faults")
    return tuple(faults)


def _faults(file: str | None, said: tuple[str, ...]) -> tuple[dict[str, Any], ...]:
    """The faults of a file and of the options, each known to be one."""
    from reconciler.sandbox.control.faults import read_fault, spoken

    wanted = _from_file(file)
    for text in said:
        try:
            wanted += (spoken(text),)
        except ValueError as problem:
            raise UsageError(str(problem)) from problem
    for fault in wanted:
        try:
            read_fault(fault)
        except (TypeError, ValueError) as problem:
            raise UsageError(f"{json.dumps(fault)} is no fault: {problem}") from problem
    return wanted


@contextmanager
def _translated() -> Iterator[None]:
    """What the sandbox says is wrong, as errors of the command line."""
    try:
        from reconciler.sandbox.core.store import SandboxError

        try:
            yield
        except SandboxError as problem:
            raise UsageError(f"the sandbox cannot do that: {problem}") from problem
    except ModuleNotFoundError as problem:
        if (problem.name or "").partition(".")[0] == "reconciler":
            raise  # one of our own modules: no package that could be installed
        raise UsageError(
            f"the sandbox needs the package {problem.name}",
            "Install reconciler with its extra: pip install '.[sandbox]' in a checkout of it.",
        ) from problem
