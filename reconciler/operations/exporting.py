"""The stages of an export: list, choose, survey, write as manifests."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace

from reconciler.api.client import Client
from reconciler.export.fleet import Wanted, choose
from reconciler.export.page import Exported, LeftOut
from reconciler.export.tenant import Style, export_tenant
from reconciler.kinds import all_kinds
from reconciler.live.survey import list_workspaces, survey
from reconciler.problems.errors import ReconcilerError

ON_REQUEST = tuple(kind.section for kind in all_kinds() if kind.exporting.is_on_request)
"""The sections that are left out of an export unless they are asked for."""


@dataclass(frozen=True, slots=True)
class Export:
    """What came of it: manifests by tenant, workspaces left out, and those that cannot be read.

    `complete` are the same manifests with all that Airbyte fills in, where they were asked for.
    """

    exported: tuple[Exported, ...]
    complete: tuple[Exported, ...]
    left_out: tuple[LeftOut, ...]
    failures: tuple[tuple[str, ReconcilerError], ...]


def export_workspaces(
    client: Client,
    wanted: Wanted,
    style: Style,
    claimed: Mapping[str, str],
    *,
    also: Collection[str] = (),
    completely: bool = False,
) -> Export:
    """The manifests of the workspaces that are asked for; *claimed* ones have theirs already.

    *also* are sections that are left out unless they are asked for.

    Raises ApiError when nothing can be read at all, UsageError for what fits no workspace.
    """
    chosen = choose(list_workspaces(client), wanted, claimed=claimed, adopts=style.adopts)
    names = {key: str(body.get("name")) for key, body in chosen.workspaces}
    exported: list[Exported] = []
    complete: list[Exported] = []
    failures: list[tuple[str, ReconcilerError]] = []
    for key, live in survey(client, chosen.workspaces, also, known=style.catalogue.type_names()):
        if isinstance(live, ReconcilerError):
            failures.append((names[key], live))
        else:
            by_id = key in chosen.by_id
            exported.append(export_tenant(live, style, by_id=by_id))
            if completely:
                full = replace(style, is_full=True)
                complete.append(export_tenant(live, full, by_id=by_id))
    return Export(tuple(exported), tuple(complete), chosen.left_out, tuple(failures))
