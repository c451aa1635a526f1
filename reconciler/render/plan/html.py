"""A plan as one HTML file that opens from disk: search, filters, folded groups, drawn graphs.

The page (page/) is fixed; the plan goes into it as JSON that cannot end its element, and becomes
nothing but text nodes there. A content security policy allows the page's own script and style by
their digests, and no connection to anywhere.
"""

from __future__ import annotations

import base64
import hashlib
import html
import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from functools import cache
from importlib import resources

from reconciler.model import Exhaustive, Json, PathStep, Ref, ResourceKey
from reconciler.model.changes import FieldChange
from reconciler.model.effects import Effect, Weight
from reconciler.plan.file import Place
from reconciler.plan.model import Plan, TenantPlan, Whose
from reconciler.plan.operation import Create, Replace
from reconciler.plan.summary import count_actions, count_effects
from reconciler.problems.explain import explain
from reconciler.problems.problem import Problem
from reconciler.problems.wording import show_path
from reconciler.render.parts.values import counted, safe, sorted_leaves
from reconciler.render.plan.changed import forgotten_lines, render_gone
from reconciler.render.plan.dependencies import Graph, graph_of
from reconciler.render.plan.equalities import equal_lines
from reconciler.render.plan.groups import Block, Outline, outline
from reconciler.render.plan.rows import (
    Row,
    TypeNames,
    effect_text,
    effects_on,
    in_short,
    jobs_text,
    reason,
    subject,
    undeclared_names,
    value_text,
)
from reconciler.render.plan.text import block_title

WIDE = 10_000  # the page breaks its own lines
LONGEST = 2_000  # characters of one value

_SECTIONS = {
    "refused": "Refused",
    "unreadable": "Could not be read",
    "groups": "The same on many tenants",
    "tenants": "By tenant",
    "outside": "Changed in Airbyte, put back to what the manifests say",
    "drift": "Already there before this change (drift)",
    "notes": "Worth knowing",
    "undeclared": "Live, and no manifest mentions it; left alone",
    "equal": "Written differently, counts as equal",
}


def render_plan_html(plan: Plan, place: Place, names: TypeNames) -> str:
    """The whole page."""
    title = f"Plan for {safe(place.name)}"
    style, script = _page("style.css"), _page("script.js")
    policy = f"default-src 'none'; script-src '{_hash(script)}'; style-src '{_hash(style)}'"
    parts = {
        "policy": policy,
        "title": html.escape(title),
        "style": style,
        "script": script,
        "data": _harmless(_data(plan, place, names)),
    }
    page = _page("page.html")
    pieces = page.split("{{")
    filled = [pieces[0]]
    for piece in pieces[1:]:
        name, _, rest = piece.partition("}}")
        filled += [parts[name], rest]
    return "".join(filled)


@cache
def _page(name: str) -> str:
    return (resources.files("reconciler.render.plan") / "page" / name).read_text(encoding="utf-8")


def _hash(text: str) -> str:
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"


def _harmless(data: Json) -> str:
    """JSON that no HTML parser can take for markup."""
    text = json.dumps(data, separators=(",", ":"))
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def _data(plan: Plan, place: Place, names: TypeNames) -> Json:
    outlined = outline(plan, names)
    tenants = {tenant.tenant: position for position, tenant in enumerate(plan.tenants)}
    writer = _Writer(tenants, names)
    graphs, graph_of_tenant = _graphs(plan, outlined)
    refused = [row for _, rows in outlined.refused for row in rows]
    every_row = [*outlined.rows, *outlined.drift_rows, *refused]
    return {
        "title": f"Plan for {safe(place.name)}",
        "place": safe(place.url),
        "tiles": list(_tiles(plan, outlined)),
        "losses": _losses(outlined),
        "tenants": [safe(tenant) for tenant in tenants],
        "verbs": [
            [verb, count]
            for verb, count in count_actions(row.operation for row in every_row).items()
            if count
        ],
        "effects": [
            [effect.slug, effect.title, effect.sentence, _weight(effect), count]
            for effect, count in count_effects(row.effects for row in every_row)
        ],
        "whose": [
            [whose, count]
            for whose in Whose
            if (count := sum(_whose(row) is whose for row in every_row))
        ],
        "sections": _SECTIONS,
        "blocks": list(writer.blocks(plan, outlined)),
        "graphs": graphs,
        "graphOf": graph_of_tenant,
    }


