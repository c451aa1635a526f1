"""Drift as text, JSON, Markdown and HTML: who changed what, what is missing, what is unmanaged."""

from __future__ import annotations

import html
import json
from collections import Counter
from collections.abc import Iterator, Sequence

from reconciler.model import MISSING, UNREADABLE, Fingerprint, Json
from reconciler.model.paths import map_leaves
from reconciler.operations.find_drift import (
    Drift,
    Drifted,
    FieldDrift,
    State,
    TenantDrift,
    Unmanaged,
    Who,
)
from reconciler.plan.file import Place
from reconciler.plan.record import plain_path
from reconciler.problems.explain import explain
from reconciler.problems.wording import show_path
from reconciler.render.parts.palette import PLAIN, Palette
from reconciler.render.parts.problems import render_problem
from reconciler.render.parts.values import HIDDEN, counted, safe, show

FORMAT_VERSION = 1
MOST = 8  # unmanaged objects of a tenant that are named, unless all are asked for


def render_drift(drift: Drift, palette: Palette = PLAIN, *, details: bool = False) -> str:
    """The whole as text, with a line that counts it all."""
    blocks = ["\n".join(_tenant_lines(t, palette, details)) for t in drift.tenants if _istold(t)]
    return "\n\n".join([*blocks, summary(drift)]) + "\n"


def summary(drift: Drift) -> str:
    """One sentence: how many tenants drifted, and by whom."""
    unmanaged = sum(len(tenant.unmanaged) for tenant in drift.tenants)
    also = f" {counted(unmanaged, 'live object')} no manifest mentions." if unmanaged else ""
    failed = sum(tenant.failure is not None for tenant in drift.tenants)
    also += f" {counted(failed, 'tenant')} could not be read." if failed else ""
    also += _unseen(drift)
    drifted = [tenant for tenant in drift.tenants if tenant.drifted]
    if not drifted:
        return f"No drift in {counted(len(drift.tenants) - failed, 'tenant')}.{also}"
    head = f"Drift in {len(drifted)} of {counted(len(drift.tenants), 'tenant')}"
    told = ", ".join(f"{count} {what}" for what, count in _counts(drift).items())
    return f"{head}: {told}.{also}"


def _unseen(drift: Drift) -> str:
    unseen = sum(tenant.unseen_secrets for tenant in drift.tenants)
    places = [each.coordinates for tenant in drift.tenants for each in tenant.located.values()]
    new = sum(map(len, places))
    told = f" {counted(new, 'secret')} looked at for the first time." if new else ""
    if unseen:
        told += f" Of {counted(unseen, 'secret')} Airbyte does not show where it is kept."
    return told


def _counts(drift: Drift) -> dict[str, int]:
    """Fields by who changed them, and resources that are missing or still there."""
    fields: Counter[Who] = Counter()
    states: Counter[State] = Counter()
    for one in _all(drift):
        fields.update(each.who for each in one.fields)
        states[one.state] += one.state is not State.DIFFERS
    named = {f"{_noun(fields[who])} {who}": fields[who] for who in Who if fields[who]}
    return named | {str(state): count for state, count in states.items() if count}


def _noun(count: int) -> str:
    return "field" if count == 1 else "fields"


def _all(drift: Drift) -> Iterator[Drifted]:
    return (one for tenant in drift.tenants for one in tenant.drifted)


def _istold(tenant: TenantDrift) -> bool:
    return bool(tenant.drifted or tenant.unmanaged or tenant.failure)


def _tenant_lines(tenant: TenantDrift, palette: Palette, details: bool) -> Iterator[str]:
    yield f"{palette.bold}{safe(tenant.tenant)}{palette.reset}"
    if tenant.failure is not None:
        text = render_problem(explain(tenant.failure), palette)
        yield from (f"  {line}" for line in text.splitlines())
    for one in tenant.drifted:
        yield from _resource_lines(one, palette)
    shown = tenant.unmanaged if details else tenant.unmanaged[:MOST]
    for unmanaged in shown:
        yield f"  {palette.dim}{_unmanaged(unmanaged)}{palette.reset}"
    if len(shown) < len(tenant.unmanaged):
        yield f"  … and {len(tenant.unmanaged) - len(shown)} more (--details names them)"


def _resource_lines(one: Drifted, palette: Palette) -> Iterator[str]:
    head = f'  {safe(one.key.local)} "{safe(one.title)}"'
    if one.state is not State.DIFFERS:
        yield f"{head}: {one.state}, {cause(one)} ({safe(str(one.origin))})"
        return
    yield f"{head} ({safe(str(one.origin))})"
    for field in one.fields:
        colour = palette.error if field.who is Who.BOTH else palette.update
        yield f"      {told(field)}  {colour}{field.who}{palette.reset}"


def cause(one: Drifted) -> str:
    """How a resource came to be missing, or to be there still."""
    if one.state is State.RETIRED:
        return "not applied yet"
    return {
        Who.OUTSIDE: "deleted outside",
        Who.MANIFEST: "not applied yet",
    }.get(one.who, "deleted outside or never applied")


def told(field: FieldDrift) -> str:
    """One field: its path, and its value live, in the manifest and, where both differ, applied."""
    applied = ""
    if field.who is Who.BOTH and field.applied is not MISSING:
        applied = f", applied last {_value(field.applied)}"
    path, live, declared = show_path(field.path), _value(field.live), _value(field.declared)
    if live == declared == HIDDEN:
        return f"{path}: {HIDDEN}"
    return f"{path}: live {live}, manifest {declared}{applied}"


