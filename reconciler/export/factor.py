"""Many exported tenants → a template, a table of them, and files for the few exceptions.

Whatever the template makes of a tenant is compared with what was exported; where that is not the
same, the tenant gets a file that says the rest. So the choices below decide how small the result
is, never whether it is right.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from reconciler.export.page import Exported, Page
from reconciler.export.parameters import Parameters, filled
from reconciler.export.secret_names import own_secrets
from reconciler.kinds import all_kinds
from reconciler.model import MISSING, Json, Path
from reconciler.model.paths import value_at
from reconciler.problems.errors import UsageError

HEAD = ("version", "tenant")
FEW = 0.02  # tenants that may differ from a value before it becomes a param
WAIVER = "reconciler: allow"


@dataclass(frozen=True, slots=True)
class Tenant:
    """One exported tenant: as it is written, with all that Airbyte fills in, and with comments."""

    name: str
    brief: Mapping[str, Json]
    full: Mapping[str, Json]
    page: Page

    @property
    def must_stay(self) -> bool:
        """Whether it has comments that count where they stand."""
        return any(text.startswith(WAIVER) for told in self.page.comments.values() for text in told)


@dataclass(frozen=True, slots=True)
class Factored:
    """The template, the tenants' table with its columns, and the files of the others."""

    template: Page
    columns: tuple[str, ...]
    rows: tuple[Mapping[str, Json], ...]
    files: Mapping[str, Page]


def tenants_of(brief: Sequence[Exported], full: Sequence[Exported]) -> list[Tenant]:
    """The tenants of an export in short and in full, with secrets that are their own by tenant."""
    return [
        Tenant(
            one.tenant,
            own_secrets(_sections(one), one.tenant),
            own_secrets(_sections(other), one.tenant),
            one.page,
        )
        for one, other in zip(brief, full, strict=True)
    ]


def factor(tenants: Sequence[Tenant], name: str) -> Factored:
    """What *tenants* share as the template *name*. Raises UsageError when they share nothing."""
    fitting = [tenant for tenant in tenants if not tenant.must_stay]
    parameters = Parameters([tenant.name for tenant in fitting])
    build = _Build(parameters, {tenant.name: tenant for tenant in fitting})
    sections = build.value({t.name: t.brief for t in fitting}, ())
    if not isinstance(sections, dict) or not any(kind.section in sections for kind in all_kinds()):
        raise UsageError(f"{len(tenants)} workspaces share too little for a template")
    rows: list[Mapping[str, Json]] = []
    files = {t.name: t.page for t in tenants if t.must_stay}
    for tenant in fitting:
        uses = _uses(sections, tenant.brief)
        values = parameters.of(tenant.name)
        made = filled(_used(sections, uses), tenant.name, values)
        rest = difference(made, tenant.brief, tenant.full)
        row = {"tenant": tenant.name, **({"uses": uses} if uses is not None else {})}
        if rest or not parameters.fit_cells(values):
            files[tenant.name] = _override(tenant, name, row, parameters.given(values), rest)
        else:
            rows.append({**row, **parameters.given(values)})
    schema = parameters.schema()
    head = {"version": 1, "template": name, **({"params": schema} if schema else {})}
    columns = ["tenant", *(["uses"] if any("uses" in row for row in rows) else [])]
    columns += [p for p in schema.get("properties", {}) if any(p in row for row in rows)]
    template = Page({**head, **sections}, f"What {len(fitting)} workspaces share.")
    return Factored(template, tuple(columns), tuple(rows), files)


def tenant_set(template: str, table: str) -> Page:
    """The file that makes each row of the table a tenant."""
    return Page({"version": 1, "tenants": {"template": template, "from": table}})


def difference(made: Json, wanted: Json, full: Json) -> dict[str, Json]:
    """What an override has to say so that *made* becomes *wanted*.

    What *wanted* leaves out may be there with the value that it has in *full*.
    """
    rest: dict[str, Json] = {}
    for key in [*made, *(key for key in wanted if key not in made)]:
        there, needed = made.get(key, MISSING), wanted.get(key, MISSING)
        complete = full.get(key, MISSING)
        if needed is MISSING:
            if there != complete and there is not None:
                rest[key] = None
        elif isinstance(there, Mapping) and isinstance(needed, Mapping):
            below = complete if isinstance(complete, Mapping) else {}
            if inner := difference(there, needed, below):
                rest[key] = inner
        elif not _same(there, needed):
            rest[key] = needed
    return rest


def _same(one: Json, other: Json) -> bool:
    return bool(one == other) and type(one) is type(other)


def _sections(exported: Exported) -> dict[str, Json]:
    return {key: value for key, value in exported.page.value.items() if key not in HEAD}