def _whose(row: Row) -> Whose | None:
    return row.attribution.whose if row.attribution else None


def _tiles(plan: Plan, outlined: Outline) -> Iterator[Json]:
    for verb, count in count_actions(row.operation for row in outlined.rows).items():
        yield [count, f"to {verb}", str(verb)]
    yield [len({row.key.scope for row in outlined.rows}), "tenants changed", ""]
    if plan.base is not None:
        yield [len(outlined.drift_rows), "already there", ""]
    yield [sum(tenant.unchanged for tenant in plan.tenants), "resources unchanged", ""]
    if outlined.refused:
        yield [len(outlined.refused), "tenants refused", "trouble"]
    if outlined.failed:
        yield [len(outlined.failed), "tenants unreadable", "trouble"]


def _losses(outlined: Outline) -> str:
    losses = [
        (e, n)
        for e, n in count_effects(row.own_effects for row in outlined.rows)
        if e.weight is Weight.LOSS
    ]
    texts = [f"{effect.title} ({counted(n, 'resource')})" for effect, n in losses]
    return f"Loss: {', '.join(texts)}" if texts else ""


def _graphs(plan: Plan, outlined: Outline) -> tuple[list[Json], list[int | None]]:
    """The distinct graphs, and which one each tenant has."""
    positions: dict[Graph, int] = {}
    of_tenant: list[int | None] = []
    for tenant in plan.tenants:
        rows = outlined.rows_of[tenant.tenant]
        graph = graph_of(rows, tenant.steps)
        of_tenant.append(positions.setdefault(graph, len(positions)) if rows else None)
    return [_graph(graph) for graph in positions], of_tenant


def _graph(graph: Graph) -> Json:
    nodes = [[node.kind, safe(node.name), node.action or ""] for node in graph.nodes]
    return {"nodes": nodes, "edges": graph.edges}