def _unmanaged(one: Unmanaged) -> str:
    since = ", managed until its entry was removed" if one.was_managed else ""
    title = safe(str(one.resource.spec["name"]))
    return f'not managed: {one.resource.key.kind} "{title}" ({one.resource.id}){since}'


def _value(value: Json) -> str:
    return show(
        map_leaves(value, lambda leaf: UNREADABLE if isinstance(leaf, Fingerprint) else leaf)
    )


def render_drift_json(drift: Drift, place: Place) -> str:
    """The whole for programs; described by schemas/drift.schema.json."""
    document = {
        "formatVersion": FORMAT_VERSION,
        "environment": {"name": place.name, "url": place.url},
        "drifted": drift.is_any,
        "tenants": [_tenant_record(tenant) for tenant in drift.tenants],
    }
    return json.dumps(document, indent=2) + "\n"


def _tenant_record(tenant: TenantDrift) -> Json:
    failure = {"failure": _failure(tenant.failure)} if tenant.failure else {}
    return {
        "tenant": tenant.tenant,
        "unchanged": tenant.unchanged,
        "drifted": [_resource_record(one) for one in tenant.drifted],
        "unmanaged": [
            {
                "kind": one.resource.key.kind,
                "title": str(one.resource.spec["name"]),
                "id": one.resource.id,
                "wasManaged": one.was_managed,
            }
            for one in tenant.unmanaged
        ],
        **failure,
    }


def _failure(error: Exception) -> Json:
    problem = explain(error)  # type: ignore[arg-type]
    return {"summary": problem.rule.title, "detail": problem.detail}


def _resource_record(one: Drifted) -> Json:
    return {
        "kind": one.key.kind,
        "name": one.key.name,
        "title": one.title,
        "state": one.state.name.lower(),
        "who": one.who.name.lower(),
        "origin": str(one.origin),
        "fields": [
            {
                "path": list(plain_path(each.path)),
                "live": _value(each.live),
                "manifest": _value(each.declared),
                "applied": None if each.applied is MISSING else _value(each.applied),
                "who": each.who.name.lower(),
            }
            for each in one.fields
        ],
    }


_NOT_MANAGED = "not managed"
HEADS = ("Tenant", "Resource", "Field", "Live", "Manifest", "Who")


def render_drift_markdown(drift: Drift, max_chars: int) -> str:
    """The whole for a comment of so many characters: a sentence, and a table as long as fits.

    What nobody manages is no drift: it comes last.
    """
    lines = [f"**{summary(drift)}**", ""]
    found = sorted(_rows(drift), key=lambda row: row[-1] == _NOT_MANAGED)
    rows = [_markdown_row([_code(cell) for cell in row]) for row in found]
    if rows:
        lines += [_markdown_row(HEADS), _markdown_row(["---"] * len(HEADS))]
    room = max_chars - sum(len(line) + 1 for line in lines)
    if sum(len(row) + 1 for row in rows) > room:
        rows = _as_many_as_fit(rows, room)
    return "\n".join([*lines, *rows]) + "\n"


def _as_many_as_fit(rows: Sequence[str], room: int) -> list[str]:
    """The first of *rows*, each whole, and a sentence that counts the others."""
    kept: list[str] = []
    room -= len(_more(len(rows))) + 1
    for row in rows:
        room -= len(row) + 1
        if room < 0:
            break
        kept.append(row)
    return [*kept, _more(len(rows) - len(kept))]


def _more(count: int) -> str:
    return f"\n… and {counted(count, 'row')} more: `reconciler drift` shows them."


def render_drift_html(drift: Drift, place: Place) -> str:
    """The whole as one page that needs nothing else."""
    heads = "".join(f"<th>{head}</th>" for head in HEADS)
    rows = "\n".join(
        "<tr>" + "".join(f"<td>{html.escape(cell)}</td>" for cell in row) + "</tr>"
        for row in _rows(drift)
    )
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>Drift</title>\n'
        "<style>body{font:14px system-ui;margin:2em}td,th{text-align:left;padding:.2em .8em;"
        "border-bottom:1px solid #ccc}</style></head><body>\n"
        f"<h1>Drift in {html.escape(place.name)}</h1>\n<p>{html.escape(summary(drift))}</p>\n"
        f"<table><thead><tr>{heads}</tr></thead>\n<tbody>\n{rows}\n</tbody></table>\n</body></html>\n"
    )


def _rows(drift: Drift) -> Iterator[Sequence[str]]:
    for tenant in drift.tenants:
        name = safe(tenant.tenant)
        if tenant.failure is not None:
            yield (name, "", "", "", "", explain(tenant.failure).rule.title)
        for one in tenant.drifted:
            local = safe(one.key.local)
            if one.state is not State.DIFFERS:
                yield (name, local, "", "", "", f"{one.state}, {cause(one)}")
            for each in one.fields:
                values = (_value(each.live), _value(each.declared))
                yield (name, local, show_path(each.path), *values, str(each.who))
        for unmanaged in tenant.unmanaged:
            resource = unmanaged.resource
            title = safe(str(resource.spec["name"]))
            yield (name, resource.key.kind, title, "", "", _NOT_MANAGED)


def _markdown_row(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cells) + " |"


def _code(text: str) -> str:
    """*text* as code that no name can break out of, and no table either."""
    if not text:
        return ""
    return f"<code>{html.escape(text).replace('|', '&#124;').replace('`', '&#96;')}</code>"