class _Build:
    """Builds the template from the top down: what nearly all have, or enough of them choose."""

    def __init__(self, parameters: Parameters, tenants: Mapping[str, Tenant]) -> None:
        self._parameters = parameters
        self._tenants = tenants
        self._fixed = {"type"}.union(*(kind.replacing.immutable for kind in all_kinds()))

    def value(self, nodes: Mapping[str, Json], at: Path) -> Json:
        """What the template has at *at*, of what each tenant has there; MISSING for nothing."""
        mappings = {t: v for t, v in nodes.items() if isinstance(v, Mapping)}
        if 2 * len(mappings) > len(nodes):
            return self._mapping(mappings, at)
        return self._leaf(nodes, at)

    def _mapping(self, nodes: Mapping[str, Mapping[str, Json]], at: Path) -> dict[str, Json]:
        keys = dict.fromkeys(key for value in nodes.values() for key in value)
        built: dict[str, Json] = {}
        for key in keys:
            path = (*at, key)
            found = {t: self._at(t, v, path) for t, v in nodes.items()}
            present = {t: v for t, v in found.items() if v is not MISSING}
            if not self._is_shared(path, len(present), len(nodes)):
                continue
            value = self.value(present if len(path) <= 2 else found, path)
            is_empty = value == {} and any(inner == {} for inner in present.values())
            if is_empty or (value is not MISSING and value != {}):
                built[key] = value
        return built

    def _at(self, tenant: str, value: Mapping[str, Json], path: Path) -> Json:
        """What the tenant has there, if need be of what Airbyte fills in."""
        if (key := str(path[-1])) in value:
            return value[key]
        return value_at(self._tenants[tenant].full, path)

    def _is_shared(self, path: Path, count: int, of: int) -> bool:
        """Whether the template has it: blocks that tenants can choose need be no more than two."""
        is_choice = len(path) == 2 and any(
            kind.section == path[0] and not kind.blocks.single_section for kind in all_kinds()
        )
        return count >= 2 if is_choice else 2 * count > of or _IN_CONFIGURATION in path[:-1]

    def _leaf(self, nodes: Mapping[str, Json], at: Path) -> Json:
        """A value that all have, a param where they differ, or what most have."""
        ranked = _ranked(nodes)
        most, count = ranked[0]
        if count >= len(nodes) * (1 - FEW) or len(nodes) - count <= 1 < len(nodes) - 1:
            return most
        if at[-1] in self._fixed:
            return most
        if any(value is MISSING for value in nodes.values()):
            if _IN_CONFIGURATION not in at:
                return most
            nodes = {t: None if value is MISSING else value for t, value in nodes.items()}
        expression = self._parameters.expression(nodes, at)
        return most if expression is None else expression


_IN_CONFIGURATION = "configuration"  # where null says that a field is not there


def _ranked(nodes: Mapping[str, Json]) -> list[tuple[Json, int]]:
    """The values by how many tenants have each, the most frequent first."""
    texts = {tenant: repr(value) for tenant, value in nodes.items()}
    by_text = {texts[tenant]: value for tenant, value in nodes.items()}
    counts = Counter(texts.values())
    ranked = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    return [(by_text[text], count) for text, count in ranked]


_CHOSEN = "sources"  # the section that `uses` chooses from
_FOLLOWING = "connections"


def _uses(template: Mapping[str, Json], tenant: Mapping[str, Json]) -> list[str] | None:
    """Which of the template's sources the tenant has, None for all of them."""
    shared = template.get(_CHOSEN) or {}
    used = [key for key in shared if key in (tenant.get(_CHOSEN) or {})]
    return None if len(used) == len(shared) else used


def _used(template: Mapping[str, Json], uses: Collection[str] | None) -> dict[str, Json]:
    """What is left of the template for a tenant that uses these of its sources."""
    if uses is None:
        return dict(template)
    sources = template.get(_CHOSEN) or {}
    kept = {key: value for key, value in sources.items() if key in uses}
    following = {
        key: block
        for key, block in (template.get(_FOLLOWING) or {}).items()
        if (source := block.get("source", key)) not in sources or source in uses
    }
    return {**template, _CHOSEN: kept, _FOLLOWING: following}


def _override(
    tenant: Tenant,
    template: str,
    row: Mapping[str, Json],
    params: Mapping[str, Json],
    rest: Mapping[str, Json],
) -> Page:
    """The file of a tenant that a row cannot say."""
    value = {"version": 1, "tenant": tenant.name, "template": template}
    value |= {"uses": row["uses"]} if "uses" in row else {}
    value |= {"params": dict(params)} if params else {}
    comments = {
        at: told
        for at, told in tenant.page.comments.items()
        if isinstance(value_at(rest, at[:-1]), Mapping)
    }
    return Page({**value, **rest}, comments=comments)