class _Writer:
    """Blocks and rows as the page's script reads them; tenants are their positions."""

    def __init__(self, tenants: Mapping[str, int], names: TypeNames) -> None:
        self._tenants = tenants
        self._names = names

    def blocks(self, plan: Plan, outlined: Outline) -> Iterator[Json]:
        """Every block, in reading order: what went wrong comes first."""
        if plan.refusals:
            problems = [_problem(refusal) for refusal in plan.refusals]
            yield {**_titled("refused", "The whole plan", problems=problems), "tone": "trouble"}
        for tenant, rows in outlined.refused:
            yield self._refused(tenant, rows)
        for tenant in outlined.failed:
            if tenant.failure is not None:
                problems = [_problem(explain(tenant.failure))]
                yield {**self._of("unreadable", tenant), "problems": problems, "tone": "trouble"}
        for block in outlined.changes:
            yield self._block("groups" if block.is_group else "tenants", block)
        for block in outlined.outside:
            yield self._block("outside", block)
        for block in outlined.drift:
            yield self._block("drift", block)
        if plan.base and plan.base.gone:
            told = render_gone(plan.base.gone, plan.base.revision, WIDE).splitlines()
            yield {**_titled("notes", "No longer in the manifests", problems=[]), "lines": told}
        if plan.forgotten:
            told = forgotten_lines(plan.forgotten, WIDE)
            yield {**_titled("notes", "No longer declared", problems=[]), "lines": told}
        for tenant in plan.tenants:
            if lines := list(_noted(tenant)):
                yield {**self._of("notes", tenant), "lines": lines}
        for tenant in plan.tenants:
            if tenant.undeclared:
                yield {**self._of("undeclared", tenant), "lines": list(undeclared_names(tenant))}
        for tenant in plan.tenants:
            if tenant.equalities:
                yield {**self._of("equal", tenant), "lines": list(equal_lines(tenant))}

    def _of(self, section: str, tenant: TenantPlan) -> dict[str, Json]:
        return {"section": section, "tenants": [self._tenants[tenant.tenant]]}

    def _refused(self, tenant: TenantPlan, rows: Sequence[Row]) -> Json:
        return {
            **self._of("refused", tenant),
            "problems": [_problem(refusal) for refusal in tenant.refusals],
            "rows": [self._row(row) for row in rows],
            "tone": "trouble",
            "graph": bool(rows) or None,
        }

    def _block(self, section: str, block: Block) -> Json:
        written = {
            "section": section,
            "tenants": [self._tenants[name] for name in block.tenants],
            "rows": [self._grouped(row, block) for row in block.rows],
            "graph": True,
        }
        if block.is_group:
            written["title"] = block_title(block)
            written["exceptions"] = [self._tenants[name] for name in block.exceptions]
        return written

    def _grouped(self, row: Row, block: Block) -> Json:
        differing = block.differing.get(row.key)
        written = self._row(row, {path[0] for path in differing.paths} if differing else ())
        if some := block.tenants_of.get(row.key):
            written["on"] = [self._tenants[name] for name in some]
        if differing is not None:
            written["own"] = {
                "paths": [show_path(path) for path in differing.paths],
                "tenants": [self._tenants[name] for name in differing.values],
                "values": [
                    [self._own(value) for value in values] for values in differing.values.values()
                ],
            }
        return written

    def _row(self, row: Row, own: Collection[PathStep] = ()) -> dict[str, Json]:
        operation = row.operation
        kind = row.key.kind
        key = subject(operation, titled="name" not in own).removeprefix(kind).strip()
        written = {
            "verb": row.action,
            "kind": kind,
            "key": key,
            "short": in_short(row, self._names, own),
            "why": reason(row),
            "effects": [
                [effect.slug, effect_text(effect, on, detail), _weight(effect)]
                for effect, detail, on in effects_on(row.consequences)
            ],
            "changes": [self._change(row, position) for position in range(len(row.changes))],
            "fields": list(self._fields(row)),
            "place": safe(str(operation.origin)) if operation.origin else "",
            "jobs": jobs_text(row.jobs) if row.jobs else "",
            "whose": _whose(row),
        }
        return {field: value for field, value in written.items() if value or field == "effects"}

    def _own(self, value: Json | FieldChange) -> str:
        """A tenant's own value, or both sides of its own change."""
        sides = (value.before, value.after) if isinstance(value, FieldChange) else (value,)
        return " → ".join(value_text(side, LONGEST, self._names) for side in sides)

    def _change(self, row: Row, position: int) -> Json:
        change = row.changes[position]
        sides = [value_text(v, LONGEST, self._names) for v in (change.before, change.after)]
        return [show_path(change.path), *sides, row.marks(change)]

    def _fields(self, row: Row) -> Iterator[Json]:
        """Every field of a new resource."""
        if row.changes or not isinstance(row.operation, Create | Replace):
            return
        for field, value in sorted(row.operation.desired.spec.items()):
            if value == Ref("workspace", ""):
                continue
            for path, leaf in (
                [((field,), value)] if _is_flat(value) else sorted_leaves(value, (field,))
            ):
                yield [show_path(path), value_text(leaf, LONGEST, self._names)]


def _is_flat(value: Json) -> bool:
    return isinstance(value, Exhaustive) and not any(value.values())


def _noted(tenant: TenantPlan) -> Iterator[str]:
    for note in tenant.notes:
        said = " ".join(text for text in (note.detail, note.hint) if text)
        yield safe(f"{_called(note.key)}: {note.rule.title}. {said}")
    for retired in tenant.gone:
        place = f"its entry at {retired.origin} may be removed"
        yield safe(f"{_called(retired.key)} is retired and gone: {place}.")


def _called(key: ResourceKey) -> str:
    return f"{key.kind} {key.name}".strip()


def _titled(section: str, title: str, *, problems: Json) -> dict[str, Json]:
    return {"section": section, "title": title, "tenants": [], "problems": problems}


def _problem(problem: Problem) -> Json:
    place = str(problem.origin) if problem.origin else ""
    texts = (problem.rule.title, problem.detail, problem.hint, place)
    return ["\n".join(map(safe, text.splitlines())) for text in texts]


def _weight(effect: Effect) -> str:
    return effect.weight.name.lower()
