"""Effective manifests as YAML and as JSON, and where each value was written."""

from __future__ import annotations

import json
from collections.abc import Sequence

from reconciler.export.manifest_text import render_manifest
from reconciler.export.page import Page
from reconciler.manifest.provenance import Effective
from reconciler.manifest.tenant import Place
from reconciler.model import Json
from reconciler.problems.wording import show_path
from reconciler.render.parts.palette import PLAIN, Palette
from reconciler.render.parts.values import safe

FORMAT_VERSION = 1


def render_effective(tenants: Sequence[Effective]) -> str:
    """Each tenant as a manifest; several are told apart by `---`."""
    return "---\n".join(render_manifest(Page(dict(each.value))) for each in tenants)


def render_provenance(tenants: Sequence[Effective], palette: Palette = PLAIN) -> str:
    """A line for each value, `file:line:column: path = value`, with a heading for each tenant."""
    blocks = []
    for each in tenants:
        lines = [f"{palette.bold}{each.tenant}{palette.reset}"]
        lines += [
            safe(f"{place.origin}: {show_path(at)} = {_shown(value)}{_by_way_of(place)}")
            for at, value, place in each.places()
        ]
        blocks.append("\n".join(lines) + "\n")
    return "\n".join(blocks)


def render_effective_json(tenants: Sequence[Effective], *, provenance: bool) -> str:
    """All of it as JSON, as schemas/render.schema.json has it."""
    rows = []
    for each in tenants:
        row: dict[str, Json] = {"tenant": each.tenant, "manifest": each.value}
        if provenance:
            row["provenance"] = [
                {"path": list(at), **_place(place)} for at, _, place in each.places()
            ]
        rows.append(row)
    return json.dumps({"formatVersion": FORMAT_VERSION, "tenants": rows}, indent=2) + "\n"


def _place(place: Place) -> dict[str, Json]:
    through = {"through": str(place.through)} if place.through else {}
    params = {name: str(origin) for name, origin in place.params.items()}
    return {"place": str(place.origin), **through, **({"params": params} if params else {})}


def _by_way_of(place: Place) -> str:
    said = [f"through {place.through}"] if place.through else []
    said += [f"params.{name}: {origin}" for name, origin in place.params.items()]
    return f"  ({', '.join(said)})" if said else ""


def _shown(value: Json) -> str:
    return json.dumps(value, ensure_ascii=False)
