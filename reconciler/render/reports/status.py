"""How connections do: a table, worst first, and the same as JSON."""

from __future__ import annotations

import json
from datetime import UTC, datetime

from reconciler.jobs.history import Job
from reconciler.jobs.status import ConnectionStatus, FleetStatus, Health
from reconciler.model import Json
from reconciler.plan.file import Place
from reconciler.problems.explain import explain
from reconciler.render.parts.amounts import size_text, span_text
from reconciler.render.parts.columns import aligned, names_cut
from reconciler.render.parts.palette import PLAIN, Palette
from reconciler.render.parts.values import counted, safe

FORMAT_VERSION = 1

COLUMNS = ("tenant", "connection", "last job", "ago", "rows", "size", "next")
_NUMERIC = (3, 4, 5)
_BAD = (Health.FAILED, Health.UNKNOWN, Health.NOT_THERE, Health.CANCELLED)


def render_status(
    found: FleetStatus, now: datetime, palette: Palette = PLAIN, *, width: int | None = None
) -> str:
    """A line a connection and the sum; names are cut where *width* columns do not hold them."""
    shown = found.connections
    rows = names_cut([COLUMNS, *(_cells(each, now) for each in shown)], width)
    head, *lines = aligned(rows, _NUMERIC)
    coloured = [_coloured(line, each, palette) for line, each in zip(lines, shown, strict=True)]
    table = [head, *coloured, ""] if shown else []
    reasons = [
        f"{safe(each.key.scope)} {_name(each)}: {explain(each.problem).detail}"
        for each in shown
        if each.problem
    ]
    return "\n".join([*table, *reasons, _sum(found)]) + "\n"


def status_json(found: FleetStatus, place: Place, now: datetime) -> str:
    """The same as schemas/status.schema.json has it."""
    value = {
        "formatVersion": FORMAT_VERSION,
        "environment": {"name": place.name, "url": place.url},
        "at": _iso(now),
        "failed": found.has_failed,
        "connections": [_connection(each, now) for each in found.connections],
        "unread": [
            {"tenant": tenant, "problem": explain(problem).detail}
            for tenant, problem in found.failures
        ],
    }
    return json.dumps(value, indent=2, ensure_ascii=False) + "\n"


def _cells(each: ConnectionStatus, now: datetime) -> tuple[str, ...]:
    last = each.last
    ended = last.at if last else None
    return (
        safe(each.key.scope),
        _name(each),
        _last(each),
        span_text((now - ended).total_seconds()) if ended else "",
        "" if last is None or last.rows is None else f"{last.rows:,}",
        "" if last is None or last.bytes is None else size_text(last.bytes),
        _next(each, now),
    )


def _name(each: ConnectionStatus) -> str:
    """The manifest's key; for what no manifest mentions its name in Airbyte, in quotes."""
    return safe(each.key.name) if each.key.is_declared else f'"{safe(each.name)}"'


def _last(each: ConnectionStatus) -> str:
    """How the last job ended, of which type unless it was a sync, and how many syncs failed."""
    if each.last is None or each.problem:
        return str(each.health)
    type_ = "" if each.last.type == "sync" else f"{safe(each.last.type)} "
    more = f" {each.failures}x" if each.health is Health.FAILED and each.failures > 1 else ""
    return f"{type_}{each.health}{more}"


def _next(each: ConnectionStatus, now: datetime) -> str:
    """What comes next: the job that runs, why none will, or when the schedule starts one."""
    if each.running:
        return "running" if each.running.type == "sync" else f"{safe(each.running.type)} running"
    if each.spec is None:
        return ""
    if not each.is_active:
        return safe(str(each.spec.get("status")))
    if at := each.next_run(now):
        return f"in {span_text((at - now).total_seconds())}"
    schedule = each.spec["schedule"]
    return safe(str(schedule.get("basicTiming") or schedule.get("scheduleType"))).lower()


def _sum(found: FleetStatus) -> str:
    shown = found.connections
    counts = {health: sum(each.health is health for each in shown) for health in Health}
    texts = [f"{count:,} {health}" for health, count in counts.items() if count]
    running = sum(each.running is not None for each in shown)
    now = f"; {running:,} running now" if running else ""
    unread = f" {counted(len(found.failures), 'tenant')} not read." if found.failures else ""
    if not shown:
        return f"No connection.{unread}"
    return f"{counted(len(shown), 'connection')}: {', '.join(texts)}{now}.{unread}"


def _coloured(line: str, each: ConnectionStatus, palette: Palette) -> str:
    if each.health in _BAD:
        return f"{palette.error}{line}{palette.reset}"
    return line if each.is_active else f"{palette.dim}{line}{palette.reset}"


def _connection(each: ConnectionStatus, now: datetime) -> Json:
    next_run = None if each.running else each.next_run(now)
    return {
        "tenant": each.key.scope,
        "key": each.key.name if each.key.is_declared else None,
        "name": each.name,
        "id": each.id or None,
        "health": str(each.health),
        "failuresInARow": each.failures,
        "status": each.spec.get("status") if each.spec is not None else None,
        "schedule": dict(each.spec["schedule"]) if each.spec is not None else None,
        "nextRun": _iso(next_run) if next_run else None,
        "lastJob": _job(each.last),
        "runningJob": _job(each.running),
        "problem": explain(each.problem).detail if each.problem else None,
    }


def _job(job: Job | None) -> Json:
    if job is None:
        return None
    return {
        "id": job.id,
        "type": job.type,
        "status": job.status,
        "started": _iso(job.started) if job.started else None,
        "ended": _iso(job.updated) if job.is_over and job.updated else None,
        "duration": job.duration or None,
        "rows": job.rows,
        "bytes": job.bytes,
    }


def _iso(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
